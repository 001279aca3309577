"""Duplicates: giving the reports of one case to another, and taking them back.

Nothing is dropped: the duplicate stays, closed, with its own history; its reports, their photos,
supports and followers belong to the other case from then on, whose closing tells all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg.exceptions import LockNotAvailableError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM, Actor
from core.db import hold
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, PreconditionMissing
from core.jobs import enqueue
from media.tables import Attachment
from workflows import process, repository
from workflows.codes import normalise
from workflows.configuration import ConfigurationCache
from workflows.intake import surroundings
from workflows.policies import Right, check_right, is_in_charge
from workflows.repository import CASE_OUTLINES, LockedCase
from workflows.tables import Case, CaseMerge, Report
from workflows.tasks import MARK_RESTRICTED
from workflows.visibility import visible_to


@dataclass(frozen=True, slots=True)
class Target:
    """The case that a form names: by id, or by the code of any of its reports."""

    id: UUID
    code: str


async def find_target(
    session: AsyncSession, reference: str, *, actor: Actor, pointer: str
) -> Target:
    """The case that `reference` names, if the actor may see it. InvalidInput at `pointer`."""
    code = normalise(reference)
    query = select(Case.id, Case.code).where(visible_to(actor))
    if code:
        reported = select(Report.case_id).where(Report.code == code)
        query = query.where((Case.code == code) | Case.id.in_(reported))
        # The code of a merged case names its reports' new case as well: its own row is meant.
        query = query.order_by((Case.code == code).desc())
    else:
        try:
            query = query.where(Case.id == UUID(reference))
        except ValueError as error:
            raise InvalidInput.at(pointer, "case_unknown") from error
    row = (await session.execute(query.limit(1))).first()
    if row is None:
        raise InvalidInput.at(pointer, "case_unknown")
    return Target(row.id, row.code)


async def check_merge(
    session: AsyncSession, source: LockedCase, target: Target, *, pointer: str
) -> LockedCase:
    """The locked target, if the locked `source` may be merged into it.

    Raises InvalidInput at `pointer` for itself, a circle, or a case that is merged, done or a child;
    Conflict `case_has_children` while other departments work for `source`, `case_busy` while
    somebody else changes the target.
    """
    if target.id == source.id:
        raise InvalidInput.at(pointer, "merge_into_itself")
    if source.state.children_open:
        raise Conflict("case_has_children", count=source.state.children_open)
    # Locked before it is judged, and without waiting: two people who merge two cases into each
    # other would wait for ever.
    locked = await _lock_target(session, target.id)
    row = (
        await session.execute(
            select(Case.merged_into, Case.open, Case.parent_id).where(Case.id == target.id)
        )
    ).one()
    if row.merged_into is not None:
        circle = await _leads_to(session, row.merged_into, source.id)
        raise InvalidInput.at(pointer, "merge_in_a_circle" if circle else "case_is_merged")
    if row.parent_id is not None:
        raise InvalidInput.at(pointer, "case_is_child")
    if not row.open:
        raise InvalidInput.at(pointer, "case_is_done")
    return locked


async def merge(
    session: AsyncSession,
    source: LockedCase,
    target: LockedCase,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Give the reports and photos of `source`, which has just taken its last step, to `target`."""
    reports = list(
        await session.scalars(
            update(Report)
            .where(Report.case_id == source.id)
            .values(case_id=target.id)
            .returning(Report.id)
        )
    )
    photos = list(
        await session.scalars(
            update(Attachment)
            .where(Attachment.case_id == source.id)
            .values(case_id=target.id)
            .returning(Attachment.id)
        )
    )
    session.add(
        CaseMerge(
            source_id=source.id,
            target_id=target.id,
            state=source.state.state,
            reports=reports,
            attachments=photos,
            before=repository.snapshot_of(source.state),
            at=now,
            actor_id=actor.person_id,
        )
    )
    await session.execute(update(Case).where(Case.id == source.id).values(merged_into=target.id))
    remark = {"case": str(source.id), "reports": len(reports)}
    await repository.add_remark(session, target, "merged", remark, actor=actor, now=now)
    await enqueue(session, MARK_RESTRICTED, [source.id, target.id])


async def unmerge(
    session: AsyncSession,
    case_id: UUID,
    *,
    actor: Actor,
    expected_rev: int | None,
    now: datetime,
    cache: ConfigurationCache,
) -> int:
    """Take a duplicate apart again: it gets its reports, photos and state back; its new `rev`.

    Its clocks are what they were: what passed meanwhile has passed. Raises Conflict
    `case_not_merged` for a case that is none, `case_is_merged` while the other case is itself
    merged into a third one.
    """
    check_right(actor, Right.UNMERGE_CASE)
    if expected_rev is None:
        raise PreconditionMissing("if_match_required")
    case = await repository.lock_case(session, case_id, actor)
    if not is_in_charge(actor, case.state.department):  # a department that only helps
        raise Forbidden("action_not_allowed", action="unmerge")
    if case.state.rev != expected_rev:
        raise Conflict("case_changed", rev=case.state.rev)
    merged = await session.scalar(
        select(CaseMerge).where(CaseMerge.source_id == case_id, CaseMerge.undone_at.is_(None))
    )
    if merged is None:
        raise Conflict("case_not_merged")
    target = await _lock_target(session, merged.target_id)
    if await session.scalar(select(Case.merged_into).where(Case.id == target.id)):
        raise Conflict("case_is_merged")
    await _give_back(session, merged, now)
    city = await cache.at(session, case.city_revision)
    around = surroundings(city, case.category, case.routing, case.source)
    before = repository.restored(merged.before, case.state)
    change = process.move(
        city.processes[case.process_id], before, around, to=merged.state, action="unmerge", now=now
    )
    await repository.save_changes(session, [(case, change)], actor=actor, now=now)
    remark: dict[str, Any] = {"case": str(case.id), "reports": len(merged.reports)}
    await repository.add_remark(session, target, "unmerged", remark, actor=actor, now=now)
    await enqueue(session, MARK_RESTRICTED, [case.id, target.id])
    return change.case.rev


async def _lock_target(session: AsyncSession, case_id: UUID) -> LockedCase:
    await hold(session, [case_id])  # whoever has it now
    try:
        return await repository.lock_case(session, case_id, SYSTEM, wait=False)
    except LockNotAvailableError as error:
        raise Conflict("case_busy") from error
    except NotFound as error:  # pragma: no cover  # cases are never deleted
        raise Conflict("case_not_merged") from error


async def _give_back(session: AsyncSession, merged: CaseMerge, now: datetime) -> None:
    """The reports, their photos (those sent since, too) and the duplicate's own photos."""
    back = {"case_id": merged.source_id}
    await session.execute(update(Report).where(Report.id.in_(merged.reports)).values(back))
    photos = Attachment.id.in_(merged.attachments) | Attachment.report_id.in_(merged.reports)
    await session.execute(update(Attachment).where(photos).values(back))
    await session.execute(update(Case).where(Case.id == merged.source_id).values(merged_into=None))
    merged.undone_at = now
    await session.flush()


async def _leads_to(session: AsyncSession, start: UUID, wanted: UUID) -> bool:
    """Whether following `merged_into` from `start` comes to `wanted`."""
    seen: set[UUID] = set()
    at: UUID | None = start
    while at is not None and at not in seen:
        if at == wanted:
            return True
        seen.add(at)
        at = await session.scalar(
            select(CASE_OUTLINES.c.merged_into).where(CASE_OUTLINES.c.id == at)
        )
    return False
