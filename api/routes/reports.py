"""Citizens' reports: filing, following, answering."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import (
    ActorDep,
    CursorQuery,
    LatQuery,
    LimitQuery,
    LonQuery,
    PresenterDep,
    ReportActorDep,
    Services,
    ServicesDep,
    SessionDep,
)
from api.schemas.base import Instant, Labelled, PageOut, Text
from api.schemas.cases import FormIn
from api.schemas.reports import (
    FiledOut,
    MyReportOut,
    NearbyOut,
    ReportIn,
    ReportOut,
    ReportWithIdIn,
)
from core.actor import Actor, Role
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from gis.locate import Place
from workflows import casework, duplicates, intake, reports
from workflows.intake import FiledReport
from workflows.track_tokens import track_token as make_track_token

router = APIRouter(prefix="/v1", tags=["reports"])
CREATED, OK = 201, 200


@router.put(
    "/reports/{report_id}",
    status_code=CREATED,
    response_model=FiledOut,
    responses={OK: {"model": FiledOut, "description": "A retry: the first result again"}},
)
async def file_report(
    report_id: UUID,
    body: ReportIn,
    actor: ActorDep,
    services: ServicesDep,
    response: Response,
) -> FiledOut:
    """File a report under an id that the phone made, so that sending it again is harmless."""
    async with services.begin() as session:
        filed = await intake.file_report(
            session,
            body.draft(),
            report_id=report_id,
            actor=actor,
            now=utc_now(),
            cache=services.cache,
            rules=services.rules,
            sealer=services.sealer,
            source=source_of(actor),
        )
    response.status_code = CREATED if filed.created else OK
    return _filed(filed, services)


@router.post(
    "/reports",
    status_code=CREATED,
    response_model=FiledOut,
    responses={OK: {"model": FiledOut, "description": "A retry: the first result again"}},
)
async def post_report(
    body: ReportWithIdIn,
    actor: ActorDep,
    services: ServicesDep,
    response: Response,
) -> FiledOut:
    """The same as `PUT`, with the id in the body."""
    return await file_report(body.id, body, actor, services, response)


@router.get("/reports/nearby")
async def list_nearby(
    lat: LatQuery,
    lon: LonQuery,
    session: SessionDep,
    presenter: PresenterDep,
    category: Annotated[Text | None, Query(max_length=80)] = None,
    radius_m: Annotated[float, Query(ge=0.1, le=duplicates.MAX_NEARBY_RADIUS_M)] = 100,
    description: Annotated[Text, Query(max_length=400)] = "",
) -> PageOut[NearbyOut]:
    """Open cases near a place that may be the same problem: the nearest first, or the likeliest
    where `category` or `description` say what it is about.
    """
    found = await duplicates.list_nearby(
        session,
        Place(lat, lon),
        category=category,
        radius_m=radius_m,
        description=description,
        city=presenter.city,
        now=presenter.now,
    )
    return PageOut(items=[presenter.nearby(case) for case in found], next_cursor=None)


@router.get("/reports/lookup")
async def look_up(
    code: Annotated[Text, Query(max_length=20)],
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
) -> ReportOut:
    """What anybody may see of a report whose code they know."""
    return presenter.report(await reports.get_report_by_code(session, code, actor=actor))


@router.get("/reports/{report_id}")
async def get_report(
    report_id: UUID, session: SessionDep, actor: ReportActorDep, presenter: PresenterDep
) -> ReportOut:
    """A report for its reporter (account or track token) and for staff in charge."""
    return presenter.report(await reports.get_report(session, report_id, actor=actor))


@router.post("/reports/{report_id}/actions/{action}")
async def perform_action(
    report_id: UUID,
    action: str,
    form: FormIn,
    session: SessionDep,
    actor: ReportActorDep,
    services: ServicesDep,
    presenter: PresenterDep,
) -> ReportOut:
    """Take a step that the process offers the reporter: answer, withdraw, rate, reopen."""
    await casework.perform_reporter_action(
        session, report_id, action, form, actor=actor, now=utc_now(), cache=services.cache
    )
    return presenter.report(await reports.get_report(session, report_id, actor=actor))


@router.get("/me/reports", tags=["me"])
async def list_my_reports(
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    updated_after: Annotated[Instant | None, Query()] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[MyReportOut]:
    """My reports in the order of their last change; `updated_after` for what is new since."""
    page = await reports.page_my_reports(
        session, actor=actor, updated_after=updated_after, limit=limit, cursor=cursor
    )
    return PageOut(
        items=[presenter.my_report(row) for row in page.items], next_cursor=page.next_cursor
    )


def source_of(actor: Actor) -> str:
    """Where a report comes from: an operator enters what somebody told on the phone."""
    return "call" if actor.role is Role.OPERATOR else "app"


def _filed(filed: FiledReport, services: Services) -> FiledOut:
    return FiledOut(
        id=filed.id,
        code=filed.code,
        status=filed.status,
        area=Labelled(code=filed.area_code, name=filed.area_name),
        department=Labelled(code=filed.department_code, name=filed.department_name),
        due_at=filed.due_at,
        track_token=make_track_token(filed.id, services.keys),
    )
