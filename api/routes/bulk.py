"""One action on many cases at once, and taking it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from api.deps import ActorDep, ServicesDep
from api.schemas.base import FieldProblem
from api.schemas.bulk import BulkIn, BulkItemOut, BulkOut, BulkProblemOut
from core.clock import utc_now
from core.i18n import translate
from workflows import bulk
from workflows.bulk import CaseVersion, Result

router = APIRouter(prefix="/v1/cases/actions", tags=["cases"])


@router.post("")
async def perform_on_all(body: BulkIn, actor: ActorDep, services: ServicesDep) -> BulkOut:
    """Take one action on many cases; each has its own result, and what is refused holds up none."""
    done = await bulk.perform_on_all(
        services.sessions,
        [CaseVersion(case.id, case.rev) for case in body.cases],
        body.action,
        body.form,
        actor=actor,
        now=utc_now(),
        cache=services.cache,
    )
    return _out(done.id, done.results, done.undo_until, actor.language)


@router.post("/{bulk_id}/undo")
async def undo(bulk_id: UUID, actor: ActorDep, services: ServicesDep) -> BulkOut:
    """Take it back within a minute, where the process allows and nobody went on meanwhile."""
    results = await bulk.undo(
        services.sessions, bulk_id, actor=actor, now=utc_now(), cache=services.cache
    )
    return _out(bulk_id, results, None, actor.language)


def _out(
    bulk_id: UUID, results: list[Result], undo_until: datetime | None, language: str
) -> BulkOut:
    return BulkOut(
        id=bulk_id,
        done=sum(result.error is None for result in results),
        items=[_item(result, language) for result in results],
        undo_until=undo_until,
    )


def _item(result: Result, language: str) -> BulkItemOut:
    error = result.error
    if error is None:
        return BulkItemOut(id=result.case_id, rev=result.rev, problem=None)
    errors = [
        FieldProblem(
            pointer="/form" + item.pointer,
            code=item.code,
            detail=translate(item.code, language, item.facts),
        )
        for item in error.fields
    ]
    problem = BulkProblemOut(
        code=error.code, detail=translate(error.code, language, error.facts), errors=errors
    )
    return BulkItemOut(id=result.case_id, rev=None, problem=problem)
