"""What an account says about its owner, corrected by the owner."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, FieldError
from core.sealing import Sealer
from identity.numbers import find_account, index_of, seal_account_of, sealed_phone
from identity.preferences import Preferences
from identity.sign_in import get_person
from identity.tables import Person


async def change_profile(
    session: AsyncSession, person_id: UUID, changes: dict[str, str | None]
) -> Person:
    """Write `name`, `email` or `language`, whichever are among `changes`."""
    if changes:
        await session.execute(update(Person).where(Person.id == person_id).values(**changes))
    return await get_person(session, person_id)


async def change_phone(
    session: AsyncSession, person_id: UUID, phone: str, *, sealer: Sealer
) -> Person:
    """The account's number is `phone` from now on, which its owner has proven by a code.

    Conflict `phone_taken` where another account signs in with it.
    """
    await seal_account_of(session, phone, sealer)
    known = await find_account(session, index_of(phone, sealer))
    if known is not None and known != person_id:
        raise Conflict("phone_taken", fields=[FieldError("/phone", "phone_taken")])
    await session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(phone=None, **sealed_phone(phone, sealer))
    )
    return await get_person(session, person_id)


async def change_preferences(
    session: AsyncSession, person_id: UUID, preferences: Preferences
) -> None:
    """How the account is told from now on."""
    await session.execute(
        update(Person).where(Person.id == person_id).values(preferences=preferences.document())
    )
