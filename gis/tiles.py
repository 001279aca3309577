"""Vector tiles (Mapbox Vector Tile 2.1), made by one statement each and passed through as bytes.

Open cases are clusters below zoom 15, from counts per cell, whose cost does not grow with the
number of cases; from zoom 15 on they are points. Every case is in exactly one tile of a zoom.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from core.statements import Statement, load_statement
from gis.case_filter import CaseFilter, MapScope
from gis.case_sql import Reads, box_parameters, filter_parameters, load_for_readers
from gis.tile_grid import POINTS_FROM, Tile

CLUSTERS = load_for_readers("cluster_tile")
CLUSTERS_BY_AGE = load_for_readers("cluster_tile_by_age")
POINTS = load_for_readers("point_tile")
_SQL = Path(__file__).parent / "sql"
AREA_TILE = load_statement(_SQL / "area_tile.sql")
FEATURE_TILE = load_statement(_SQL / "feature_tile.sql")


async def make_case_tile(reads: Reads, tile: Tile, wanted: CaseFilter, scope: MapScope) -> bytes:
    """Open cases in a tile as layer `open_cases`; empty bytes when there are none.

    Clusters have `count` and `overdue`; points have `id, code, category, status, priority,
    overdue, due_at`. `wanted.bbox` does not count: the tile is one.
    """
    statement = case_tile_statement(tile, wanted, scope)
    return await _make(reads, statement, case_tile_parameters(tile, wanted, scope))


async def make_area_tile(reads: Reads, tile: Tile) -> bytes:
    """Current areas in a tile as layer `areas`: `code, kind, name, name_en, approximate`."""
    return await _make(reads, AREA_TILE, _frame(tile))


async def make_feature_tile(reads: Reads, tile: Tile, layer: str) -> bytes:
    """Features of a public layer in a tile, under the layer's own code: `code, kind, name`."""
    return await _make(reads, FEATURE_TILE, _frame(tile) | {"layer": layer})


def case_tile_statement(tile: Tile, wanted: CaseFilter, scope: MapScope) -> Statement:
    """The statement that makes this tile."""
    if tile.z >= POINTS_FROM:
        return POINTS[scope.is_public]
    return (CLUSTERS_BY_AGE if wanted.by_age else CLUSTERS)[scope.is_public]


def case_tile_parameters(tile: Tile, wanted: CaseFilter, scope: MapScope) -> dict[str, object]:
    """What those statements may name."""
    parameters = _frame(tile) | filter_parameters(wanted, scope) | {"shift": tile.shift}
    if tile.z < POINTS_FROM:
        first, last = tile.cells
        parameters |= {"level": tile.cell_level, "first": first, "last": last}
    return parameters


async def _make(reads: Reads, statement: Statement, parameters: Mapping[str, object]) -> bytes:
    return cast("bytes", await reads.fetchval(statement.sql, *statement.arguments(parameters)))


def _frame(tile: Tile) -> dict[str, object]:
    return {"z": tile.z, "x": tile.x, "y": tile.y} | box_parameters(tile.bounds)
