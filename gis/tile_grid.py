"""The grid of Web Mercator tiles (OGC 17-083r4, WebMercatorQuad), and the cells in them. Pure.

A cell is named by its quadkey as a number: the bits of column and row in turn, row first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import InvalidInput

EXTENT = 4096  # units along the side of a tile
WORLD_BITS = 30  # positions are counted in 1 / 2^30 of the world's side
MAX_ZOOM = 18
POINTS_FROM = 15  # from this zoom on a tile shows single cases
CELL_LEVELS = (8, 10, 12, 14, 16, 18)  # as kept by migration 0006


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of zoom `z`, counted from the north-west: `x` columns east, `y` rows south."""

    z: int
    x: int
    y: int

    @property
    def shift(self) -> int:
        """A position's bits below those that say which tile it is in."""
        return WORLD_BITS - self.z

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, WGS84."""
        return (
            _lon(self.x, self.z),
            _lat(self.y + 1, self.z),
            _lon(self.x + 1, self.z),
            _lat(self.y, self.z),
        )

    @property
    def cell_level(self) -> int:
        """The level whose cells a cluster tile shows: 8 × 8 or 16 × 16 of them, and from zoom 13
        on those of level 18. A finer level would draw circles over each other.
        """
        if self.z >= 13:
            return CELL_LEVELS[-1]
        wanted = (self.z + 4) // 2 * 2
        return max(CELL_LEVELS[0], wanted)

    @property
    def cells(self) -> tuple[int, int]:
        """The first and the last cell of `cell_level` in this tile: what lies between does too."""
        depth = 2 * (self.cell_level - self.z)
        first = interleave(self.x, self.y) << depth
        return first, first + (1 << depth) - 1


def to_tile(z: int, x: int, y: int) -> Tile:
    """The tile, if it exists. InvalidInput at the number that is out of range."""
    if not 0 <= z <= MAX_ZOOM:
        raise InvalidInput.at("?z", "zoom_out_of_range", max=MAX_ZOOM)
    last = (1 << z) - 1
    for name, value in (("x", x), ("y", y)):
        if not 0 <= value <= last:
            raise InvalidInput.at(f"?{name}", "tile_out_of_range", zoom=z, max=last)
    return Tile(z, x, y)


def interleave(column: int, row: int) -> int:
    """The quadkey of a column and a row as a number."""
    return _spread(column) | _spread(row) << 1


def tile_at(lat: float, lon: float, z: int) -> Tile:
    """The tile of zoom `z` that holds a position (degrees, WGS84)."""
    size = 1 << z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    column, row = int((lon + 180) / 360 * size), int(y * size)
    return Tile(z, min(max(column, 0), size - 1), min(max(row, 0), size - 1))


def _spread(value: int) -> int:
    return int(f"{value:b}", 4)  # read in base 4, each bit stands two places further


def _lon(column: int, z: int) -> float:
    return column / (1 << z) * 360 - 180


def _lat(row: int, z: int) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / (1 << z)))))
