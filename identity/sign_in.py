"""The account of a person: behind a phone number, and behind a token."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.errors import NotSignedIn
from core.sealing import Sealer
from identity.locks import lock_name
from identity.numbers import index_of, seal_account_of, sealed_phone
from identity.tables import Person


async def person_of_phone(
    session: AsyncSession, phone: str, *, sealer: Sealer, language: str
) -> Person:
    """The account of a proven phone number, made on first use. It may be closed.

    Whoever links the number to another account meanwhile waits, or is waited for.
    """
    await lock_name(session, "phone", index_of(phone, sealer).hex())
    await seal_account_of(session, phone, sealer)
    person = await session.scalar(
        insert(Person)
        .values(role=Role.CITIZEN, name="", language=language, **sealed_phone(phone, sealer))
        .on_conflict_do_update(index_elements=[Person.phone_index], set_={"language": language})
        .returning(Person)
    )
    assert person is not None
    return person


async def get_person(session: AsyncSession, person_id: UUID) -> Person:
    """The account behind a token. NotSignedIn if it was closed meanwhile."""
    person = await session.get(Person, person_id)
    if person is None or not person.active:
        raise NotSignedIn("account_closed")
    return person
