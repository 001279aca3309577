"""Shaping the city: the accounts of its staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import ActorDep, CursorQuery, LimitQuery, ServicesDep, SessionDep
from api.schemas.accounts import AccountIn, AccountOut, AccountRole, NewAccountIn
from api.schemas.base import PageOut, Text
from api.schemas.staff_sessions import StaffSessionsOut
from api.staff_answers import sessions_out
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from identity.accounts import AccountFilter
from workflows import staff

router = APIRouter(prefix="/v1/admin/users", tags=["admin"])


@router.get("")
async def list_users(
    session: SessionDep,
    actor: ActorDep,
    department: Annotated[Text | None, Query(max_length=40)] = None,
    role: AccountRole | None = None,
    active: bool | None = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[AccountOut]:
    """Accounts of staff by username, by keyset pages; citizens are none of them."""
    wanted = AccountFilter(department, role, active)
    page = await staff.page_accounts(session, wanted, actor=actor, limit=limit, cursor=cursor)
    return PageOut(
        items=[AccountOut.model_validate(person) for person in page.items],
        next_cursor=page.next_cursor,
    )


@router.post("", status_code=201)
async def add_user(body: NewAccountIn, session: SessionDep, actor: ActorDep) -> AccountOut:
    """A new account, with or without a password."""
    person = await staff.add_account(
        session, body.username, body.draft(), body.password, actor=actor, now=utc_now()
    )
    return AccountOut.model_validate(person)


@router.put("/{user_id}")
async def put_user(
    user_id: UUID, body: AccountIn, session: SessionDep, actor: ActorDep
) -> AccountOut:
    """Change an account; `active: false` closes it, and its cases are nobody's again."""
    person = await staff.change_account(
        session, user_id, body.draft(), body.password, actor=actor, now=utc_now()
    )
    return AccountOut.model_validate(person)


@router.get("/{user_id}/sessions")
async def list_user_sessions(
    user_id: UUID, session: SessionDep, actor: ActorDep, services: ServicesDep
) -> StaffSessionsOut:
    """Where somebody of staff is signed in."""
    rows = await staff.list_account_sessions(
        session, user_id, actor=actor, settings=services.staff, now=utc_now()
    )
    return sessions_out(rows, current=actor.proof.session_id if actor.proof else None)


@router.delete("/{user_id}/sessions", status_code=204)
async def end_user_sessions(user_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Sign somebody of staff out everywhere, at once."""
    await staff.end_account_sessions(session, user_id, actor=actor, now=utc_now())


@router.delete("/{user_id}/factors", status_code=204)
async def reset_user_factors(user_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Forget the passkeys and the authenticator app of somebody who lost them."""
    await staff.reset_factors(session, user_id, actor=actor, now=utc_now())
