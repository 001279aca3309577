"""Requests about personal data: mine, and those that the city's contact answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import (
    ActorDep,
    CityDep,
    CursorQuery,
    ExpectedRevDep,
    LimitQuery,
    Services,
    ServicesDep,
    SessionDep,
)
from api.schemas.base import Labelled, PageOut
from api.schemas.person_requests import (
    HoldIn,
    RequestActionOut,
    RequestClockOut,
    RequestEventOut,
    RequestIn,
    RequestItem,
    RequestOnBehalfIn,
    RequestOut,
    RequestStepIn,
)
from core.actor import Actor
from core.clock import utc_now
from core.i18n import translate
from core.paging import DEFAULT_LIMIT
from workflows import holds, person_requests
from workflows.clocks import ClockState
from workflows.configuration import Configuration
from workflows.person_requests import RequestDraft
from workflows.policies import Right, check_right
from workflows.rights_tables import PersonRequest

router = APIRouter(prefix="/v1", tags=["my data"])
CREATED = 201
OpenQuery = Annotated[bool | None, Query(alias="open", description="Only those not finished")]


@router.post("/me/requests", status_code=CREATED)
async def file_request(
    body: RequestIn, session: SessionDep, actor: ActorDep, city: CityDep, services: ServicesDep
) -> RequestOut:
    """Ask for something about my data. The answer comes within 2 working days; what the system
    can do at once is done in the answer.
    """
    check_right(actor, Right.OWN_DATA)
    draft = RequestDraft(body.kind, body.text, person_id=actor.person_id, language=actor.language)
    row = await person_requests.file_request(
        session,
        draft,
        actor=actor,
        city=city,
        sealer=services.sealer,
        department=services.security.data_department,
        now=utc_now(),
    )
    return await _one(session, row.id, actor, city, services)


@router.get("/me/requests")
async def list_my_requests(
    session: SessionDep,
    actor: ActorDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[RequestItem]:
    """What I asked for, the latest first."""
    check_right(actor, Right.OWN_DATA)
    page = await person_requests.page_requests(session, actor=actor, limit=limit, cursor=cursor)
    items = [_item(row, actor) for row in page.items]
    return PageOut(items=items, next_cursor=page.next_cursor)


@router.get("/person-requests")
async def list_requests(
    session: SessionDep,
    actor: ActorDep,
    is_open: OpenQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[RequestItem]:
    """What people asked of my department (of the city, for operators), the latest first."""
    check_right(actor, Right.HANDLE_PERSON_REQUESTS)
    page = await person_requests.page_requests(
        session, actor=actor, limit=limit, cursor=cursor, is_open=is_open
    )
    items = [_item(row, actor) for row in page.items]
    return PageOut(items=items, next_cursor=page.next_cursor)


@router.post("/person-requests", status_code=CREATED)
async def file_on_behalf(
    body: RequestOnBehalfIn,
    session: SessionDep,
    actor: ActorDep,
    city: CityDep,
    services: ServicesDep,
) -> RequestOut:
    """Enter what somebody asked for on paper or by telephone: the clocks begin now."""
    check_right(actor, Right.HANDLE_PERSON_REQUESTS)
    draft = RequestDraft(
        body.kind,
        body.text,
        requester=body.requester,
        source=body.source,
        language=actor.language,
        by_hand=True,
    )
    row = await person_requests.file_request(
        session,
        draft,
        actor=actor,
        city=city,
        sealer=services.sealer,
        department=actor.department or services.security.data_department,
        now=utc_now(),
    )
    return await _one(session, row.id, actor, city, services)


@router.get("/person-requests/{request_id}")
async def get_request(
    request_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    city: CityDep,
    services: ServicesDep,
    response: Response,
) -> RequestOut:
    """A request for whoever asked and for its department."""
    found = await _one(session, request_id, actor, city, services)
    response.headers["ETag"] = f'"{found.rev}"'
    return found


@router.post("/person-requests/{request_id}/actions/{action}")
async def perform(
    request_id: UUID,
    action: str,
    body: RequestStepIn,
    session: SessionDep,
    actor: ActorDep,
    city: CityDep,
    services: ServicesDep,
    rev: ExpectedRevDep,
    response: Response,
) -> RequestOut:
    """Take one of its `actions`. Staff send the ETag that they saw as `If-Match`."""
    await person_requests.perform(
        session,
        request_id,
        action,
        body.model_dump(exclude_none=True),
        actor=actor,
        rev=rev,
        city=city,
        now=utc_now(),
    )
    done = await _one(session, request_id, actor, city, services)
    response.headers["ETag"] = f'"{done.rev}"'
    return done


@router.put("/cases/{case_id}/hold", status_code=204)
async def hold_case(case_id: UUID, body: HoldIn, session: SessionDep, actor: ActorDep) -> None:
    """Keep everything of this case, for a court or the police: nothing is erased meanwhile."""
    await holds.hold(session, case_id, body.reason, actor=actor, now=utc_now())


@router.delete("/cases/{case_id}/hold", status_code=204)
async def release_case(case_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """It is needed no more: what waited for that is erased."""
    await holds.release(session, case_id, actor=actor)


async def _one(
    session: SessionDep, request_id: UUID, actor: Actor, city: Configuration, services: Services
) -> RequestOut:
    now = utc_now()
    view = await person_requests.get_request(
        session,
        request_id,
        actor=actor,
        city=city,
        sealer=services.sealer,
        readings=services.readings,
        now=now,
    )
    row, language = view.row, actor.language
    process = person_requests.load_process()
    return RequestOut(
        **_item(row, actor).model_dump(),
        rev=row.rev,
        requester=view.requester,
        clocks=[
            RequestClockOut(
                name=name,
                label=process.clocks[name].label.in_language(language),
                due_at=clock.due_at,
                late=clock.is_past(now),
            )
            for name, value in row.clocks.items()
            if (clock := ClockState.from_json(value))
        ],
        events=[
            RequestEventOut(
                at=event.at,
                action=event.action,
                by="me" if event.actor_id == actor.person_id else event.actor_role,
                state=event.to_state,
                text=event.form.get("answer") or event.form.get("reason"),
            )
            for event in view.events
        ],
        actions=[
            RequestActionOut(
                name=name,
                label=action.label.in_language(language),
                needs=[field.name for field in action.form if field.required],
            )
            for name, action in view.actions.items()
        ],
    )


def _item(row: PersonRequest, actor: Actor) -> RequestItem:
    kind = translate(f"person_request_{row.kind}", actor.language)
    process = person_requests.load_process()
    return RequestItem(
        id=row.id,
        code=row.code,
        kind=Labelled(code=row.kind, name=kind),
        status=row.status,
        state=process.states[row.state].public_label.in_language(actor.language),
        text=row.text,
        department=row.department,
        source=row.source,
        due_at=row.due_at,
        overdue=row.overdue,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        answer=row.answer,
    )
