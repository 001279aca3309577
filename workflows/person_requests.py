"""What people ask of the data that is held about them, on the law's clocks.

The same engine as for cases: a process as data (`definitions/person_request.json`), the pure
interpreter, clocks that are a column, history that is appended. The rows stand in tables of their
own, because such a request has no place and is no field report.

Decree 356/2025/NĐ-CP: an answer within 2 working days; withdrawal of consent, restriction and
objection within 15 days; other rights within 10 to 20. The time can be extended once, by 15 days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import SYSTEM, Actor, Role
from core.audit import Readings, note
from core.db import transaction
from core.errors import Conflict, NotFound, PreconditionMissing
from core.i18n import LANGUAGES, translate
from core.jobs import enqueue
from core.paging import Page, decode_instant_cursor, encode_cursor
from core.sealing import Sealer
from identity import recipients as people
from identity.recipients import PersonAddresses
from notifications.audience import Recipient
from notifications.fanout import add_notice
from workflows import process, restriction
from workflows.clocks import ClockState
from workflows.codes import encode
from workflows.configuration import Configuration, ConfigurationCache
from workflows.erasure import Ordered, find_erasure, order_erasure
from workflows.policies import Right, acting_as, check_right
from workflows.process import CaseState, Change, Surroundings, Who
from workflows.process_document import Action, Notify, Process
from workflows.rights_tables import PersonRequest, PersonRequestEvent
from workflows.status import Status
from workflows.tables import City
from workflows.tasks import DELIVER, RESTRICT

log = structlog.get_logger()
DOCUMENT = Path(__file__).parent / "definitions" / "person_request.json"
REQUESTER = "person_requests.requester"
DAY_HOURS = 24
DAYS = {
    "access": 10, "correction": 10, "complaint": 10,
    "withdrawal": 15, "restriction": 15, "erasure": 20,
}  # fmt: skip
# Whoever asks for their data finds all of it in the app at that moment.
AT_ONCE = frozenset({"access"})
BATCH = 50
_STAFF = {
    "department": (("staff", "supervisor"), True),
    "supervisors": (("supervisor",), True),
    "operators": (("operator",), False),
}


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """What is asked for. `requester` is who asks on paper or by telephone, without an account."""

    kind: str
    text: str
    person_id: UUID | None = None
    requester: str | None = None
    source: str = "app"
    language: str = "vi"
    done: bool = False  # the system has done it already
    by_hand: bool = False  # somebody without an account: nothing happens by itself


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with its history, and what its reader may do with it now."""

    row: PersonRequest
    events: list[PersonRequestEvent]
    actions: dict[str, Action]
    requester: str | None


@lru_cache(maxsize=1)
def load_process() -> Process:
    """The process of such requests."""
    return Process.model_validate_json(DOCUMENT.read_text(encoding="utf-8"))


async def file_request(
    session: AsyncSession,
    draft: RequestDraft,
    *,
    actor: Actor,
    city: Configuration,
    sealer: Sealer,
    department: str = "",
    now: datetime,
) -> PersonRequest:
    """Open a request with its clocks running; one that the system does at once is done already.

    `department` is the city's contact for personal data, by default the one that gets what no
    rule routes.
    """
    default = await session.scalar(select(City.default_department))
    assert default is not None
    in_charge = department if department in city.working_departments else default
    number = await session.scalar(text("select nextval('person_request_code_seq')"))
    assert number is not None
    row = PersonRequest(
        id=uuid4(),
        code=f"D-{encode(number)}",
        kind=draft.kind,
        text=draft.text,
        person_id=draft.person_id,
        requester=sealer.seal(draft.requester, REQUESTER) if draft.requester else None,
        department=in_charge,
        source=draft.source,
        language=draft.language,
        opened_at=now,
        rev=0,
    )
    at_once = draft.done or (draft.kind in AT_ONCE and not draft.by_hand)
    change = process.start(
        load_process(), _new_case(in_charge), _around(row, city, at_once=at_once), form={}, now=now
    )
    if at_once:
        done = translate(f"person_request_{draft.kind}_done", draft.language)
        change = replace(change, case=replace(change.case, answer=done))
    _write(row, change, now)
    session.add(row)
    await session.flush()
    await _append(session, row, change, actor, 0, now)
    facts = {"kind": row.kind, "source": row.source, "state": row.state}
    await note(session, actor, "person_request.file", _subject(row), facts)
    return row


async def perform(
    session: AsyncSession,
    request_id: UUID,
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    rev: int | None,
    city: Configuration,
    now: datetime,
) -> None:
    """Take a step: whoever asked may withdraw, the department in charge does the rest.

    NotFound for a request that is not the actor's to see, PreconditionMissing for staff without
    the version that they saw, Conflict `case_changed` for an old one, and what
    `process.step` raises.
    """
    row = await session.scalar(
        select(PersonRequest).where(PersonRequest.id == request_id).with_for_update()
    )
    if row is None or not _may_see(row, actor):
        raise NotFound("person_request_not_found")
    if actor.is_staff:
        if rev is None:
            raise PreconditionMissing
        if rev != row.rev:
            raise Conflict("case_changed")
    before = row.rev
    change = process.step(
        load_process(),
        _case(row),
        _around(row, city),
        action=action,
        who=_who(row, actor),
        form=form,
        now=now,
    )
    state = row.state
    _write(row, change, now)
    await _append(session, row, change, actor, before, now)
    facts = {"kind": row.kind, "from": state, "to": row.state}
    await note(session, actor, f"person_request.{action}", _subject(row), facts)
    if row.kind == restriction.KIND and row.state in (restriction.GRANTED, restriction.LIFTED):
        await enqueue(session, RESTRICT, [row.id])


async def erase_citizen(
    session: AsyncSession,
    person_id: UUID,
    *,
    actor: Actor,
    city: Configuration,
    sealer: Sealer,
    department: str = "",
    now: datetime,
) -> Ordered:
    """What the request for erasure leads to, done at once: the request stays as the proof of it.
    Asking again orders nothing new.
    """
    if (ordered := await find_erasure(session, person_id)) is not None:
        return ordered
    draft = RequestDraft("erasure", "", person_id, language=actor.language, done=True)
    row = await file_request(
        session, draft, actor=actor, city=city, sealer=sealer, department=department, now=now
    )
    return await order_erasure(session, person_id, actor=actor, now=now, request_id=row.id)


async def get_request(
    session: AsyncSession,
    request_id: UUID,
    *,
    actor: Actor,
    city: Configuration,
    sealer: Sealer,
    readings: Readings,
    now: datetime,
) -> RequestView:
    """One request with its history. NotFound if it is not the actor's to see. Staff who read who
    asks on paper are noted, as `readings` does.
    """
    row = await session.get(PersonRequest, request_id, populate_existing=True)
    if row is None or not _may_see(row, actor):
        raise NotFound("person_request_not_found")
    events = await session.scalars(
        select(PersonRequestEvent)
        .where(PersonRequestEvent.request_id == request_id)
        .order_by(PersonRequestEvent.rev, PersonRequestEvent.seq)
    )
    shown = [event for event in events if actor.is_staff or event.public]
    actions = process.offered_actions(
        load_process(), _case(row), _around(row, city), who=_who(row, actor)
    )
    sealed = row.requester if actor.is_staff else None
    if sealed:
        facts = {"kind": row.kind}
        await readings.note(session, actor, "requester.read", _subject(row), facts, now=now)
    return RequestView(row, shown, actions, sealer.open(sealed, REQUESTER) if sealed else None)


async def page_requests(
    session: AsyncSession,
    *,
    actor: Actor,
    limit: int,
    cursor: str | None,
    is_open: bool | None = None,
) -> Page[PersonRequest]:
    """Those of the actor's department (of all for operators), or their own; the latest first."""
    query = select(PersonRequest).order_by(PersonRequest.opened_at.desc(), PersonRequest.id.desc())
    if actor.is_staff:
        check_right(actor, Right.HANDLE_PERSON_REQUESTS)
        if actor.role is not Role.OPERATOR:
            query = query.where(PersonRequest.department == actor.department)
    else:
        check_right(actor, Right.OWN_DATA)
        query = query.where(PersonRequest.person_id == actor.person_id)
    if is_open is not None:
        closed = PersonRequest.closed_at
        query = query.where(closed.is_(None) if is_open else closed.is_not(None))
    if cursor is not None:
        at, last = decode_instant_cursor(cursor)
        query = query.where(
            or_(
                PersonRequest.opened_at < at,
                (PersonRequest.opened_at == at) & (PersonRequest.id < last),
            )
        )
    rows = list(await session.scalars(query.limit(limit + 1)))
    last_row = rows[limit - 1] if len(rows) > limit else None
    return Page(
        rows[:limit], encode_cursor([last_row.opened_at, last_row.id]) if last_row else None
    )


async def sweep_requests(
    sessions: async_sessionmaker[AsyncSession], cache: ConfigurationCache, *, now: datetime
) -> int:
    """Fire the clocks of requests that are due by `now`; how many requests that were."""
    total = 0
    while True:
        async with transaction(sessions) as session:
            rows = list(
                await session.scalars(
                    select(PersonRequest)
                    .where(PersonRequest.wake_at <= now)
                    .order_by(PersonRequest.wake_at)
                    .limit(BATCH)
                    .with_for_update(skip_locked=True)
                )
            )
            city = await cache.newest(session) if rows else None
            for row in rows:
                assert city is not None
                before = row.rev
                change = process.wake(load_process(), _case(row), _around(row, city), now=now)
                seq = await _last_seq(session, row)
                _write(row, change, now)
                await _append(session, row, change, SYSTEM, before, now, seq)
        total += len(rows)
        if len(rows) < BATCH:
            return total


def _subject(row: PersonRequest) -> str:
    return f"person_request:{row.id}"


def _may_see(row: PersonRequest, actor: Actor) -> bool:
    if actor.role is Role.OPERATOR:
        return True
    if actor.role in (Role.STAFF, Role.SUPERVISOR):
        return actor.department == row.department
    return actor.role is Role.CITIZEN and row.person_id == actor.person_id


def _who(row: PersonRequest, actor: Actor) -> Who:
    mine = actor.role is Role.CITIZEN and row.person_id == actor.person_id
    return acting_as(actor, row.department, is_reporter=mine)


def _new_case(department: str) -> CaseState:
    return CaseState(state="", rev=0, department=department, priority=2, case_class="normal")


def _case(row: PersonRequest) -> CaseState:
    return replace(
        _new_case(row.department),
        state=row.state,
        rev=row.rev,
        due_at=row.due_at,
        overdue=row.overdue,
        answer=row.answer,
        data=row.data,
        clocks={name: ClockState.from_json(value) for name, value in row.clocks.items()},
    )


def _around(row: PersonRequest, city: Configuration, *, at_once: bool = False) -> Surroundings:
    return Surroundings(
        category={"code": row.kind},
        # `certain`: nobody has to look at it first
        routing={"hours": DAYS[row.kind] * DAY_HOURS, "certain": at_once},
        source=row.source,
        departments=city.working_departments,
        working=city.working,
        always=city.always,
        department_calendars=city.department_calendars,
    )


def _write(row: PersonRequest, change: Change, now: datetime) -> None:
    case = change.case
    assert case.due_at is not None
    closed = change.status in (Status.CLOSED, Status.REJECTED)
    row.state, row.status, row.rev = case.state, change.status.value, case.rev
    row.data, row.answer, row.overdue = case.data, case.answer, case.overdue
    row.clocks = {name: clock.to_json() for name, clock in case.clocks.items()}
    row.due_at, row.wake_at, row.updated_at = case.due_at, change.wake_at, now
    row.closed_at = now if closed else None


async def _append(
    session: AsyncSession,
    row: PersonRequest,
    change: Change,
    actor: Actor,
    base_rev: int,
    now: datetime,
    base_seq: int = 0,
) -> None:
    if not change.events:
        return
    await session.flush()
    await session.execute(
        insert(PersonRequestEvent),
        [
            {
                "request_id": row.id,
                "rev": event.rev,
                "seq": event.seq + (base_seq if event.rev == base_rev else 0),
                "kind": event.kind,
                "at": now,
                "action": event.action,
                "actor_id": None if event.by_system else actor.person_id,
                "actor_role": (SYSTEM if event.by_system else actor).role.value,
                "from_state": event.from_state,
                "to_state": event.to_state,
                "form": event.form,
                "public": event.public,
            }
            for event in change.events
        ],
    )


async def _last_seq(session: AsyncSession, row: PersonRequest) -> int:
    query = select(func.max(PersonRequestEvent.seq)).where(
        PersonRequestEvent.request_id == row.id, PersonRequestEvent.rev == row.rev
    )
    return await session.scalar(query) or 0


async def tell(
    sessions: async_sessionmaker[AsyncSession], cache: ConfigurationCache, *, now: datetime
) -> int:
    """Tell what happened to requests to whom it concerns; how many events that were. By a worker:
    whoever asks knows nothing of who works there.
    """
    total = 0
    while True:
        async with transaction(sessions) as session:
            events = list(
                await session.scalars(
                    select(PersonRequestEvent)
                    .where(PersonRequestEvent.told_at.is_(None))
                    .order_by(PersonRequestEvent.at)
                    .limit(BATCH)
                    .with_for_update(skip_locked=True)
                )
            )
            city = await cache.newest(session) if events else None
            for event in events:
                assert city is not None
                row = await session.get_one(PersonRequest, event.request_id)
                await _tell(session, row, event, city, now)
                event.told_at = now
        total += len(events)
        if len(events) < BATCH:
            return total


async def _tell(
    session: AsyncSession,
    row: PersonRequest,
    event: PersonRequestEvent,
    city: Configuration,
    now: datetime,
) -> None:
    for n, item in enumerate(_told_of(row, event)):
        await _notify(
            session,
            row,
            city,
            f"request:{row.id}:{event.rev}:{event.seq}:{n}",
            item.template,
            await _list_audience(session, row, item.audience),
            event.form,
            now,
        )


def _told_of(row: PersonRequest, event: PersonRequestEvent) -> tuple[Notify, ...]:
    """Whom an event is told to, as its process says; a new request to those who have two working
    days to answer it.
    """
    document = load_process()
    if event.kind == "mark":
        marks = [mark for clock in document.clocks.values() for mark in clock.marks]
        return next((mark.notify for mark in marks if mark.name == event.action), ())
    if event.action in document.actions:
        return document.actions[event.action].notify
    if row.closed_at is not None:  # done at once: nobody has to answer
        return ()
    return (Notify(audience="department", template="person_request_new"),)


async def _list_audience(
    session: AsyncSession, row: PersonRequest, audience: str
) -> list[PersonAddresses]:
    if audience == "reporter":
        return await people.list_by_ids(session, [row.person_id] if row.person_id else [])
    roles, departmental = _STAFF[audience]
    return await people.list_staff(
        session, roles, department=row.department if departmental else None
    )


async def _notify(
    session: AsyncSession,
    row: PersonRequest,
    city: Configuration,
    key: str,
    template: str,
    accounts: list[PersonAddresses],
    form: dict[str, Any],
    now: datetime,
) -> None:
    department = city.departments[row.department]
    facts = {
        language: {name: str(value) for name, value in form.items()}
        | {
            "code": row.code,
            "kind": translate(f"person_request_{row.kind}", language),
            "department": department.name_en if language == "en" else department.name,
            "due": row.due_at.astimezone(city.zone).strftime("%H:%M %d/%m/%Y"),
            "answer": row.answer or "",
        }
        for language in LANGUAGES
    }
    recipients = [
        Recipient(
            who.person_id,
            who.language,
            who.device_tokens,
            muted=who.preferences.muted,
            quiet_until=who.preferences.quiet_until(now, city.zone),
        )
        for who in accounts
    ]
    data = {"request_id": str(row.id), "template": template}
    ids = await add_notice(session, key, template, recipients, facts, data, now=now)
    await enqueue(session, DELIVER, ids)
