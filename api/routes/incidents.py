"""The operations centre's layer of open incidents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from starlette.responses import StreamingResponse

from api.deps import ActorDep, CityDep, ServicesDep
from api.map_answers import map_headers, reads_for
from api.schemas.map import AreaFilterQuery
from core.clock import utc_now
from gis.features import stream_incidents
from workflows.visibility import map_scope_of

router = APIRouter(prefix="/v1", tags=["map"])
GEOJSON = "application/geo+json"
FORMAT = 1  # counts changes of what the answer looks like


@router.get("/incidents.geojson", response_class=Response)
async def get_incidents(
    filters: Annotated[AreaFilterQuery, Query()],
    services: ServicesDep,
    city: CityDep,
    actor: ActorDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Open cases as one FeatureCollection, streamed: the public ones, and what staff may see."""
    wanted, scope = filters.to_filter(city, filters.bbox), map_scope_of(actor)
    state = f"{FORMAT}.{await services.layer_states.of('open_cases')}.{city.revision}"
    headers = map_headers(state, wanted, scope, utc_now())
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    body = stream_incidents(reads_for(services, scope), wanted, scope)
    return StreamingResponse(body, media_type=GEOJSON, headers=headers)
