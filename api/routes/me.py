"""One's own account: who I am, my devices, my inbox."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Path

from api.deps import ActorDep, CityDep, CursorQuery, LimitQuery, ServicesDep, SessionDep
from api.people import person_out
from api.schemas.base import PageOut, Text
from api.schemas.identity import DeviceIn, NotificationOut, PersonOut, SessionOut, SessionsOut
from core.actor import Actor
from core.clock import utc_now
from core.errors import NotSignedIn
from core.paging import DEFAULT_LIMIT
from identity import citizen_sessions, devices, sign_in
from notifications import inbox

router = APIRouter(prefix="/v1/me", tags=["me"])
NotificationId = Annotated[int, Path(ge=0, le=2**63 - 1)]
Token = Annotated[Text, Path(min_length=8, max_length=4096)]


@router.get("")
async def get_me(
    session: SessionDep, actor: ActorDep, city: CityDep, services: ServicesDep
) -> PersonOut:
    """The account behind the token."""
    person = await sign_in.get_person(session, _person_id(actor))
    return person_out(person, city, actor.language, services.sealer)


@router.get("/sessions")
async def list_sessions(session: SessionDep, actor: ActorDep) -> SessionsOut:
    """The phones that I am signed in on, the last seen first (100 at most)."""
    rows = await citizen_sessions.list_sessions(session, _person_id(actor), now=utc_now())
    return SessionsOut(
        items=[
            SessionOut(
                id=row.id,
                name=row.name,
                method=cast("Any", row.method),
                platform=cast("Any", row.platform),
                app_version=row.app_version,
                created_at=row.created_at,
                seen_at=row.seen_at,
                current=row.id == actor.session_id,
            )
            for row in rows
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Sign a phone out. What it holds opens nothing after ten minutes at most."""
    await citizen_sessions.end_session(session, session_id, _person_id(actor), now=utc_now())


@router.put("/devices/{token}", status_code=204)
async def put_device(token: Token, body: DeviceIn, session: SessionDep, actor: ActorDep) -> None:
    """Register this device for push messages."""
    await devices.put_device(
        session,
        token,
        _person_id(actor),
        platform=body.platform,
        language=body.language,
        now=utc_now(),
    )


@router.delete("/devices/{token}", status_code=204)
async def delete_device(token: Token, session: SessionDep, actor: ActorDep) -> None:
    """Send no more push messages to this device."""
    await devices.delete_device(session, token, _person_id(actor))


@router.get("/notifications")
async def list_notifications(
    session: SessionDep,
    actor: ActorDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[NotificationOut]:
    """My inbox, newest first: the same messages that went out by push."""
    page = await inbox.page_inbox(session, _person_id(actor), limit=limit, cursor=cursor)
    return PageOut(
        items=[
            NotificationOut(
                id=item.id,
                title=item.title,
                body=item.body,
                data=item.data,
                created_at=item.created_at,
                read_at=item.read_at,
            )
            for item in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.put("/notifications/{up_to}/read", status_code=204)
async def mark_read(up_to: NotificationId, session: SessionDep, actor: ActorDep) -> None:
    """Note that I have seen everything up to this message."""
    await inbox.mark_read(session, _person_id(actor), up_to=up_to, now=utc_now())


def _person_id(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise NotSignedIn
    return actor.person_id
