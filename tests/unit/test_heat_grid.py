"""Cells of the heat grid: quadkeys, bounds, and those that a box touches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from gis.heat_grid import Cell, level_for, to_cell, window_of
from gis.tile_grid import interleave, tile_at

LON, LAT = st.floats(-180, 180), st.floats(-90, 90)
LEVELS = st.sampled_from([8, 10, 12, 14, 16, 18])


def test_the_quadkey_of_the_documentation() -> None:
    """Tile 3, 5 of level 3 is 213 (Bing Maps Tile System)."""
    cell = to_cell("213")
    assert (cell.level, cell.column, cell.row, cell.quadkey) == (3, 3, 5, "213")


@given(st.text("0123", min_size=1, max_size=18))
def test_there_and_back(quadkey: str) -> None:
    cell = to_cell(quadkey)
    assert cell.quadkey == quadkey
    assert interleave(cell.column, cell.row) == cell.number


@pytest.mark.parametrize("value", ["", "4", "a", "0" * 19, "01 "])
def test_what_is_no_quadkey(value: str) -> None:
    with pytest.raises(InvalidInput):
        to_cell(value)


@pytest.mark.parametrize(("zoom", "level"), [(0, 8), (4, 8), (9, 12), (10, 14), (14, 18), (18, 18)])
def test_the_level_of_a_zoom(zoom: int, level: int) -> None:
    assert level_for(zoom) == level


@given(west=LON, east=LON, south=LAT, north=LAT, x=LON, y=LAT, level=LEVELS)
def test_a_window_holds_the_cells_of_its_places(
    west: float, east: float, south: float, north: float, x: float, y: float, level: int
) -> None:
    west, east = sorted((west, east))
    south, north = sorted((south, north))
    window = window_of((west, south, east, north), level)
    assert 1 <= len(window.spans) <= 4
    tile = tile_at(min(max(y, -85), 85), x, level)
    cell = Cell(level, interleave(tile.x, tile.y))
    if west <= x <= east and south <= min(max(y, -85), 85) <= north:
        assert window.holds(cell)
    if window.holds(cell):
        assert sum(first <= cell.number <= last for first, last in window.spans) == 1


def test_the_bounds_of_a_cell_lie_in_the_right_order() -> None:
    west, south, east, north = to_cell("13223").bounds
    assert west < east
    assert south < north
    x, y = (west + east) / 2, (south + north) / 2
    assert window_of((x, y, x, y), 5).holds(to_cell("13223"))
