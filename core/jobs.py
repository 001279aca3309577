"""The job queue: "look at these rows", kept in the same database and written in the same commit.

Rows are the truth and a job only carries their ids, so every task can be run twice and a
reconciler may enqueue again whatever is pending too long. Procrastinate stands behind this file
alone (and behind the SQL function `enqueue_job`, which statements call directly).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate.jobs import Job
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import driver_url

log = structlog.get_logger()
Handler = Callable[[list[Any]], Awaitable[None]]
_ENQUEUE = text("select enqueue_job(:queue, :task, jsonb_build_object('ids', CAST(:ids AS jsonb)))")
# A job that failed and waits to be tried again does not count: the row may have been mended since.
_WITHOUT_JOB = text(
    """
    select id from unnest(CAST(:ids AS text[])) with ordinality as rows (id, n)
    where id not in (
        select jsonb_array_elements_text(args -> 'ids') from procrastinate_jobs
        where task_name = :task and status in ('todo', 'doing')
          and (scheduled_at is null or scheduled_at <= now())
    )
    order by n
    """
)
STALLED_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: its name, its queue, and how often a failing one is tried again."""

    name: str
    queue: str
    attempts: int = 5


async def enqueue(session: AsyncSession, task: Task, ids: list[Any]) -> None:
    """Ask a worker to look at the rows `ids`, once the transaction of `session` has committed."""
    if ids:
        await session.execute(
            _ENQUEUE, {"queue": task.queue, "task": task.name, "ids": _json_ids(ids)}
        )


async def enqueue_forgotten(session: AsyncSession, task: Task, ids: list[Any]) -> None:
    """The same for those of `ids` that no job waits for any more. Rows that stand in a long line
    are not forgotten: another job for each would only make it longer.
    """
    if not ids:
        return
    found = await session.scalars(
        _WITHOUT_JOB, {"ids": [str(each) for each in ids], "task": task.name}
    )
    forgotten = set(found)
    await enqueue(session, task, [each for each in ids if str(each) in forgotten])


def _json_ids(ids: list[Any]) -> str:
    return "[" + ",".join(f'"{i}"' if not isinstance(i, int) else str(i) for i in ids) + "]"


def create_queue(
    url: str,
    handlers: Mapping[Task, Handler],
    *,
    concurrency: int,
    schedule: Mapping[Task, str] | None = None,
    wait_s: float = 5.0,
) -> procrastinate.App:
    """The worker's end of the queue, with one handler for each task. Opens nothing yet.

    `schedule` says when (cron, UTC) a task is also run without ids: once, by whichever worker.
    `wait_s` is how long to wait for a connection; one that is gone must not hold up a stop.
    """
    connector = procrastinate.PsycopgConnector(
        conninfo=driver_url(url, ""),
        min_size=1,
        max_size=concurrency + 2,
        timeout=wait_s,
        kwargs={"options": "-c role=hientruong_worker"},
    )
    app = procrastinate.App(connector=connector)
    for task, handler in handlers.items():
        _register(app, task, handler, (schedule or {}).get(task))
    _retry_stalled(app)
    return app


def _register(app: procrastinate.App, task: Task, handler: Handler, cron: str | None) -> None:
    retry = procrastinate.RetryStrategy(max_attempts=task.attempts, exponential_wait=4)

    @app.task(name=task.name, queue=task.queue, retry=retry)
    async def run(ids: list[Any]) -> None:  # pyright: ignore[reportUnusedFunction]
        try:
            await handler(ids)
        except Exception:
            log.exception("job_failed", task=task.name, ids=ids)  # and it is tried again
            raise

    if cron is None:
        return
    name = f"{task.name}.scheduled"

    @app.periodic(cron=cron)
    @app.task(name=name, queue=task.queue, queueing_lock=name)
    async def run_scheduled(timestamp: int) -> None:  # noqa: ARG001  # pyright: ignore[reportUnusedFunction]
        await run([])


def _retry_stalled(app: procrastinate.App) -> None:
    """Take back the jobs of killed workers: without this they stay "doing" for ever."""

    @app.periodic(cron="* * * * * */10")
    @app.task(name="jobs.retry_stalled", queue="jobs", queueing_lock="jobs.retry_stalled")
    async def retry_stalled(timestamp: int) -> None:  # noqa: ARG001  # pyright: ignore[reportUnusedFunction]
        await retry_stalled_jobs(app)


async def retry_stalled_jobs(app: procrastinate.App) -> int:
    """Put jobs whose worker has stopped its heartbeat back in line; answers how many."""
    stalled: list[Job] = list(
        await app.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=STALLED_AFTER.total_seconds()
        )
    )
    for job in stalled:
        await app.job_manager.retry_job(job)
    return len(stalled)
