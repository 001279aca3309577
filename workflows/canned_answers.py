"""Texts that staff start from when they answer, with what is known of the case filled in."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.audit import note
from core.db import AnyRow
from core.errors import FieldError, Forbidden, InvalidInput, NotFound
from core.paging import Page, decode_number_cursor, encode_cursor
from gis.tables import Area
from workflows.administration import note_change
from workflows.configuration import Configuration
from workflows.policies import Right, check_right
from workflows.tables import CannedAnswer, Case
from workflows.visibility import visible_to

PLACEHOLDERS = ("code", "category", "area", "department", "due")
MAX_FITTING = 50
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """A text as somebody writes it; what is None fits every category, state or department."""

    title: str
    text: str
    category: str | None = None
    state: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class CannedAnswerView:
    """A text as those see it who look after them; `may_change` says whether this one may."""

    id: int
    title: str
    text: str
    category: str | None
    state: str | None
    department: str | None
    updated_at: datetime
    may_change: bool


@dataclass(frozen=True, slots=True)
class FittingAnswer:
    """A text for one case, its placeholders filled."""

    id: int
    title: str
    text: str


async def list_fitting(
    session: AsyncSession, case_id: UUID, *, actor: Actor, city: Configuration
) -> list[FittingAnswer]:
    """The texts that fit the case, best first: those for its very category before those for one
    above it, then those for its state, then those for its department. They are in Vietnamese,
    and so is what is filled in. NotFound for a case that is not the actor's to see.
    """
    check_right(actor, Right.READ_CASE)
    case = await _get_case(session, case_id, actor)
    lineage = city.lineage_of(case.category)
    rows = await session.scalars(
        select(CannedAnswer).where(
            or_(CannedAnswer.category.is_(None), CannedAnswer.category.in_(lineage)),
            or_(CannedAnswer.state.is_(None), CannedAnswer.state == case.state),
            or_(CannedAnswer.department.is_(None), CannedAnswer.department == case.department),
        )
    )
    best_first = sorted(rows, key=lambda row: _misfit(row, lineage))
    facts = _facts(case, city)
    return [
        FittingAnswer(row.id, row.title, fill(row.text, facts)) for row in best_first[:MAX_FITTING]
    ]


async def page_answers(
    session: AsyncSession, *, actor: Actor, limit: int, cursor: str | None
) -> Page[CannedAnswerView]:
    """The texts that the actor looks after, oldest first; a supervisor sees those for all
    departments too, which apply to theirs.
    """
    check_right(actor, Right.WRITE_ANSWERS)
    query = select(CannedAnswer).where(_visible_to(actor))
    if cursor is not None:
        query = query.where(CannedAnswer.id > decode_number_cursor(cursor))
    rows = await session.scalars(query.order_by(CannedAnswer.id).limit(limit + 1))
    views = [_view(row, actor) for row in rows]
    if len(views) <= limit:
        return Page(views, None)
    return Page(views[:limit], encode_cursor([views[limit - 1].id]))


async def add_answer(
    session: AsyncSession, draft: AnswerDraft, *, actor: Actor, city: Configuration, now: datetime
) -> CannedAnswerView:
    """Add a text.

    Forbidden `answer_of_another_department` for a supervisor who writes for others than their own
    department; InvalidInput naming what does not exist in the city. The caller commits.
    """
    _check_scope(draft, actor)
    _check_draft(draft, city)
    row = CannedAnswer(**asdict(draft), updated_at=now)
    session.add(row)
    await session.flush()
    await note_change(session, actor, "answer", row.id, created=True)
    return _view(row, actor)


async def change_answer(
    session: AsyncSession,
    answer_id: int,
    draft: AnswerDraft,
    *,
    actor: Actor,
    city: Configuration,
    now: datetime,
) -> CannedAnswerView:
    """Replace a text. NotFound for one that the actor does not see, Forbidden
    `answer_of_another_department` for one they only see; otherwise what `add_answer` raises.
    """
    await _check_may_change(session, answer_id, actor)
    _check_scope(draft, actor)
    _check_draft(draft, city)
    row = await session.scalar(
        update(CannedAnswer)
        .where(CannedAnswer.id == answer_id)
        .values(**asdict(draft), updated_at=now)
        .returning(CannedAnswer)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("answer_not_found")
    await note_change(session, actor, "answer", answer_id)
    return _view(row, actor)


async def remove_answer(session: AsyncSession, answer_id: int, *, actor: Actor) -> None:
    """Delete a text; raises what `change_answer` does."""
    await _check_may_change(session, answer_id, actor)
    await session.execute(delete(CannedAnswer).where(CannedAnswer.id == answer_id))
    await note(session, actor, "answer.remove", f"answer:{answer_id}", {})


async def add_first_answers(
    session: AsyncSession, rows: list[dict[str, Any]], *, now: datetime
) -> None:
    """Add the texts of a definition file, unless there are some: from then on they are the city's."""
    if not await session.scalar(select(exists(select(CannedAnswer.id)))):
        values = [asdict(AnswerDraft(**row)) | {"updated_at": now} for row in rows]
        await session.execute(insert(CannedAnswer).values(values))


def fill(text: str, facts: dict[str, str]) -> str:
    """`text` with its placeholders filled; braces around anything else stay as they are."""
    return _PLACEHOLDER.sub(lambda match: facts.get(match[1], match[0]), text)


async def _get_case(session: AsyncSession, case_id: UUID, actor: Actor) -> AnyRow:
    query = (
        select(
            Case.code, Case.category, Case.state, Case.department, Case.due_at,
            Area.name.label("area"),
        )
        .join(Area, Area.id == Case.area_id)
        .where(Case.id == case_id, visible_to(actor))
    )  # fmt: skip
    row = (await session.execute(query)).first()
    if row is None:
        raise NotFound("case_not_found")
    return row


def _facts(case: AnyRow, city: Configuration) -> dict[str, str]:
    return {
        "code": case.code,
        "category": city.categories[case.category].name,
        "area": case.area,
        "department": city.departments[case.department].name,
        "due": case.due_at.astimezone(city.zone).strftime("%H:%M %d/%m/%Y"),
    }


def _misfit(row: CannedAnswer, lineage: list[str]) -> tuple[int, bool, bool, str]:
    """Less is better."""
    steps_up = lineage.index(row.category) if row.category else len(lineage)
    return steps_up, row.state is None, row.department is None, row.title


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    if actor.role is not Role.SUPERVISOR:
        return true()
    return or_(CannedAnswer.department.is_(None), CannedAnswer.department == actor.department)


def _may_change(department: str | None, actor: Actor) -> bool:
    if actor.role is not Role.SUPERVISOR:
        return True
    return department is not None and department == actor.department


async def _check_may_change(session: AsyncSession, answer_id: int, actor: Actor) -> None:
    check_right(actor, Right.WRITE_ANSWERS)
    row = await session.scalar(
        select(CannedAnswer).where(CannedAnswer.id == answer_id, _visible_to(actor))
    )
    if row is None:
        raise NotFound("answer_not_found")
    if not _may_change(row.department, actor):
        raise Forbidden("answer_of_another_department")


def _check_scope(draft: AnswerDraft, actor: Actor) -> None:
    check_right(actor, Right.WRITE_ANSWERS)
    if not _may_change(draft.department, actor):
        fault = FieldError("/department", "answer_of_another_department")
        raise Forbidden("answer_of_another_department", fields=[fault])


def _check_draft(draft: AnswerDraft, city: Configuration) -> None:
    errors = [
        FieldError(f"/{name}", "field_required")
        for name in ("title", "text")
        if not getattr(draft, name).strip()
    ]
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    errors += [
        FieldError("/text", "placeholder_unknown", {"value": match[0], "known": known})
        for match in _PLACEHOLDER.finditer(draft.text)
        if match[1] not in PLACEHOLDERS
    ]
    states = {name for process in city.processes.values() for name in process.states}
    if draft.category is not None and draft.category not in city.categories:
        errors.append(FieldError("/category", "category_unknown", {"value": draft.category}))
    if draft.state is not None and draft.state not in states:
        errors.append(FieldError("/state", "not_a_state"))
    if draft.department is not None and draft.department not in city.departments:
        errors.append(FieldError("/department", "department_unknown"))
    if errors:
        raise InvalidInput(fields=errors)


def _view(row: CannedAnswer, actor: Actor) -> CannedAnswerView:
    return CannedAnswerView(
        id=row.id,
        title=row.title,
        text=row.text,
        category=row.category,
        state=row.state,
        department=row.department,
        updated_at=row.updated_at,
        may_change=_may_change(row.department, actor),
    )
