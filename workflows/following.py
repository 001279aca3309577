"""Citizens who have the same problem ("tôi cũng gặp"), or want to hear how it ends.

Both belong to the report, so that they move along when its case is merged into another; the
audience `followers` (`workflows/announcing.py`) reaches them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Text,
    Uuid,
    column,
    delete,
    exists,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.db import AnyRow, hold
from core.errors import Conflict, NotFound, NotSignedIn
from workflows.policies import Right, check_right
from workflows.tables import Case, Follow, Report, Support
from workflows.visibility import filed_by

# Views of the database: how many, and which; never who.
_SUPPORTS = table("case_supports", column("case_id", Uuid), column("people", Integer))
PUBLIC_REPORTS = table(
    "public_reports", column("id", Uuid), column("code", Text), column("case_id", Uuid)
)
Tie = type[Support] | type[Follow]


async def add_support(
    session: AsyncSession, report_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Say that the actor has the same problem; saying it twice is saying it once.

    NotFound for a report that is not the actor's to see, Conflict `support_of_own_report` for one
    that they filed.
    """
    person_id = _person(actor)
    if (await _get_report(session, report_id, actor)).own:
        raise Conflict("support_of_own_report")
    await _tie(session, Support, report_id, person_id, now)


async def remove_support(session: AsyncSession, report_id: UUID, *, actor: Actor) -> None:
    """Take it back, if it was said. NotFound for a report that is not the actor's to see."""
    await _untie(session, Support, report_id, actor)


async def add_follow(
    session: AsyncSession, report_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Have the actor told how it ends. NotFound for a report that is not the actor's to see."""
    person_id = _person(actor)
    await _get_report(session, report_id, actor)
    await _tie(session, Follow, report_id, person_id, now)


async def remove_follow(session: AsyncSession, report_id: UUID, *, actor: Actor) -> None:
    """Have the actor told no more. NotFound for a report that is not the actor's to see."""
    await _untie(session, Follow, report_id, actor)


def supporters() -> Label[int]:
    """How many people support a report of a row of `cases`, whoever they are."""
    people = select(_SUPPORTS.c.people).where(_SUPPORTS.c.case_id == Case.id).correlate(Case)
    return func.coalesce(people.scalar_subquery(), 0).label("supports")


def tied_to(actor: Actor, table: Tie) -> ColumnElement[bool]:
    """Condition on `reports`: the actor supports it, or follows it."""
    return exists().where(table.report_id == Report.id, table.person_id == actor.person_id)


async def _get_report(session: AsyncSession, report_id: UUID, actor: Actor) -> AnyRow:
    """A report and whether it is the actor's `own`. NotFound if neither they nor the public see it."""
    public = select(PUBLIC_REPORTS.c.case_id).where(PUBLIC_REPORTS.c.id == report_id)
    await hold(session, await session.scalars(public))
    own = filed_by(actor)
    query = (
        select(Report.id, own.label("own"))
        .join(Case, Case.id == Report.case_id)
        .where(Report.id == report_id, or_(Case.visibility != "hidden", own))
    )
    row = (await session.execute(query)).first()
    if row is None:
        raise NotFound("report_not_found")
    return row


async def _tie(
    session: AsyncSession, table: Tie, report_id: UUID, person_id: UUID, now: datetime
) -> None:
    row = {"report_id": report_id, "person_id": person_id, "at": now}
    await session.execute(insert(table).values(row).on_conflict_do_nothing())


async def _untie(session: AsyncSession, table: Tie, report_id: UUID, actor: Actor) -> None:
    """What is tied can be untied, also when the public no longer sees the report."""
    person_id = _person(actor)
    untied = await session.scalar(
        delete(table)
        .where(table.report_id == report_id, table.person_id == person_id)
        .returning(table.report_id)
    )
    if untied is None:
        await _get_report(session, report_id, actor)


def _person(actor: Actor) -> UUID:
    check_right(actor, Right.SUPPORT_REPORT)
    if actor.person_id is None:
        raise NotSignedIn
    return actor.person_id
