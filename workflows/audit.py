"""Reading the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import AuditEntry
from core.paging import Page, decode_number_cursor, encode_cursor
from workflows.policies import Right, check_proof, check_right


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None does not filter."""

    action: str | None = None
    subject: str | None = None


async def page_entries(
    session: AsyncSession,
    wanted: AuditFilter,
    *,
    actor: Actor,
    limit: int,
    cursor: str | None,
    now: datetime,
) -> Page[AuditEntry]:
    """The newest entries first, for an administrator who has just proved who they are."""
    check_right(actor, Right.CONFIGURE)
    check_proof(actor, now=now)
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if wanted.action is not None:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.subject is not None:
        query = query.where(AuditEntry.subject == wanted.subject)
    if cursor is not None:
        query = query.where(AuditEntry.id < decode_number_cursor(cursor))
    rows = list(await session.scalars(query.limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].id]))
