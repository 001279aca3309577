"""Accounts of those who sign in at Firebase."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.sealing import Sealer
from identity.firebase import PROVIDER, FirebaseUser
from identity.identities import find_person, link_identity
from identity.locks import lock_name
from identity.sign_in import person_of_phone
from identity.tables import Person


async def get_owner(
    session: AsyncSession, user: FirebaseUser, *, sealer: Sealer, language: str, now: datetime
) -> Person:
    """The account that a Firebase user has here, made at their first sign-in: that of their phone
    number where Firebase has verified one. It may be closed.
    """
    await lock_name(session, PROVIDER, user.uid)
    person = await find_person(session, PROVIDER, user.uid)
    if person is not None:
        return person
    if user.phone is not None:
        person = await person_of_phone(session, user.phone, sealer=sealer, language=language)
    else:
        person = Person(role=Role.CITIZEN, name="", language=language)
        session.add(person)
    await session.flush()
    await link_identity(session, person.id, PROVIDER, user.uid, now=now)
    return person
