"""The operations centre's layer of open incidents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.deps import CityDep, ServicesDep
from api.queries import split_codes, split_statuses, to_bbox
from api.routes.city import geojson
from api.schemas.base import Text
from gis.features import IncidentFilter, incidents_geojson

router = APIRouter(prefix="/v1", tags=["map"])
Codes = Annotated[Text | None, Query(max_length=2000, description="One or more, by comma")]


@router.get("/incidents.geojson", response_class=Response)
async def get_incidents(
    services: ServicesDep,
    city: CityDep,
    bbox: Annotated[Text | None, Query(max_length=100)] = None,
    category: Codes = None,
    department: Codes = None,
    status: Codes = None,
    overdue: bool | None = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Open incidents that the public may see, as one FeatureCollection."""
    wanted = IncidentFilter(
        bbox=to_bbox(bbox),
        category=city.with_descendants(split_codes(category)),
        department=split_codes(department),
        status=split_statuses(status),
        overdue=overdue,
    )
    body = await incidents_geojson(services.read_pool, wanted)
    return geojson(body, if_none_match, "public, max-age=0, must-revalidate")
