"""Staff signing in with a password, and the sessions that they hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.client_address import ClientAddressDep
from api.deps import Services, ServicesDep, SignedInDep, language_of
from api.people import person_out
from api.schemas.staff_sessions import (
    OwnSessionOut,
    StaffLoginIn,
    StaffSessionsOut,
    StaffTokenOut,
)
from api.staff_answers import (
    client_of,
    find_own_session,
    ids_of,
    own_session,
    replace_session,
    sessions_out,
    sign_in_tools,
)
from core.actor import Actor, Proof, Role
from core.clock import utc_now
from core.fence import Errand
from identity import staff_sessions
from identity.staff_sign_in import Credentials, password_budgets, sign_in_by_password
from identity.tokens import create_access_token

router = APIRouter(prefix="/v1/auth/staff", tags=["auth"])


@router.post("")
async def sign_in_with_token(
    body: StaffLoginIn, services: ServicesDep, request: Request, address: ClientAddressDep
) -> StaffTokenOut:
    """For programs: an access token for a username and password."""
    now = utc_now()
    await _take_budgets(services, body, address, now)
    async with services.begin(Errand.SIGN_IN) as session:
        opened = await sign_in_by_password(
            session,
            _credentials(body),
            client=client_of(request, with_cookie=False),
            tools=sign_in_tools(services),
            now=now,
        )
        city = await services.cache.newest(session)
    person, row = opened.person, opened.session
    proof = Proof(row.id, None, ())
    actor = Actor(Role(person.role), person.id, person.department, proof=proof)
    life = row.expires_at - now
    return StaffTokenOut(
        access_token=create_access_token(actor, keys=services.keys, now=now, life=life),
        expires_in=int(life.total_seconds()),
        person=person_out(person, city, language_of(request), services.sealer),
        limited=row.limited,
    )


@router.post("/session")
async def sign_in_with_cookie(
    body: StaffLoginIn,
    services: ServicesDep,
    request: Request,
    response: Response,
    address: ClientAddressDep,
) -> OwnSessionOut:
    """For pages: a session in a cookie, under an id that is new at every sign-in."""
    now = utc_now()
    services.cookies.check_origin(request)
    await _take_budgets(services, body, address, now)
    async with services.begin(Errand.SIGN_IN) as session:
        opened = await sign_in_by_password(
            session,
            _credentials(body),
            client=client_of(request, with_cookie=True),
            tools=sign_in_tools(services),
            now=now,
        )
        await replace_session(session, opened, services, request, response, now=now)
        return await own_session(session, opened.person, opened.session, services, request)


@router.get("/session")
async def get_session(
    signed: SignedInDep, services: ServicesDep, request: Request
) -> OwnSessionOut:
    """Who is signed in here."""
    async with services.begin(Errand.SIGN_IN) as session:
        return await find_own_session(session, signed.actor, services, request)


@router.delete("/session", status_code=204)
async def sign_out(signed: SignedInDep, services: ServicesDep, response: Response) -> None:
    """End this session, at once and everywhere."""
    person_id, session_id = ids_of(signed.actor)
    async with services.begin(Errand.SIGN_IN) as session:
        await staff_sessions.end_session(session, session_id, person_id, now=utc_now())
    services.cookies.clear_session(response)


@router.get("/sessions")
async def list_sessions(signed: SignedInDep, services: ServicesDep) -> StaffSessionsOut:
    """Where I am signed in."""
    person_id, session_id = ids_of(signed.actor)
    async with services.begin(Errand.SIGN_IN) as session:
        rows = await staff_sessions.list_sessions(
            session, person_id, settings=services.staff, now=utc_now()
        )
    return sessions_out(rows, current=session_id)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: UUID, signed: SignedInDep, services: ServicesDep) -> None:
    """Sign out somewhere else."""
    person_id, _ = ids_of(signed.actor)
    async with services.begin(Errand.SIGN_IN) as session:
        await staff_sessions.end_session(session, session_id, person_id, now=utc_now())


def _credentials(body: StaffLoginIn) -> Credentials:
    return Credentials(body.username, body.password, body.otp)


async def _take_budgets(
    services: Services, body: StaffLoginIn, address: str, now: datetime
) -> None:
    budgets = password_budgets(_credentials(body), address)
    await services.limits.take(*budgets, now=now, code="too_many_sign_ins")
