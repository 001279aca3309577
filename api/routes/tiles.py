"""Vector tiles and their TileJSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api.deps import Services, ServicesDep, get_actor, services_of
from api.map_answers import city_of, map_headers, reads_for
from api.openapi import as_parameters
from api.schemas.map import CaseFilterQuery, TileJson
from api.tile_cache import CachedTile
from api.tile_layers import TileLayer, describe, get_layer
from core.actor import ANONYMOUS
from core.clock import utc_now
from core.errors import InvalidInput
from core.validation import to_field_error
from gis.case_filter import CaseFilter
from gis.tile_grid import to_tile
from workflows.visibility import map_scope_of

router = APIRouter(prefix="/tiles", tags=["map"])
MVT = "application/vnd.mapbox-vector-tile"
NO_FILTER = CaseFilterQuery()


# The hottest route: what it needs it takes from the request itself, which as dependencies costs
# twice as much as all else.
@router.get(
    "/{layer}/{z}/{x}/{y}.mvt",
    response_class=Response,
    openapi_extra={"parameters": as_parameters(CaseFilterQuery)},
)
async def get_tile(layer: str, z: int, x: int, y: int, request: Request) -> Response:
    """A Mapbox Vector Tile; 204 when nothing is in it, 304 when nothing has changed."""
    services = services_of(request)
    found, tile = await get_layer(layer, services.read_pool), to_tile(z, x, y)
    wanted = await _to_filter(_read_filters(request), found, services)
    actor = await get_actor(request) if found.filtered else ANONYMOUS
    scope = map_scope_of(actor)
    state = f"{found.format}.{await services.layer_states.of(found.state)}"
    headers = map_headers(state, wanted, scope, utc_now())
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    made = await services.tiles.get(
        (layer, tile, wanted, scope),
        headers["ETag"],
        lambda: found.make(reads_for(services, scope, actor), tile, wanted, scope),
    )
    return _answer(made, headers, gzip="gzip" in request.headers.get("Accept-Encoding", ""))


@router.get("/{layer}.json")
async def get_tilejson(
    layer: str,
    request: Request,
    filters: Annotated[CaseFilterQuery, Query()],
    services: ServicesDep,
) -> TileJson:
    """TileJSON 3.0.0 of a layer; filters in the query become filters of its tiles."""
    found = await get_layer(layer, services.read_pool)
    await _to_filter(filters, found, services)
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{request.base_url}tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{query}"
    return await describe(found, url, services.read_pool)


def _read_filters(request: Request) -> CaseFilterQuery:
    if not request.scope["query_string"]:
        return NO_FILTER
    try:
        return CaseFilterQuery.model_validate(dict(request.query_params))
    except ValidationError as error:
        fields = [to_field_error(item, f"?{item['loc'][0]}") for item in error.errors()]
        raise InvalidInput(fields=fields) from error


async def _to_filter(filters: CaseFilterQuery, layer: TileLayer, services: Services) -> CaseFilter:
    if not layer.filtered and filters != NO_FILTER:
        name = next(iter(filters.model_dump(exclude_none=True)))
        raise InvalidInput.at(f"?{name}", "layer_not_filtered", layer=layer.name)
    if filters.category is None:
        return filters.to_filter(None)
    return filters.to_filter(await city_of(services))


def _answer(tile: CachedTile, headers: dict[str, str], *, gzip: bool) -> Response:
    if not tile.body:
        return Response(status_code=204, headers=headers)
    if tile.packed is not None and gzip:
        headers["Content-Encoding"] = "gzip"
        return Response(tile.packed, media_type=MVT, headers=headers)
    return Response(tile.body, media_type=MVT, headers=headers)
