"""Vector tiles and their TileJSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from api.deps import ActorDep, Services, ServicesDep
from api.map_answers import map_headers, reads_for
from api.schemas.map import CaseFilterQuery, TileJson
from api.tile_cache import CachedTile
from api.tile_layers import LAYERS, TileLayer, describe
from core.clock import utc_now
from core.errors import InvalidInput, NotFound
from gis.case_filter import CaseFilter
from gis.tile_grid import to_tile
from workflows.visibility import map_scope_of

router = APIRouter(prefix="/tiles", tags=["map"])
MVT = "application/vnd.mapbox-vector-tile"
FilterQuery = Annotated[CaseFilterQuery, Query()]
NO_FILTER = CaseFilterQuery()


@router.get("/{layer}/{z}/{x}/{y}.mvt", response_class=Response)
async def get_tile(
    layer: str,
    z: int,
    x: int,
    y: int,
    request: Request,
    filters: FilterQuery,
    actor: ActorDep,
    services: ServicesDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A Mapbox Vector Tile; 204 when nothing is in it, 304 when nothing has changed."""
    found, tile = _get_layer(layer), to_tile(z, x, y)
    wanted = await _to_filter(filters, found, services)
    scope = map_scope_of(actor)
    state = f"{found.format}.{await services.layer_states.of(found.state)}"
    headers = map_headers(state, wanted, scope, utc_now())
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    made = await services.tiles.get(
        (layer, tile, wanted, scope),
        headers["ETag"],
        lambda: found.make(reads_for(services, scope), tile, wanted, scope),
    )
    return _answer(made, headers, gzip="gzip" in request.headers.get("Accept-Encoding", ""))


@router.get("/{layer}.json")
async def get_tilejson(
    layer: str, request: Request, filters: FilterQuery, services: ServicesDep
) -> TileJson:
    """TileJSON 3.0.0 of a layer; filters in the query become filters of its tiles."""
    found = _get_layer(layer)
    await _to_filter(filters, found, services)
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{request.base_url}tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{query}"
    return await describe(found, url, services.read_pool)


def _get_layer(name: str) -> TileLayer:
    if name not in LAYERS:
        raise NotFound("layer_not_found", layer=name, layers=", ".join(LAYERS))
    return LAYERS[name]


async def _to_filter(filters: CaseFilterQuery, layer: TileLayer, services: Services) -> CaseFilter:
    if not layer.filtered and filters != NO_FILTER:
        name = next(iter(filters.model_dump(exclude_none=True)))
        raise InvalidInput.at(f"?{name}", "layer_not_filtered", layer=layer.name)
    if filters.category is None:
        return filters.to_filter(None)
    async with services.begin() as session:
        return filters.to_filter(await services.cache.newest(session))


def _answer(tile: CachedTile, headers: dict[str, str], *, gzip: bool) -> Response:
    if not tile.body:
        return Response(status_code=204, headers=headers)
    if tile.packed is not None and gzip:
        headers["Content-Encoding"] = "gzip"
        return Response(tile.packed, media_type=MVT, headers=headers)
    return Response(tile.body, media_type=MVT, headers=headers)
