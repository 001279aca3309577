"""From announcements to notifications: one row for each person and channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.audience import Recipient, routes
from notifications.rendering import LANGUAGES, Message, render
from notifications.tables import Announcement, Notification


@dataclass(frozen=True, slots=True)
class Pending:
    """An announcement that is to be fanned out, locked by this transaction."""

    id: int
    key: str
    case_id: UUID
    audience: str
    template: str
    data: dict[str, Any]
    created_at: datetime


async def lock_pending(session: AsyncSession, ids: list[int]) -> list[Pending]:
    """Those of `ids` that nobody has fanned out, skipping what another worker holds."""
    rows = await session.execute(
        select(
            Announcement.id, Announcement.key, Announcement.case_id, Announcement.audience,
            Announcement.template, Announcement.data, Announcement.created_at,
        )
        .where(Announcement.id.in_(ids), Announcement.fanned_out_at.is_(None))
        .order_by(Announcement.id)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    return [Pending(*row) for row in rows]


async def add_notifications(
    session: AsyncSession,
    announcement: Pending,
    recipients: list[Recipient],
    facts: dict[str, dict[str, str]],
    extra: dict[str, Any],
    *,
    now: datetime,
) -> list[int]:
    """Write the messages of an announcement and mark it done; the ids that are still to be sent.

    `facts` holds, for each language, what the template may name. An inbox message is delivered
    by being written. Running twice adds nothing: the key of each message is unique.
    """
    rows = [
        row
        for recipient in recipients
        for row in _rows(announcement, recipient, facts[_language(recipient, facts)], extra, now)
    ]
    added = await _insert(session, rows)
    await mark_done(session, announcement, now=now)
    return added


async def add_notice(
    session: AsyncSession,
    key: str,
    template: str,
    recipients: list[Recipient],
    facts: dict[str, dict[str, str]],
    data: dict[str, Any],
    *,
    now: datetime,
) -> list[int]:
    """Messages that no case causes; the ids that are still to be sent. Twice adds nothing."""
    rows = [
        _row(
            f"{key}:{route.name}",
            None,
            recipient.person_id,
            route.channel,
            route.address,
            recipient.language,
            render(template, recipient.language, facts[_language(recipient, facts)]),
            now,
            recipient.quiet_until,
        )
        | {"data": data}
        for recipient in recipients
        for route in routes(recipient)
    ]
    return await _insert(session, rows)


async def add_call(
    session: AsyncSession, announcement: Pending, *, url: str, kind: str, body: str, now: datetime
) -> list[int]:
    """The same for the webhook that an announcement names: one call, to be made at `url`."""
    key, case_id = f"{announcement.key}:webhook", announcement.case_id
    row = _row(key, case_id, None, "webhook", url, LANGUAGES[0], Message(kind, body), now)
    data = {"webhook": announcement.template, "case_id": str(case_id)}
    added = await _insert(session, [row | {"data": data}])
    await mark_done(session, announcement, now=now)
    return added


async def mark_done(session: AsyncSession, announcement: Pending, *, now: datetime) -> None:
    """Note that an announcement was fanned out, to whomever there was."""
    await session.execute(
        update(Announcement).where(Announcement.id == announcement.id).values(fanned_out_at=now)
    )


async def add_message(
    session: AsyncSession,
    *,
    key: str,
    channel: str,
    address: str,
    language: str,
    template: str,
    facts: dict[str, str],
    now: datetime,
    secret: bool = False,
) -> list[int]:
    """A message that no case causes (a one-time code). A `secret` text is wiped once it is sent."""
    message = render(template, language, facts)
    row = _row(key, None, None, channel, address, language, message, now)
    return await _insert(session, [row | {"data": {"secret": True} if secret else {}}])


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    added = await session.execute(
        insert(Notification)
        .values(rows)
        .on_conflict_do_nothing(index_elements=[Notification.key])
        .returning(Notification.id, Notification.status)
    )
    return [row.id for row in added if row.status == "pending"]


def _rows(
    announcement: Pending,
    recipient: Recipient,
    facts: dict[str, str],
    extra: dict[str, Any],
    now: datetime,
) -> list[dict[str, Any]]:
    message = render(announcement.template, recipient.language, facts)
    data = extra | {"template": announcement.template, "case_id": str(announcement.case_id)}
    if recipient.report_id is not None:
        data["report_id"] = str(recipient.report_id)
    return [
        _row(
            f"{announcement.key}:{route.name}",
            announcement.case_id,
            recipient.person_id,
            route.channel,
            route.address,
            recipient.language,
            message,
            now,
            recipient.quiet_until,
        )
        | {"data": data}
        for route in routes(recipient)
    ]


def _row(
    key: str,
    case_id: UUID | None,
    person_id: UUID | None,
    channel: str,
    address: str,
    language: str,
    message: Message,
    now: datetime,
    not_before: datetime | None = None,
) -> dict[str, Any]:
    delivered = channel == "inbox"
    return {
        "key": key,
        "case_id": case_id,
        "person_id": person_id,
        "channel": channel,
        "address": address,
        "language": language,
        "title": message.title,
        "body": message.body,
        "status": "sent" if delivered else "pending",
        "sent_at": now if delivered else None,
        "next_attempt_at": max(now, not_before or now),
        "created_at": now,
    }


def _language(recipient: Recipient, facts: dict[str, dict[str, str]]) -> str:
    return recipient.language if recipient.language in facts else "vi"
