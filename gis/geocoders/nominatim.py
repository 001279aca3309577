"""Nominatim, or a service of the city that speaks its API (`/search`, `/reverse`, `jsonv2`).

The address is the operator's setting and never a caller's. Nothing of a query is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pyproj import Geod

from core.settings import GeocoderSettings
from gis.geocoders.base import GeocoderFailed
from gis.geocoders.breaker import CircuitBreaker
from gis.locate import Place
from gis.places import Bounds, Found, is_within

SOURCE = "nominatim"
AT_ONCE = 4
MAX_ANSWER_BYTES = 1_000_000
# Where OpenStreetMap puts what we call a ward, the best first.
_WARDS = ("quarter", "suburb", "city_district", "town", "village")
_NOTHING_THERE = 404
_GEOD = Geod(ellps="WGS84")
T = TypeVar("T")


class _Hit(BaseModel):
    """A place as `jsonv2` has it; numbers come as text."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    name: str | None = None
    display_name: str
    type: str = ""
    addresstype: str | None = None
    address: dict[str, str] = Field(default_factory=dict)
    boundingbox: tuple[float, float, float, float] | None = None  # south, north, west, east


class _Nothing(BaseModel):
    """What a place is answered that has no address."""

    error: str


_HITS: TypeAdapter[list[_Hit]] = TypeAdapter(list[_Hit])
_HIT: TypeAdapter[_Hit | _Nothing] = TypeAdapter(_Hit | _Nothing)


class Nominatim:
    """Asks AT_ONCE at most at the same time, each within the time-out; what does not answer is
    left alone for a while. `find_bounds` says where the city is: other places are no answer.
    """

    def __init__(
        self, settings: GeocoderSettings, find_bounds: Callable[[], Awaitable[Bounds | None]]
    ) -> None:
        agent = f"hientruong/0.1 ({settings.contact})" if settings.contact else "hientruong/0.1"
        self._url = settings.url.rstrip("/")
        self._client = httpx.AsyncClient(headers={"User-Agent": agent}, timeout=settings.timeout_s)
        self._timeout_s = settings.timeout_s
        self._find_bounds = find_bounds
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._breaker = CircuitBreaker()

    async def search(
        self, query: str, near: Place | None, limit: int, language: str
    ) -> list[Found]:
        """As `Geocoder.search`; the service ranks."""
        bounds = await self._find_bounds()
        if bounds is None:
            return []
        asked = {"q": query, "limit": limit, "bounded": 1, "viewbox": ",".join(map(str, bounds))}
        hits = await self._ask("search", asked | _common(language), _HITS)
        found = (_found(hit, near) for hit in hits)
        return [place for place in found if is_within(Place(place.lat, place.lon), bounds)][:limit]

    async def reverse(self, place: Place, language: str) -> Found | None:
        """As `Geocoder.reverse`."""
        bounds = await self._find_bounds()
        if bounds is None or not is_within(place, bounds):
            return None
        asked = {"lat": place.lat, "lon": place.lon, "zoom": 18}
        hit = await self._ask("reverse", asked | _common(language), _HIT)
        if isinstance(hit, _Nothing):
            return None
        found = _found(hit, place)
        return found if is_within(Place(found.lat, found.lon), bounds) else None

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def _ask(self, path: str, asked: dict[str, Any], shape: TypeAdapter[T]) -> T:
        loop = asyncio.get_running_loop()
        if self._breaker.is_open(loop.time()):
            raise GeocoderFailed("resting")
        try:
            async with asyncio.timeout(self._timeout_s), self._turns:
                answer = shape.validate_json(await self._get(path, asked))
        except (TimeoutError, httpx.HTTPError, ValidationError, GeocoderFailed) as error:
            self._breaker.note_failure(loop.time())
            raise GeocoderFailed(type(error).__name__) from None  # the cause may hold the query
        self._breaker.note_success()
        return answer

    async def _get(self, path: str, asked: dict[str, Any]) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", f"{self._url}/{path}", params=asked) as answer:
            if not (answer.is_success or answer.status_code == _NOTHING_THERE):
                raise GeocoderFailed
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise GeocoderFailed
        return bytes(body)


def _common(language: str) -> dict[str, Any]:
    return {"format": "jsonv2", "addressdetails": 1, "accept-language": language}


def _found(hit: _Hit, near: Place | None) -> Found:
    south, north, west, east = hit.boundingbox or (hit.lat, hit.lat, hit.lon, hit.lon)
    return Found(
        name=hit.name or hit.address.get("road") or hit.display_name.partition(",")[0],
        kind=hit.addresstype or hit.type,
        label=hit.display_name,
        lat=hit.lat,
        lon=hit.lon,
        source=SOURCE,
        area=next((hit.address[kind] for kind in _WARDS if kind in hit.address), None),
        house_number=hit.address.get("house_number"),
        bounds=(west, south, east, north) if hit.boundingbox else None,
        distance_m=_distance_m(near, hit) if near else None,
    )


def _distance_m(near: Place, hit: _Hit) -> float:
    _, _, metres = _GEOD.inv(near.lon, near.lat, hit.lon, hit.lat)
    return float(metres)
