"""Sessions of staff, kept here and looked up at every request (`identity/session_lookup.py`), so that
ending one ends it at once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound, NotSignedIn
from core.settings import StaffSettings
from identity.staff_tables import Passkey, StaffSession, Totp
from identity.tables import Person

KEPT = timedelta(days=1)
PASSKEY, TOTP, PASSWORD, SIGN_IN = "passkey", "totp", "password", "sign_in"


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session and whose it is; `cookie` is told this once."""

    person: Person
    session: StaffSession
    cookie: str | None


async def find_ways(session: AsyncSession, person: Person) -> tuple[str, ...]:
    """How somebody can prove anew who they are: a second factor if they have one, else again what
    they sign in with.
    """
    has_passkey, has_totp = (
        await session.execute(
            select(
                exists().where(Passkey.person_id == person.id),
                exists().where(Totp.person_id == person.id, Totp.confirmed_at.is_not(None)),
            )
        )
    ).one()
    return ways_of(
        has_passkey=has_passkey, has_totp=has_totp, has_password=bool(person.password_hash)
    )


def has_second_factor(ways: tuple[str, ...]) -> bool:
    """Whether what `find_ways` found is more than a password."""
    return PASSKEY in ways or TOTP in ways


def ways_of(*, has_passkey: bool, has_totp: bool, has_password: bool) -> tuple[str, ...]:
    """What `find_ways` answers, of what somebody has. Pure."""
    factors = tuple(way for way, has in ((PASSKEY, has_passkey), (TOTP, has_totp)) if has)
    return factors or ((PASSWORD,) if has_password else (SIGN_IN,))


async def open_session(
    session: AsyncSession,
    person: Person,
    *,
    method: str,
    with_cookie: bool,
    user_agent: str,
    strong_at: datetime | None,
    limited: bool,
    settings: StaffSettings,
    now: datetime,
) -> Opened:
    """A new session, under an id that nobody knew before."""
    cookie = secrets.token_urlsafe(32) if with_cookie else None
    row = StaffSession(
        person_id=person.id,
        cookie_hash=hash_of(cookie) if cookie else None,
        method=method,
        user_agent=user_agent[:200],
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(hours=settings.session_hours),
        strong_at=strong_at,
        limited=limited,
    )
    session.add(row)
    await session.flush()
    return Opened(person, row, cookie)


def strong_until(strong_at: datetime | None, settings: StaffSettings) -> datetime | None:
    """Until when a proof counts. Pure."""
    return strong_at and strong_at + timedelta(minutes=settings.step_up_minutes)


async def get_session(session: AsyncSession, session_id: UUID) -> StaffSession:
    """The row of a session that was just looked up."""
    row = await session.get(StaffSession, session_id)
    if row is None:
        raise NotSignedIn("session_ended")
    return row


async def note_proof(session: AsyncSession, session_id: UUID, *, now: datetime) -> None:
    """The person has just proved who they are, by the strongest way that they have."""
    await session.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(strong_at=now)
    )


async def lift_limits(session: AsyncSession, person_id: UUID) -> None:
    """A second factor is set up now: sessions that waited for it open everything."""
    await session.execute(
        update(StaffSession).where(StaffSession.person_id == person_id).values(limited=False)
    )


async def list_sessions(
    session: AsyncSession, person_id: UUID, *, settings: StaffSettings, now: datetime
) -> list[StaffSession]:
    """Somebody's sessions that hold, the newest first."""
    idle = now - timedelta(minutes=settings.session_idle_minutes)
    rows = await session.scalars(
        select(StaffSession)
        .where(
            StaffSession.person_id == person_id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now,
            or_(StaffSession.cookie_hash.is_(None), StaffSession.seen_at > idle),
        )
        .order_by(StaffSession.created_at.desc(), StaffSession.id)
        .limit(200)
    )
    return list(rows)


async def end_session(
    session: AsyncSession, session_id: UUID, person_id: UUID, *, now: datetime
) -> None:
    """End one of a person's sessions. NotFound for anybody else's, or one that has ended."""
    ended = await session.scalar(
        update(StaffSession)
        .where(
            StaffSession.id == session_id,
            StaffSession.person_id == person_id,
            StaffSession.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(StaffSession.id)
    )
    if ended is None:
        raise NotFound("session_not_found")


async def end_by_cookie(session: AsyncSession, cookie: str, *, now: datetime) -> None:
    """End the session of a cookie; nothing happens for an unknown one."""
    await session.execute(
        update(StaffSession)
        .where(StaffSession.cookie_hash == hash_of(cookie), StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )


async def end_all(
    session: AsyncSession, person_id: UUID, *, but: UUID | None = None, now: datetime
) -> None:
    """End all of a person's sessions, but for the one that they do it from."""
    query = update(StaffSession).where(
        StaffSession.person_id == person_id, StaffSession.ended_at.is_(None)
    )
    if but is not None:
        query = query.where(StaffSession.id != but)
    await session.execute(query.values(ended_at=now))


async def forget_ended(session: AsyncSession, *, now: datetime) -> None:
    """Remove sessions that are long over."""
    await session.execute(
        delete(StaffSession).where(
            or_(StaffSession.expires_at <= now - KEPT, StaffSession.ended_at <= now - KEPT)
        )
    )


def hash_of(cookie: str) -> bytes:
    """What is kept of a cookie. Pure."""
    return hashlib.sha256(cookie.encode()).digest()
