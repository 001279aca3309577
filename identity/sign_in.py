"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.errors import NotSignedIn
from core.sealing import Sealer
from core.settings import SecuritySettings
from identity.numbers import seal_account_of, sealed_phone
from identity.tables import Person, RefreshToken
from identity.tokens import create_access_token


@dataclass(frozen=True, slots=True)
class Session:
    """What a citizen's app holds after signing in."""

    access_token: str
    refresh_token: str
    expires_in: int
    person: Person


async def sign_in_citizen(
    session: AsyncSession,
    phone: str,
    *,
    sealer: Sealer,
    language: str,
    settings: SecuritySettings,
    now: datetime,
) -> Session:
    """Session for the account of a proven phone number, made on first use.

    NotSignedIn `account_closed` if it was closed.
    """
    person = await person_of_phone(session, phone, sealer=sealer, language=language)
    if not person.active:
        raise NotSignedIn("account_closed")
    return await _citizen_session(session, person, uuid4(), settings, now)


async def person_of_phone(
    session: AsyncSession, phone: str, *, sealer: Sealer, language: str
) -> Person:
    """The account of a proven phone number, made if there is none; it may be closed."""
    await seal_account_of(session, phone, sealer)
    person = await session.scalar(
        insert(Person)
        .values(role=Role.CITIZEN, name="", language=language, **sealed_phone(phone, sealer))
        .on_conflict_do_update(index_elements=[Person.phone_index], set_={"language": language})
        .returning(Person)
    )
    assert person is not None
    return person


async def sign_in_person(
    session: AsyncSession, person_id: UUID, *, settings: SecuritySettings, now: datetime
) -> Session:
    """Session for an account that somebody else has vouched for. NotSignedIn `account_closed`."""
    person = await get_person(session, person_id)
    return await _citizen_session(session, person, uuid4(), settings, now)


async def refresh(
    session: AsyncSession, token: str, *, settings: SecuritySettings, now: datetime
) -> Session | None:
    """A new pair for a refresh token, which is used up by it.

    None when the token had been used before: somebody has a copy, so its whole family is revoked,
    and the caller must commit that before it refuses. NotSignedIn for any other fault.
    """
    row = await session.scalar(
        select(RefreshToken).where(RefreshToken.token_hash == _hash(token)).with_for_update()
    )
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise NotSignedIn("refresh_token_invalid")
    if row.used_at is not None:
        await _revoke(session, row.family, now)
        return None
    row.used_at = now
    person = await get_person(session, row.person_id)
    return await _citizen_session(session, person, row.family, settings, now)


async def sign_out(session: AsyncSession, token: str, *, now: datetime) -> None:
    """Revoke a refresh token with its family; nothing happens for an unknown one."""
    row = await session.get(RefreshToken, _hash(token))
    if row is not None:
        await _revoke(session, row.family, now)


async def get_person(session: AsyncSession, person_id: UUID) -> Person:
    """The account behind a token. NotSignedIn if it was closed meanwhile."""
    person = await session.get(Person, person_id)
    if person is None or not person.active:
        raise NotSignedIn("account_closed")
    return person


async def _citizen_session(
    session: AsyncSession, person: Person, family: UUID, settings: SecuritySettings, now: datetime
) -> Session:
    """A phone proves who somebody is, not their job: the session is a citizen's in any case."""
    token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            token_hash=_hash(token),
            person_id=person.id,
            family=family,
            expires_at=now + timedelta(days=settings.refresh_token_days),
        )
    )
    await session.flush()
    life = timedelta(minutes=settings.access_token_minutes)
    actor = Actor(Role.CITIZEN, person.id)
    return Session(_access_token(actor, settings, now, life), token, _seconds(life), person)


def _access_token(actor: Actor, settings: SecuritySettings, now: datetime, life: timedelta) -> str:
    return create_access_token(actor, keys=settings.keys, now=now, life=life)


async def _revoke(session: AsyncSession, family: UUID, now: datetime) -> None:
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.family == family)
        .values(revoked_at=func.coalesce(RefreshToken.revoked_at, now))
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _seconds(life: timedelta) -> int:
    return int(life.total_seconds())
