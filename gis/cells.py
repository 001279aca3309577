"""Keeping the counts of open cases per cell: numbering what changed, folding it in, checking.

A trigger writes each change in the transaction that makes it (migration 0006). Whoever finds
changes pending numbers and folds them: workers in turn, and API processes that feed live clients.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.statements import Statement, fetch, fetch_one, load_statement
from gis.tables import CaseChange

BATCH = 5000
_SQL = Path(__file__).parent / "sql"
_SOME_PENDING = Statement("select exists (select from case_changes where seq is null) as some", ())
_TAKE_TURN = Statement(
    "select version from layer_versions where layer = 'open_cases' for update skip locked", ()
)
NUMBER_CHANGES = load_statement(_SQL / "number_changes.sql")
FOLD_CHANGES = load_statement(_SQL / "fold_changes.sql")
WRONG_CELLS = load_statement(_SQL / "wrong_cells.sql")
_DROP_EMPTY = text("delete from case_cells where cases = 0")
_SET_VERSION = text("update layer_versions set version = :version where layer = 'open_cases'")
_EXCLUSIVELY = (
    text("set transaction isolation level repeatable read"),
    # Waits for whoever is folding, and takes no snapshot: the next statement does.
    text("lock table layer_versions in exclusive mode"),
)
_REBUILD = (
    text(
        """
        with numbered as (
            update case_changes set seq = version + n
            from layer_versions, (
                select id, row_number() over (order by id) as n from case_changes where seq is null
            ) as pending
            where layer = 'open_cases' and case_changes.id = pending.id
            returning seq
        )
        update layer_versions set version = greatest(version, (select max(seq) from numbered)) + 1
        where layer = 'open_cases'
        """
    ),
    text("delete from case_cells"),
    text("insert into case_cells select * from case_cell_counts"),
)


async def number_changes(session: AsyncSession) -> int:
    """Number and fold pending changes, up to BATCH of them; how many.

    0 also when somebody else is doing it. The numbers follow each other without a gap, and become
    visible in their order, because only one transaction gives them at a time.
    """
    some = await fetch_one(session, _SOME_PENDING, {})
    if some is None or not some["some"]:
        return 0
    turn = await fetch_one(session, _TAKE_TURN, {})
    if turn is None:
        return 0
    after: int = turn["version"]
    numbered = await fetch(session, NUMBER_CHANGES, {"after": after, "limit": BATCH})
    until = after + len(numbered)
    await fetch(session, FOLD_CHANGES, {"after": after, "until": until})
    await session.execute(_DROP_EMPTY)
    await session.execute(_SET_VERSION, {"version": until})
    return len(numbered)


async def rebuild_cells(session: AsyncSession) -> None:
    """Count all cells anew from the cases. Must be the first thing in its transaction.

    Changes still pending are part of what is counted, so they are numbered without folding.
    Numbering and live clients wait meanwhile; tiles show what was there before.
    """
    for statement in (*_EXCLUSIVELY, *_REBUILD):
        await session.execute(statement)


async def count_wrong_cells(session: AsyncSession) -> int:
    """How many cells do not hold what the cases say; 0 is right."""
    row = await fetch_one(session, WRONG_CELLS, {})
    assert row is not None
    return row["count"]


async def forget_changes(session: AsyncSession, *, before: datetime) -> None:
    """Remove numbered changes that nobody will ask for again."""
    await session.execute(
        delete(CaseChange).where(CaseChange.at < before, CaseChange.seq.is_not(None))
    )
