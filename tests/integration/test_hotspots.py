"""Hotspots as rows: found, found again, grown, ended; nothing of hidden or rounded places."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pytest_asyncio

from core.clock import utc_now
from tests.support.casework import BUS, HIDDEN, NOISE
from tests.support.city import CENTRE, Draft
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one, url_of
from tests.support.worker import worker_sessions
from workflows.hotspots import find_hotspots

NORTH = {"lat": 16.4720, "lon": 107.5790}
NEXT_CELL = {"lat": CENTRE["lat"], "lon": CENTRE["lon"] + 0.0055}
# What a place usually has: one case every four days in the twelve weeks before.
HISTORY = """
    insert into cases (
        id, code, category, geom, area_id, summary, search, visibility, department, process_id,
        state, status, priority, case_class, routing, data, clocks, due_at, rev, source, opened_at,
        updated_at
    )
    select
        gen_random_uuid(), 'H' || nextval('report_code_seq'), %(category)s,
        st_setsrid(st_makepoint(%(lon)s + column_ * 0.0055, %(lat)s + row_ * 0.0055), 4326),
        area_id, '', '', 'exact', department, process_id, 'closed', 'closed', 3, 'normal', '{}',
        '{}', '{}', now(), 1, 'app', now() - make_interval(days => 8 + 4 * n), now()
    from (select area_id, department, process_id from cases limit 1) as like_,
         generate_series(0, 19) as n, generate_series(-3, 3) as column_, generate_series(-3, 3) as row_
"""


@pytest_asyncio.fixture(loop_scope="session")
async def town(own_api: Api) -> Api:
    """A city with a usual past of traffic around its centre."""
    await file(own_api, 1)
    for category in (BUS, HIDDEN):
        await execute(own_api, HISTORY, category=category, **CENTRE)
    await execute(
        own_api, "update cases set visibility = 'hidden' where category = %(c)s", c=HIDDEN
    )
    await execute(
        own_api,
        "update cases set opened_at = opened_at - interval '30 days' where category = %(c)s and code not like 'H%%'",
        c=BUS,
    )
    return own_api


async def file(api: Api, number: int, category: str = BUS, **changes: object) -> list[str]:
    return [(await api.file(Draft(category).body(**changes)))["id"] for _ in range(number)]


async def find(api: Api, *, later: timedelta = timedelta(seconds=1)) -> list[int]:
    async with worker_sessions(api) as sessions:
        return await find_hotspots(sessions, now=utc_now() + later)


async def rows(api: Api) -> list[Any]:
    return await fetch(
        api,
        """
        select hotspots.*, st_isvalid(geom) as valid, st_area(geom::geography) as m2,
            array(select case_id::text from hotspot_cases where hotspot_id = hotspots.id) as links
        from hotspots order by id
        """,
    )


async def test_a_usual_week_has_none(town: Api) -> None:
    await file(town, 2)
    assert await find(town) == []
    assert await rows(town) == []


async def test_what_is_unusual_is_found_with_its_cases(town: Api) -> None:
    ids = await file(town, 9)
    [hotspot_id] = await find(town)
    [found] = await rows(town)
    assert (found.id, found.category, found.area, found.cases) == (
        hotspot_id,
        "traffic",
        "19789",
        9,
    )
    assert set(found.links) == set(ids)
    assert 0 < found.expected < 3
    assert found.ratio == found.cases / found.expected
    assert found.valid
    assert 500**2 < found.m2 < 650**2  # one cell
    inside = await fetch_one(
        town,
        "select bool_and(st_covers(hotspots.geom, cases.geom)) as all from hotspots"
        " join hotspot_cases on hotspot_id = hotspots.id join cases on cases.id = case_id",
    )
    assert inside.all


async def test_running_again_changes_nothing_and_growing_extends(town: Api) -> None:
    await file(town, 9)
    [first] = await find(town)
    before = await rows(town)
    assert await find(town) == [first]
    assert await rows(town) == before
    await file(town, 9, location=NEXT_CELL)
    assert await find(town) == [first]
    [grown] = await rows(town)
    assert (grown.cases, len(grown.links), len(grown.cells)) == (18, 18, 2)
    assert (grown.since, grown.detected_at) == (before[0].since, before[0].detected_at)
    assert grown.until > before[0].until


async def test_it_ends_when_it_is_usual_again(town: Api) -> None:
    await file(town, 9)
    [first] = await find(town)
    later = timedelta(days=8)
    assert await find(town, later=later) == []
    [ended] = await rows(town)
    assert ended.ended_at is not None
    assert (await town.http.get("/v1/stats/hotspots")).json() == {"items": []}
    await file(town, 9)
    [second] = await find(town)
    assert second != first


async def test_hidden_cases_make_none_and_later_hidden_ones_are_not_counted(town: Api) -> None:
    await file(town, 9, HIDDEN)
    assert await find(town) == []
    ids = await file(town, 9)
    [hotspot_id] = await find(town)
    await execute(
        town, "update cases set visibility = 'hidden' where id = any(%(ids)s)", ids=ids[:4]
    )
    [shown] = (await town.http.get("/v1/stats/hotspots")).json()["items"]
    assert shown["count"] == 5
    listed = await town.http.get(shown["cases"], headers=await town.staff("analyst"))
    assert {case["id"] for case in listed.json()["items"]} == set(ids[4:])
    await execute(town, "update cases set visibility = 'hidden' where id = any(%(ids)s)", ids=ids)
    assert (await town.http.get("/v1/stats/hotspots")).json() == {"items": []}
    assert hotspot_id


async def test_rounded_cases_are_counted_where_the_public_sees_them(town: Api) -> None:
    await execute(town, HISTORY, category=NOISE, **CENTRE)
    await execute(town, "update cases set visibility = 'rounded' where category = %(c)s", c=NOISE)
    ids = await file(town, 9, NOISE)
    [hotspot_id] = await find(town)
    public = await fetch_one(
        town,
        "select bool_and(st_covers(hotspots.geom, cases.public_geom)) as all from hotspots"
        " join hotspot_cases on hotspot_id = hotspots.id join cases on cases.id = case_id"
        " where hotspots.id = %(id)s",
        id=hotspot_id,
    )
    assert public.all
    assert set((await rows(town))[0].links) == set(ids)


async def test_the_public_reads_the_view_and_not_the_table(town: Api) -> None:
    await file(town, 9)
    await find(town)
    connection = await asyncpg.connect(url_of(town))
    await connection.execute("set role hientruong_readonly")
    [row] = await connection.fetch("select * from public_hotspots")
    assert set(row.keys()) == {
        "id", "category", "area", "cases", "expected", "ratio", "since", "until", "detected_at",
        "geom",
    }  # fmt: skip
    for table in ("hotspots", "hotspot_cases", "case_days"):
        try:
            await connection.fetch(f"select * from {table}")
        except asyncpg.InsufficientPrivilegeError:
            continue
        raise AssertionError(table)
    await connection.close()
