"""What staff are told of their sessions, and the cookies that come with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Services, language_of
from api.people import person_out
from api.schemas.staff_sessions import OwnSessionOut, StaffSessionOut, StaffSessionsOut
from core.actor import Actor
from core.clock import utc_now
from core.origins import passkey_domain
from identity import staff_sessions
from identity.passkeys import Site
from identity.sign_in import get_person
from identity.staff_sessions import Opened
from identity.staff_sign_in import Client, SignInTools
from identity.staff_tables import StaffSession
from identity.tables import Person


def ids_of(actor: Actor) -> tuple[UUID, UUID]:
    """The person and the session of staff who are signed in."""
    assert actor.person_id is not None
    assert actor.proof is not None
    return actor.person_id, actor.proof.session_id


def site_of(services: Services) -> Site:
    """Whom passkeys are for."""
    return Site(passkey_domain(services.server.public_url), services.cookies.origins)


def sign_in_tools(services: Services) -> SignInTools:
    """What signing in works with."""
    return SignInTools(services.security, services.staff, services.sealer, services.keys)


def client_of(request: Request, *, with_cookie: bool) -> Client:
    """What somebody signs in with."""
    return Client(with_cookie, request.headers.get("User-Agent", ""))


async def replace_session(
    session: AsyncSession,
    opened: Opened,
    services: Services,
    request: Request,
    response: Response,
    *,
    now: datetime,
) -> None:
    """Give the browser its new session; the one that it had, if any, ends."""
    assert opened.cookie is not None
    if old := services.cookies.find_session(request):
        await staff_sessions.end_by_cookie(session, old, now=now)
    services.cookies.set_session(response, opened.cookie)


async def find_own_session(
    session: AsyncSession, actor: Actor, services: Services, request: Request
) -> OwnSessionOut:
    """The session that a request came under, as its own page sees it."""
    person_id, session_id = ids_of(actor)
    row = await staff_sessions.get_session(session, session_id)
    return await own_session(session, await get_person(session, person_id), row, services, request)


async def own_session(
    session: AsyncSession, person: Person, row: StaffSession, services: Services, request: Request
) -> OwnSessionOut:
    """A session as its own page sees it."""
    city = await services.cache.newest(session)
    until = staff_sessions.strong_until(row.strong_at, services.staff)
    return OwnSessionOut(
        id=row.id,
        person=person_out(person, city, language_of(request), services.sealer),
        limited=row.limited,
        ways=list(await staff_sessions.find_ways(session, person)),  # pyright: ignore[reportArgumentType]
        strong_until=until if until and until > utc_now() else None,
    )


def sessions_out(rows: list[StaffSession], *, current: UUID | None) -> StaffSessionsOut:
    """Sessions for whoever may see them; `current` is the one that asks."""
    return StaffSessionsOut(
        items=[
            StaffSessionOut(
                id=row.id,
                method=row.method,  # pyright: ignore[reportArgumentType]  # the table's CHECK
                user_agent=row.user_agent,
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=row.expires_at,
                current=row.id == current,
            )
            for row in rows
        ]
    )
