"""One action on many cases: each in a transaction of its own, with its own result; and undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import Actor
from core.db import transaction
from core.errors import Conflict, Error, NotFound
from workflows import casework, process, repository
from workflows.configuration import ConfigurationCache
from workflows.intake import surroundings
from workflows.policies import Right, check_right
from workflows.tables import BulkAction, BulkActionCase

UNDO_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CaseVersion:
    """A case as somebody saw it when they chose it."""

    id: UUID
    rev: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case: its new `rev`, or why it was left as it is."""

    case_id: UUID
    rev: int | None = None
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """`undo_until` is None when nothing of it can be taken back."""

    id: UUID
    results: list[Result]
    undo_until: datetime | None


async def perform_on_all(
    sessions: async_sessionmaker[AsyncSession],
    cases: list[CaseVersion],
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
) -> BulkResult:
    """Take `action` with the same form on each of `cases`; what is refused holds up no other."""
    check_right(actor, Right.READ_CASE)
    bulk_id = uuid4()
    async with transaction(sessions, actor) as session:
        session.add(BulkAction(id=bulk_id, action=action, actor_id=actor.person_id, at=now))
    results: list[Result] = []
    may_undo = False
    for case in cases:
        try:
            async with transaction(sessions, actor) as session:
                rev, noted = await _perform(
                    session, bulk_id, case, action, form, actor=actor, now=now, cache=cache
                )
        except Error as error:
            results.append(Result(case.id, error=error))
        else:
            results.append(Result(case.id, rev))
            may_undo = may_undo or noted
    return BulkResult(bulk_id, results, now + UNDO_WITHIN if may_undo else None)


async def undo(
    sessions: async_sessionmaker[AsyncSession],
    bulk_id: UUID,
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
) -> list[Result]:
    """Take a bulk action back, for every case that nobody touched since.

    NotFound unless the actor did it, Conflict `undo_not_possible` if its process does not allow
    it, `undo_too_late` after a minute.
    """
    async with transaction(sessions, actor) as session:
        cases = await _list_undoable(session, bulk_id, actor, now)
    results: list[Result] = []
    for case_id in cases:
        try:
            async with transaction(sessions, actor) as session:
                rev = await _undo_one(session, bulk_id, case_id, actor=actor, now=now, cache=cache)
        except Error as error:
            results.append(Result(case_id, error=error))
        else:
            results.append(Result(case_id, rev))
    return results


async def _perform(
    session: AsyncSession,
    bulk_id: UUID,
    case: CaseVersion,
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
) -> tuple[int, bool]:
    """The case's new `rev`, and whether it was noted how to take the step back."""
    before = await repository.lock_case(session, case.id, actor)
    rev = await casework.perform_action(
        session, case.id, action, form, actor=actor, expected_rev=case.rev, now=now, cache=cache
    )
    city = await cache.at(session, before.city_revision)
    if not city.processes[before.process_id].actions[action].undo:
        return rev, False
    snapshot = repository.snapshot_of(before.state)
    session.add(BulkActionCase(bulk_id=bulk_id, case_id=case.id, rev=rev, before=snapshot))
    return rev, True


async def _list_undoable(
    session: AsyncSession, bulk_id: UUID, actor: Actor, now: datetime
) -> list[UUID]:
    bulk = await session.get(BulkAction, bulk_id)
    if bulk is None or actor.person_id is None or bulk.actor_id != actor.person_id:
        raise NotFound("bulk_action_not_found")
    if now > bulk.at + UNDO_WITHIN:
        raise Conflict("undo_too_late")
    cases = await session.scalars(
        select(BulkActionCase.case_id)
        .where(BulkActionCase.bulk_id == bulk_id, BulkActionCase.undone_at.is_(None))
        .order_by(BulkActionCase.case_id)
    )
    found = list(cases)
    if not found:
        raise Conflict("undo_not_possible")
    return found


async def _undo_one(
    session: AsyncSession,
    bulk_id: UUID,
    case_id: UUID,
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
) -> int:
    case = await repository.lock_case(session, case_id, actor)
    done = await session.get_one(BulkActionCase, (bulk_id, case_id))
    if done.undone_at is not None or case.state.rev != done.rev:
        raise Conflict("case_changed", rev=case.state.rev)
    city = await cache.at(session, case.city_revision)
    around = surroundings(city, case.category, case.routing, case.source)
    change = process.move(
        city.processes[case.process_id],
        repository.restored(done.before, case.state),
        around,
        to=done.before["state"],
        action="undo",
        now=now,
    )
    await repository.save_changes(session, [(case, change)], actor=actor, now=now)
    done.undone_at = now
    return change.case.rev
