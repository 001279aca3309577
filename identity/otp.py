"""One-time codes by phone: six digits, five tries, five minutes."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import InvalidInput
from core.keys import Keyring
from core.sealing import Sealer
from identity.numbers import index_of
from identity.tables import OneTimeCode

LIFE = timedelta(minutes=5)
TRIES = 5
DEMO_CODE = "000000"
_PURPOSE = "otp"


async def create_code(
    session: AsyncSession,
    phone: str,
    *,
    asked_by: UUID | None,
    sealer: Sealer,
    keys: Keyring,
    now: datetime,
) -> str:
    """A new code for `phone` (E.164), replacing the last; the caller sends it.

    Nothing is looked up: whether the number has an account makes no difference, not even of time.
    A code that the account `asked_by` asked for is only taken from that account.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    values = {
        "phone_index": index_of(phone, sealer),
        "code_hash": keys.sign(_PURPOSE, _message(phone, code)),
        "asked_by": asked_by,
        "expires_at": now + LIFE,
        "tries": 0,
        "sent_at": now,
    }
    await session.execute(
        insert(OneTimeCode)
        .values(values)
        .on_conflict_do_update(index_elements=[OneTimeCode.phone_index], set_=values)
    )
    return code


async def check_code(
    session: AsyncSession,
    phone: str,
    code: str,
    *,
    tried_by: UUID | None,
    sealer: Sealer,
    keys: Keyring,
    now: datetime,
    demo: bool,
) -> bool:
    """Whether `code` is right; counts the try and uses the code up. The caller commits either way.

    InvalidInput `otp_expired` when there is none to compare with, its tries are used up, or it was
    asked for by another phone: that one's tries are not for others to use up.
    """
    of_phone = OneTimeCode.phone_index == index_of(phone, sealer)
    if demo and code == DEMO_CODE:
        await session.execute(delete(OneTimeCode).where(of_phone))
        return True
    row = await session.scalar(select(OneTimeCode).where(of_phone).with_for_update())
    if row is None or row.asked_by not in (None, tried_by):
        raise InvalidInput.at("/code", "otp_expired")
    if row.expires_at <= now or row.tries >= TRIES:
        raise InvalidInput.at("/code", "otp_expired")
    if keys.is_signed(_PURPOSE, _message(phone, code), row.code_hash):
        await session.execute(delete(OneTimeCode).where(of_phone))
        return True
    await session.execute(update(OneTimeCode).where(of_phone).values(tries=OneTimeCode.tries + 1))
    return False


def _message(phone: str, code: str) -> bytes:
    return f"{phone}:{code}".encode()
