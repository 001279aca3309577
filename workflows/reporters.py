"""Who filed a report: apart from the case, for whom the city lets know it, and noted each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.errors import InvalidInput, NotFound
from core.sealing import Sealer
from identity.tables import Person
from workflows.administration import begin_change, finish_change, put_values
from workflows.configuration import Configuration
from workflows.contacts import REPORTER_COLUMNS, Contact, reporter_of
from workflows.policies import Right, check_right, may_read_reporter
from workflows.restricting import list_restricted
from workflows.tables import Case, Report, Reporter
from workflows.visibility import visible_to

VisibleTo = Literal["nobody", "department"]


@dataclass(frozen=True, slots=True)
class ReporterView:
    """Who filed a report, as far as they said; `restricted` if what is held about them is to be
    worked on and no more (`restriction.py`).
    """

    report_id: UUID
    contact: Contact
    restricted: bool


async def read_reporters(
    session: AsyncSession,
    case_id: UUID,
    *,
    reason: str,
    actor: Actor,
    city: Configuration,
    sealer: Sealer,
) -> list[ReporterView]:
    """Who filed the reports of a case, oldest first; each is noted in the audit log with `reason`.

    An anonymous reporter is known to the system, which writes to them, and to nobody else. NotFound
    for a case that is not the actor's to see, Forbidden for one whose reporters are not for them.
    """
    check_right(actor, Right.READ_CASE)
    department = await session.scalar(
        select(Case.department).where(Case.id == case_id, visible_to(actor))
    )
    if department is None:
        raise NotFound("case_not_found")
    if not may_read_reporter(actor, department, to_department=city.shows_reporters):
        check_right(actor, Right.READ_REPORTER)
    if not reason.strip():
        raise InvalidInput.at("?reason", "field_required")
    rows = await session.execute(
        select(Report.id, *REPORTER_COLUMNS)
        .join(Reporter, Reporter.report_id == Report.id)
        .outerjoin(Person, Person.id == Reporter.person_id)
        .where(Report.case_id == case_id, Report.anonymous.is_(False))
        .order_by(Report.filed_at, Report.id)
    )
    restricted = await list_restricted(session, case_id)
    found = [
        ReporterView(row.id, reporter_of(row).open(sealer), row.id in restricted) for row in rows
    ]
    for reporter in found:
        facts = {"case": str(case_id), "reason": reason.strip()}
        await note(session, actor, "reporter.read", f"report:{reporter.report_id}", facts)
    return found


async def show_reporters_to(session: AsyncSession, visible: VisibleTo, *, actor: Actor) -> None:
    """Say whether the department that a case is with may know who filed it."""
    city = await begin_change(session, actor)
    if await put_values(session, city, {"reporter_visible_to": visible}):
        await note(session, actor, "privacy.change", "city", {"reporter_visible_to": visible})
        await finish_change(session, city)
