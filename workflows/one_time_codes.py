"""Sending a one-time code: made, written into a message, and handed to the worker."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.jobs import enqueue
from core.keys import Keyring
from core.sealing import Sealer
from identity.otp import create_code
from notifications.addresses import seal_address
from notifications.fanout import add_message
from workflows.tasks import DELIVER


async def send_code(
    session: AsyncSession,
    phone: str,
    *,
    asked_by: UUID | None,
    language: str,
    sealer: Sealer,
    keys: Keyring,
    now: datetime,
) -> None:
    """Send a new code to a number (E.164); the message is wiped once it is sent."""
    code = await create_code(session, phone, asked_by=asked_by, sealer=sealer, keys=keys, now=now)
    ids = await add_message(
        session,
        key=f"otp:{uuid4()}",
        channel="sms",
        address=seal_address(phone, sealer),
        language=language,
        template="otp",
        facts={"otp": code},
        now=now,
        secret=True,
    )
    await enqueue(session, DELIVER, ids)
