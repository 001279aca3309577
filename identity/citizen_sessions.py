"""Sessions of citizens: one for each phone that is signed in, kept alive by refresh tokens.

A refresh token is used once, and its successor is derived from it (an HMAC), so that a phone whose
answer was lost and who asks again gets the *same* successor, and nothing has to be stored to tell
it. That holds for GRACE and only while nobody has used the successor; after that a used token that
comes again means that two hold a copy, and the session ends for both.

A thief who asks within GRACE gets what the phone got. Of the two, whoever comes second with the
successor is noticed: the phone refreshes every ten minutes, so that theft is found out then instead
of at once. Without grace a phone on a bad network loses its session for every lost answer.

What a session knows of a phone is what its owner needs to recognise it: the name and platform that
the app gave, and when it was last seen. No address: it would be one more thing to protect.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.errors import NotFound, NotSignedIn
from core.keys import Keyring
from core.settings import SecuritySettings
from identity.apps import App
from identity.device_proofs import to_base64url
from identity.tables import CitizenSession, Person, RefreshToken
from identity.tokens import create_access_token

MAX_SESSIONS = 100
GRACE = timedelta(seconds=30)
_PURPOSE = "refresh-token"


@dataclass(frozen=True, slots=True)
class Phone:
    """What a sign-in tells of the phone: the name its owner knows it by, and the app on it."""

    name: str = ""
    app: App | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a phone holds while it is signed in."""

    access_token: str
    refresh_token: str
    expires_in: int
    person: Person


async def open_session(
    session: AsyncSession,
    person: Person,
    *,
    method: str,
    phone: Phone,
    settings: SecuritySettings,
    now: datetime,
) -> Tokens:
    """Sign a citizen in on a phone. `method` is how they proved who they are."""
    if not person.active:
        raise NotSignedIn("account_closed")
    session_id = uuid4()
    token = secrets.token_urlsafe(32)
    expires_at = await _add_token(session, person.id, session_id, token, settings, now)
    await _note(session, person.id, session_id, method, phone, expires_at, now)
    return _tokens(person, session_id, token, settings, now)


async def reopen_session(
    session: AsyncSession,
    person: Person,
    session_id: UUID | None,
    *,
    method: str,
    phone: Phone,
    settings: SecuritySettings,
    now: datetime,
) -> Tokens:
    """A session in place of the one that a phone had under another account, or by another proof."""
    if session_id is not None:
        await _end(session, RefreshToken.family == session_id, now)
    return await open_session(
        session, person, method=method, phone=phone, settings=settings, now=now
    )


async def refresh(
    session: AsyncSession, token: str, *, phone: Phone, settings: SecuritySettings, now: datetime
) -> Tokens | None:
    """A new pair for a refresh token, which is used up by it; see the module for one that was.

    None when somebody has a copy: the session is ended, and the caller must commit that before it
    refuses. NotSignedIn for any other fault.
    """
    row = await session.scalar(
        select(RefreshToken).where(RefreshToken.token_hash == _hash(token)).with_for_update()
    )
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise NotSignedIn("refresh_token_invalid")
    person = await session.get(Person, row.person_id)
    if person is None or not person.active:
        raise NotSignedIn("account_closed")
    if row.used_at is None:
        row.used_at = now
        successor = _successors(token, settings.keys)[0]
        expires_at = await _add_token(session, person.id, row.family, successor, settings, now)
        await _note(session, person.id, row.family, None, phone, expires_at, now)
    else:
        answered = await _unused_successor(session, token, settings.keys)
        if answered is None or now - row.used_at > GRACE:
            await _end(session, RefreshToken.family == row.family, now)
            return None
        successor = answered
    return _tokens(person, row.family, successor, settings, now)


async def sign_out(session: AsyncSession, token: str, *, everywhere: bool, now: datetime) -> None:
    """End the session of a refresh token, or all of its account's; nothing for an unknown one."""
    row = await session.get(RefreshToken, _hash(token))
    if row is None:
        return
    if everywhere and row.revoked_at is None:  # a session that has ended rules over no other
        await _end(session, RefreshToken.person_id == row.person_id, now)
    else:
        await _end(session, RefreshToken.family == row.family, now)


async def list_sessions(
    session: AsyncSession, person_id: UUID, *, now: datetime
) -> list[CitizenSession]:
    """Where somebody is signed in, the last seen first."""
    rows = await session.scalars(
        select(CitizenSession)
        .where(
            CitizenSession.person_id == person_id,
            CitizenSession.ended_at.is_(None),
            CitizenSession.expires_at > now,
        )
        .order_by(CitizenSession.seen_at.desc(), CitizenSession.id)
        .limit(MAX_SESSIONS)
    )
    return list(rows)


async def end_session(
    session: AsyncSession, session_id: UUID, person_id: UUID, *, now: datetime
) -> None:
    """End one of somebody's own sessions. NotFound for anybody else's.

    Its refresh tokens are worth nothing from now on; an access token that is out lives its ten
    minutes to the end.
    """
    mine = await session.scalar(
        select(CitizenSession.id).where(
            CitizenSession.id == session_id, CitizenSession.person_id == person_id
        )
    )
    if mine is None:
        raise NotFound("session_not_found")
    await _end(session, RefreshToken.family == session_id, now)


async def forget_expired(session: AsyncSession, *, before: datetime) -> None:
    """Remove sessions and tokens that expired before an instant."""
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at < before))
    await session.execute(delete(CitizenSession).where(CitizenSession.expires_at < before))


async def _add_token(
    session: AsyncSession,
    person_id: UUID,
    session_id: UUID,
    token: str,
    settings: SecuritySettings,
    now: datetime,
) -> datetime:
    expires_at = now + timedelta(days=settings.refresh_token_days)
    session.add(
        RefreshToken(
            token_hash=_hash(token), person_id=person_id, family=session_id, expires_at=expires_at
        )
    )
    await session.flush()
    return expires_at


async def _note(
    session: AsyncSession,
    person_id: UUID,
    session_id: UUID,
    method: str | None,
    phone: Phone,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Write down that a phone was seen. One of the release before has no row until now."""
    seen: dict[str, object] = {"seen_at": now, "expires_at": expires_at}
    if phone.app is not None:
        seen |= {"platform": phone.app.platform, "app_version": phone.app.version_text}
    values = seen | {
        "id": session_id,
        "person_id": person_id,
        "method": method or "otp",
        "name": phone.name,
        "created_at": now,
    }
    await session.execute(
        insert(CitizenSession)
        .values(values)
        .on_conflict_do_update(index_elements=[CitizenSession.id], set_=seen)
    )


async def _unused_successor(session: AsyncSession, token: str, keys: Keyring) -> str | None:
    """What the phone was answered when it used `token`, if that has not been used in turn."""
    candidates = {_hash(successor): successor for successor in _successors(token, keys)}
    found = await session.scalar(
        select(RefreshToken.token_hash).where(
            RefreshToken.token_hash.in_(list(candidates)), RefreshToken.used_at.is_(None)
        )
    )
    return candidates[found] if found is not None else None


async def _end(session: AsyncSession, whose: ColumnElement[bool], now: datetime) -> None:
    """End the sessions of the tokens that `whose` chooses."""
    families = await session.scalars(
        update(RefreshToken)
        .where(whose, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(RefreshToken.family)
    )
    await session.execute(
        update(CitizenSession)
        .where(CitizenSession.id.in_(set(families)), CitizenSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _tokens(
    person: Person, session_id: UUID, token: str, settings: SecuritySettings, now: datetime
) -> Tokens:
    life = timedelta(minutes=settings.access_token_minutes)
    actor = Actor(Role.CITIZEN, person.id, session_id=session_id)
    access_token = create_access_token(actor, keys=settings.keys, now=now, life=life)
    return Tokens(access_token, token, int(life.total_seconds()), person)


def _successors(token: str, keys: Keyring) -> list[str]:
    """What follows a token under each secret, that of the newest first."""
    return [to_base64url(one) for one in keys.signatures(_PURPOSE, token.encode())]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
