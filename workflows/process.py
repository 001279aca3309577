"""The interpreter of process documents: a pure function from a case and an action to its change.

`start`, `step`, `settle`, `wake`, `move` and `recount` take the case as it is, what happens, and
`now`; they answer a `Change` with the case as it will be, the events to append, what to tell to
whom and what to open beside it. They read no clock, no database and no network, so the same
history always gives the same case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core.errors import ConfigurationError, Conflict, Forbidden, InvalidInput
from workflows.calendars import WorkingCalendar
from workflows.clocks import (
    ClockState,
    Due,
    extend_clock,
    hand_over_clock,
    move_clock,
    next_due,
    pause_clock,
    resume_clock,
    start_clock,
)
from workflows.expressions import evaluate, holds
from workflows.forms import check_form, filled, is_required
from workflows.process_document import (
    CASE_CLASSES,
    Action,
    Child,
    Clock,
    FormField,
    Notify,
    Process,
)
from workflows.status import Status

HOUR = timedelta(hours=1).total_seconds()
MAX_AUTOMATIC_STEPS = 20
MAX_TIMEOUTS = 5  # of one clock in one call: more of them means that it runs in no time


@dataclass(frozen=True, slots=True)
class CaseState:
    """The part of a case that its process governs. `data` holds the process's own counters.

    `children_open`, `is_child` and `reports` (how many it has) are facts that guards may look at.
    """

    state: str
    rev: int
    department: str
    priority: int
    case_class: str
    assignee: str | None = None
    children_open: int = 0
    is_child: bool = False
    reports: int = 1
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
    department_calendars: Mapping[str, WorkingCalendar] = field(
        default_factory=dict[str, WorkingCalendar]
    )

    def calendar(self, clock: Clock, department: str) -> WorkingCalendar:
        """What counts the time of `clock` while `department` has the case."""
        if clock.calendar == "always":
            return self.always
        return self.department_calendars.get(department, self.working)


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts: the roles under which they meet the case, and what guards may know of them."""

    roles: frozenset[str]
    id: str | None = None
    department: str | None = None


SYSTEM = Who(frozenset({"system"}))


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
class OpenChild:
    """A child case to open for another department."""

    department: str
    text: str
    hours: float


@dataclass(frozen=True, slots=True)
class Change:
    """What one call of the interpreter leads to."""

    case: CaseState
    status: Status
    wake_at: datetime | None
    events: tuple[Event, ...] = ()
    announces: tuple[Announce, ...] = ()
    children: tuple[OpenChild, ...] = ()
    merge_into: str | None = None


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
    who: Who,
    form: dict[str, Any],
    now: datetime,
) -> Change:
    """Take `action` with `form`.

    Raises Conflict `action_not_offered` if the state does not offer it, Forbidden if none of the
    roles of `who` may take it, InvalidInput naming each field of the form at fault.
    """
    spec = process.actions.get(action)
    if spec is None or case.state not in spec.origin:
        raise Conflict("action_not_offered", action=action)
    if not who.roles.intersection(spec.roles):
        raise Forbidden("action_not_allowed", action=action)
    run = _Run(process, around, case, now, who)
    if not holds(spec.when, run.context({})):
        raise Conflict("action_not_offered", action=action)
    errors = check_form(spec.form, form, run.context({}), around.departments)
    if errors:
        raise InvalidInput(fields=errors)
    run.take(action, filled(spec.form, form), by_system=who.roles == SYSTEM.roles)
    run.automatic()
    return run.change()


def settle(process: Process, case: CaseState, around: Surroundings, *, now: datetime) -> Change:
    """Take the automatic steps that have become possible, as when the last child case is done."""
    run = _Run(process, around, case, now)
    run.automatic()
    return run.change()


def move(
    process: Process,
    case: CaseState,
    around: Surroundings,
    *,
    to: str,
    action: str,
    now: datetime,
    by_system: bool = False,
    go_on: bool = False,
) -> Change:
    """Put the case into the state `to` beside its process, as one step called `action`.

    For taking a step back, taking a duplicate apart again, or a process that lost a state. Clocks
    that run in `to` go on; nobody is told. With `go_on` the automatic steps of `to` follow.
    """
    case = replace(case, data={**process.data, **case.data})
    run = _Run(process, around, case, now)
    run.enter(action, case.state, to, {}, by_system=by_system, notify=(), public=False)
    if go_on:
        run.automatic()
    return run.change()


def recount(process: Process, case: CaseState, around: Surroundings, *, now: datetime) -> Change:
    """The same case after a calendar was changed: no step, only other dates."""
    run = _Run(process, around, case, now)
    run.recount()
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
    process: Process, case: CaseState, around: Surroundings, *, who: Who
) -> dict[str, Action]:
    """The actions that `who` may take now, in the order of the document."""
    context = _context(case, around, who, {})
    return {
        name: action
        for name, action in process.actions.items()
        if case.state in action.origin
        and who.roles.intersection(action.roles)
        and holds(action.when, context)
    }


def required_now(item: FormField, case: CaseState, around: Surroundings) -> bool:
    """Whether a field of an action's form must be filled for this case."""
    return is_required(item, _context(case, around, SYSTEM, {}))


def _context(
    case: CaseState, around: Surroundings, who: Who, form: dict[str, Any]
) -> dict[str, Any]:
    """What expressions may look at; `process_expressions.KNOWN` names the same."""
    return {
        "case": {
            "state": case.state,
            "department": case.department,
            "assignee": case.assignee,
            "priority": case.priority,
            "class": case.case_class,
            "overdue": case.overdue,
            "source": around.source,
            "children_open": case.children_open,
            "is_child": case.is_child,
            "reports": case.reports,
        },
        "actor": {"id": who.id, "department": who.department},
        "data": case.data,
        "form": form,
        "routing": around.routing,
        "category": around.category,
    }


class _Run:
    """The case while one call changes it; the only mutable thing here, and it never escapes."""

    def __init__(
        self,
        process: Process,
        around: Surroundings,
        case: CaseState,
        now: datetime,
        who: Who = SYSTEM,
    ) -> None:
        self.process = process
        self.around = around
        self.case = case
        self.now = now
        self.events: list[Event] = []
        self.who = who
        self.announces: list[Announce] = []
        self.children: list[OpenChild] = []
        self.merge_into: str | None = None
        self.timeouts = Counter[str]()
        self.seq = 0

    def context(self, form: dict[str, Any]) -> dict[str, Any]:
        return _context(self.case, self.around, self.who, form)

    def calendar(self, clock: Clock) -> WorkingCalendar:
        return self.around.calendar(clock, self.case.department)

    def take(self, name: str, form: dict[str, Any], *, by_system: bool) -> None:
        """One step by an action that has been checked."""
        spec = self.process.actions[name]
        context = self.context(form)
        if spec.set:
            self._set({target: evaluate(value, context) for target, value in spec.set.items()})
        if spec.opens:
            self._open_child(spec.opens, context)
        if spec.merges:
            self.merge_into = form.get(spec.merges)
        self._touch_clocks(spec, context)
        self.enter(
            name,
            self.case.state,
            spec.target(self.case.state),
            form,
            by_system=by_system,
            notify=spec.notify,
            public=spec.public,
            shown=frozenset(item.name for item in spec.form if item.public),
            starts=spec.restarts,
        )
        for webhook in spec.webhooks:
            self.announces.append(
                Announce(
                    self.case.rev, 0, "webhook", webhook, {"action": name, "state": self.case.state}
                )
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
        starts: tuple[str, ...] = (),
    ) -> None:
        """Append the event of a step, move the clocks, and note what is to be told.

        Of the form, reporter and followers are told no more than the fields `shown`; `starts`
        names the clocks that the action starts.
        """
        self.case = replace(self.case, state=target, rev=self.case.rev + 1)
        self.seq = 0
        self._move_clocks(target, starts, form)
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
            candidates = self.process.states[self.case.state].automatic
            context = self.context({}) if candidates else {}
            name = next(
                (
                    candidate.action
                    for candidate in candidates
                    if holds(candidate.when, context)
                    and holds(self.process.actions[candidate.action].when, context)
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
            and (due := next_due(name, spec, clock, self.calendar(spec))) is not None
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
        if spec.timeout and self._is_possible(self.process.actions[spec.timeout]):
            self.timeouts[due.clock] += 1
            if self.timeouts[due.clock] > MAX_TIMEOUTS:
                raise ConfigurationError(f"clock {due.clock} runs out again and again in no time")
            self.who = SYSTEM
            self.take(spec.timeout, {}, by_system=True)
            self.automatic()

    def _is_possible(self, action: Action) -> bool:
        return self.case.state in action.origin and holds(action.when, self.context({}))

    def recount(self) -> None:
        """Work out every date anew from what is left and the calendars as they are now."""
        clocks: dict[str, ClockState] = {}
        due_at, overdue = self.case.due_at, self.case.overdue
        for name, clock in self.case.clocks.items():
            spec = self.process.clocks.get(name)
            clocks[name] = move_clock(spec, clock, self.calendar(spec), self.now) if spec else clock
            if spec and spec.promise:
                due_at, overdue = clocks[name].due_at, clocks[name].is_past(self.now)
        self.case = replace(self.case, clocks=clocks, due_at=due_at, overdue=overdue)

    def change(self) -> Change:
        due = self.next_due()
        return Change(
            case=self.case,
            status=self.process.states[self.case.state].status,
            wake_at=due.at if due else None,
            events=tuple(self.events),
            announces=tuple(self.announces),
            children=tuple(self.children),
            merge_into=self.merge_into,
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
            told = public if item.audience in ("reporter", "followers") else form
            data = {"action": action, "state": self.case.state, "form": told}
            self.announces.append(
                Announce(self.case.rev, self.seq, item.audience, item.template, data)
            )

    def _open_child(self, spec: Child, context: dict[str, Any]) -> None:
        department, text, hours = (
            evaluate(value, context) for value in (spec.department, spec.text, spec.hours)
        )
        if not self._is_value_of("department", department):
            raise ConfigurationError(f"not a department: {spec.department!r} is {department!r}")
        if not isinstance(text, str) or not _is_hours(hours):
            raise ConfigurationError(f"not a child case: {text!r}, {hours!r}")
        self.children.append(OpenChild(department, text, hours))
        self.case = replace(self.case, children_open=self.case.children_open + 1)

    def _touch_clocks(self, spec: Action, context: dict[str, Any]) -> None:
        """Take away the clocks that `spec` stops or begins anew, and lengthen those it extends."""
        if not (spec.restarts or spec.stops or spec.extends):
            return
        gone = {*spec.restarts, *spec.stops}
        clocks = {name: clock for name, clock in self.case.clocks.items() if name not in gone}
        for name, hours in spec.extends.items():
            if name in clocks:
                clock_spec = self.process.clocks[name]
                clocks[name] = extend_clock(
                    clock_spec,
                    clocks[name],
                    _to_seconds(hours, evaluate(hours, context)),
                    self.calendar(clock_spec),
                    self.now,
                )
        self.case = replace(self.case, clocks=clocks)

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
        department = fields.get("department", self.case.department)
        if department != self.case.department:
            fields.setdefault("assignee", None)
            self._hand_over_clocks(department)
        self.case = replace(self.case, data=data, **fields)

    def _hand_over_clocks(self, department: str) -> None:
        """Count what is left in the calendar of the department that takes over."""
        clocks = dict(self.case.clocks)
        for name, clock in clocks.items():
            spec = self.process.clocks.get(name)
            if spec is None:
                continue
            before = self.around.calendar(spec, self.case.department)
            after = self.around.calendar(spec, department)
            if before is not after:
                clocks[name] = hand_over_clock(clock, before, after, self.now)
        self.case = replace(self.case, clocks=clocks)

    def _is_value_of(self, target: str, value: Any) -> bool:
        """Whether an expression gave what this field of a case can hold."""
        match target:
            case "department":
                return isinstance(value, str) and value in self.around.departments
            case "priority":
                return type(value) is int and 1 <= value <= 4
            case "rating":
                return value is None or (type(value) is int and 1 <= value <= 5)
            case "case_class":
                return value in CASE_CLASSES
            case "assignee" | "answer":
                return value is None or isinstance(value, str)
            case _:  # pragma: no cover  # the document allows no other
                return False

    def _move_clocks(self, state: str, starts: tuple[str, ...], form: dict[str, Any]) -> None:
        clocks: dict[str, ClockState] = {}
        due_at, overdue = self.case.due_at, self.case.overdue
        for name, spec in self.process.clocks.items():
            before = self.case.clocks.get(name)
            clock = self._moved(spec, before, state, form, started=name in starts)
            if clock is not None:
                clocks[name] = clock
                if spec.promise:
                    due_at, overdue = clock.due_at, clock.is_past(self.now)
            elif spec.promise and before is not None:  # it stops: late is late, told or not
                overdue = overdue or before.is_past(self.now)
        self.case = replace(self.case, clocks=clocks, due_at=due_at, overdue=overdue)

    def _moved(
        self,
        spec: Clock,
        clock: ClockState | None,
        state: str,
        form: dict[str, Any],
        *,
        started: bool,
    ) -> ClockState | None:
        if state in spec.runs_in:
            if clock is not None:
                return resume_clock(clock, self.calendar(spec), self.now)
            if spec.starts_with == "action" and not started:
                return None
            seconds = self._seconds(spec, form)
            return None if seconds is None else start_clock(seconds, self.calendar(spec), self.now)
        if state in spec.pauses_in and clock is not None:
            return pause_clock(clock, self.calendar(spec), self.now)
        return None

    def _seconds(self, spec: Clock, form: dict[str, Any]) -> float | None:
        if isinstance(spec.hours, int | float):
            return spec.hours * HOUR
        hours = evaluate(spec.hours, self.context(form))
        if hours is None and not spec.promise:
            return None
        return _to_seconds(spec.hours, hours)


def _is_hours(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and value >= 0


def _to_seconds(expression: str, hours: Any) -> float:
    if not _is_hours(hours):
        raise ConfigurationError(f"not a number of hours: {expression!r} is {hours!r}")
    return hours * HOUR
