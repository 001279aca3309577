"""Child cases: what another department does for a case, beside it; the parent waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from core.actor import SYSTEM, Actor
from core.db import hold, transaction
from core.errors import NotFound
from core.jobs import enqueue
from workflows import process, repository
from workflows.configuration import Configuration, ConfigurationCache
from workflows.intake import SUMMARY_LENGTH, start_case, surroundings
from workflows.process import Change, OpenChild
from workflows.repository import LockedCase
from workflows.rules import plain
from workflows.status import OPEN_STATUSES
from workflows.tables import Case
from workflows.tasks import SETTLE

SOURCE = "child"
_LOOK_BACK = timedelta(days=1)


async def open_children(
    session: AsyncSession,
    parent: LockedCase,
    change: Change,
    *,
    city: Configuration,
    actor: Actor,
    now: datetime,
    notify: bool = True,
) -> list[UUID]:
    """Open the child cases that a step of the locked `parent` asked for; their ids."""
    return [
        await _open(session, parent, change, child, city=city, actor=actor, now=now, notify=notify)
        for child in change.children
    ]


async def tell_parents(session: AsyncSession, changes: list[tuple[LockedCase, Change]]) -> None:
    """Have the parents of cases that are done looked at, once this transaction has committed."""
    parents = {
        case.parent_id
        for case, change in changes
        if case.parent_id is not None and change.events and change.status not in OPEN_STATUSES
    }
    await enqueue(session, SETTLE, sorted(parents, key=str))


async def settle(
    sessions: async_sessionmaker[AsyncSession],
    cache: ConfigurationCache,
    case_ids: list[UUID],
    *,
    now: datetime,
) -> None:
    """Take the automatic steps that have become possible for these cases. Safe to run twice."""
    for case_id in case_ids:
        async with transaction(sessions) as session:
            await _settle_one(session, cache, case_id, now)


async def list_unsettled(session: AsyncSession, *, before: datetime) -> list[UUID]:
    """Open parents untouched since their last child was done, for the reconciler."""
    parent = aliased(Case)
    rows = await session.scalars(
        select(parent.id)
        .distinct()
        .join(Case, Case.parent_id == parent.id)
        .where(
            Case.parent_id.is_not(None),
            Case.open.is_(False),
            Case.updated_at.between(before - _LOOK_BACK, before),
            parent.open,
            parent.updated_at < Case.updated_at,
        )
    )
    return list(rows)


async def _open(
    session: AsyncSession,
    parent: LockedCase,
    change: Change,
    child: OpenChild,
    *,
    city: Configuration,
    actor: Actor,
    now: datetime,
    notify: bool,
) -> UUID:
    case_id, code = uuid4(), await repository.next_code(session)
    routing = {
        **parent.routing,
        "row": None,
        "reason": {"vi": "Phối hợp xử lý", "en": "Co-ordination"},
        "words": [],
        "near": [],
        "department": child.department,
        "co_departments": [change.case.department],
        "priority": change.case.priority,
        "class": change.case.case_class,
        "hours": child.hours,
        "certain": True,
    }
    await hold(session, [case_id])
    started = start_case(city, parent.category, routing, SOURCE, now, is_child=True)
    await repository.save_child(
        session,
        repository.change_columns(started, actor, notify=notify)
        | {
            "id": case_id,
            "code": code,
            "parent_id": parent.id,
            "summary": " ".join(child.text.split())[:SUMMARY_LENGTH],
            "search": plain(f"{code} {child.text}"),
            "co_departments": [change.case.department],
            "process_id": city.process_id,
            "routing": repository.to_json(routing),
            "source": SOURCE,
            "now": now,
        },
    )
    return case_id


async def _settle_one(
    session: AsyncSession, cache: ConfigurationCache, case_id: UUID, now: datetime
) -> None:
    try:
        case = await repository.lock_case(session, case_id, SYSTEM)
    except NotFound:
        return
    city = await cache.at(session, case.city_revision)
    around = surroundings(city, case.category, case.routing, case.source)
    change = process.settle(city.processes[case.process_id], case.state, around, now=now)
    if change.events:
        await repository.save_changes(session, [(case, change)], actor=SYSTEM, now=now)
        await open_children(session, case, change, city=city, actor=SYSTEM, now=now)
        await tell_parents(session, [(case, change)])
