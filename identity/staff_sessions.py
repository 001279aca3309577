"""Sessions of staff, kept here: looked up at every request, so that ending one ends it at once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Uuid,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Proof, Role
from core.db import AnyRow, Instant
from core.errors import NotFound, NotSignedIn
from core.fence import ERRANDS_ROLE, Errand
from core.settings import StaffSettings
from core.statements import CompiledSelect, compile_select, fetch_row
from identity.staff_tables import Passkey, StaffSession, Totp
from identity.tables import Person

SEEN_EVERY = timedelta(minutes=1)  # not a write for every read
KEPT = timedelta(days=1)
PASSKEY, TOTP, PASSWORD, SIGN_IN = "passkey", "totp", "password", "sign_in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds. `limited`: its person must set up a second factor before anything;
    `unseen`: that somebody is here has not been noted for a while.
    """

    actor: Actor
    limited: bool
    unseen: bool = False


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
    return _ways(
        has_passkey=has_passkey, has_totp=has_totp, has_password=bool(person.password_hash)
    )


def has_second_factor(ways: tuple[str, ...]) -> bool:
    """Whether what `find_ways` found is more than a password."""
    return PASSKEY in ways or TOTP in ways


def _ways(*, has_passkey: bool, has_totp: bool, has_password: bool) -> tuple[str, ...]:
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
        cookie_hash=_hash(cookie) if cookie else None,
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


async def open_session_pool(url: str, *, size: int) -> asyncpg.Pool:
    """Connections on which sessions are looked up: every request of staff asks, so it is one
    message and not a transaction of three. They read as the errand of signing in does
    (`core/fence.py`) and cannot write.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        reset=_leave_as_is,
        server_settings={
            "application_name": "hientruong-sessions",
            "role": ERRANDS_ROLE,
            "app.role": Errand.SIGN_IN.value,  # the driver takes plain text only
            "default_transaction_read_only": "on",
            "jit": "off",
        },
    )


async def _leave_as_is(connection: object) -> None:
    del connection


async def find_by_cookie(
    pool: asyncpg.Pool, cookie: str, *, language: str, settings: StaffSettings, now: datetime
) -> SignedIn | None:
    """Who holds a cookie. None once its session has ended: a browser sends what it has wherever it
    goes, also where nobody needs to be signed in.
    """
    idle = now - timedelta(minutes=settings.session_idle_minutes)
    row = await fetch_row(pool, _BY_COOKIE, {"hash": _hash(cookie), "idle": idle, "now": now})
    return _signed_in(row, language, settings, now) if row is not None else None


async def get_by_id(
    pool: asyncpg.Pool,
    session_id: UUID,
    *,
    language: str,
    settings: StaffSettings,
    now: datetime,
) -> SignedIn:
    """Who holds the access token of a session. NotSignedIn `session_ended`."""
    row = await fetch_row(pool, _BY_ID, {"id": session_id, "now": now})
    if row is None:
        raise NotSignedIn("session_ended")
    return _signed_in(row, language, settings, now)


def _holding(*which: ColumnElement[bool]) -> CompiledSelect:
    """The sessions of staff that are `which` and hold, with what is asked of their people."""
    return compile_select(
        select(
            StaffSession.id,
            StaffSession.person_id,
            StaffSession.strong_at,
            StaffSession.limited,
            StaffSession.seen_at,
            Person.role,
            Person.department,
            Person.password_hash.is_not(None).label("has_password"),
            exists().where(Passkey.person_id == Person.id).label("has_passkey"),
            exists()
            .where(Totp.person_id == Person.id, Totp.confirmed_at.is_not(None))
            .label("has_totp"),
        )
        .join(Person, Person.id == StaffSession.person_id)
        .where(
            *which,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > bindparam("now", type_=Instant),
            Person.active,
            Person.role != Role.CITIZEN,
        )
    )


_BY_ID = _holding(
    StaffSession.id == bindparam("id", type_=Uuid), StaffSession.cookie_hash.is_(None)
)
_BY_COOKIE = _holding(
    StaffSession.cookie_hash == bindparam("hash", type_=LargeBinary),
    StaffSession.seen_at > bindparam("idle", type_=Instant),
)


def _signed_in(row: AnyRow, language: str, settings: StaffSettings, now: datetime) -> SignedIn:
    ways = _ways(has_passkey=row.has_passkey, has_totp=row.has_totp, has_password=row.has_password)
    proof = Proof(row.id, strong_until(row.strong_at, settings), ways)
    actor = Actor(Role(row.role), row.person_id, row.department, language, proof=proof)
    return SignedIn(actor, row.limited, unseen=now - row.seen_at >= SEEN_EVERY)


async def note_seen(session: AsyncSession, session_id: UUID, *, now: datetime) -> None:
    """Somebody was at work in this session just now: it does not end for idleness."""
    await session.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now)
    )


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
        .where(StaffSession.cookie_hash == _hash(cookie), StaffSession.ended_at.is_(None))
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


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
