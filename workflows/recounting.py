"""Working out the dates of running cases anew, after a calendar was changed.

What a clock has left follows from the calendars as they are now, so a run that was cut short, or
made twice, changes nothing that is right already. Staff's buttons wait for a batch, no longer.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import SYSTEM
from core.db import transaction
from core.errors import ConfigurationError
from workflows import process, repository
from workflows.configuration import Configuration, ConfigurationCache
from workflows.intake import surroundings
from workflows.process import Change, Event
from workflows.repository import LockedCase

log = structlog.get_logger()
BATCH = 500
NIL = UUID(int=0)
LOOK_EVERY_S = 0.05
PATIENCE = timedelta(seconds=60)  # no request takes nearly as long
# Who has read the city's row holds this lock until the transaction ends.
_READERS = text(
    """
    select virtualtransaction from pg_locks
    where locktype = 'relation' and relation = 'city'::regclass and granted
    and database = (select oid from pg_database where datname = current_database())
    and pid <> pg_backend_pid()
    """
)


async def recount(
    sessions: async_sessionmaker[AsyncSession],
    cache: ConfigurationCache,
    *,
    now: datetime,
    patience: timedelta = PATIENCE,
) -> int:
    """Give every running case the dates that the calendars say; answers how many it changed.

    It waits with `patience` for transactions that may still go by the calendars as they were.
    """
    await _wait_for_readers(sessions, patience)
    changed, last = 0, NIL
    while True:
        async with transaction(sessions) as session:
            ids = await repository.list_running(session, last, BATCH)
            if not ids:
                break
            changed += await recount_batch(session, cache, ids, now=now)
            last = ids[-1]
    log.info("recounted", cases=changed)
    return changed


async def recount_batch(
    session: AsyncSession, cache: ConfigurationCache, ids: list[UUID], *, now: datetime
) -> int:
    """The same for the cases `ids`, within the caller's transaction.

    A case whose dates cannot be worked out is logged and keeps them, so that it holds up no other.
    """
    cases = await repository.lock_running_cases(session, ids)
    if not cases:
        return 0
    city = await cache.at(session, cases[0].city_revision)
    changes: list[tuple[LockedCase, Change]] = []
    for case in cases:
        try:
            change = _recount(city, case, now)
        except ConfigurationError:
            log.exception("recount_failed", case_id=str(case.id))
            continue
        if change is not None:
            changes.append((case, change))
    if changes:
        seqs = await repository.last_seqs(session, [case for case, _ in changes])
        await repository.save_changes(session, changes, actor=SYSTEM, now=now, seqs=seqs)
    return len(changes)


def _recount(city: Configuration, case: LockedCase, now: datetime) -> Change | None:
    """What becomes of a case, with a word of history if what was promised changes; None if all its
    dates stay as they are.
    """
    around = surroundings(city, case.category, case.routing, case.source)
    change = process.recount(city.processes[case.process_id], case.state, around, now=now)
    if change.case.clocks == case.state.clocks and change.wake_at == case.wake_at:
        return None
    if change.case.due_at == case.state.due_at:
        return change
    return replace(change, events=(_explained(case, change),))


def _explained(case: LockedCase, change: Change) -> Event:
    """No step: it stands in the history after what happened last."""
    before, after = case.state.due_at, change.case.due_at
    assert before is not None
    assert after is not None  # a process promises a date from its start
    return Event(
        rev=case.state.rev,
        seq=1,
        kind="note",
        action="recounted",
        by_system=True,
        from_state=case.state.state,
        to_state=case.state.state,
        department=case.state.department,
        form={"due_before": before.isoformat(), "due_after": after.isoformat()},
        public=False,
    )


async def _wait_for_readers(
    sessions: async_sessionmaker[AsyncSession], patience: timedelta
) -> None:
    """Wait until every transaction has ended that may have read the calendars as they were: a case
    that one of them is about to file is then seen. As `create index concurrently` does.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience.total_seconds()
    waiting = await _list_readers(sessions)
    while waiting and loop.time() < give_up_at:
        await asyncio.sleep(LOOK_EVERY_S)
        waiting &= await _list_readers(sessions)
    if waiting:
        log.warning("recounts_beside_old_transactions", count=len(waiting))


async def _list_readers(sessions: async_sessionmaker[AsyncSession]) -> set[str]:
    async with transaction(sessions) as session:
        return set(await session.scalars(_READERS))
