"""Statements on reports, cases and their history. The hot ones stand in `sql/`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Integer,
    Label,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM, Actor
from core.db import AnyRow, AnySelect, Instant, row_to_dict
from core.errors import NotFound
from core.statements import (
    compile_select,
    fetch,
    fetch_one,
    fetch_row,
    fetch_rows,
    load_statement,
)
from workflows.clocks import ClockState
from workflows.codes import encode
from workflows.process import CaseState, Change
from workflows.status import Status
from workflows.tables import Case, CaseEvent, City
from workflows.visibility import VISIBLE, visibility_of

_SQL = Path(__file__).parent / "sql"
OPEN_INTAKE = load_statement(_SQL / "open_intake.sql")
SAVE_REPORT = load_statement(_SQL / "save_report.sql")
SAVE_CHILD = load_statement(_SQL / "save_child.sql")
MOVE_CASES = load_statement(_SQL / "move_cases.sql")
SAVE_CHANGES = load_statement(_SQL / "save_changes.sql")
# Views of the database: how cases and reports hang together, and nothing of what is in them.
CASE_OUTLINES = table(
    "case_outlines",
    column("id", Uuid),
    column("parent_id", Uuid),
    column("merged_into", Uuid),
    column("open", Boolean),
    column("opened_at", Instant),
)
_REPORT_OUTLINES = table("report_outlines", column("case_id", Uuid))
_NEXT_NUMBER = text("select nextval('report_code_seq')")
_NOTE_REPLAY = text(
    """
    with replayed as (
        update reports set replays = replays + 1 where id = :report_id
        returning id, code, case_id, area_id
    )
    select
        replayed.id, replayed.code, cases.status,
        areas.code as area_code, areas.name as area_name,
        departments.code as department_code, departments.name as department_name, cases.due_at
    from replayed
    join cases on cases.id = replayed.case_id
    join areas on areas.id = replayed.area_id
    join departments on departments.code = cases.department
    """
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What `open_intake` found; `body_hash` is set when the report's id is taken."""

    revision: int
    number: int
    body_hash: bytes | None


@dataclass(frozen=True, slots=True)
class LockedCase:
    """A case read for writing: what its process needs, and what decides who may act."""

    id: UUID
    category: str
    source: str
    process_id: int
    parent_id: UUID | None
    co_departments: list[str]
    routing: dict[str, Any]
    city_revision: int
    wake_at: datetime | None
    state: CaseState


def children_open() -> Label[int]:
    """How many child cases of a row of `cases` are not done, whoever may see them."""
    child = CASE_OUTLINES.c
    return (
        select(func.count())
        .where(child.parent_id == Case.id, child.open)
        .scalar_subquery()
        .label("children_open")
    )


def report_count() -> Label[int]:
    """How many reports a row of `cases` has, whoever may see them: more than one where duplicates
    were merged.
    """
    return (
        select(func.count())
        .where(_REPORT_OUTLINES.c.case_id == Case.id)
        .scalar_subquery()
        .label("report_count")
    )


def _locked() -> AnySelect:
    return select(
        Case.id, Case.category, Case.source, Case.process_id, Case.co_departments, Case.routing,
        Case.state, Case.rev, Case.department, Case.assignee, Case.priority, Case.case_class,
        Case.due_at, Case.overdue, Case.answer, Case.rating, Case.data, Case.clocks,
        Case.parent_id, Case.wake_at, children_open(), report_count(),
        select(City.revision).scalar_subquery().label("city_revision"),
    )  # fmt: skip


# A step may give the case to others: who had it in sight keeps it until the transaction ends.
_HELD = func.set_config(
    "app.cases",
    func.concat_ws(",", func.nullif(func.current_setting("app.cases", True), ""), Case.id),  # noqa: FBT003  # as PostgreSQL has them
    True,  # noqa: FBT003
).label("held")
_LOCK_CASE = compile_select(
    _locked()
    .add_columns(_HELD)
    .where(Case.id == bindparam("case_id", type_=Uuid), VISIBLE)
    .with_for_update(of=Case, key_share=True)
)
_LOCK_CASE_NOW = compile_select(
    _locked()
    .add_columns(_HELD)
    .where(Case.id == bindparam("case_id", type_=Uuid), VISIBLE)
    .with_for_update(of=Case, key_share=True, nowait=True)
)
_LOCK_MANY = compile_select(
    _locked()
    .where(Case.id == any_(bindparam("case_ids", type_=ARRAY(Uuid))))
    .order_by(Case.id)
    .with_for_update(of=Case, key_share=True)
)
_LOCK_DUE = compile_select(
    _locked()
    .where(Case.wake_at <= bindparam("now", type_=Instant))
    .order_by(Case.wake_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(of=Case, key_share=True, skip_locked=True)
)
_LIST_RUNNING = compile_select(
    select(Case.id)
    .where(Case.closed_at.is_(None), Case.id > bindparam("after", type_=Uuid))
    .order_by(Case.id)
    .limit(bindparam("limit", type_=Integer))
)
_LOCK_RUNNING = compile_select(
    _locked()
    .where(Case.id == any_(bindparam("ids", type_=ARRAY(Uuid))), Case.closed_at.is_(None))
    .order_by(Case.id)
    .with_for_update(of=Case, key_share=True)
)


async def open_intake(session: AsyncSession, report_id: UUID) -> Opening | None:
    """The configuration's revision, a number for the code, and a report already under this id."""
    row = await fetch_one(session, OPEN_INTAKE, {"report_id": report_id})
    return Opening(row["revision"], row["number"], row["body_hash"]) if row else None


async def save_report(session: AsyncSession, columns: dict[str, Any]) -> bool:
    """Write a report with all that belongs to it; False if its id was taken meanwhile."""
    return await fetch_one(session, SAVE_REPORT, columns) is not None


async def note_replay(session: AsyncSession, report_id: UUID) -> dict[str, Any]:
    """Count a retry and answer what the report's first request was answered, as of now."""
    row = (await session.execute(_NOTE_REPLAY, {"report_id": report_id})).one()
    return row_to_dict(row)


async def lock_case(
    session: AsyncSession, case_id: UUID, actor: Actor, *, wait: bool = True
) -> LockedCase:
    """The case, locked until the transaction ends. NotFound if it is not for this actor.

    Without `wait` the driver's LockNotAvailableError says that somebody else has it.
    """
    statement = _LOCK_CASE if wait else _LOCK_CASE_NOW
    row = await fetch_row(session, statement, {"case_id": case_id, **visibility_of(actor)})
    if row is None:
        raise NotFound("case_not_found")
    return _locked_case(row)


async def lock_cases(session: AsyncSession, case_ids: list[UUID]) -> list[LockedCase]:
    """These cases in the order of their ids, whoever may see them."""
    rows = await fetch_rows(session, _LOCK_MANY, {"case_ids": case_ids})
    return [_locked_case(row) for row in rows]


async def lock_due_cases(session: AsyncSession, now: datetime, limit: int) -> list[LockedCase]:
    """Up to `limit` cases at which something is due, skipping those that somebody else holds."""
    rows = await fetch_rows(session, _LOCK_DUE, {"now": now, "limit": limit})
    return [_locked_case(row) for row in rows]


async def list_running(session: AsyncSession, after: UUID, limit: int) -> list[UUID]:
    """Up to `limit` ids of cases that are not closed, from `after` on, in their order."""
    rows = await fetch_rows(session, _LIST_RUNNING, {"after": after, "limit": limit})
    return [row.id for row in rows]


async def lock_running_cases(session: AsyncSession, ids: list[UUID]) -> list[LockedCase]:
    """Those of `ids` that are not closed, one after the other, waiting for whoever holds one."""
    rows = await fetch_rows(session, _LOCK_RUNNING, {"ids": ids})
    return [_locked_case(row) for row in rows]


async def last_seqs(session: AsyncSession, cases: list[LockedCase]) -> dict[UUID, int]:
    """How far the history of each (locked) case has counted under its present `rev`."""
    query = (
        select(CaseEvent.case_id, func.max(CaseEvent.seq).label("seq"))
        .join(Case, (Case.id == CaseEvent.case_id) & (Case.rev == CaseEvent.rev))
        .where(CaseEvent.case_id.in_([case.id for case in cases]))
        .group_by(CaseEvent.case_id)
    )
    rows = await session.execute(query)
    return {row.case_id: row.seq for row in rows}


async def save_changes(
    session: AsyncSession,
    changes: list[tuple[LockedCase, Change]],
    *,
    actor: Actor,
    now: datetime,
    seqs: dict[UUID, int] | None = None,
    notify: bool = True,
) -> set[UUID]:
    """Write what happened to locked cases; answers the ids that still had the expected `rev`.

    `seqs`: how far each history has counted under the present `rev`, where marks are written.
    With `notify=False` nobody is told.
    """
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    announcements: list[dict[str, Any]] = []
    for locked, change in changes:
        base_rev, base_seq = locked.state.rev, (seqs or {}).get(locked.id, 0)
        rows.append(_change_row(locked, change))
        events += _event_rows(change, actor, locked.id, base_rev, base_seq)
        if notify:
            announcements += _announcement_rows(change, locked.id, base_rev, base_seq)
    changed = await fetch(
        session,
        SAVE_CHANGES,
        {
            "changes": to_json(rows),
            "events": to_json(events),
            "announcements": to_json(announcements),
            "now": now,
        },
    )
    return {row["id"] for row in changed}


async def save_child(session: AsyncSession, columns: dict[str, Any]) -> None:
    """Write a child case: at the place of its parent, with its own process and no report."""
    await fetch_one(session, SAVE_CHILD, columns)


async def next_code(session: AsyncSession) -> str:
    """A short code that no report or case has."""
    return encode((await session.execute(_NEXT_NUMBER)).scalar_one())


async def put_off(session: AsyncSession, case_ids: list[UUID], until: datetime) -> None:
    """Look at these (locked) cases again at `until`."""
    if case_ids:
        await session.execute(update(Case).where(Case.id.in_(case_ids)).values(wake_at=until))


async def add_note(
    session: AsyncSession, case: LockedCase, note: str, *, actor: Actor, now: datetime
) -> None:
    """Append a note to the history of a locked case, under its present `rev`."""
    await add_remark(session, case, "note", {"note": note}, actor=actor, now=now)


async def add_remark(
    session: AsyncSession,
    case: LockedCase,
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Append to the history of a locked case what is no step of its process."""
    seqs = await last_seqs(session, [case])
    session.add(
        CaseEvent(
            case_id=case.id,
            rev=case.state.rev,
            seq=seqs.get(case.id, 0) + 1,
            kind="note",
            at=now,
            action=action,
            actor_id=actor.person_id,
            actor_role=actor.role.value,
            from_state=case.state.state,
            to_state=case.state.state,
            department=actor.department,
            form=form,
            public=False,
        )
    )
    await session.flush()  # whoever reads the case next in this transaction finds it
    await session.execute(update(Case).where(Case.id == case.id).values(updated_at=now))


async def end_review(
    session: AsyncSession, case_id: UUID, reasons: tuple[str, ...] | None = None
) -> list[str]:
    """Take the marks for review off a locked case, or those of `reasons`; which there were."""
    marked = list(await session.scalar(select(Case.review).where(Case.id == case_id)) or [])
    left = [reason for reason in marked if reasons is not None and reason not in reasons]
    if left != marked:
        await session.execute(update(Case).where(Case.id == case_id).values(review=left))
    return [reason for reason in marked if reason not in left]


def change_columns(change: Change, actor: Actor, *, notify: bool) -> dict[str, Any]:
    """The columns of a new case, with its first events and announcements, for `save_report`."""
    case = change.case
    announcements = _announcement_rows(change, None, 0, 0) if notify else []
    return {
        "department": case.department,
        "assignee": case.assignee,
        "state": case.state,
        "status": change.status.value,
        "priority": case.priority,
        "case_class": case.case_class,
        "data": to_json(case.data),
        "clocks": _clocks_json(case.clocks),
        "due_at": case.due_at,
        "wake_at": change.wake_at,
        "overdue": case.overdue,
        "rev": case.rev,
        "events": to_json(_event_rows(change, actor, None, 0, 0)),
        "announcements": to_json(announcements),
    }


def to_json(value: object) -> str:
    """JSON text for a `jsonb` parameter."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _locked_case(row: AnyRow) -> LockedCase:
    return LockedCase(
        id=row.id,
        category=row.category,
        source=row.source,
        process_id=row.process_id,
        parent_id=row.parent_id,
        co_departments=row.co_departments,
        routing=row.routing,
        city_revision=row.city_revision,
        wake_at=row.wake_at,
        state=case_state(row),
    )


def case_state(row: Any) -> CaseState:
    """The part of a row of `cases` that its process governs."""
    return CaseState(
        state=row.state,
        rev=row.rev,
        department=row.department,
        priority=row.priority,
        case_class=row.case_class,
        assignee=str(row.assignee) if row.assignee else None,
        children_open=row.children_open,
        is_child=row.parent_id is not None,
        reports=row.report_count,
        due_at=row.due_at,
        overdue=row.overdue,
        answer=row.answer,
        rating=row.rating,
        data=row.data,
        clocks={name: ClockState.from_json(value) for name, value in row.clocks.items()},
    )


def snapshot_of(state: CaseState) -> dict[str, Any]:
    """All that a process governs of a case, as JSON: what taking a step back restores."""
    return {
        "state": state.state,
        "department": state.department,
        "assignee": state.assignee,
        "priority": state.priority,
        "case_class": state.case_class,
        "due_at": state.due_at.isoformat() if state.due_at else None,
        "overdue": state.overdue,
        "answer": state.answer,
        "rating": state.rating,
        "data": state.data,
        "clocks": {name: clock.to_json() for name, clock in state.clocks.items()},
    }


def restored(snapshot: dict[str, Any], now_is: CaseState) -> CaseState:
    """The case as `snapshot` has it, at the place and step where it is now: `process.move` then
    brings it back to the state of the snapshot.
    """
    due_at = snapshot["due_at"]
    return replace(
        now_is,
        department=snapshot["department"],
        assignee=snapshot["assignee"],
        priority=snapshot["priority"],
        case_class=snapshot["case_class"],
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        overdue=snapshot["overdue"],
        answer=snapshot["answer"],
        rating=snapshot["rating"],
        data=snapshot["data"],
        clocks={n: ClockState.from_json(value) for n, value in snapshot["clocks"].items()},
    )


def _change_row(locked: LockedCase, change: Change) -> dict[str, Any]:
    case = change.case
    return {
        "id": locked.id,
        "base_rev": locked.state.rev,
        "rev": case.rev,
        "state": case.state,
        "status": change.status.value,
        "department": case.department,
        "assignee": case.assignee,
        "priority": case.priority,
        "case_class": case.case_class,
        "answer": case.answer,
        "rating": case.rating,
        "data": case.data,
        "clocks": {name: clock.to_json() for name, clock in case.clocks.items()},
        "due_at": case.due_at,
        "wake_at": change.wake_at,
        "overdue": case.overdue,
        "resolved": change.status in (Status.RESOLVED, Status.CLOSED),
        "closed": change.status in (Status.CLOSED, Status.REJECTED),
    }


def _event_rows(
    change: Change, actor: Actor, case_id: UUID | None, base_rev: int, base_seq: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for event in change.events:
        who = SYSTEM if event.by_system else actor
        rows.append(
            {
                "case_id": case_id,
                "rev": event.rev,
                "seq": event.seq + (base_seq if event.rev == base_rev else 0),
                "kind": event.kind,
                "action": event.action,
                "actor_id": who.person_id,
                "actor_role": who.role.value,
                "from_state": event.from_state,
                "to_state": event.to_state,
                "department": event.department,
                "form": event.form,
                "public": event.public,
            }
        )
    return rows


def _announcement_rows(
    change: Change, case_id: UUID | None, base_rev: int, base_seq: int
) -> list[dict[str, Any]]:
    return [
        {
            "case_id": case_id,
            "rev": item.rev,
            "seq": item.seq + (base_seq if item.rev == base_rev else 0),
            "n": n,
            "audience": item.audience,
            "template": item.template,
            "data": item.data,
        }
        for n, item in enumerate(change.announces)
    ]


def _clocks_json(clocks: dict[str, ClockState]) -> str:
    return to_json({name: clock.to_json() for name, clock in clocks.items()})
