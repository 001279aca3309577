"""The map of a test: cases all over the city, changed at random, and what its tiles count."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from gis.layer_states import FRESH_S
from gis.tile_grid import tile_at
from tests.support.client import Api
from tests.support.mvt import TileFeature, decode
from tests.support.rows import execute, fetch

BOX = (107.53, 16.42, 107.63, 16.50)  # around the centre of Huế
_SCATTER = """
    insert into cases (
        id, code, category, geom, area_id, summary, search, visibility, department, process_id,
        state, status, priority, case_class, routing, data, clocks, due_at, overdue, rev, source,
        opened_at, updated_at
    )
    select
        gen_random_uuid(), 'M' || n || '-' || %(seed)s, leaf.code,
        ST_SetSRID(ST_MakePoint(
            %(west)s + (%(east)s - %(west)s) * random(), %(south)s + (%(north)s - %(south)s) * random()
        ), 4326),
        (select id from areas where kind = 'ward' limit 1), '', '',
        (array['exact', 'exact', 'rounded', 'hidden'])[1 + floor(random() * 4)::int],
        (array['hepco', 'sxd', 'ubnd'])[1 + floor(random() * 3)::int],
        (select process_id from city), 'in_progress',
        (array['received', 'assigned', 'in_progress', 'waiting', 'closed'])[1 + floor(random() * 5)::int],
        3, 'normal', '{}', '{}', '{}', now() + interval '2 days', random() < 0.3, 1, 'app',
        now() - random() * interval '40 days', now()
    from generate_series(1, %(number)s) as n
    cross join lateral (
        select code from categories
        where code in ('traffic.sign', 'traffic.bus', 'energy.street_light') and n > 0
        order by random() limit 1
    ) as leaf
"""
_SHUFFLE = """
    update cases set
        status = (array['received', 'assigned', 'in_progress', 'waiting', 'resolved'])[1 + floor(random() * 5)::int],
        overdue = random() < 0.4,
        department = (array['hepco', 'sxd', 'ubnd'])[1 + floor(random() * 3)::int],
        visibility = (array['exact', 'rounded', 'hidden'])[1 + floor(random() * 3)::int],
        geom = case when random() < 0.5 then geom else ST_Translate(geom, 0.01 * random(), 0.01 * random()) end
    where random() < 0.3 and code like 'M%%'
"""
_PUBLIC = """
    select code, category, department, ST_X(shown) as lon, ST_Y(shown) as lat
    from cases cross join lateral (select coalesce(public_geom, geom) as shown) as place
    where open and visibility <> 'hidden'
"""


@dataclass(frozen=True)
class PublicCase:
    """An open case where the public sees it (degrees, WGS84)."""

    code: str
    category: str
    department: str
    lon: float
    lat: float


async def scatter(api: Api, number: int, seed: int) -> None:
    """Add `number` cases of every kind, open and closed, at random places."""
    await execute(api, _SCATTER, **_scattered(number, seed))


def scatter_in(url: str, number: int, seed: int) -> list[PublicCase]:
    """The same in a database by its URL; the open cases that the public then sees there."""
    with psycopg.connect(url) as connection:
        connection.execute(_SCATTER, _scattered(number, seed))
        return connection.cursor(row_factory=class_row(PublicCase)).execute(_PUBLIC).fetchall()


def _scattered(number: int, seed: int) -> dict[str, float]:
    west, south, east, north = BOX
    return {
        "number": number, "seed": seed, "west": west, "south": south, "east": east, "north": north,
    }  # fmt: skip


async def shuffle(api: Api) -> None:
    """Change a third of them: state, department, place and whether the public sees them."""
    await execute(api, _SHUFFLE)


async def settle() -> None:
    """Wait until the map has to look again: it may show for FRESH_S what it last saw."""
    await asyncio.sleep(1.25 * FRESH_S)


async def tiles_of(
    api: Api, z: int, headers: dict[str, str] | None = None, **filters: Any
) -> list[TileFeature]:
    """What all tiles of a zoom show that lie in BOX and a little around it."""
    west, south, east, north = BOX
    first, last = tile_at(north + 0.015, west - 0.015, z), tile_at(south - 0.015, east + 0.015, z)
    found: list[TileFeature] = []
    for x in range(first.x, last.x + 1):
        for y in range(first.y, last.y + 1):
            answer = await api.http.get(
                f"/tiles/open_cases/{z}/{x}/{y}.mvt", params=filters, headers=headers
            )
            assert answer.status_code in (200, 204), answer.text
            found += decode(answer.content, z, x, y)
    return found


def count(features: list[TileFeature], z: int) -> int:
    """How many cases these features stand for."""
    return len(features) if z >= 15 else sum(int(f.properties["count"]) for f in features)


async def open_cases(api: Api, condition: str = "visibility <> 'hidden'") -> int:
    """How many open cases the table has."""
    rows = await fetch(api, f"select count(*) as n from cases where open and {condition}")
    return rows[0].n


def pick_zooms(chance: random.Random, number: int) -> list[int]:
    """Zooms of both kinds of tiles, few enough to fetch all tiles of."""
    return sorted(chance.sample(range(6, 16), number))
