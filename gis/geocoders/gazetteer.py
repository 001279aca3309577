"""The city's own gazetteer: its areas, and all that has a name in its public layers."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, cast

import asyncpg

from gis.addresses import parse_address
from gis.locate import Place
from gis.places import Bounds, Found, join_label

SOURCE = "gazetteer"
_SQL = Path(__file__).parent.parent / "sql"
_SEARCH = (_SQL / "search_places.sql").read_text(encoding="utf-8")
# A name that holds all of the words, best where they begin one of its words and are most of it.
CONTAINING = _SEARCH.format(
    matches=r"f.words like '%' || regexp_replace(place_words($1), '([\\%_])', '\\\1', 'g') || '%'",
    score="""
        case when position(' ' || wanted.sought in ' ' || f.words) > 0 then 0.7 else 0.4 end
        + 0.3 * length(wanted.sought) / greatest(length(f.words), 1)
    """,
)
# A name that is nearly right. Costs several times as much, so it is asked only if there is no other.
ALIKE = _SEARCH.format(
    matches="place_words($1) <% f.words",
    score="0.7 * word_similarity(wanted.sought, f.words) + 0.3 * similarity(wanted.sought, f.words)",
)
REVERSE = (_SQL / "reverse_place.sql").read_text(encoding="utf-8")
_BOUNDS = """
    select ST_XMin(box) as west, ST_YMin(box) as south, ST_XMax(box) as east, ST_YMax(box) as north
    from (select ST_Extent(geom) as box from public_areas) as city
    where box is not null
"""
CANDIDATES = 300
STREET_REACH_M = 150.0


class Gazetteer:
    """Reads public views over the read-only pool; knows streets, but no houses in them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def search(
        self, query: str, near: Place | None, limit: int, language: str
    ) -> list[Found]:
        """As `Geocoder.search`. Accents, and words such as "đường" before a name, do not matter;
        a ward that the query names narrows it, unless nothing of that name lies there.
        """
        address = parse_address(query)
        if not address.street:
            return []
        wards = (address.ward, None) if address.ward else (None,)
        for sql, ward in product((CONTAINING, ALIKE), wards):
            rows = await self._rows(sql, address.street, near, ward, limit)
            if rows:
                return [_found(row, language) for row in rows]
        return []

    async def reverse(self, place: Place, language: str) -> Found | None:
        """As `Geocoder.reverse`: the nearest street within STREET_REACH_M with its ward, else the
        ward alone.
        """
        row = cast(
            "asyncpg.Record | None",
            await self._pool.fetchrow(REVERSE, place.lon, place.lat, STREET_REACH_M),
        )
        if row is None:
            return None
        ward, province = _named(row, "ward", language), _named(row, "province", language)
        at = place if row["street"] is None else Place(row["lat"], row["lon"])
        return Found(
            name=row["street"] or ward or "",
            kind=row["kind"] if row["street"] else "ward",
            label=join_label(row["street"], ward, province),
            lat=at.lat,
            lon=at.lon,
            source=SOURCE,
            area=ward,
            distance_m=row["distance_m"] or 0.0,
        )

    async def find_bounds(self) -> Bounds | None:
        """The box around the city's areas; None before any are loaded."""
        row = cast("asyncpg.Record | None", await self._pool.fetchrow(_BOUNDS))
        return (row["west"], row["south"], row["east"], row["north"]) if row else None

    async def close(self) -> None:
        """The pool is its owner's."""

    async def _rows(
        self, sql: str, street: str, near: Place | None, ward: str | None, limit: int
    ) -> list[asyncpg.Record]:
        lon, lat = (near.lon, near.lat) if near else (None, None)
        return cast(
            "list[asyncpg.Record]",
            await self._pool.fetch(sql, street, lon, lat, ward, limit, CANDIDATES),
        )


def _found(row: Any, language: str) -> Found:
    name = row["name_en"] if language == "en" and row["name_en"] else row["name"]
    ward, province = _named(row, "ward", language), _named(row, "province", language)
    return Found(
        name=name,
        kind=row["kind"],
        label=join_label(name, ward if row["kind"] != "province" else None, province),
        lat=row["lat"],
        lon=row["lon"],
        source=SOURCE,
        area=ward,
        bounds=(row["west"], row["south"], row["east"], row["north"]),
        distance_m=row["distance_m"],
    )


def _named(row: Any, column: str, language: str) -> str | None:
    return row[f"{column}_en"] if language == "en" else row[column]
