"""Handing notifications to their channels: each until it arrived or never will."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.sealing import SealBroken, Sealer
from notifications.addresses import open_address
from notifications.channels.base import Channel, Outgoing, TryLater, Undeliverable
from notifications.tables import Announcement, Notification

log = structlog.get_logger()
MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
ForgetAddress = Callable[[AsyncSession, str], Awaitable[None]]


async def deliver(
    sessions: async_sessionmaker[AsyncSession],
    channels: dict[str, Channel],
    ids: list[int],
    *,
    sealer: Sealer,
    forget_address: ForgetAddress,
    now: datetime,
) -> int:
    """Send those of `ids` that are still pending and due; answers how many arrived.

    Each has its own transaction: the row is locked, sent under its key, and marked. Dying between
    sending and marking sends it again, under the same key. `forget_address` is called with an
    address that the provider says is dead.
    """
    sent = 0
    for notification_id in ids:
        async with transaction(sessions) as session:
            row = await _lock(session, notification_id, now)
            if row is not None and await _send(session, channels, row, sealer, forget_address, now):
                sent += 1
    return sent


async def list_pending(
    session: AsyncSession, *, due_before: datetime, limit: int = 500
) -> list[int]:
    """Notifications that should have been sent by `due_before`: for the reconciler."""
    rows = await session.scalars(
        select(Notification.id)
        .where(Notification.status == "pending", Notification.next_attempt_at <= due_before)
        .order_by(Notification.next_attempt_at)
        .limit(limit)
    )
    return list(rows)


async def list_announced(
    session: AsyncSession, *, created_before: datetime, limit: int = 500
) -> list[int]:
    """Announcements that nobody fanned out since `created_before`: for the reconciler."""
    rows = await session.scalars(
        select(Announcement.id)
        .where(Announcement.fanned_out_at.is_(None), Announcement.created_at <= created_before)
        .order_by(Announcement.id)
        .limit(limit)
    )
    return list(rows)


def pause_after(attempts: int, asked_s: float | None, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th failure: doubling from 5 s, at most an hour, with
    up to half of it added by `chance` (0…1); never less than the provider asked for. Pure.
    """
    seconds = min(5.0 * 2 ** (attempts - 1), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=max(seconds * (1 + chance / 2), asked_s or 0))


async def _lock(session: AsyncSession, notification_id: int, now: datetime) -> Notification | None:
    return await session.scalar(
        select(Notification)
        .where(
            Notification.id == notification_id,
            Notification.status == "pending",
            Notification.next_attempt_at <= now,
        )
        .with_for_update(skip_locked=True)
    )


async def _send(
    session: AsyncSession,
    channels: dict[str, Channel],
    row: Notification,
    sealer: Sealer,
    forget_address: ForgetAddress,
    now: datetime,
) -> bool:
    row.attempts += 1
    channel = channels.get(row.channel)
    try:
        if channel is None:
            raise Undeliverable(f"no channel {row.channel}")  # noqa: TRY301  # one place marks it
        address = open_address(row.address, sealer)
        await channel.send(Outgoing(row.key, address, row.title, row.body, row.data))
    except SealBroken as error:
        row.status, row.error = "failed", str(error)
        _wipe_secret(row)
        log.error("address_does_not_open", key=row.key, channel=row.channel, error=row.error)  # noqa: TRY400  # says it all
        return False
    except TryLater as error:
        _note_failure(row, error, now)
        return False
    except Undeliverable as error:
        row.status, row.error = "failed", str(error)[:500]
        _wipe_secret(row)
        log.warning("undeliverable", key=row.key, channel=row.channel)  # the reason is in the row
        if error.gone:
            await forget_address(session, row.address)
        return False
    except Exception as error:  # whatever a provider's library thinks of: the others go on
        log.exception("channel_broken", key=row.key, channel=row.channel)
        _note_failure(row, TryLater(repr(error)), now)
        return False
    row.status, row.sent_at, row.error = "sent", now, None
    _wipe_secret(row)
    return True


def _note_failure(row: Notification, error: TryLater, now: datetime) -> None:
    row.error = str(error)[:500]
    if row.attempts >= MAX_ATTEMPTS:
        row.status = "failed"
        _wipe_secret(row)
        return
    row.next_attempt_at = now + pause_after(row.attempts, error.after_s, random.random())  # noqa: S311  # jitter


def _wipe_secret(row: Notification) -> None:
    if row.data.get("secret"):
        row.body = "…"
