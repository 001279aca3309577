"""Staff's work on cases."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from api.case_files import to_csv, to_geojson
from api.case_queries import CaseQueryDep
from api.deps import (
    ActorDep,
    CityDep,
    CursorQuery,
    ExpectedRevDep,
    LimitQuery,
    PresenterDep,
    ServicesDep,
    SessionDep,
    presenter_for,
)
from api.schemas.audit import CaseReporterOut, CaseReportersOut
from api.schemas.base import PageOut, Text
from api.schemas.cases import (
    CaseItem,
    CaseOut,
    ColleagueOut,
    ColleaguesOut,
    Explanation,
    FormIn,
    NoteIn,
)
from api.steps import answer_step
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from media.attachments import list_attachments
from workflows import assignment, case_export, cases, casework, reporters
from workflows.policies import Right, check_right

router = APIRouter(prefix="/v1/cases", tags=["cases"])
FILES = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}


@router.get("")
async def list_cases(
    actor: ActorDep,
    services: ServicesDep,
    query: CaseQueryDep,
    sort: Literal["due", "-opened", "-updated", "trust"] = "-opened",
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[CaseItem]:
    """The work list: cases that the reader may see, filtered, by keyset pages."""
    async with services.begin_list(actor) as session:
        presenter = await presenter_for(session, actor, services)
        wanted = query.to_filter(presenter.city, sort)
        page = await cases.page_cases(session, wanted, actor=actor, limit=limit, cursor=cursor)
        photos = await list_attachments(session, [row.id for row in page.items])
    return PageOut(
        items=[presenter.case_item(row, photos[row.id]) for row in page.items],
        next_cursor=page.next_cursor,
    )


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in FILES.values()
            }
        }
    },
)
async def export_cases(
    actor: ActorDep,
    services: ServicesDep,
    query: CaseQueryDep,
    kind: Annotated[Literal["csv", "geojson"], Query(alias="format")] = "csv",
) -> StreamingResponse:
    """All cases of the same filters as a file, the latest first, without anything of who reported
    them. It wants a fresh proof of who one is, and is noted.
    """
    now = utc_now()
    async with services.begin_list(actor) as session:
        presenter = await presenter_for(session, actor, services)
        wanted = query.to_filter(presenter.city)
        await case_export.begin_export(
            session, wanted, format_name=kind, asked=query.for_the_log(), actor=actor, now=now
        )
    batches = case_export.list_batches(lambda: services.begin_list(actor), wanted, actor=actor)
    made = (to_csv if kind == "csv" else to_geojson)(batches, presenter)
    name = f"ho-so-{now.astimezone(presenter.city.zone):%Y-%m-%d}.{kind}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(made, media_type=FILES[kind], headers=headers)


@router.get("/{case_id}")
async def get_case(
    case_id: UUID, session: SessionDep, actor: ActorDep, presenter: PresenterDep, response: Response
) -> CaseOut:
    """One case with its history and the buttons that the reader may press now."""
    case = presenter.case(await cases.get_case(session, case_id, actor=actor))
    response.headers["ETag"] = f'"{case.rev}"'
    return case


@router.get("/{case_id}/reporters")
async def read_reporters(
    case_id: UUID,
    reason: Annotated[Text, Query(min_length=1, max_length=300)],
    session: SessionDep,
    actor: ActorDep,
    city: CityDep,
    services: ServicesDep,
    response: Response,
) -> CaseReportersOut:
    """Who filed the reports of a case, for whom the city lets know it. Each reading is noted with
    its reason; an anonymous reporter stays so.
    """
    found = await reporters.read_reporters(
        session, case_id, reason=reason, actor=actor, city=city, sealer=services.sealer
    )
    response.headers["Cache-Control"] = "no-store"
    items = [
        CaseReporterOut(report_id=r.report_id, restricted=r.restricted, **asdict(r.contact))
        for r in found
    ]
    return CaseReportersOut(items=items)


@router.post("/{case_id}/actions/{action}", response_model=CaseOut | None)
async def perform_action(
    case_id: UUID,
    action: str,
    form: FormIn,
    actor: ActorDep,
    services: ServicesDep,
    expected_rev: ExpectedRevDep,
    prefer: Annotated[str | None, Header(description="`return=minimal` for no body")] = None,
) -> Response:
    """Take one step of the process, based on the version in `If-Match`.

    Answers the case as it is then; 204 when the step took it out of the reader's sight, or when
    the client prefers a minimal answer (RFC 7240): the new version is then the ETag alone.
    """
    return await answer_step(
        case_id,
        actor,
        services,
        lambda session: casework.perform_action(
            session,
            case_id,
            action,
            form,
            actor=actor,
            expected_rev=expected_rev,
            now=utc_now(),
            cache=services.cache,
        ),
        minimal=prefer is not None and "return=minimal" in prefer,
    )


@router.post("/{case_id}/notes", status_code=201)
async def add_note(
    case_id: UUID,
    body: NoteIn,
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    response: Response,
) -> CaseOut:
    """Write a note between colleagues; it is no step, so nobody's `If-Match` goes stale."""
    await casework.add_note(session, case_id, body.text, actor=actor, now=utc_now())
    return await get_case(case_id, session, actor, presenter, response)


@router.delete("/{case_id}/review")
async def end_review(
    case_id: UUID, session: SessionDep, actor: ActorDep, presenter: PresenterDep, response: Response
) -> CaseOut:
    """Take the marks for review off, once somebody has looked; the history keeps them."""
    await casework.end_review(session, case_id, actor=actor, now=utc_now())
    return await get_case(case_id, session, actor, presenter, response)


@router.get("/{case_id}/people")
async def list_colleagues(case_id: UUID, session: SessionDep, actor: ActorDep) -> ColleaguesOut:
    """Whom the case can be given to: the staff of its department, the least busy first."""
    found = await assignment.list_colleagues(session, case_id, actor=actor)
    return ColleaguesOut(items=[ColleagueOut.model_validate(who) for who in found])


@router.get("/{case_id}/explain")
async def explain(
    case_id: UUID, session: SessionDep, actor: ActorDep, presenter: PresenterDep
) -> Explanation:
    """Why the case was routed where it is: the rule, its reason and what it looked at."""
    check_right(actor, Right.EXPLAIN_ROUTING)
    detail = await cases.get_case(session, case_id, actor=actor)
    return presenter.explanation(detail.case)
