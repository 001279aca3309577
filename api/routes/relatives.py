"""What other cases one has to do with: duplicates, child cases, the same cause."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import ActorDep, ExpectedRevDep, PresenterDep, ServicesDep, SessionDep
from api.routes.cases import get_case
from api.schemas.cases import CaseOut
from api.schemas.relatives import ChildIn, LinkIn, MergeIn
from api.steps import answer_step
from core.clock import utc_now
from workflows import casework, links, merging

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"])
CREATED, OK = 201, 200


@router.post("/merge", response_model=CaseOut | None)
async def merge(
    case_id: UUID,
    body: MergeIn,
    actor: ActorDep,
    services: ServicesDep,
    expected_rev: ExpectedRevDep,
) -> Response:
    """It is a duplicate: its reports go to the other case, and nothing of it is lost.

    The step of the process that does this, based on the version in `If-Match`.
    """
    return await answer_step(
        case_id,
        actor,
        services,
        lambda session: casework.perform_first(
            session,
            case_id,
            "merges",
            body.form(),
            actor=actor,
            expected_rev=expected_rev,
            now=utc_now(),
            cache=services.cache,
        ),
    )


@router.post("/unmerge", response_model=CaseOut | None)
async def unmerge(
    case_id: UUID,
    actor: ActorDep,
    services: ServicesDep,
    expected_rev: ExpectedRevDep,
) -> Response:
    """It is no duplicate after all: it gets its reports, photos and state back."""
    return await answer_step(
        case_id,
        actor,
        services,
        lambda session: merging.unmerge(
            session,
            case_id,
            actor=actor,
            expected_rev=expected_rev,
            now=utc_now(),
            cache=services.cache,
        ),
    )


@router.post("/children", response_model=CaseOut | None)
async def open_child(
    case_id: UUID,
    body: ChildIn,
    actor: ActorDep,
    services: ServicesDep,
    expected_rev: ExpectedRevDep,
) -> Response:
    """Have another department do its part in a case of its own, which this one waits for.

    The step of the process that does this, based on the version in `If-Match`.
    """
    return await answer_step(
        case_id,
        actor,
        services,
        lambda session: casework.perform_first(
            session,
            case_id,
            "opens",
            body.form(),
            actor=actor,
            expected_rev=expected_rev,
            now=utc_now(),
            cache=services.cache,
        ),
    )


@router.post(
    "/links",
    status_code=CREATED,
    responses={OK: {"model": CaseOut, "description": "They were linked already"}},
)
async def add_link(
    case_id: UUID,
    body: LinkIn,
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    response: Response,
) -> CaseOut:
    """Another case has the same cause. It is no step, so nobody's `If-Match` goes stale."""
    added = await links.add_link(
        session, case_id, body.other, note=body.note, actor=actor, now=utc_now()
    )
    response.status_code = CREATED if added else OK
    return await get_case(case_id, session, actor, presenter, response)


@router.delete("/links/{other_id}", status_code=204)
async def remove_link(case_id: UUID, other_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """They have not."""
    await links.remove_link(session, case_id, other_id, actor=actor, now=utc_now())
