"""The interpreter of process documents: a pure function from a case and an action to its change.

`start`, `step` and `wake` take the case as it is, what happens, and `now`; they answer a `Change`
with the case as it will be, the events to append and what to tell to whom. They read no clock,
no database and no network, so the same history always gives the same case.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core.errors import ConfigurationError, Conflict, Forbidden, InvalidInput
from workflows.calendars import WorkingCalendar
from workflows.clocks import (
    ClockState,
    Due,
    next_due,
    pause_clock,
    resume_clock,
    start_clock,
)
from workflows.expressions import evaluate, holds
from workflows.forms import check_form, filled, is_required
from workflows.process_document import Action, Clock, FormField, Notify, Process
from workflows.status import Status

MAX_AUTOMATIC_STEPS = 20


@dataclass(frozen=True, slots=True)
class CaseState:
    """The part of a case that its process governs. `data` holds the process's own counters."""

    state: str
    rev: int
    department: str
    priority: int
    case_class: str
    due_at: datetime | None = None
    overdue: bool = False
    answer: str | None = None
    rating: int | None = None
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    clocks: dict[str, ClockState] = field(default_factory=dict[str, ClockState])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What guards may look at besides the case: facts that no step changes."""

    category: dict[str, Any]
    routing: dict[str, Any]
    source: str
    departments: frozenset[str]
    working: WorkingCalendar
    always: WorkingCalendar

    def calendar(self, clock: Clock) -> WorkingCalendar:
        return self.working if clock.calendar == "working" else self.always


@dataclass(frozen=True, slots=True)
class Event:
    """One row of history. `seq` 0 is a step; marks between steps count up."""

    rev: int
    seq: int
    kind: str
    action: str
    by_system: bool
    from_state: str | None
    to_state: str | None
    department: str
    form: dict[str, Any]
    public: bool


@dataclass(frozen=True, slots=True)
class Announce:
    """One thing to tell one audience because of the event (rev, seq)."""

    rev: int
    seq: int
    audience: str
    template: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What one call of the interpreter leads to."""

    case: CaseState
    status: Status
    wake_at: datetime | None
    events: tuple[Event, ...] = ()
    announces: tuple[Announce, ...] = ()


def start(
    process: Process, case: CaseState, around: Surroundings, *, form: dict[str, Any], now: datetime
) -> Change:
    """Put a new case (rev 0) into the initial state as event 1, then take automatic steps."""
    case = replace(case, data={**process.data, **case.data})
    run = _Run(process, around, case, now)
    run.enter("file", None, process.initial, form, by_system=False, notify=())
    run.automatic()
    return run.change()


def step(
    process: Process,
    case: CaseState,
    around: Surroundings,
    *,
    action: str,
    roles: frozenset[str],
    form: dict[str, Any],
    now: datetime,
) -> Change:
    """Take `action` with `form`.

    Raises Conflict `action_not_offered` if the state does not offer it, Forbidden if none of
    `roles` may take it, InvalidInput naming each field of the form at fault.
    """
    spec = process.actions.get(action)
    if spec is None or case.state not in spec.origin:
        raise Conflict("action_not_offered", action=action)
    if not roles.intersection(spec.roles):
        raise Forbidden("action_not_allowed", action=action)
    run = _Run(process, around, case, now)
    if not holds(spec.when, run.context({})):
        raise Conflict("action_not_offered", action=action)
    errors = check_form(spec.form, form, run.context({}), around.departments)
    if errors:
        raise InvalidInput(fields=errors)
    run.take(action, filled(spec.form, form), by_system=roles == frozenset({"system"}))
    run.automatic()
    return run.change()


def wake(process: Process, case: CaseState, around: Surroundings, *, now: datetime) -> Change:
    """Fire everything that is due by `now`: marks are told, clocks that ran out take their action."""
    run = _Run(process, around, case, now)
    for _ in range(MAX_AUTOMATIC_STEPS * 5):
        due = run.next_due()
        if due is None or due.at > now:
            break
        run.fire(due)
    return run.change()


def offered_actions(
    process: Process, case: CaseState, around: Surroundings, *, roles: frozenset[str]
) -> dict[str, Action]:
    """The actions that somebody with `roles` may take now, in the order of the document."""
    context = _context(case, around, {})
    return {
        name: action
        for name, action in process.actions.items()
        if case.state in action.origin
        and roles.intersection(action.roles)
        and holds(action.when, context)
    }


def required_now(item: FormField, case: CaseState, around: Surroundings) -> bool:
    """Whether a field of an action's form must be filled for this case."""
    return is_required(item, _context(case, around, {}))


def _context(case: CaseState, around: Surroundings, form: dict[str, Any]) -> dict[str, Any]:
    return {
        "case": {
            "state": case.state,
            "department": case.department,
            "priority": case.priority,
            "class": case.case_class,
            "overdue": case.overdue,
            "source": around.source,
        },
        "data": case.data,
        "form": form,
        "routing": around.routing,
        "category": around.category,
    }


class _Run:
    """The case while one call changes it; the only mutable thing here, and it never escapes."""

    def __init__(
        self, process: Process, around: Surroundings, case: CaseState, now: datetime
    ) -> None:
        self.process = process
        self.around = around
        self.case = case
        self.now = now
        self.events: list[Event] = []
        self.announces: list[Announce] = []
        self.seq = 0

    def context(self, form: dict[str, Any]) -> dict[str, Any]:
        return _context(self.case, self.around, form)

    def take(self, name: str, form: dict[str, Any], *, by_system: bool) -> None:
        """One step by an action that has been checked."""
        spec = self.process.actions[name]
        context = self.context(form)
        self._set({target: evaluate(value, context) for target, value in spec.set.items()})
        clocks = {n: c for n, c in self.case.clocks.items() if n not in spec.restarts}
        self.case = replace(self.case, clocks=clocks)
        self.enter(
            name,
            self.case.state,
            spec.target(self.case.state),
            form,
            by_system=by_system,
            notify=spec.notify,
            public=spec.public,
            shown=frozenset(item.name for item in spec.form if item.public),
        )

    def enter(
        self,
        action: str,
        origin: str | None,
        target: str,
        form: dict[str, Any],
        *,
        by_system: bool,
        notify: tuple[Notify, ...],
        public: bool = True,
        shown: frozenset[str] = frozenset(),
    ) -> None:
        """Append the event of a step, move the clocks, and note what is to be told.

        Of the form, the reporter is told no more than the fields `shown`.
        """
        self.case = replace(self.case, state=target, rev=self.case.rev + 1)
        self.seq = 0
        self._move_clocks(target)
        self.events.append(
            Event(
                rev=self.case.rev,
                seq=0,
                kind="step",
                action=action,
                by_system=by_system,
                from_state=origin,
                to_state=target,
                department=self.case.department,
                form=form,
                public=public,
            )
        )
        self._announce(notify, action, form, shown)

    def automatic(self) -> None:
        """Follow automatic actions until the state offers none whose guard holds."""
        for _ in range(MAX_AUTOMATIC_STEPS):
            context = self.context({})
            name = next(
                (
                    candidate.action
                    for candidate in self.process.states[self.case.state].automatic
                    if holds(candidate.when, context)
                ),
                None,
            )
            if name is None:
                return
            self.take(name, {}, by_system=True)
        raise ConfigurationError(f"automatic steps without end in state {self.case.state}")

    def next_due(self) -> Due | None:
        """The earliest mark or running out of any clock."""
        dues = [
            due
            for name, clock in self.case.clocks.items()
            if (spec := self.process.clocks.get(name)) is not None
            and (due := next_due(name, spec, clock, self.around.calendar(spec))) is not None
        ]
        return min(dues, key=lambda due: (due.at, due.clock), default=None)

    def fire(self, due: Due) -> None:
        """Do what is due, and remember that it was done."""
        spec = self.process.clocks[due.clock]
        clock = self.case.clocks[due.clock]
        clock = replace(clock, marks_done=clock.marks_done + 1)
        self.case = replace(self.case, clocks={**self.case.clocks, due.clock: clock})
        if due.mark is not None:
            self._tell_mark(due)
            return
        if spec.promise:
            self.case = replace(self.case, overdue=True)
        if spec.timeout:
            self.take(spec.timeout, {}, by_system=True)
            self.automatic()

    def change(self) -> Change:
        due = self.next_due()
        return Change(
            case=self.case,
            status=self.process.states[self.case.state].status,
            wake_at=due.at if due else None,
            events=tuple(self.events),
            announces=tuple(self.announces),
        )

    def _tell_mark(self, due: Due) -> None:
        mark = due.mark
        assert mark is not None
        self.seq += 1
        state = self.case.state
        self.events.append(
            Event(
                rev=self.case.rev,
                seq=self.seq,
                kind="mark",
                action=mark.name,
                by_system=True,
                from_state=state,
                to_state=state,
                department=self.case.department,
                form={"clock": due.clock, "due_at": due.at.isoformat()},
                public=False,
            )
        )
        self._announce(mark.notify, mark.name, {}, frozenset())

    def _announce(
        self, notify: tuple[Notify, ...], action: str, form: dict[str, Any], shown: frozenset[str]
    ) -> None:
        public = {name: value for name, value in form.items() if name in shown}
        for item in notify:
            told = public if item.audience == "reporter" else form
            data = {"action": action, "state": self.case.state, "form": told}
            self.announces.append(
                Announce(self.case.rev, self.seq, item.audience, item.template, data)
            )

    def _set(self, values: dict[str, Any]) -> None:
        data = dict(self.case.data)
        fields: dict[str, Any] = {}
        for target, value in values.items():
            if target.startswith("data."):
                data[target.removeprefix("data.")] = value
            elif self._is_value_of(target, value):
                fields[target] = value
            else:
                raise ConfigurationError(f"not a {target}: {value!r}")
        self.case = replace(self.case, data=data, **fields)

    def _is_value_of(self, target: str, value: Any) -> bool:
        """Whether an expression gave what this field of a case can hold."""
        match target:
            case "department":
                return isinstance(value, str) and value in self.around.departments
            case "priority":
                return type(value) is int and 1 <= value <= 4
            case "rating":
                return value is None or (type(value) is int and 1 <= value <= 5)
            case "answer":
                return value is None or isinstance(value, str)
            case _:
                return isinstance(value, str)

    def _move_clocks(self, state: str) -> None:
        clocks: dict[str, ClockState] = {}
        due_at, overdue = self.case.due_at, self.case.overdue
        for name, spec in self.process.clocks.items():
            before = self.case.clocks.get(name)
            clock = self._moved(spec, before, state)
            if clock is not None:
                clocks[name] = clock
                if spec.promise:
                    due_at, overdue = clock.due_at, clock.is_past(self.now)
            elif spec.promise and before is not None:  # it stops: late is late, told or not
                overdue = overdue or before.is_past(self.now)
        self.case = replace(self.case, clocks=clocks, due_at=due_at, overdue=overdue)

    def _moved(self, spec: Clock, clock: ClockState | None, state: str) -> ClockState | None:
        calendar = self.around.calendar(spec)
        if state in spec.runs_in:
            if clock is not None:
                return resume_clock(clock, calendar, self.now)
            return start_clock(self._seconds(spec), calendar, self.now)
        if state in spec.pauses_in and clock is not None:
            return pause_clock(clock, calendar, self.now)
        return None

    def _seconds(self, spec: Clock) -> float:
        hours = evaluate(spec.hours, self.context({}))
        if isinstance(hours, bool) or not isinstance(hours, int | float) or hours < 0:
            raise ConfigurationError(f"not a number of hours: {spec.hours!r} is {hours!r}")
        return hours * timedelta(hours=1).total_seconds()
