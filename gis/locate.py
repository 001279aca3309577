"""Which areas a place belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.statements import Statement, fetch, fetch_one, load_statement

_SQL = Path(__file__).parent / "sql"
LOCATE = load_statement(_SQL / "locate.sql")
PROVINCES = load_statement(_SQL / "provinces_at.sql")
LOCATE_MANY = load_statement(_SQL / "locate_many.sql")
BATCH = 5000  # places per statement
_WARDS = Statement(
    """
    select id, kind, code, name, name_en, approximate, parent_code, 0.0 as distance_m
    from areas
    where id = any($1)
    """,
    ("ids",),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in WGS84 degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class LocatedArea:
    """An area, and how far outside it the place lies (metres; 0 inside)."""

    id: int
    kind: str
    code: str
    name: str
    name_en: str
    approximate: bool
    parent_code: str | None
    distance_m: float


async def find_ward(session: AsyncSession, place: Place) -> LocatedArea | None:
    """The ward that covers `place`, else the nearest one; None only in a city without wards."""
    row = await fetch_one(session, LOCATE, {"lat": place.lat, "lon": place.lon})
    return LocatedArea(**row) if row else None


async def list_areas_at(session: AsyncSession, place: Place) -> list[LocatedArea]:
    """The province and the ward of `place`, widest first; the nearest ward when it is in none."""
    rows = await fetch(session, PROVINCES, {"lat": place.lat, "lon": place.lon})
    provinces = [LocatedArea(**row) for row in rows]
    ward = await find_ward(session, place)
    return [*provinces, ward] if ward else provinces


async def locate_many(session: AsyncSession, places: Sequence[Place]) -> list[LocatedArea | None]:
    """What `find_ward` says of each place, in their order, a batch per statement."""
    found: list[tuple[int | None, float]] = []
    for start in range(0, len(places), BATCH):
        batch = places[start : start + BATCH]
        lats, lons = [place.lat for place in batch], [place.lon for place in batch]
        rows = await fetch(session, LOCATE_MANY, {"lats": lats, "lons": lons})
        found += [(row["id"], row["distance_m"]) for row in rows]
    wards = await fetch(session, _WARDS, {"ids": list({row for row, _ in found})})
    by_id = {ward["id"]: LocatedArea(**ward) for ward in wards}
    return [_at(by_id.get(row), distance) for row, distance in found]


def _at(ward: LocatedArea | None, distance_m: float) -> LocatedArea | None:
    return replace(ward, distance_m=distance_m) if ward and distance_m else ward
