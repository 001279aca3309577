"""Reading the numbered changes of the map."""

from __future__ import annotations

from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from core.statements import Statement, fetch, fetch_one, load_statement
from gis.live_events import MapChange, Picture

LIST_CHANGES = load_statement(Path(__file__).parent / "sql" / "list_changes.sql")
_SPAN = Statement(
    """
    select version as last, coalesce((select min(seq) from case_changes), version + 1) as first
    from layer_versions where layer = 'open_cases'
    """,
    (),
)


async def span_of_changes(session: AsyncSession) -> tuple[int, int]:
    """The first number still kept (one more than the last if none is) and the last one given."""
    row = await fetch_one(session, _SPAN, {})
    assert row is not None
    return row["first"], row["last"]


async def list_changes(
    session: AsyncSession, *, after: int, until: int, limit: int
) -> list[MapChange]:
    """Up to `limit` changes with numbers above `after` and not above `until`, in their order."""
    rows = await fetch(session, LIST_CHANGES, {"after": after, "until": until, "limit": limit})
    return [_change(row) for row in rows]


def _change(row: asyncpg.Record) -> MapChange:
    before = _picture(row, "was_") if row["was_status"] is not None else None
    return MapChange(
        seq=row["seq"],
        at=row["at"],
        case_id=str(row["case_id"]),
        code=row["code"],
        before=before,
        after=_picture(row, "") if row["open"] else None,
        status=row["status"],
        priority=row["priority"],
        due_at=row["due_at"],
        opened_at=row["opened_at"],
    )


def _picture(row: asyncpg.Record, prefix: str) -> Picture:
    names = ("category", "department", "status", "overdue", "visibility", "lat", "lon")
    return Picture(*(row[prefix + name] for name in names))
