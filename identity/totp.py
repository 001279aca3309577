"""Codes of an authenticator app (RFC 6238) as a second factor, and codes for when it is lost."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, InvalidInput, NotFound
from core.keys import Keyring
from core.sealing import Sealer
from identity.staff_tables import RecoveryCode, Totp

ISSUER = "Hiện Trường"
SECONDS = 30
DRIFT = 1  # steps that a phone's clock may be off, either way
RECOVERY_CODES = 10
_COLUMN = "totp_secrets.secret"
_PURPOSE = "recovery-code"
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is given, as text and for a QR code."""

    secret: str
    url: str


def matching_step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The time step whose code this is, later than step `after`; None if it is none's. Pure."""
    totp = TOTP(secret, interval=SECONDS)
    present = int(now.timestamp()) // SECONDS
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step), code) and step > after:
            found = step
    return found


async def begin_enrolment(
    session: AsyncSession, person_id: UUID, username: str, *, sealer: Sealer
) -> Enrolment:
    """A new secret, which counts once a code has confirmed it. Conflict `totp_exists` beside one
    that does already.
    """
    secret = random_base32()
    sealed = sealer.seal(secret, _COLUMN)
    stored = await session.scalar(
        insert(Totp)
        .values(person_id=person_id, secret_sealed=sealed)
        .on_conflict_do_update(
            index_elements=[Totp.person_id],
            set_={"secret_sealed": sealed, "last_step": 0},
            where=Totp.confirmed_at.is_(None),
        )
        .returning(Totp.person_id)
    )
    if stored is None:
        raise Conflict("totp_exists")
    url = TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)
    return Enrolment(secret, url)


async def confirm_enrolment(
    session: AsyncSession,
    person_id: UUID,
    code: str,
    *,
    sealer: Sealer,
    keys: Keyring,
    now: datetime,
) -> list[str]:
    """Let the new secret count, and give the recovery codes, which are told this once.

    InvalidInput `otp_wrong`; NotFound `totp_not_begun`.
    """
    row = await session.get(Totp, person_id, with_for_update=True)
    if row is None or row.confirmed_at is not None:
        raise NotFound("totp_not_begun")
    if not await _use(session, row, code, sealer, now):
        raise InvalidInput.at("/code", "otp_wrong")
    row.confirmed_at = now
    await session.flush()
    return await _renew_recovery_codes(session, person_id, keys)


async def use_code(
    session: AsyncSession,
    person_id: UUID,
    code: str,
    *,
    sealer: Sealer,
    keys: Keyring,
    now: datetime,
) -> bool:
    """Whether a code is right: of the app, or a recovery code. Either is used up by it."""
    typed = code.strip().lower().replace(" ", "").replace("-", "")
    row = await session.get(Totp, person_id, with_for_update=True)
    if row is None or row.confirmed_at is None:
        return False
    if typed.isdigit():
        return await _use(session, row, typed, sealer, now)
    used = await session.scalar(
        delete(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hash.in_(keys.signatures(_PURPOSE, _message(person_id, typed))),
        )
        .returning(RecoveryCode.person_id)
    )
    return used is not None


async def remove_totp(session: AsyncSession, person_id: UUID) -> bool:
    """Take the secret and its recovery codes away; whether there was one that counted."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    confirmed_at = await session.scalar(
        delete(Totp).where(Totp.person_id == person_id).returning(Totp.confirmed_at)
    )
    return confirmed_at is not None


async def count_recovery_codes(session: AsyncSession, person_id: UUID) -> int:
    """How many are left."""
    rows = await session.scalars(
        select(RecoveryCode.person_id).where(RecoveryCode.person_id == person_id)
    )
    return len(rows.all())


async def _use(session: AsyncSession, row: Totp, code: str, sealer: Sealer, now: datetime) -> bool:
    """The row is locked: of two who bring the same code at once, one is right."""
    secret = sealer.open(row.secret_sealed, _COLUMN)
    step = matching_step(secret, code, after=row.last_step, now=now)
    if step is None:
        return False
    row.last_step = step
    await session.flush()
    return True


async def _renew_recovery_codes(session: AsyncSession, person_id: UUID, keys: Keyring) -> list[str]:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(person_id=person_id, code_hash=keys.sign(_PURPOSE, _message(person_id, code)))
        for code in codes
    )
    await session.flush()
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def _message(person_id: UUID, code: str) -> bytes:
    return f"{person_id}:{code}".encode()
