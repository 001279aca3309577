"""Tiles, their cells and their bounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from gis.tile_grid import CELL_LEVELS, MAX_ZOOM, Tile, interleave, tile_at, to_tile

TILES = st.integers(0, MAX_ZOOM).flatmap(
    lambda z: st.builds(
        Tile, st.just(z), st.integers(0, (1 << z) - 1), st.integers(0, (1 << z) - 1)
    )
)


def test_quadkeys_are_those_of_the_standard_example() -> None:
    # Tile 3/3/5 has the quadkey "213" (Bing Maps Tile System).
    assert interleave(3, 5) == int("213", 4)


@given(TILES, st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_place_inside_the_bounds_is_in_the_tile(tile: Tile, east: float, north: float) -> None:
    w, s, e, n = tile.bounds
    assert tile_at(s + (n - s) * north, w + (e - w) * east, tile.z) == tile


@given(TILES.filter(lambda tile: tile.z < 15))
def test_the_cells_of_four_children_are_those_of_the_tile(tile: Tile) -> None:
    children = [
        Tile(tile.z + 1, 2 * tile.x + dx, 2 * tile.y + dy) for dy in (0, 1) for dx in (0, 1)
    ]
    assert tile.cell_level in CELL_LEVELS
    if children[0].cell_level != tile.cell_level:
        return
    spans = [child.cells for child in children]
    assert spans[0][0] == tile.cells[0]
    assert spans[-1][1] == tile.cells[1]
    for (_, last), (first, _) in itertools.pairwise(spans):
        assert first == last + 1


@pytest.mark.parametrize(
    ("z", "level"), [(0, 8), (4, 8), (5, 8), (6, 10), (9, 12), (12, 16), (13, 18), (14, 18)]
)
def test_a_tile_shows_at_most_32_by_32_cells(z: int, level: int) -> None:
    assert Tile(z, 0, 0).cell_level == level
    first, last = Tile(z, 0, 0).cells
    assert z < 4 or last - first + 1 <= 1024


@pytest.mark.parametrize(
    ("z", "x", "y", "pointer"),
    [(-1, 0, 0, "?z"), (19, 0, 0, "?z"), (3, 8, 0, "?x"), (3, 0, -1, "?y"), (0, 0, 1, "?y")],
)
def test_a_tile_that_is_not_there_is_refused(z: int, x: int, y: int, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        to_tile(z, x, y)
    assert [field.pointer for field in caught.value.fields] == [pointer]
