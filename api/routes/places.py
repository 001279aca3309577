"""Finding a place by its name or address, and the name of a place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import ActorDep, LatQuery, LonQuery, ServicesDep
from api.schemas.base import Position, Text
from api.schemas.places import PlaceHereOut, PlaceOut, PlacesOut
from core.errors import InvalidInput
from gis.addresses import MAX_LENGTH
from gis.locate import Place
from gis.places import Found

router = APIRouter(prefix="/v1/places", tags=["map"])
MAX_PLACES, DEFAULT_PLACES = 20, 10


@router.get("/search")
async def search(
    services: ServicesDep,
    actor: ActorDep,
    q: Annotated[Text, Query(max_length=MAX_LENGTH, description="A name or an address")],
    lat: LatQuery | None = None,
    lon: LonQuery | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PLACES)] = DEFAULT_PLACES,
) -> PlacesOut:
    """Streets, places and wards of that name, the likeliest first; of equally likely ones those
    near `lat`, `lon`. Accents do not matter.
    """
    if not q.strip():
        raise InvalidInput.at("?q", "place_query_empty")
    found = await services.geocoder.search(q, _near(lat, lon), limit, actor.language)
    return PlacesOut(items=[_place(place) for place in found])


@router.get("/reverse")
async def reverse(
    lat: LatQuery, lon: LonQuery, services: ServicesDep, actor: ActorDep
) -> PlaceHereOut:
    """The address of a place: the nearest street, its ward and the city."""
    found = await services.geocoder.reverse(Place(lat, lon), actor.language)
    return PlaceHereOut(place=_place(found) if found else None)


def _near(lat: float | None, lon: float | None) -> Place | None:
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise InvalidInput.at("?lat" if lat is None else "?lon", "field_required")
    return Place(lat, lon)


def _place(found: Found) -> PlaceOut:
    return PlaceOut(
        name=found.name,
        kind=found.kind,
        label=found.label,
        area=found.area,
        house_number=found.house_number,
        location=Position(lat=found.lat, lon=found.lon),
        bounds=found.bounds,
        distance_m=None if found.distance_m is None else round(found.distance_m, 1),
        source=found.source,  # pyright: ignore[reportArgumentType]  # one of the registry's
    )
