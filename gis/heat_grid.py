"""Cells of the heat grid: squares of the Web Mercator grid, named by their quadkey. Pure.

Bing's quadkey is the usual text for the same number that `case_cells` keeps: one digit of base 4 for
each level, so that its length is the level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidInput
from gis.tile_grid import CELL_LEVELS, Tile, interleave, tile_at

FINEST = CELL_LEVELS[-1]
BBox = tuple[float, float, float, float]
_QUADKEY = re.compile(rf"[0-3]{{1,{FINEST}}}")
_NORTH = 85.0511287  # where the square of Web Mercator ends, degrees


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a level: its quadkey as a number, as `cell_at` of migration 0006 has it."""

    level: int
    number: int

    @property
    def quadkey(self) -> str:
        digits = ((self.number >> (2 * place)) & 3 for place in reversed(range(self.level)))
        return "".join(str(digit) for digit in digits)

    @property
    def column(self) -> int:
        return _gather(self.number)

    @property
    def row(self) -> int:
        return _gather(self.number >> 1)

    @property
    def bounds(self) -> BBox:
        """West, south, east, north in degrees, WGS84."""
        return Tile(self.level, self.column, self.row).bounds


@dataclass(frozen=True, slots=True)
class Window:
    """The cells of a level that a bbox (west, south, east, north in degrees) touches: columns from
    `west` to `east`, rows from `north` to `south`.
    """

    level: int
    west: int
    north: int
    east: int
    south: int

    def holds(self, cell: Cell) -> bool:
        return self.west <= cell.column <= self.east and self.north <= cell.row <= self.south

    @property
    def spans(self) -> list[tuple[int, int]]:
        """First and last number of at most four runs of cells that hold them all, and others."""
        # Squares at least as wide as the window: it touches one or two each way.
        shift = max(self.east - self.west, self.south - self.north).bit_length()
        columns = range(self.west >> shift, (self.east >> shift) + 1)
        rows = range(self.north >> shift, (self.south >> shift) + 1)
        firsts = [interleave(x, y) << (2 * shift) for x in columns for y in rows]
        return [(first, first + (1 << (2 * shift)) - 1) for first in firsts]


def level_for(zoom: int) -> int:
    """The level of the cells on a map of `zoom`: about 16 to the side of a tile."""
    wanted = (zoom + 4) // 2 * 2
    return min(max(wanted, CELL_LEVELS[0]), FINEST)


def window_of(bbox: BBox, level: int) -> Window:
    """The cells of `level` that `bbox` touches."""
    west, south, east, north = bbox
    first = tile_at(min(north, _NORTH), west, level)
    last = tile_at(max(south, -_NORTH), east, level)
    return Window(level, first.x, first.y, last.x, last.y)


def to_cell(quadkey: str, pointer: str = "?cell") -> Cell:
    """The cell of a quadkey. InvalidInput at `pointer` for anything else."""
    if not _QUADKEY.fullmatch(quadkey):
        raise InvalidInput.at(pointer, "bad_quadkey", max=FINEST)
    return Cell(len(quadkey), int(quadkey, 4))


def _gather(number: int) -> int:
    """Every other bit, from the lowest on."""
    number &= 0x5555555555555555
    for shift, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
        (16, 0x00000000FFFFFFFF),
    ):
        number = (number | number >> shift) & mask
    return number
