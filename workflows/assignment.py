"""Who of a department gets a case: in turn, or whoever has the fewest; and who may have one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import InvalidInput, NotFound
from identity.tables import Person
from workflows.policies import Right, check_right
from workflows.rules import Outcome
from workflows.tables import Case
from workflows.visibility import visible_to

MAY_HAVE_CASES = ("staff", "supervisor")
# A function of the database: who files sees nothing of who works there.
_TAKE_TURN = text("select take_turn(:department, :fewest_first, :now)")


async def pick_assignee(session: AsyncSession, outcome: Outcome, *, now: datetime) -> UUID | None:
    """The person that `outcome` gives its case to; None if it names no way, or nobody works there.

    Two at once pick two people: whose turn it is is locked until the transaction ends.
    """
    if outcome.assign is None or outcome.verify:
        return None
    return await session.scalar(
        _TAKE_TURN,
        {
            "department": outcome.department,
            "fewest_first": outcome.assign == "least_load",
            "now": now,
        },
    )


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody whom a case can be given to, with the number of open cases that they have."""

    id: UUID
    name: str
    role: str
    open_cases: int


async def list_colleagues(session: AsyncSession, case_id: UUID, *, actor: Actor) -> list[Colleague]:
    """Who works in the department of a case, those with the fewest open cases first."""
    check_right(actor, Right.READ_DETAILS)
    department = await session.scalar(
        select(Case.department).where(Case.id == case_id, visible_to(actor))
    )
    if department is None:
        raise NotFound("case_not_found")
    load = (
        select(func.count()).where(Case.assignee == Person.id, Case.open).scalar_subquery()
    ).label("open_cases")
    rows = await session.execute(
        select(Person.id, Person.name, Person.role, load)
        .where(Person.department == department, Person.role.in_(MAY_HAVE_CASES), Person.active)
        .order_by(load, Person.name, Person.id)
    )
    return [Colleague(*row) for row in rows]


async def check_assignee(
    session: AsyncSession, person_id: UUID, department: str, *, pointer: str
) -> None:
    """Raise InvalidInput at `pointer` unless this is somebody who works in `department`."""
    found = await session.scalar(
        select(Person.id).where(
            Person.id == person_id,
            Person.department == department,
            Person.role.in_(MAY_HAVE_CASES),
            Person.active,
        )
    )
    if found is None:
        raise InvalidInput.at(pointer, "person_unknown")
