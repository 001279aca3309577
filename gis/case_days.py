"""Keeping the counts of cases per day: folding the days that are over, and those changed since.

Readers count a day that is not folded, or marked since, from its cases (migration 0010), so that
folding only makes the sums cheap and never changes them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.statements import Statement, fetch, load_statement

BATCH = 100
# A case that commits this long after it was opened leaves a mark.
AFTER_MIDNIGHT = timedelta(hours=2)
FOLD_DAYS = load_statement(Path(__file__).parent / "sql" / "fold_days.sql")
_ALONE = (
    # One snapshot for all that follows: a mark that is removed is one whose case was counted.
    text("set transaction isolation level repeatable read"),
    # Waits for whoever is folding, and takes no snapshot yet.
    text("lock table folded_days in share row exclusive mode"),
)
_LIST_UNFOLDED = Statement(
    "select day from case_days_unfolded where day <= $1 order by day limit $2", ("until", "limit")
)
_DROP_ROWS = text("delete from case_days where day = any (:days)")
_DROP_MARKS = text(
    """
    delete from case_day_marks using case_days_unfolded as days
    where case_day_marks.opened_at >= days.starts and case_day_marks.opened_at < days.ends
      and (days.day = any (:days) or days.day > :until)
    """
)
_REMAIN = text("select exists (select from case_days_unfolded where day <= :until)")


async def fold_days(
    sessions: async_sessionmaker[AsyncSession], *, zone: ZoneInfo, now: datetime
) -> int:
    """Fold all days that are over, batch after batch; answers how many."""
    until = (now - AFTER_MIDNIGHT).astimezone(zone).date() - timedelta(days=1)
    total = 0
    while count := len(await _fold_some(sessions, until)):
        total += count
        if count < BATCH:
            break
    return total


async def _fold_some(sessions: async_sessionmaker[AsyncSession], until: date) -> list[date]:
    """Up to BATCH days, in a transaction of their own."""
    async with transaction(sessions) as session:
        if not await session.scalar(_REMAIN, {"until": until}):
            return []
    async with transaction(sessions) as session:
        for statement in _ALONE:
            await session.execute(statement)
        rows = await fetch(session, _LIST_UNFOLDED, {"until": until, "limit": BATCH})
        days = [row["day"] for row in rows]
        await session.execute(_DROP_ROWS, {"days": days})
        # Rows first: without its mark a folded day would not be counted any more.
        await fetch(session, FOLD_DAYS, {"days": days})
        await session.execute(_DROP_MARKS, {"days": days, "until": until})
    return days
