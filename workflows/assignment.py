"""Who of a department gets a case: in turn, or whoever has the fewest; and who may have one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import InvalidInput
from identity.tables import Person
from workflows.rules import Outcome
from workflows.tables import Case

_MAY_HAVE_CASES = ("staff", "supervisor")


async def pick_assignee(session: AsyncSession, outcome: Outcome, *, now: datetime) -> UUID | None:
    """The person that `outcome` gives its case to; None if it names no way, or nobody works there.

    Two at once pick two people: whose turn it is is locked until the transaction ends.
    """
    if outcome.assign is None or outcome.verify:
        return None
    query = select(Person.id).where(
        Person.department == outcome.department, Person.role == "staff", Person.active
    )
    if outcome.assign == "least_load":
        load = select(func.count()).where(Case.assignee == Person.id, Case.open).scalar_subquery()
        query = query.order_by(load)
    query = query.order_by(Person.assigned_at.asc().nulls_first(), Person.id)
    person = await session.scalar(query.limit(1).with_for_update(of=Person, skip_locked=True))
    if person is not None:
        await session.execute(update(Person).where(Person.id == person).values(assigned_at=now))
    return person


async def check_assignee(
    session: AsyncSession, person_id: UUID, department: str, *, pointer: str
) -> None:
    """Raise InvalidInput at `pointer` unless this is somebody who works in `department`."""
    found = await session.scalar(
        select(Person.id).where(
            Person.id == person_id,
            Person.department == department,
            Person.role.in_(_MAY_HAVE_CASES),
            Person.active,
        )
    )
    if found is None:
        raise InvalidInput.at(pointer, "person_unknown")
