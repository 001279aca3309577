"""The city's departments: added, changed and retired by its administrators."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import FieldError, InvalidInput
from workflows.administration import (
    ask_for_recount,
    begin_change,
    finish_change,
    note_change,
    put_values,
)
from workflows.policies import Right, check_right
from workflows.rules import Ruleset
from workflows.tables import Calendar, Case, City, Department, RulesetVersion


@dataclass(frozen=True, slots=True)
class DepartmentDraft:
    """A department as its administrators want it; see `tables.Department`."""

    name: str
    name_en: str
    phone: str | None
    email: str | None
    deputy: str | None
    calendar: str | None
    active: bool


async def list_departments(session: AsyncSession, *, actor: Actor) -> list[Department]:
    """All of them by code, the retired ones too."""
    check_right(actor, Right.CONFIGURE)
    return list(await session.scalars(select(Department).order_by(Department.code)))


async def put_department(
    session: AsyncSession, code: str, draft: DepartmentDraft, *, actor: Actor
) -> tuple[Department, bool]:
    """Add a department or change it; answers it and whether it is new. InvalidInput naming what
    cannot be: one is not retired while anything is still given to it. Dates of its running cases
    follow a change of its calendar.
    """
    city = await begin_change(session, actor)
    row = await session.get(Department, code)
    errors = [
        *await _deputy_errors(session, code, draft.deputy),
        *await _calendar_errors(session, draft.calendar),
        *([] if draft.active or row is None else await _retirement_errors(session, city, code)),
    ]
    if errors:
        raise InvalidInput(fields=errors)
    created = row is None
    row = row or Department(code=code, calendar=None)
    calendar_before = row.calendar
    if await put_values(session, row, asdict(draft)):
        await note_change(session, actor, "department", code, created=created)
        await finish_change(session, city)
    if draft.calendar != calendar_before:
        await ask_for_recount(session, city.revision)
    return row, created


async def _deputy_errors(session: AsyncSession, code: str, deputy: str | None) -> list[FieldError]:
    """A deputy is another department, and works."""
    if deputy is None:
        return []
    if deputy == code:
        return [FieldError("/deputy", "deputy_is_itself")]
    active = await session.scalar(select(Department.active).where(Department.code == deputy))
    if active is None:
        return [FieldError("/deputy", "department_unknown")]
    return [] if active else [FieldError("/deputy", "department_retired", {"department": deputy})]


async def _calendar_errors(session: AsyncSession, calendar: str | None) -> list[FieldError]:
    if calendar is None or await session.get(Calendar, calendar) is not None:
        return []
    return [FieldError("/calendar", "calendar_unknown", {"value": calendar})]


async def _retirement_errors(session: AsyncSession, city: City, code: str) -> list[FieldError]:
    """What is still given to this department, or would be."""
    errors: list[FieldError] = []
    if city.default_department == code:
        errors.append(FieldError("/active", "department_is_default"))
    deputy_of = await session.scalar(
        select(func.min(Department.code)).where(Department.deputy == code, Department.active)
    )
    if deputy_of is not None:
        errors.append(FieldError("/active", "department_is_deputy", {"department": deputy_of}))
    rules = await _rules_naming(session, city, code)
    if rules:
        facts: dict[str, object] = {"count": len(rules), "rule": rules[0]}
        errors.append(FieldError("/active", "department_is_routed_to", facts))
    cases = await session.scalar(
        select(func.count()).select_from(Case).where(Case.department == code, Case.open)
    )
    if cases:
        errors.append(FieldError("/active", "department_has_cases", {"count": cases}))
    return errors


async def _rules_naming(session: AsyncSession, city: City, code: str) -> list[str]:
    """The routing rules that give cases to this department, by their ids."""
    version = await session.get_one(RulesetVersion, city.ruleset_id)
    ruleset = Ruleset.model_validate(version.document)
    outcomes = {row.id: row.then for row in ruleset.rows} | {"default": ruleset.default.then}
    return [
        rule
        for rule, outcome in outcomes.items()
        if code in (outcome.department, *outcome.co_departments)
    ]
