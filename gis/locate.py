"""Which areas a place belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import row_to_dict
from core.statements import fetch_one, load_statement

LOCATE = load_statement(Path(__file__).parent / "sql" / "locate.sql")
_PROVINCES = text(
    """
    select id, kind, code, name, name_en, approximate, parent_code, 0.0 as distance_m
    from areas
    where valid_to is null and kind = 'province' and ST_Covers(
        geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
    """
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
    rows = await session.execute(_PROVINCES, {"lat": place.lat, "lon": place.lon})
    provinces = [LocatedArea(**row_to_dict(row)) for row in rows]
    ward = await find_ward(session, place)
    return [*provinces, ward] if ward else provinces
