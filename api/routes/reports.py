"""Citizens' reports: filing, following, answering."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request, Response

from api.client_address import ClientAddressDep
from api.conditional import NOT_MODIFIED, etag_of, has_etag
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
from api.errors import problem_of
from api.filing_limits import check_filing, pay_back
from api.schemas.base import Instant, Labelled, PageOut, Text
from api.schemas.cases import FormIn
from api.schemas.reports import (
    BatchIn,
    BatchItemOut,
    BatchOut,
    FiledOut,
    MyReportsOut,
    NearbyOut,
    ReportIn,
    ReportOut,
    ReportWithIdIn,
    UploadsIn,
)
from api.validation import parse
from core.actor import Actor, Role
from core.clock import utc_now
from core.errors import Error
from core.paging import DEFAULT_LIMIT
from gis.locate import Place
from workflows import casework, duplicates, intake, late_photos, reports
from workflows.intake import FiledReport, ReportDraft
from workflows.track_tokens import track_token as make_track_token

router = APIRouter(prefix="/v1", tags=["reports"])
CREATED, OK = 201, 200
MAX_ID = 100  # of a wrong one, no more is repeated
log = structlog.get_logger()


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
    address: ClientAddressDep,
    response: Response,
) -> FiledOut:
    """File a report under an id that the phone made, so that sending it again is harmless."""
    filed = await _file(report_id, body.draft(), actor, services, address)
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
    address: ClientAddressDep,
    response: Response,
) -> FiledOut:
    """The same as `PUT`, with the id in the body."""
    return await file_report(body.id, body, actor, services, address, response)


@router.post("/reports/batch")
async def file_batch(
    body: BatchIn, actor: ActorDep, services: ServicesDep, address: ClientAddressDep
) -> BatchOut:
    """File what a phone kept while it had no network, each item in a transaction of its own: what
    is wrong with one hurts no other. What changed meanwhile marks a case for review.
    """
    return BatchOut(items=[await _file_item(item, actor, services, address) for item in body.items])


@router.put("/reports/{report_id}/uploads")
async def add_photos(
    report_id: UUID,
    body: UploadsIn,
    session: SessionDep,
    actor: ReportActorDep,
    presenter: PresenterDep,
) -> ReportOut:
    """Add photos that came later than their report; those that it has are passed over."""
    await late_photos.add_photos(session, report_id, body.uploads, actor=actor, now=utc_now())
    return presenter.report(await reports.get_report(session, report_id, actor=actor))


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


@router.get("/me/reports", tags=["me"], response_model=MyReportsOut)
async def list_my_reports(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    updated_after: Annotated[Instant | None, Query()] = None,
    sync: Annotated[
        Text | None, Query(max_length=40, description="`sync` of an answer before")
    ] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> MyReportsOut | Response:
    """My reports in the order of their last change. With `sync` those that changed since that
    answer, none of them missed; `updated_after` goes by the instants alone.
    """
    mine = await reports.page_my_reports(
        session, actor=actor, updated_after=updated_after, sync=sync, limit=limit, cursor=cursor
    )
    answer = MyReportsOut(
        items=[presenter.my_report(row) for row in mine.page.items],
        next_cursor=mine.page.next_cursor,
        sync=mine.sync,
    )
    # `sync` moves with every commit in the city; where nothing else has changed an older one is as
    # good, and the phone need not load the rest anew.
    etag = etag_of(answer.model_dump_json(exclude={"sync"}).encode())
    if has_etag(request.headers.get("If-None-Match"), etag):
        return Response(status_code=NOT_MODIFIED, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return answer


def source_of(actor: Actor) -> str:
    """Where a report comes from: an operator enters what somebody told on the phone."""
    return "call" if actor.role is Role.OPERATOR else "app"


async def _file(
    report_id: UUID, draft: ReportDraft, actor: Actor, services: Services, address: str
) -> FiledReport:
    taken = await check_filing(
        services,
        report_id,
        actor=actor,
        phone=draft.contact.phone if draft.contact else None,
        address=address,
        now=utc_now(),
    )
    async with services.begin(actor, reports=[report_id]) as session:
        filed = await intake.file_report(
            session,
            draft,
            report_id=report_id,
            actor=actor,
            now=utc_now(),
            cache=services.cache,
            rules=services.rules,
            sealer=services.sealer,
            source=source_of(actor),
        )
    await pay_back(services, taken, created=filed.created)
    return filed


async def _file_item(item: Any, actor: Actor, services: Services, address: str) -> BatchItemOut:
    given = item.get("id") if isinstance(item, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    report_id = given[:MAX_ID] if isinstance(given, str) else None
    try:
        body = parse(ReportWithIdIn, item)
        filed = await _file(body.id, replace(body.draft(), waited=True), actor, services, address)
    except Exception as error:
        if not isinstance(error, Error):
            log.exception("item_failed", report=report_id)
        problem = problem_of(error, actor.language)
        return BatchItemOut(id=report_id, status=problem.status, report=None, problem=problem)
    status = CREATED if filed.created else OK
    return BatchItemOut(
        id=str(filed.id), status=status, report=_filed(filed, services), problem=None
    )


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
