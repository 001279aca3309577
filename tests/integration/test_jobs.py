"""The line of jobs: what waits in it keeps nobody else waiting, and stands in it once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

from core.db import create_engine, create_session_factory, driver_url, transaction
from core.jobs import Task, create_queue, enqueue, enqueue_forgotten
from tests.support.client import Api
from tests.support.databases import TestDatabases
from tests.support.rows import execute, fetch, url_of
from tests.support.worker import worker_sessions
from workflows.tasks import FAN_OUT, MAKE_DERIVATIVES, MEDIA
from workflows.worker import lanes_of, run_lane


async def test_photos_by_the_hundred_keep_no_message_waiting(own_api: Api) -> None:
    begun, told, shown = asyncio.Event(), asyncio.Event(), asyncio.Event()
    decoded: list[str] = []

    async def decode(ids: list[Any]) -> None:
        begun.set()
        await shown.wait()
        decoded.extend(ids)

    async def tell(_: list[Any]) -> None:
        told.set()

    async with worker_sessions(own_api) as sessions, transaction(sessions) as session:
        for _ in range(100):
            await enqueue(session, MAKE_DERIVATIVES, [uuid4()])
        await enqueue(session, FAN_OUT, [1])
    handlers = {MAKE_DERIVATIVES: decode, FAN_OUT: tell}
    queue = create_queue(driver_url(url_of(own_api), ""), handlers, concurrency=8)
    async with queue.open_async():
        lanes = [asyncio.create_task(run_lane(queue, *lane)) for lane in lanes_of(queue)]
        async with asyncio.timeout(20):
            await begun.wait()
            await told.wait()
        assert decoded == []
        shown.set()
        for lane in lanes:
            lane.cancel()
            with suppress(asyncio.CancelledError):
                await lane


async def test_a_lane_ends_when_told_to_though_its_database_is_gone(
    databases: TestDatabases, worker_id: str
) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def decode(_: list[Any]) -> None:
        begun.set()
        await done.wait()

    name = f"gone_{worker_id}"
    url = databases.clone(name)
    engine = create_engine(url, role="hientruong_worker")
    async with transaction(create_session_factory(engine)) as session:
        await enqueue(session, MAKE_DERIVATIVES, [uuid4()])
    await engine.dispose()
    queue = create_queue(driver_url(url, ""), {MAKE_DERIVATIVES: decode}, concurrency=1, wait_s=1.0)
    async with queue.open_async():
        lane = asyncio.create_task(run_lane(queue, [MEDIA], 1))
        async with asyncio.timeout(20):
            await begun.wait()
        databases.drop(name)
        lane.cancel()
        done.set()
        ended, _ = await asyncio.wait([lane], timeout=20)
    assert ended == {lane}


def test_every_kind_of_job_has_one_lane() -> None:
    async def handle(_: list[Any]) -> None:
        raise NotImplementedError

    tasks = (MAKE_DERIVATIVES, FAN_OUT, Task("a.new_one", "a_new_queue"))
    queue = create_queue(
        "postgresql://nobody@127.0.0.1/none", dict.fromkeys(tasks, handle), concurrency=1
    )
    lanes = [name for queues, _ in lanes_of(queue) for name in queues]
    assert len(set(lanes)) == len(lanes)
    assert set(lanes) == {str(task.queue) for task in queue.tasks.values()}  # pyright: ignore[reportUnknownVariableType]
    assert {"media", "notifications", "a_new_queue", "jobs"} <= set(lanes)


async def test_what_a_job_waits_for_is_not_forgotten(own_api: Api) -> None:
    waiting, failed, lost = (uuid4() for _ in range(3))
    listed = (
        "select args -> 'ids' as ids from procrastinate_jobs where task_name = %(task)s order by id"
    )
    async with worker_sessions(own_api) as sessions:
        async with transaction(sessions) as session:
            await enqueue(session, MAKE_DERIVATIVES, [failed])
        later = "update procrastinate_jobs set scheduled_at = now() + interval '1 hour'"
        await execute(own_api, later)
        async with transaction(sessions) as session:
            await enqueue(session, MAKE_DERIVATIVES, [waiting])
            await enqueue(session, FAN_OUT, [1, 2])
        async with transaction(sessions) as session:
            await enqueue_forgotten(session, MAKE_DERIVATIVES, [lost, waiting, failed])
            await enqueue_forgotten(session, FAN_OUT, [2, 3])
            await enqueue_forgotten(session, FAN_OUT, [])
        async with transaction(sessions) as session:  # nothing new: they all wait now
            await enqueue_forgotten(session, MAKE_DERIVATIVES, [lost, waiting, failed])
    photos = [row.ids for row in await fetch(own_api, listed, task=MAKE_DERIVATIVES.name)]
    told = [row.ids for row in await fetch(own_api, listed, task=FAN_OUT.name)]
    assert photos == [[str(failed)], [str(waiting)], [str(lost), str(failed)]]
    assert told == [[1, 2], [3]]
