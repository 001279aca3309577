"""Canned answers: those that fit a case, and looking after them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.deps import ActorDep, CityDep, CursorQuery, LimitQuery, SessionDep
from api.schemas.answers import AnswerIn, CannedAnswerOut, FittingAnswerOut
from api.schemas.base import PageOut
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from workflows import canned_answers

router = APIRouter(prefix="/v1", tags=["answers"])
AnswerId = Annotated[int, Path(ge=0, le=2**63 - 1)]


@router.get("/cases/{case_id}/answers")
async def list_fitting(
    case_id: UUID, session: SessionDep, actor: ActorDep, city: CityDep
) -> PageOut[FittingAnswerOut]:
    """The texts that fit a case in its present state, best first, ready to be sent."""
    answers = await canned_answers.list_fitting(session, case_id, actor=actor, city=city)
    return PageOut(
        items=[FittingAnswerOut.model_validate(answer) for answer in answers], next_cursor=None
    )


@router.get("/answers")
async def list_answers(
    session: SessionDep,
    actor: ActorDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[CannedAnswerOut]:
    """The texts that I look after: a supervisor those of their department."""
    page = await canned_answers.page_answers(session, actor=actor, limit=limit, cursor=cursor)
    return PageOut(
        items=[CannedAnswerOut.model_validate(answer) for answer in page.items],
        next_cursor=page.next_cursor,
    )


@router.post("/answers", status_code=201)
async def add_answer(
    body: AnswerIn, session: SessionDep, actor: ActorDep, city: CityDep
) -> CannedAnswerOut:
    """Add a text; a supervisor only for their own department."""
    answer = await canned_answers.add_answer(
        session, body.draft(), actor=actor, city=city, now=utc_now()
    )
    return CannedAnswerOut.model_validate(answer)


@router.put("/answers/{answer_id}")
async def change_answer(
    answer_id: AnswerId, body: AnswerIn, session: SessionDep, actor: ActorDep, city: CityDep
) -> CannedAnswerOut:
    """Replace a text."""
    answer = await canned_answers.change_answer(
        session, answer_id, body.draft(), actor=actor, city=city, now=utc_now()
    )
    return CannedAnswerOut.model_validate(answer)


@router.delete("/answers/{answer_id}", status_code=204)
async def remove_answer(answer_id: AnswerId, session: SessionDep, actor: ActorDep) -> None:
    """Delete a text."""
    await canned_answers.remove_answer(session, answer_id, actor=actor)
