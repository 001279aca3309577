"""The sweeper: fires every clock that is due, exactly once, on any number of workers.

A clock is a column of its case (`wake_at`), so nothing has to be scheduled or cancelled. Workers
take due cases with SKIP LOCKED; case, history and announcements commit together. A worker killed
in the middle leaves its cases due for the next.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import SYSTEM
from core.db import transaction
from core.errors import ConfigurationError
from workflows import children, process, repository
from workflows.configuration import Configuration, ConfigurationCache
from workflows.intake import surroundings
from workflows.process import Change
from workflows.repository import LockedCase

log = structlog.get_logger()
BATCH = 50
PUT_OFF = timedelta(minutes=10)
# Replayed history: its clocks run as they would have, and nobody is told.
SILENT_SOURCES = frozenset({"replay"})


async def sweep(
    sessions: async_sessionmaker[AsyncSession], cache: ConfigurationCache, *, now: datetime
) -> int:
    """Fire everything that is due by `now`, batch after batch; answers how many cases moved."""
    total = 0
    while True:
        async with transaction(sessions) as session:
            count = await sweep_batch(session, cache, now=now)
        total += count
        if count < BATCH:
            return total


async def sweep_batch(
    session: AsyncSession, cache: ConfigurationCache, *, now: datetime, notify: bool = True
) -> int:
    """One batch within the caller's transaction.

    A case whose process cannot be worked out (a broken expression) is logged and put off, so
    that it holds up no other.
    """
    cases = await repository.lock_due_cases(session, now, BATCH)
    if not cases:
        return 0
    city = await cache.at(session, cases[0].city_revision)
    changes: list[tuple[LockedCase, Change]] = []
    broken: list[UUID] = []
    for case in cases:
        try:
            changes.append((case, _wake(city, case, now)))
        except ConfigurationError:
            log.exception("clock_failed", case_id=str(case.id))
            broken.append(case.id)
    seqs = await repository.last_seqs(session, cases)
    await repository.save_changes(session, changes, actor=SYSTEM, now=now, seqs=seqs, notify=notify)
    for case, change in changes:
        await children.open_children(
            session, case, change, city=city, actor=SYSTEM, now=now, notify=notify
        )
    await children.tell_parents(session, changes)
    await repository.put_off(session, broken, now + PUT_OFF)
    return len(cases)


def _wake(city: Configuration, case: LockedCase, now: datetime) -> Change:
    around = surroundings(city, case.category, case.routing, case.source)
    change = process.wake(city.processes[case.process_id], case.state, around, now=now)
    return replace(change, announces=()) if case.source in SILENT_SOURCES else change
