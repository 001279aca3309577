"""What is kept only for so long: each kind with its own time, in batches, and never on hold.

Every rule names the rows whose time is over and what becomes of them. Running one twice does
nothing more; being cut off in the middle leaves whole batches.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.settings import RetentionSettings
from identity.tables import OneTimeCode, RefreshToken
from media.removal import remove_files
from media.tables import Attachment
from notifications.tables import Announcement, Notification
from workflows.restriction import GRANTED, KIND
from workflows.rights_tables import LegalHold, PersonRequest
from workflows.tables import Case, Report, Reporter

log = structlog.get_logger()
BATCH = 500
Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of rows: which are over at an instant, and their end."""

    name: str
    over: Callable[[datetime, RetentionSettings], Select[Any] | None]
    end: Callable[[AsyncSession, Sequence[Any], datetime], Awaitable[None]]


async def count_over(
    sessions: Sessions, settings: RetentionSettings, *, now: datetime
) -> dict[str, int]:
    """How many rows each rule would end now; changes nothing."""
    counts: dict[str, int] = {}
    async with transaction(sessions) as session:
        for rule in RULES:
            query = rule.over(now, settings)
            if query is not None:
                count = select(func.count()).select_from(query.subquery())
                counts[rule.name] = await session.scalar(count) or 0
    return counts


async def end_what_is_over(
    sessions: Sessions, settings: RetentionSettings, *, now: datetime
) -> dict[str, int]:
    """Apply every rule; how many rows each ended. Any number may run side by side."""
    counts: dict[str, int] = {}
    for rule in RULES:
        query = rule.over(now, settings)
        if query is None:
            continue
        counts[rule.name] = 0
        while count := await _end_batch(sessions, rule, query, now):
            counts[rule.name] += count
    ended = {name: count for name, count in counts.items() if count}
    if ended:
        log.info("retention", **ended)
    return counts


async def _end_batch(sessions: Sessions, rule: Rule, query: Select[Any], now: datetime) -> int:
    async with transaction(sessions) as session:
        rows = list(await session.scalars(query.limit(BATCH).with_for_update(skip_locked=True)))
        if rows:
            await rule.end(session, rows, now)
        return len(rows)


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _codes(now: datetime, settings: RetentionSettings) -> Select[Any]:
    last = _before(now, settings.codes_days)
    return select(OneTimeCode.phone_index).where(OneTimeCode.expires_at < last)


async def _end_codes(session: AsyncSession, rows: Sequence[Any], now: datetime) -> None:  # noqa: ARG001  # as all rules
    await session.execute(delete(OneTimeCode).where(OneTimeCode.phone_index.in_(rows)))


def _tokens(now: datetime, settings: RetentionSettings) -> Select[Any]:
    last = _before(now, settings.sessions_days)
    return select(RefreshToken.token_hash).where(RefreshToken.expires_at < last)


async def _end_tokens(session: AsyncSession, rows: Sequence[Any], now: datetime) -> None:  # noqa: ARG001  # as all rules
    await session.execute(delete(RefreshToken).where(RefreshToken.token_hash.in_(rows)))


def _messages(now: datetime, settings: RetentionSettings) -> Select[Any] | None:
    if not settings.notifications_days:
        return None
    return select(Notification.id).where(
        Notification.created_at < _before(now, settings.notifications_days),
        Notification.status != "pending",
    )


async def _end_messages(session: AsyncSession, rows: Sequence[Any], now: datetime) -> None:  # noqa: ARG001  # as all rules
    await session.execute(delete(Notification).where(Notification.id.in_(rows)))


def _announcements(now: datetime, settings: RetentionSettings) -> Select[Any] | None:
    if not settings.notifications_days:
        return None
    return select(Announcement.id).where(
        Announcement.fanned_out_at < _before(now, settings.notifications_days)
    )


async def _end_announcements(
    session: AsyncSession,
    rows: Sequence[Any],
    now: datetime,  # noqa: ARG001  # as all rules
) -> None:
    await session.execute(delete(Announcement).where(Announcement.id.in_(rows)))


def _contacts(now: datetime, settings: RetentionSettings) -> Select[Any] | None:
    """How somebody could be reached about a report that is long done."""
    if not settings.contacts_days:
        return None
    kept = (
        Reporter.name_sealed, Reporter.phone_sealed, Reporter.email_sealed,
        Reporter.name, Reporter.phone, Reporter.email,
    )  # fmt: skip
    return (
        select(Reporter.report_id)
        .join(Report, Report.id == Reporter.report_id)
        .join(Case, Case.id == Report.case_id)
        .where(
            or_(*(column.is_not(None) for column in kept)),
            Case.closed_at < _before(now, settings.contacts_days),
            ~exists().where(LegalHold.case_id == Case.id),
        )
    )


async def _end_contacts(session: AsyncSession, rows: Sequence[Any], now: datetime) -> None:  # noqa: ARG001  # as all rules
    await session.execute(
        update(Reporter)
        .where(Reporter.report_id.in_(rows))
        .values(
            name=None, phone=None, email=None, name_sealed=None, phone_sealed=None,
            phone_index=None, email_sealed=None,
        )
    )  # fmt: skip
    await session.execute(
        delete(Reporter).where(Reporter.report_id.in_(rows), Reporter.person_id.is_(None))
    )


def _originals(now: datetime, settings: RetentionSettings) -> Select[Any] | None:
    """Photos as they were sent, with what their files tell: evidence for as long as that matters."""
    if not settings.originals_days:
        return None
    return (
        select(Attachment.id)
        .join(Case, Case.id == Attachment.case_id)
        .where(
            Attachment.original_removed_at.is_(None),
            Attachment.state != "pending",
            Case.closed_at < _before(now, settings.originals_days),
            ~exists().where(LegalHold.case_id == Case.id),
        )
    )


async def _end_originals(session: AsyncSession, rows: Sequence[Any], now: datetime) -> None:
    keys = await session.scalars(
        update(Attachment)
        .where(Attachment.id.in_(rows))
        .values(original_removed_at=now, taken_at=None, taken_place=None)
        .returning(Attachment.original_key)
    )
    await remove_files(session, list(keys), now=now)


def _requests(now: datetime, settings: RetentionSettings) -> Select[Any] | None:
    if not settings.requests_days:
        return None
    closed = PersonRequest.closed_at
    return select(PersonRequest.id).where(
        and_(closed.is_not(None), closed < _before(now, settings.requests_days)),
        # A restriction that was granted and not lifted goes on.
        ~and_(PersonRequest.kind == KIND, PersonRequest.state == GRANTED),
    )


async def _end_requests(session: AsyncSession, rows: Sequence[Any], now: datetime) -> None:  # noqa: ARG001  # as all rules
    await session.execute(delete(PersonRequest).where(PersonRequest.id.in_(rows)))


RULES = (
    Rule("one_time_codes", _codes, _end_codes),
    Rule("refresh_tokens", _tokens, _end_tokens),
    Rule("notifications", _messages, _end_messages),
    Rule("announcements", _announcements, _end_announcements),
    Rule("contacts", _contacts, _end_contacts),
    Rule("originals", _originals, _end_originals),
    Rule("person_requests", _requests, _end_requests),
)
