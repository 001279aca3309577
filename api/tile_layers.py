"""The layers that are served as vector tiles: our own, and what a city has imported and opened.

One more of our own is a statement, a function and a line in LAYERS.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from api.schemas.map import TileJson, VectorLayer
from core.errors import NotFound
from gis.case_filter import CaseFilter, MapScope
from gis.case_sql import Reads
from gis.features import city_bounds
from gis.public_layers import PublicLayer, find_public_layer, list_public_layers
from gis.tile_grid import POINTS_FROM, Tile
from gis.tiles import make_area_tile, make_case_tile, make_feature_tile

FEATURES_MAXZOOM = 16
Make = Callable[[Reads, Tile, CaseFilter, MapScope], Awaitable[bytes]]


@dataclass(frozen=True)
class TileLayer:
    """`state` names the row of `layer_states` that it changes with; `format` counts changes of
    what its tiles look like, for readers that hold one of the release before.
    """

    name: str
    description: str
    state: str
    make: Make
    vector_layers: tuple[VectorLayer, ...]
    maxzoom: int
    filtered: bool = False
    format: int = 1
    minzoom: int = 0


async def _area_tile(reads: Reads, tile: Tile, wanted: CaseFilter, scope: MapScope) -> bytes:
    del wanted, scope
    return await make_area_tile(reads, tile)


_CASES = VectorLayer(
    id="open_cases",
    description=f"Clusters of open cases (count, overdue); from zoom {POINTS_FROM} on single cases",
    minzoom=0,
    maxzoom=POINTS_FROM + 1,
    fields={
        "count": "Number", "overdue": "Number or Boolean", "id": "String", "code": "String",
        "category": "String", "status": "String", "priority": "Number", "due_at": "String",
    },
)  # fmt: skip
_AREAS = VectorLayer(
    id="areas",
    description="Provinces, and from zoom 8 on wards, as they are today",
    minzoom=0,
    maxzoom=14,
    fields={
        "code": "String", "kind": "String", "name": "String", "name_en": "String",
        "approximate": "Boolean",
    },
)  # fmt: skip
LAYERS = {
    layer.name: layer
    for layer in (
        TileLayer(
            "open_cases", "Open cases, live", "open_cases", make_case_tile, (_CASES,),
            maxzoom=POINTS_FROM + 1, filtered=True,
        ),
        TileLayer("areas", "Provinces and wards", "areas", _area_tile, (_AREAS,), maxzoom=14),
    )
}  # fmt: skip


async def get_layer(name: str, pool: asyncpg.Pool) -> TileLayer:
    """The layer of that name. NotFound, with the names that there are."""
    if name in LAYERS:
        return LAYERS[name]
    imported = await find_public_layer(pool, name)
    if imported is None:
        others = [layer.code for layer in await list_public_layers(pool)]
        raise NotFound("layer_not_found", layer=name, layers=", ".join((*LAYERS, *others)))
    return _imported(imported)


def _imported(layer: PublicLayer) -> TileLayer:
    async def make(reads: Reads, tile: Tile, wanted: CaseFilter, scope: MapScope) -> bytes:
        del wanted, scope
        return await make_feature_tile(reads, tile, layer.code) if tile.z >= layer.min_zoom else b""

    inside = VectorLayer(
        id=layer.code,
        description=layer.name,
        minzoom=layer.min_zoom,
        maxzoom=FEATURES_MAXZOOM,
        fields={"code": "String", "kind": "String", "name": "String"},
    )
    return TileLayer(
        layer.code, layer.name, "features", make, (inside,),
        maxzoom=max(FEATURES_MAXZOOM, layer.min_zoom), minzoom=layer.min_zoom,
    )  # fmt: skip


async def describe(layer: TileLayer, url: str, pool: asyncpg.Pool) -> TileJson:
    """The TileJSON of a layer whose tiles are at `url`."""
    west, south, east, north = await city_bounds(pool)
    return TileJson(
        name=layer.name,
        description=layer.description,
        tiles=[url],
        minzoom=layer.minzoom,
        maxzoom=layer.maxzoom,
        bounds=[west, south, east, north],
        center=[(west + east) / 2, (south + north) / 2, 9],
        vector_layers=list(layer.vector_layers),
    )
