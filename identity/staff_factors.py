"""The second factors of somebody of staff, taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.errors import Conflict
from identity.passkeys import list_passkeys
from identity.staff_tables import Passkey, Totp
from identity.totp import count_recovery_codes


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody can prove themselves with beside a password."""

    passkeys: list[Passkey]
    totp: bool
    recovery_codes: int


async def list_factors(session: AsyncSession, person_id: UUID) -> Factors:
    """What is set up and confirmed."""
    totp = await session.get(Totp, person_id)
    return Factors(
        await list_passkeys(session, person_id),
        totp is not None and totp.confirmed_at is not None,
        await count_recovery_codes(session, person_id),
    )


async def check_left(session: AsyncSession, person_id: UUID, *, needed: bool) -> None:
    """Raise Conflict `second_factor_kept` if somebody who needs a factor has none left."""
    factors = await list_factors(session, person_id)
    if needed and not factors.passkeys and not factors.totp:
        raise Conflict("second_factor_kept")


async def note_factor(
    session: AsyncSession,
    actor: Actor,
    what: Literal["add", "remove"],
    kind: Literal["totp", "passkey"],
) -> None:
    """Note in the audit log that somebody opened or closed a way into their own account."""
    await note(session, actor, f"factor.{what}", f"person:{actor.person_id}", {"kind": kind})
