"""Accounts of staff whom an identity provider names: opened, and where the city says so kept as the
provider's claims are.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.errors import NotSignedIn
from identity.accounts import AccountDraft
from identity.identities import find_person, link_identity
from identity.oidc.id_tokens import Profile
from identity.oidc.providers import Provider
from identity.tables import Person
from workflows import staff


async def find_staff(
    session: AsyncSession, provider: Provider, profile: Profile, *, now: datetime
) -> Person:
    """The account of somebody of staff as `provider` names them.

    NotSignedIn: `account_unknown` when nobody gave them one, `account_closed`, or `role_unknown`
    when their claims name none of the roles that the settings map.
    """
    person = await find_person(session, provider.name, profile.subject)
    if person is None:
        person = await _find_by_name(session, provider, profile)
    if person is not None and (not person.active or person.role == Role.CITIZEN):
        raise NotSignedIn("account_closed")
    if provider.roles:
        person = await _put_as_claimed(session, provider, profile, person, now)
    if person is None:
        raise NotSignedIn("account_unknown")
    await link_identity(session, person.id, provider.name, profile.subject, now=now)
    return person


async def _find_by_name(
    session: AsyncSession, provider: Provider, profile: Profile
) -> Person | None:
    """At the first sign-in: the account that administrators made under the provider's name."""
    if not provider.match_username or profile.username is None:
        return None
    return await session.scalar(
        select(Person).where(Person.username == profile.username, Person.role != Role.CITIZEN)
    )


async def _put_as_claimed(
    session: AsyncSession,
    provider: Provider,
    profile: Profile,
    person: Person | None,
    now: datetime,
) -> Person:
    """The account with the role and department of its claims, as an administrator would put it."""
    role = next((ours for theirs, ours in provider.roles.items() if theirs in profile.roles), None)
    if role is None:
        raise NotSignedIn("role_unknown")
    claimed = profile.department
    draft = AccountDraft(
        name=profile.name or (person.name if person else ""),
        role=role,
        department=provider.departments.get(claimed, claimed) if claimed else None,
        email=profile.email or (person.email if person else None),
        language=person.language if person else "vi",
        active=True,
    )
    if person is not None:
        return await staff.put_claimed_account(session, person, draft, now=now)
    if profile.username is None:
        raise NotSignedIn("account_unknown")
    return await staff.add_claimed_account(session, profile.username, draft)
