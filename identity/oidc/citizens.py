"""Accounts of citizens whom a provider names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.errors import InvalidInput, NotSignedIn
from core.sealing import Sealer
from identity.identities import find_person, link_identity
from identity.locks import lock_name
from identity.oidc.id_tokens import Profile
from identity.oidc.providers import Provider
from identity.phones import normalise_phone
from identity.sign_in import person_of_phone
from identity.tables import Person


async def find_or_add_citizen(
    session: AsyncSession,
    provider: Provider,
    profile: Profile,
    *,
    sealer: Sealer,
    language: str,
    now: datetime,
) -> Person:
    """The account that a provider's person has here, made at their first sign-in: that of their
    phone number where the provider's word counts for it. NotSignedIn `account_closed`.
    """
    person = await find_person(session, provider.name, profile.subject)
    if person is None:
        # Two first sign-ins of one person must not make two accounts.
        await lock_name(session, provider.name, profile.subject)
        person = await find_person(session, provider.name, profile.subject)
    if person is None:
        person = await _add(session, provider, profile, sealer, language)
        await link_identity(session, person.id, provider.name, profile.subject, now=now)
    if not person.active:
        raise NotSignedIn("account_closed")
    return person


async def _add(
    session: AsyncSession, provider: Provider, profile: Profile, sealer: Sealer, language: str
) -> Person:
    phone = _phone(profile) if provider.trust_phone else None
    if phone is not None:
        person = await person_of_phone(session, phone, sealer=sealer, language=language)
        person.name = person.name or profile.name
    else:
        person = Person(role=Role.CITIZEN, name=profile.name, language=language)
        session.add(person)
    await session.flush()
    return person


def _phone(profile: Profile) -> str | None:
    """A number that the provider verified, in our spelling; None for what is none to us."""
    if profile.phone is None:
        return None
    try:
        return normalise_phone(profile.phone, pointer="/phone")
    except InvalidInput:
        return None
