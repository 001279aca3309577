"""Accounts of phones that sign in by a key of their own: nobody's name, number or address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.errors import InvalidInput
from identity.device_proofs import Challenge, PhoneKey
from identity.locks import lock_name
from identity.tables import DeviceKey, Person, SpentChallenge


async def spend_challenge(session: AsyncSession, challenge: Challenge) -> None:
    """Note that a challenge was used. InvalidInput `challenge_invalid` if it had been before."""
    spent = await session.scalar(
        insert(SpentChallenge)
        .values(nonce=challenge.nonce, expires_at=challenge.expires_at)
        .on_conflict_do_nothing()
        .returning(SpentChallenge.nonce)
    )
    if spent is None:
        raise InvalidInput.at("/challenge", "challenge_invalid")


async def get_owner(
    session: AsyncSession, key: PhoneKey, *, language: str, now: datetime
) -> Person:
    """The account of a phone's key, made on first use. It may be closed."""
    if (owner := await _find_owner(session, key)) is not None:
        return owner
    # Two requests of one new phone must not make two accounts.
    await lock_name(session, "device", key.thumbprint.hex())
    if (owner := await _find_owner(session, key)) is not None:
        return owner
    owner = Person(role=Role.CITIZEN, name="", language=language)
    session.add(owner)
    await session.flush()
    session.add(
        DeviceKey(
            thumbprint=key.thumbprint, person_id=owner.id, public_key=key.spki, created_at=now
        )
    )
    await session.flush()
    return owner


async def forget_spent_challenges(session: AsyncSession, *, before: datetime) -> None:
    """Remove used challenges that have expired anyway."""
    await session.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < before))


async def _find_owner(session: AsyncSession, key: PhoneKey) -> Person | None:
    return await session.scalar(
        select(Person)
        .join(DeviceKey, DeviceKey.person_id == Person.id)
        .where(DeviceKey.thumbprint == key.thumbprint)
    )
