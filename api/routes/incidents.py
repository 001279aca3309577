"""The operations centre's layer of open incidents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from starlette.responses import StreamingResponse

from api.deps import ActorDep, CityDep, ServicesDep
from api.map_answers import map_headers, reads_for
from api.schemas.map import IncidentsQuery
from core.clock import utc_now
from gis.features import first_incidents, stream_incidents
from workflows.visibility import map_scope_of

router = APIRouter(prefix="/v1", tags=["map"])
GEOJSON = "application/geo+json"
FORMAT = 1  # counts changes of what the answer looks like


@router.get("/incidents.geojson", response_class=Response)
async def get_incidents(
    filters: Annotated[IncidentsQuery, Query()],
    services: ServicesDep,
    city: CityDep,
    actor: ActorDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Open cases as one FeatureCollection, streamed, or the first few of them: the public ones, and
    what staff may see.
    """
    wanted, scope = filters.to_filter(city, filters.bbox), map_scope_of(actor)
    # As of now: who has just pressed a button wants to see what it did.
    state = await services.layer_states.of("open_cases", max_age_s=0)
    headers = map_headers(f"{FORMAT}.{state}.{city.revision}", wanted, scope, utc_now())
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    reads = reads_for(services, scope, actor)
    if filters.limit is not None:
        body = await first_incidents(reads, wanted, scope, order=filters.sort, limit=filters.limit)
        return Response(body, media_type=GEOJSON, headers=headers)
    features = stream_incidents(reads, wanted, scope)
    return StreamingResponse(features, media_type=GEOJSON, headers=headers)
