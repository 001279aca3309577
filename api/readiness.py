"""What must work before this process is sent requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from api.deps import Services
from core.errors import Unavailable
from core.failures import describe
from core.fence import Errand
from core.migrations import current_revision, head
from workflows.workers import last_heartbeat

log = structlog.get_logger()
WORKER_SILENCE = timedelta(seconds=30)
TIMEOUT_S = 5.0

Check = Callable[[Services, datetime], Awaitable[None]]


async def _check_database(services: Services, now: datetime) -> None:
    del now
    await services.read_pool.fetchval("select 1")


async def _check_migrations(services: Services, now: datetime) -> None:
    del now
    async with services.begin(Errand.UPKEEP) as session:
        if await current_revision(session) != head():
            raise Unavailable("migrations_pending")


async def _check_store(services: Services, now: datetime) -> None:
    del now
    await services.store.check()


async def _check_worker(services: Services, now: datetime) -> None:
    async with services.begin(Errand.UPKEEP) as session:
        seen_at = await last_heartbeat(session)
    if seen_at is None or now - seen_at > WORKER_SILENCE:
        raise Unavailable("worker_silent")


CHECKS: dict[str, Check] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "store": _check_store,
    "worker": _check_worker,
}


async def failing_parts(services: Services, now: datetime) -> list[str]:
    """The names of the parts that do not work, in the order of CHECKS."""
    failing: list[str] = []
    for name, check in CHECKS.items():
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await check(services, now)
        except Exception as error:  # noqa: BLE001  # whatever it is, the part does not work
            log.warning("not_ready", part=name, error=describe(error))
            failing.append(name)
    return failing
