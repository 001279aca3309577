"""Surges: raised once, whoever sweeps, dies or starts again; joined, closed, raised again."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utc_now
from tests.support.casework import BUS, BUS_DEPARTMENT, HIDDEN, NOISE
from tests.support.city import LIGHT, Draft
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import running_worker, start_worker, worker_sessions
from workflows.surges import sweep_surges

NORTH = {"lat": 16.4720, "lon": 107.5790}
Sessions = async_sessionmaker[AsyncSession]
RULE = """
    insert into surge_rules (category, area_kind, count, minutes, quiet_minutes)
    values (%(category)s, %(area_kind)s, %(count)s, 15, 60)
"""


@pytest_asyncio.fixture(loop_scope="session")
async def town(own_api: Api) -> Api:
    """A city with one rule: three of `traffic` in a ward within 15 minutes."""
    await execute(own_api, "delete from surge_rules")
    await execute(own_api, RULE, category="traffic", area_kind="ward", count=3)
    return own_api


async def sweep(api: Api, *, later: timedelta = timedelta()) -> list[int]:
    async with worker_sessions(api) as sessions:
        return await sweep_surges(sessions, now=utc_now() + later)


async def file(api: Api, number: int, category: str = BUS, **changes: object) -> list[str]:
    return [(await api.file(Draft(category).body(**changes)))["id"] for _ in range(number)]


async def alerts(api: Api) -> list[Any]:
    return await fetch(
        api,
        """
        select alerts.*, areas.code as area,
            array(select case_id::text from alert_cases where alert_id = alerts.id) as cases
        from alerts join areas on areas.id = alerts.area_id order by alerts.id
        """,
    )


async def test_a_surge_is_raised_with_its_cases_and_told(town: Api) -> None:
    ids = await file(town, 2)
    assert await sweep(town) == []
    ids += await file(town, 1, "traffic.sign")
    await file(town, 1, LIGHT)  # of another kind
    assert len(await sweep(town)) == 1
    [alert] = await alerts(town)
    assert (alert.kind, alert.category, alert.area, alert.count) == ("surge", "traffic", "19789", 3)
    assert set(alert.cases) == set(ids)
    told = await fetch(town, "select * from announcements where template = 'surge' order by id")
    assert [row.audience for row in told] == ["operators", "leaders"]
    assert {str(row.case_id) for row in told} == {ids[0]}
    spans = await fetch_one(
        town,
        "select min(opened_at) as first, max(opened_at) as last from cases where id = any(%(ids)s)",
        ids=ids,
    )
    assert (alert.since, alert.until) == (spans.first, spans.last)


async def test_what_makes_no_surge(town: Api) -> None:
    await file(town, 2)
    await file(town, 2, location=NORTH)  # in another ward
    await file(town, 3, NOISE)  # of a kind without a rule
    [old] = await file(town, 1)
    await execute(
        town, "update cases set opened_at = now() - interval '16 minutes' where id = %(id)s", id=old
    )
    [replayed] = await file(town, 1)
    await execute(town, "update cases set source = 'replay' where id = %(id)s", id=replayed)
    assert await sweep(town) == []
    await execute(town, "update surge_rules set active = false")
    await file(town, 3)
    assert await sweep(town) == []


async def test_rules_for_the_whole_city_and_for_any_kind(town: Api) -> None:
    await execute(town, RULE, category=None, area_kind="province", count=4)
    await file(town, 1)
    await file(town, 1, location=NORTH)
    await file(town, 1, LIGHT)
    await file(town, 1, HIDDEN)  # staff are warned of what the public does not see
    assert len(await sweep(town)) == 1
    [alert] = await alerts(town)
    assert (alert.category, alert.area, alert.count) == (None, "46", 4)
    [told, _] = await fetch(town, "select data from announcements where template = 'surge'")
    assert told.data["form"]["kind"]["en"] == "Reports of any kind"


async def test_later_reports_join_and_a_quiet_time_ends_it(town: Api) -> None:
    await file(town, 3)
    [first] = await sweep(town)
    more = await file(town, 2)
    assert await sweep(town) == []
    [alert] = await alerts(town)
    assert alert.count == 5
    assert set(more) < set(alert.cases)
    assert await sweep(town, later=timedelta(minutes=59)) == []
    assert (await alerts(town))[0].closed_at is None
    assert await sweep(town, later=timedelta(minutes=61)) == []
    assert (await alerts(town))[0].closed_at is not None
    # What it counted raises no other; only as many new ones do.
    assert await sweep(town) == []
    await file(town, 2)
    assert await sweep(town) == []
    await file(town, 1)
    [second] = await sweep(town)
    assert second != first
    assert [alert.count for alert in await alerts(town)] == [5, 3]


async def test_workers_that_sweep_at_once_raise_it_once(town: Api) -> None:
    await file(town, 4)
    async with worker_sessions(town) as sessions:
        for _ in range(5):
            raised = await asyncio.gather(
                *(sweep_surges(sessions, now=utc_now()) for _ in range(5))
            )
            assert sum(len(ids) for ids in raised) <= 1
    assert [alert.count for alert in await alerts(town)] == [4]
    count = await fetch_one(
        town, "select count(*) as n from announcements where template = 'surge'"
    )
    assert count.n == 2


async def test_the_table_itself_refuses_a_second_one(town: Api) -> None:
    await file(town, 3)
    await sweep(town)
    columns = "kind, rule_id, category, area_id, count, since, until, raised_at"
    with pytest.raises(Exception, match="uq_alerts_open"):
        await execute(town, f"insert into alerts ({columns}) select {columns} from alerts")


async def test_operators_and_leaders_find_it_in_their_inbox(town: Api) -> None:
    async with running_worker(town):
        await file(town, 3)
        async with asyncio.timeout(30):
            while not await inbox(town, "operator"):
                await asyncio.sleep(0.1)
    for role in ("operator", "leader"):
        [message] = await inbox(town, role)
        assert message["title"] == "Cảnh báo: 3 phản ánh dồn dập"
        assert "Giao thông tại Phường Thuận Hoá: 3 phản ánh trong 15 phút." in message["body"]
        assert message["data"]["alert_id"] == (await alerts(town))[0].id
    assert await inbox(town, f"staff.{BUS_DEPARTMENT}") == []


async def inbox(api: Api, user: str) -> list[dict[str, Any]]:
    answer = await api.http.get("/v1/me/notifications", headers=await api.staff(user))
    assert answer.status_code == 200, answer.text
    return [item for item in answer.json()["items"] if item["data"]["template"] == "surge"]


@pytest.mark.slow
async def test_workers_that_are_killed_raise_it_once(town: Api) -> None:
    """Three workers; while reports pour in, one after the other is killed and started again."""
    workers = [await start_worker(town) for _ in range(3)]
    try:
        ids: list[str] = []
        for number in range(6):
            ids += await file(town, 2)
            victim = number % 3
            workers[victim].send_signal(signal.SIGKILL)
            await workers[victim].wait()
            workers[victim] = await start_worker(town)
        async with asyncio.timeout(120):
            while not (raised := await alerts(town)) or raised[0].count < len(ids):
                await asyncio.sleep(0.2)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            await asyncio.wait_for(worker.wait(), 30)
    [alert] = await alerts(town)
    assert set(alert.cases) == set(ids)
    told = await fetch(town, "select audience from announcements where template = 'surge'")
    assert sorted(row.audience for row in told) == ["leaders", "operators"]
