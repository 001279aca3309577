"""The inbox in the app: messages that arrive without any provider."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.paging import Page, decode_number_cursor, encode_cursor
from notifications.tables import Notification


async def page_inbox(
    session: AsyncSession, person_id: UUID, *, limit: int, cursor: str | None
) -> Page[Notification]:
    """The newest messages of a person first."""
    query = select(Notification).where(
        Notification.person_id == person_id, Notification.channel == "inbox"
    )
    if cursor is not None:
        query = query.where(Notification.id < decode_number_cursor(cursor))
    rows = list(await session.scalars(query.order_by(Notification.id.desc()).limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].id]))


async def mark_read(session: AsyncSession, person_id: UUID, *, up_to: int, now: datetime) -> None:
    """Note that the person has seen everything up to message `up_to`."""
    await session.execute(
        update(Notification)
        .where(
            Notification.person_id == person_id,
            Notification.channel == "inbox",
            Notification.id <= up_to,
            Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )
