"""Making cases and photos follow a restriction, by the worker: in any order, as often as it takes.

What each case was before stands in its history, where staff see that it is restricted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import SYSTEM
from core.db import transaction
from workflows import repository
from workflows.photo_consents import follow_person
from workflows.repository import LockedCase
from workflows.restriction import GRANTED, KIND, LIFTED, Mark, is_restricted, mark_after
from workflows.rights_tables import PersonRequest
from workflows.tables import Case, CaseEvent, CaseMerge, Report, Reporter

Sessions = async_sessionmaker[AsyncSession]
BATCH = 100
RESTRICTED_EVENT, LIFTED_EVENT = "restricted", "restriction_lifted"


async def restrict(sessions: Sessions, request_ids: Sequence[UUID], *, now: datetime) -> None:
    """Make the cases and photos of whoever asked follow these requests. Safe to run again."""
    async with transaction(sessions) as session:
        people = await session.scalars(
            select(PersonRequest.person_id).where(
                PersonRequest.id.in_(request_ids), PersonRequest.person_id.is_not(None)
            )
        )
        found = {person_id for person_id in people if person_id is not None}
    for person_id in sorted(found):
        await _restrict_person(sessions, person_id, now)


async def list_requests(session: AsyncSession) -> list[UUID]:
    """All that were ever granted: cases are merged and taken apart, and accounts joined."""
    rows = await session.scalars(
        select(PersonRequest.id).where(
            PersonRequest.kind == KIND, PersonRequest.state.in_([GRANTED, LIFTED])
        )
    )
    return list(rows)


async def _restrict_person(sessions: Sessions, person_id: UUID, now: datetime) -> None:
    async with transaction(sessions) as session:
        await follow_person(session, person_id, actor=SYSTEM, now=now)
    async with transaction(sessions) as session:
        cases = await _cases_of(session, person_id)
    for start in range(0, len(cases), BATCH):
        await mark_cases(sessions, cases[start : start + BATCH], now=now)


async def mark_cases(sessions: Sessions, case_ids: Sequence[UUID], *, now: datetime) -> None:
    """Make these cases follow whatever is restricted of their reports by now. Safe to run again."""
    async with transaction(sessions) as session:
        for case in await repository.lock_cases(session, list(case_ids)):
            await _mark(session, case, now)


async def _cases_of(session: AsyncSession, person_id: UUID) -> list[UUID]:
    """Those that have the person's reports, and those that had them at first (under their ids)."""
    mine = select(Reporter.report_id).where(Reporter.person_id == person_id)
    now = select(Report.case_id).where(Report.id.in_(mine))
    rows = await session.scalars(union(now, mine))
    return sorted(rows)


async def _mark(session: AsyncSession, case: LockedCase, now: datetime) -> None:
    """A duplicate gave its reports away, and still shows where they were."""
    given = select(func.unnest(CaseMerge.reports)).where(
        CaseMerge.source_id == case.id, CaseMerge.undone_at.is_(None)
    )
    rows = await session.execute(
        select(Report.id, is_restricted().label("restricted"))
        .outerjoin(Reporter, Reporter.report_id == Report.id)
        .where(or_(Report.case_id == case.id, Report.id.in_(given)))
        .order_by(Report.id)
    )
    reports = {str(row.id): row.restricted for row in rows}
    restricted = [report_id for report_id, yes in reports.items() if yes]
    visibility = await session.scalar(select(Case.visibility).where(Case.id == case.id))
    assert visibility is not None
    before = await _last_mark(session, case.id)
    after, shown = mark_after(
        before,
        visibility=visibility,
        restricted=restricted,
        others=len(reports) - len(restricted),
    )
    if shown != visibility:
        await session.execute(update(Case).where(Case.id == case.id).values(visibility=shown))
    if after != before:
        await repository.add_remark(
            session,
            case,
            RESTRICTED_EVENT if after.reports else LIFTED_EVENT,
            {"reports": list(after.reports), "was": after.was},
            actor=SYSTEM,
            now=now,
        )


async def _last_mark(session: AsyncSession, case_id: UUID) -> Mark:
    form: dict[str, Any] | None = await session.scalar(
        select(CaseEvent.form)
        .where(
            CaseEvent.case_id == case_id,
            CaseEvent.action.in_([RESTRICTED_EVENT, LIFTED_EVENT]),
            CaseEvent.kind == "note",
        )
        .order_by(CaseEvent.rev.desc(), CaseEvent.seq.desc())
        .limit(1)
    )
    return Mark(tuple(form["reports"]), form["was"]) if form else Mark()


async def list_restricted(session: AsyncSession, case_id: UUID) -> set[UUID]:
    """Which reports of a case are restricted, for whoever may see the case: staff of a department
    see its history, and not who asked for what.
    """
    return {UUID(each) for each in (await _last_mark(session, case_id)).reports}
