"""Moving running cases to another version of the process: planned, in batches, resumable.

Cases stay on the version that they began with until somebody asks for this. Where a state has the
same clocks in both versions nothing has to be worked out for each case, and one statement moves a
whole batch; other cases go through the interpreter one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import Actor, Role
from core.audit import note
from core.db import transaction
from core.errors import Conflict, FieldError, InvalidInput
from core.jobs import enqueue
from core.statements import fetch_one
from workflows import process, repository
from workflows.configuration import Configuration, ConfigurationCache
from workflows.intake import surroundings
from workflows.policies import Right, check_right
from workflows.process import Change
from workflows.process_document import Clock, Process
from workflows.repository import LockedCase
from workflows.tables import Case, ProcessMigration
from workflows.tasks import MOVE_CASES
from workflows.versions import PROCESS, get_version

BATCH = 5000
TOGETHER = 500  # cases written by one statement, where each has its own change


@dataclass(frozen=True, slots=True)
class StateCount:
    """Running cases of other versions in one state; `target` is where they would go, None if
    the new version has no such state and one must be chosen.
    """

    from_version: int
    state: str
    cases: int
    target: str | None


@dataclass(frozen=True, slots=True)
class MigrationView:
    """How far a migration has come."""

    id: int
    to_version: int
    total: int
    moved: int
    created_at: datetime
    finished_at: datetime | None


async def plan(
    session: AsyncSession, version: int, *, actor: Actor, cache: ConfigurationCache
) -> list[StateCount]:
    """The running cases that are not on `version` yet, by state."""
    check_right(actor, Right.CONFIGURE)
    city = await cache.newest(session)
    target = await get_version(session, PROCESS, version, actor=actor)
    rows = await session.execute(
        select(Case.process_id, Case.state, func.count())
        .where(Case.closed_at.is_(None), Case.process_id != target.id)
        .group_by(Case.process_id, Case.state)
        .order_by(Case.process_id, Case.state)
    )
    states = target.parsed.states
    return [
        StateCount(
            city.process_versions[process_id], state, count, state if state in states else None
        )
        for process_id, state, count in rows
    ]


async def start(
    session: AsyncSession,
    version: int,
    states: dict[str, str],
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
) -> MigrationView:
    """Have every running case moved to `version`; `states` maps old states to new ones, where
    their name does not stay.

    Conflict `version_is_draft` before it is published, `migration_running` while another runs;
    InvalidInput at `/states/…` for a state without a target, or a target that does not exist.
    """
    counts = await plan(session, version, actor=actor, cache=cache)
    found = await get_version(session, PROCESS, version, actor=actor)
    if found.view.state != "published":
        raise Conflict("version_is_draft", version=version)
    _check_states(counts, states, found.parsed)
    migration = ProcessMigration(
        to_id=found.id,
        states=states,
        total=sum(count.cases for count in counts),
        moved=0,
        created_by=actor.person_id,
        created_at=now,
    )
    session.add(migration)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("migration_running") from error
    await enqueue(session, MOVE_CASES, [migration.id])
    facts = {"migration": migration.id, "cases": migration.total}
    await note(session, actor, "process.migrate", f"process:{version}", facts)
    return _view(migration, version)


async def list_migrations(session: AsyncSession, *, actor: Actor) -> list[MigrationView]:
    """The latest migrations, newest first."""
    check_right(actor, Right.CONFIGURE)
    table = PROCESS.table
    rows = await session.execute(
        select(ProcessMigration, table.version)
        .join(table, table.id == ProcessMigration.to_id)
        .order_by(ProcessMigration.id.desc())
        .limit(20)
    )
    return [_view(migration, version) for migration, version in rows]


async def move_cases(
    sessions: async_sessionmaker[AsyncSession],
    cache: ConfigurationCache,
    migration_id: int,
    *,
    now: datetime,
) -> None:
    """Move batch after batch until none is left. Killed in the middle, the next run goes on where
    the last committed batch ended; of two at once the second leaves it to the first.
    """
    left = True
    while left:
        async with transaction(sessions) as session:
            left = await move_batch(session, cache, migration_id, now=now)


async def move_batch(
    session: AsyncSession,
    cache: ConfigurationCache,
    migration_id: int,
    *,
    now: datetime,
    limit: int = BATCH,
) -> bool:
    """Move the next `limit` cases, within the caller's transaction; whether there may be more."""
    migration = await session.scalar(
        select(ProcessMigration)
        .where(ProcessMigration.id == migration_id)
        .with_for_update(skip_locked=True)
    )
    if migration is None or migration.finished_at is not None:
        return False
    city = await cache.newest(session)
    moves = _moves(city, migration)
    row = await fetch_one(
        session,
        repository.MOVE_CASES,
        {
            "to_id": migration.to_id,
            "after": migration.last_id or UUID(int=0),
            "limit": limit,
            "moves": repository.to_json([move for move in moves if move["fast"]]),
            "data": repository.to_json(city.processes[migration.to_id].data),
            "actor_id": migration.created_by,
            "to_version": city.process_versions[migration.to_id],
            "now": now,
        },
    )
    assert row is not None  # an aggregate
    slow: list[UUID] = row["slow"] or []
    for start_at in range(0, len(slow), TOGETHER):
        await _move_slowly(session, city, migration, slow[start_at : start_at + TOGETHER], now)
    migration.moved += row["moved"] + len(slow)
    if row["last_id"] is None:
        migration.finished_at = now
    else:
        migration.last_id = row["last_id"]
    await session.flush()
    return migration.finished_at is None


async def list_running(session: AsyncSession, *, started_before: datetime) -> list[int]:
    """Migrations that are not finished, for the reconciler."""
    rows = await session.scalars(
        select(ProcessMigration.id).where(
            ProcessMigration.finished_at.is_(None), ProcessMigration.created_at <= started_before
        )
    )
    return list(rows)


def keeps_clocks(before: Process, after: Process, state: str, target: str) -> bool:
    """Whether a case may go from `state` of one version to `target` of the other with nothing but
    its state changed: the same clocks run and pause there, alike in all that is still to come,
    the status stays, and no automatic action waits. Pure.
    """
    if before.states[state].status != after.states[target].status:
        return False
    if after.states[target].automatic:
        return False
    names = before.clocks.keys() | after.clocks.keys()
    return all(
        _behaviour(before.clocks.get(name), state) == _behaviour(after.clocks.get(name), target)
        for name in names
    )


def _behaviour(clock: Clock | None, state: str) -> object:
    if clock is None or state not in (*clock.runs_in, *clock.pauses_in):
        return None
    told = [(mark.name, mark.at, mark.notify) for mark in clock.marks]
    return state in clock.runs_in, clock.calendar, clock.promise, clock.timeout, told


def _check_states(counts: list[StateCount], states: dict[str, str], target: Process) -> None:
    errors = [
        FieldError(f"/states/{old}", "state_unknown", {"state": new})
        for old, new in states.items()
        if new not in target.states
    ]
    errors += [
        FieldError(f"/states/{count.state}", "state_needs_target", {"cases": count.cases})
        for count in counts
        if count.target is None and count.state not in states
    ]
    if errors:
        raise InvalidInput(fields=errors)


def _moves(city: Configuration, migration: ProcessMigration) -> list[dict[str, object]]:
    """Where each state of each other version goes, and whether the fast way is open to it."""
    after = city.processes[migration.to_id]
    moves: list[dict[str, object]] = []
    for process_id, before in city.processes.items():
        for state in before.states:
            target = migration.states.get(state, state)
            if target in after.states:
                fast = keeps_clocks(before, after, state, target)
                moves.append(
                    {"process_id": process_id, "state": state, "target": target, "fast": fast}
                )
    return moves


async def _move_slowly(
    session: AsyncSession,
    city: Configuration,
    migration: ProcessMigration,
    case_ids: list[UUID],
    now: datetime,
) -> None:
    """Each through the interpreter, written together. A case whose state has no target stays: it
    came there after the plan was made.
    """
    actor = Actor(Role.ADMIN, migration.created_by)
    document = city.processes[migration.to_id]
    changes: list[tuple[LockedCase, Change]] = []
    for case in await repository.lock_cases(session, case_ids):
        target = migration.states.get(case.state.state, case.state.state)
        if target in document.states:
            around = surroundings(city, case.category, case.routing, case.source)
            change = process.move(
                document, case.state, around, to=target, action="migrate", now=now, go_on=True
            )
            changes.append((case, change))
    moved = [case.id for case, _ in changes]
    await session.execute(update(Case).where(Case.id.in_(moved)).values(process_id=migration.to_id))
    await repository.save_changes(session, changes, actor=actor, now=now)


def _view(migration: ProcessMigration, version: int) -> MigrationView:
    return MigrationView(
        migration.id,
        version,
        migration.total,
        migration.moved,
        migration.created_at,
        migration.finished_at,
    )
