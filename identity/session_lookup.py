"""Whose session a request of staff shows: asked at every one of them, with one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, LargeBinary, Uuid, bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Proof, Role
from core.db import AnyRow, Instant, open_reader_pool
from core.errors import NotSignedIn
from core.fence import ERRANDS_ROLE, Errand
from core.settings import StaffSettings
from core.statements import CompiledSelect, compile_select, fetch_row
from identity.staff_sessions import hash_of, strong_until, ways_of
from identity.staff_tables import Passkey, StaffSession, Totp
from identity.tables import Person

SEEN_EVERY = timedelta(minutes=1)  # not a write for every read


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds. `limited`: its person must set up a second factor before anything;
    `unseen`: that somebody is here has not been noted for a while.
    """

    actor: Actor
    limited: bool
    unseen: bool = False


async def open_session_pool(url: str, *, size: int) -> asyncpg.Pool:
    """Connections on which sessions are looked up: every request of staff asks, so it is one
    message and not a transaction of three. They read as the errand of signing in does
    (`core/fence.py`) and cannot write.
    """
    acting = {"app.role": Errand.SIGN_IN.value}  # the driver takes plain text only
    return await open_reader_pool(
        url, size=size, role=ERRANDS_ROLE, application_name="hientruong-sessions", **acting
    )


async def find_by_cookie(
    pool: asyncpg.Pool, cookie: str, *, language: str, settings: StaffSettings, now: datetime
) -> SignedIn | None:
    """Who holds a cookie. None once its session has ended: a browser sends what it has wherever it
    goes, also where nobody needs to be signed in.
    """
    idle = now - timedelta(minutes=settings.session_idle_minutes)
    row = await fetch_row(pool, _BY_COOKIE, {"hash": hash_of(cookie), "idle": idle, "now": now})
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
    ways = ways_of(
        has_passkey=row.has_passkey, has_totp=row.has_totp, has_password=row.has_password
    )
    proof = Proof(row.id, strong_until(row.strong_at, settings), ways)
    actor = Actor(Role(row.role), row.person_id, row.department, language, proof=proof)
    return SignedIn(actor, row.limited, unseen=now - row.seen_at >= SEEN_EVERY)


async def note_seen(session: AsyncSession, session_id: UUID, *, now: datetime) -> None:
    """Somebody was at work in this session just now: it does not end for idleness."""
    await session.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now)
    )
