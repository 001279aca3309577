"""Whatever process a city writes: nothing of a case gets lost, and history can be told again.

Processes are made by chance, with a few states and actions and with clocks of every kind, and
cases walk through them at random while time jumps. Beside each case runs a `Ledger`: the promises
of the document in plain sums, without the interpreter.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from workflows.calendars import CalendarSpec, WorkingCalendar, build_calendar, parse_spans
from workflows.clocks import ClockState
from workflows.process import (
    CaseState,
    Change,
    Event,
    Surroundings,
    Who,
    move,
    offered_actions,
    recount,
    settle,
    start,
    step,
    wake,
)
from workflows.process_document import Action, Process
from workflows.repository import restored, snapshot_of
from workflows.status import Status

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST, LAST = date(2026, 7, 1), date(2029, 6, 30)
BEGIN = datetime(2026, 8, 3, 8, tzinfo=HUE)
HOUR = 3600
OPEN = parse_spans([["07:30", "11:30"], ["13:30", "17:00"]])
NIGHT = parse_spans([["00:00", "05:00"], ["21:00", "24:00"]])


def calendar(*week: Any) -> WorkingCalendar:
    return build_calendar(CalendarSpec("Asia/Ho_Chi_Minh", week, {}), FIRST, LAST)


OFFICE = calendar(*(OPEN,) * 5, (), ())
ALWAYS = calendar(*(parse_spans([["00:00", "24:00"]]),) * 7)
SHIFTS = calendar(*(NIGHT,) * 7)
AROUND = Surroundings(
    category={"code": "c"},
    routing={"certain": True, "hours": 8},
    source="app",
    departments=frozenset({"day", "night"}),
    working=OFFICE,
    always=ALWAYS,
    department_calendars={"night": SHIFTS},
)
STAFF = Who(frozenset({"staff"}), "0b8f3f57-1111-4cbb-a8f5-8ad4ac8a1f11", "day")
LABEL = {"vi": "x", "en": "x"}


# Processes by chance -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Hours:
    """Hours as a document says them, and what is meant: of the counter `n` and of the form."""

    written: float | str
    meant: Callable[[int, dict[str, Any]], float | None]

    def __repr__(self) -> str:
        return f"Hours({self.written!r})"


PLAIN_HOURS = [
    Hours(0.5, lambda n, form: 0.5),
    Hours(8, lambda n, form: 8),
    Hours("80", lambda n, form: 80),
    Hours("data.n > 1 ? 4 : 40", lambda n, form: 4 if n > 1 else 40),
]
HOURS_OR_NONE = [
    *PLAIN_HOURS,
    Hours("data.n == 1 ? null : 3", lambda n, form: None if n == 1 else 3),
    Hours("form.hours", lambda n, form: form.get("hours")),
]
MORE_HOURS = [Hours("24", lambda n, form: 24), Hours("data.n", lambda n, form: n)]
SHARES = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 3)


@dataclass(frozen=True)
class Plan:
    """A process, with what its hours mean: of each clock, and of each (action, clock) extended."""

    process: Process
    hours: dict[str, Hours]
    more: dict[tuple[str, str], Hours]


def some_of(names: list[str], *, at_least: int = 0) -> st.SearchStrategy[list[str]]:
    if not names:
        return st.just([])
    return st.lists(st.sampled_from(names), unique=True, min_size=at_least, max_size=3)


@st.composite
def clocks(draw: st.DrawFn, name: str, states: list[str], hours: Hours) -> dict[str, Any]:
    promise = name == "c0"
    runs_in = draw(some_of(states, at_least=1))
    if promise:
        runs_in = list(dict.fromkeys([states[0], *runs_in]))
    shares = sorted(draw(st.lists(st.sampled_from(SHARES), unique=True, max_size=3)))
    return {
        "label": LABEL,
        "hours": hours.written,
        "calendar": draw(st.sampled_from(["working", "working", "always"])),
        "starts_with": "state" if promise else draw(st.sampled_from(["state", "action"])),
        "runs_in": runs_in,
        "pauses_in": [state for state in states if state not in runs_in and draw(st.integers(0, 3))],
        "promise": promise,
        "marks": [
            {
                "name": f"m{index}",
                "at": share,
                "notify": [{"audience": "department", "template": "due_soon"}],
            }
            for index, share in enumerate(shares)
        ],
        "timeout": f"timeout_{name}" if draw(st.booleans()) else None,
    }


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Valid documents: every name is declared, and automatic steps only lead on."""
    states = [f"s{n}" for n in range(draw(st.integers(2, 4)))]
    names = [f"c{n}" for n in range(draw(st.integers(1, 4)))]
    hours = {
        name: draw(st.sampled_from(PLAIN_HOURS if name == "c0" else HOURS_OR_NONE))
        for name in names
    }
    timed = {name: draw(clocks(name, states, hours[name])) for name in names}
    more: dict[tuple[str, str], Hours] = {}
    actions: dict[str, Any] = {}

    def add(name: str, origin: list[str], to: Any, *roles: str, **parts: Any) -> None:
        longer = draw(some_of(names)) if draw(st.booleans()) else []
        more.update({(name, clock): draw(st.sampled_from(MORE_HOURS)) for clock in longer})
        written = {"data.n": "data.n + 1"} if draw(st.booleans()) else {}
        if draw(st.integers(0, 3)) == 0:
            written["department"] = draw(st.sampled_from(["'day'", "'night'"]))
        actions[name] = {
            "label": LABEL,
            "from": origin,
            "to": to,
            "roles": roles,
            "set": written,
            "restarts": draw(some_of(names)) if draw(st.booleans()) else [],
            "stops": draw(some_of(names)) if draw(st.integers(0, 3)) == 0 else [],
            "extends": {clock: more[name, clock].written for clock in longer},
            **parts,
        }

    for n in range(draw(st.integers(2, 5))):
        origin = draw(some_of(states, at_least=1))
        one, each = st.sampled_from(states), st.dictionaries(st.sampled_from(origin), st.sampled_from(states))
        form = [{"name": "hours", "type": "number", "label": LABEL, "min": 1, "max": 48}]
        parts: dict[str, Any] = {"form": form}
        if draw(st.integers(0, 3)) == 0:
            parts["opens"] = {"department": "'night'", "text": "'x'", "hours": "1"}
        if draw(st.integers(0, 3)) == 0:
            parts["when"] = "data.n < 4"
        add(f"a{n}", origin, draw(st.none() | one | one | each), "staff", **parts)
    for name, spec in timed.items():
        if spec["timeout"]:
            to = draw(st.none() | st.sampled_from(states))
            add(spec["timeout"], spec["runs_in"], to, "system")
    automatic: dict[str, list[dict[str, Any]]] = {}
    for index, state in enumerate(states[:-1]):
        if draw(st.integers(0, 3)) == 0:
            add(f"auto_{state}", [state], draw(st.sampled_from(states[index + 1 :])), "system")
            guard = draw(st.sampled_from(["data.n > 1", "case.children_open == 0", None]))
            automatic[state] = [{"action": f"auto_{state}", "when": guard}]
    document = {
        "key": "any",
        "title": LABEL,
        "initial": states[0],
        "data": {"n": 0},
        "states": {
            state: {
                "label": LABEL,
                "public_label": LABEL,
                "status": draw(st.sampled_from([status.value for status in Status])),
                "automatic": automatic.get(state, []),
            }
            for state in states
        },
        "actions": actions,
        "clocks": timed,
    }
    return Plan(Process.model_validate(document), hours, more)


@settings(max_examples=60, deadline=None)
@given(plan=plans())
def test_a_process_by_chance_is_one_that_a_city_may_write(plan: Plan) -> None:
    again = json.loads(plan.process.model_dump_json(by_alias=True))
    assert Process.model_validate(again) == plan.process


# What must hold ----------------------------------------------------------------------------------


@dataclass
class Run:
    """One life of one clock: from its start until it is stopped, begins anew or is left behind."""

    given: float  # seconds, with what was added later
    counted: float = 0.0  # open seconds that passed while it ran
    seen_at: datetime = BEGIN
    told: list[str] = field(default_factory=list[str])
    told_before: list[str] = field(default_factory=list[str])
    extended_at: datetime | None = None

    def tell(self, event: Event) -> None:
        """Each mark once; after an extension again, but only where it then lay ahead."""
        assert event.action not in self.told
        if event.action in self.told_before:
            assert self.extended_at is not None
            assert datetime.fromisoformat(event.form["due_at"]) > self.extended_at
        self.told.append(event.action)

    def extend(self, seconds: float, now: datetime) -> None:
        self.given += seconds
        self.told_before += self.told
        self.told, self.extended_at = [], now


NOTHING = Action.model_validate({"label": LABEL, "from": [], "roles": []})


@dataclass
class Ledger:
    """Which clocks a case must have, and how much of their time has passed."""

    plan: Plan
    n: int = 0
    runs: dict[str, Run] = field(default_factory=dict[str, Run])

    def count(self, case: CaseState, now: datetime) -> None:
        """Time has passed until `now`, while `case` was as it is."""
        for name, run in self.runs.items():
            if case.clocks[name].remaining is None:
                spec = self.plan.process.clocks[name]
                run.counted += AROUND.calendar(spec, case.department).between(run.seen_at, now)
            run.seen_at = now

    def follow(self, event: Event, now: datetime) -> None:
        if event.kind == "mark":
            self.runs[event.form["clock"]].tell(event)
            return
        action = self.plan.process.actions.get(event.action, NOTHING)
        for name in {*action.restarts, *action.stops}:
            self.runs.pop(name, None)
        for name in action.extends:
            if name in self.runs:
                more = self.plan.more[event.action, name].meant(self.n, event.form)
                assert more is not None
                self.runs[name].extend(more * HOUR, now)
        self.n += "data.n" in action.set
        assert event.to_state is not None
        self.enter(event.to_state, event.form, action, now)

    def enter(self, state: str, form: dict[str, Any], action: Action, now: datetime) -> None:
        for name, spec in self.plan.process.clocks.items():
            if state not in {*spec.runs_in, *spec.pauses_in}:
                self.runs.pop(name, None)
            elif state in spec.runs_in and name not in self.runs:
                hours = self.plan.hours[name].meant(self.n, form)
                starts = spec.starts_with == "state" or name in action.restarts
                if starts and hours is not None:
                    self.runs[name] = Run(given=hours * HOUR, seen_at=now)

    def check(self, before: CaseState, change: Change, now: datetime) -> None:
        """No clock was lost, none came from nowhere, and none won or lost working time."""
        case = change.case
        handed_over = any(event.department != before.department for event in change.events)
        assert case.data == {"n": self.n}
        assert case.clocks.keys() == self.runs.keys()
        for name, clock in case.clocks.items():
            spec, run = self.plan.process.clocks[name], self.runs[name]
            if case.state in spec.runs_in:
                assert clock.remaining is None
            else:
                assert clock.remaining is not None or clock.due_at <= now  # late is late
            assert clock.seconds == pytest.approx(run.given)
            days = AROUND.calendar(spec, case.department)
            left = days.between(now, clock.due_at) if clock.remaining is None else clock.remaining
            if handed_over and name in before.clocks and before.clocks[name].is_past(now):
                run.counted = run.given - left  # who takes over counts lateness in their own days
            assert run.counted + left == pytest.approx(run.given, abs=0.01)


jumps = st.one_of(
    st.just(timedelta(0)),
    st.integers(1, 4 * HOUR).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 24 * HOUR).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 6).map(lambda days: timedelta(days=days)),
)
presses = st.tuples(st.integers(0, 99), jumps, st.none() | st.integers(1, 48))


class AnyCase(RuleBasedStateMachine):
    """One case of one process by chance."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.calls: list[Callable[[CaseState], Change]] = []
        self.events: list[Event] = []
        self.kept: tuple[CaseState, Ledger] | None = None

    @initialize(plan=plans(), jump=jumps, department=st.sampled_from(["day", "night"]))
    def file(self, plan: Plan, jump: timedelta, department: str) -> None:
        self.now += jump
        self.plan, self.process, self.ledger = plan, plan.process, Ledger(plan)
        self.filed = CaseState("", 0, department, 3, "normal")
        now = self.now
        self.change = Change(self.filed, Status.RECEIVED, None)
        self.call(lambda case: start(plan.process, case, AROUND, form={}, now=now))

    @property
    def case(self) -> CaseState:
        return self.change.case

    def call(self, function: Callable[[CaseState], Change]) -> Change:
        """Let something happen to the case, and hold it against the ledger."""
        before = self.case
        self.ledger.count(before, self.now)
        change = function(before)
        self.calls.append(function)
        self.keep(change)
        self.ledger.check(before, change, self.now)
        self.check_lateness(before, change)
        return change

    def keep(self, change: Change) -> None:
        """Append as the repository does: under one `rev`, marks count on from the last."""
        last = {event.rev: event.seq for event in self.events}
        for event in change.events:
            self.ledger.follow(event, self.now)
            self.events.append(replace(event, seq=event.seq + last.get(event.rev, 0)))
        self.change = change

    def check_lateness(self, before: CaseState, change: Change) -> None:
        """What is late keeps its date, until it begins anew or is given more time."""
        actions = [
            self.process.actions.get(event.action, NOTHING)
            for event in change.events
            if event.kind == "step"
        ]
        touched = {n for a in actions for n in (*a.restarts, *a.stops, *a.extends)}
        visited = {event.to_state for event in change.events}
        for name in before.clocks.keys() & change.case.clocks.keys() - touched:
            spec = self.process.clocks[name]
            if before.clocks[name].is_past(self.now) and visited <= {*spec.runs_in, *spec.pauses_in}:
                assert change.case.clocks[name].due_at == before.clocks[name].due_at

    @precondition(lambda self: self.change.wake_at is not None)
    @rule(early=st.booleans())
    def time_passes_until_something_is_due(self, early: bool) -> None:  # noqa: FBT001  # drawn
        assert self.change.wake_at is not None
        at = self.change.wake_at - timedelta(microseconds=1 if early else 0)
        self.now = max(self.now, at)

    @rule(pressed=st.lists(presses, min_size=1, max_size=4))
    def staff_press_buttons(self, pressed: list[tuple[int, timedelta, int | None]]) -> None:
        for which, jump, hours in pressed:
            buttons = sorted(offered_actions(self.process, self.case, AROUND, who=STAFF))
            if not buttons:
                return
            self.now += jump
            self.press(buttons[which % len(buttons)], {} if hours is None else {"hours": hours})

    def press(self, action: str, form: dict[str, Any]) -> None:
        now, process, opens = self.now, self.process, self.process.actions[action].opens
        children = self.case.children_open + (opens is not None)
        change = self.call(
            lambda case: step(process, case, AROUND, action=action, who=STAFF, form=form, now=now)
        )
        assert change.events[0].to_state in process.actions[action].targets()
        assert len(change.children) == change.case.children_open - children + (opens is not None)

    @rule(jump=jumps)
    def the_sweeper_comes(self, jump: timedelta) -> None:
        self.now += jump
        now, process = self.now, self.process
        quiet = self.change.wake_at is None or self.change.wake_at > now
        before = self.case
        change = self.call(lambda case: wake(process, case, AROUND, now=now))
        if quiet:
            assert change == Change(before, change.status, self.change.wake_at)
        assert change.wake_at is None or change.wake_at > now
        again = wake(process, change.case, AROUND, now=now)
        assert again == Change(change.case, change.status, change.wake_at)
        for name, clock in change.case.clocks.items():
            if process.clocks[name].promise:
                assert change.case.overdue == clock.is_past(now)

    @precondition(lambda self: self.case.children_open > 0)
    @rule()
    def another_department_is_done(self) -> None:
        now, process = self.now, self.process
        self.call(
            lambda case: settle(
                process, replace(case, children_open=case.children_open - 1), AROUND, now=now
            )
        )

    @rule()
    def the_calendars_are_counted_again(self) -> None:
        """As they are what they were, nothing moves, however often it is done."""
        before, now, process = self.case, self.now, self.process
        change = self.call(lambda case: recount(process, case, AROUND, now=now))
        assert (change.events, change.case.clocks) == ((), before.clocks)
        assert change.case == replace(before, overdue=change.case.overdue)
        assert recount(process, change.case, AROUND, now=now) == change

    @precondition(lambda self: self.case.rev > 3)
    @rule(which=st.integers(0, 3))
    def it_is_put_elsewhere(self, which: int) -> None:
        states = sorted(self.process.states)
        to = states[which % len(states)]
        now, process = self.now, self.process
        change = self.call(
            lambda case: move(process, case, AROUND, to=to, action="migrate", now=now)
        )
        assert (change.case.state, len(change.events), change.announces) == (to, 1, ())

    @rule()
    def somebody_remembers_how_it_was(self) -> None:
        self.ledger.count(self.case, self.now)
        self.kept = (self.case, deepcopy(self.ledger))

    @precondition(lambda self: self.kept is not None and self.kept[0].rev < self.case.rev)
    @rule()
    def it_is_taken_back(self) -> None:
        """The clocks are what they were; what passed meanwhile has passed."""
        assert self.kept is not None
        kept, ledger = self.kept
        snapshot = json.loads(json.dumps(snapshot_of(kept)))
        now, process = self.now, self.process
        before = self.change
        change = move(
            process,
            restored(snapshot, before.case),
            AROUND,
            to=kept.state,
            action="undo",
            now=now,
        )
        self.calls.append(
            lambda case: move(
                process, restored(snapshot, case), AROUND, to=kept.state, action="undo", now=now
            )
        )
        self.ledger, self.kept = ledger, None
        self.ledger.count(kept, now)
        self.keep(change)
        self.ledger.check(kept, change, now)
        assert change.case.rev == before.case.rev + 1
        for name, clock in kept.clocks.items():
            assert change.case.clocks[name] == clock
        assert change.case.children_open == before.case.children_open  # theirs is their own story

    @invariant()
    def the_state_is_declared(self) -> None:
        assert self.case.state in self.process.states
        assert self.change.status is self.process.states[self.case.state].status
        assert self.case.department in AROUND.departments

    @invariant()
    def rev_counts_the_steps(self) -> None:
        steps = [event for event in self.events if event.kind == "step"]
        assert self.case.rev == len(steps)
        assert [(event.rev, event.seq) for event in steps] == [(n + 1, 0) for n in range(len(steps))]

    @invariant()
    def history_hangs_together(self) -> None:
        keys = [(event.rev, event.seq) for event in self.events]
        assert all(one < other for one, other in pairwise(keys))
        assert all(one.to_state == other.from_state for one, other in pairwise(self.events))
        assert self.events[0].from_state is None
        assert self.events[-1].to_state == self.case.state

    @invariant()
    def the_next_waking_is_the_first_of_all(self) -> None:
        """Nothing that runs is forgotten: it wakes the case by its next mark."""
        for name, clock in self.case.clocks.items():
            spec = self.process.clocks[name]
            if clock.remaining is None and (spec.promise or spec.timeout) and clock.marks_done == 0:
                assert self.change.wake_at is not None
                assert self.change.wake_at <= clock.due_at

    @invariant()
    def there_is_always_a_promise(self) -> None:
        assert self.case.due_at is not None
        if clock := self.case.clocks.get("c0"):
            assert self.case.due_at == clock.due_at

    @invariant()
    def it_can_be_stored(self) -> None:
        for clock in self.case.clocks.values():
            assert ClockState.from_json(json.loads(json.dumps(clock.to_json()))) == clock

    def teardown(self) -> None:
        """The same history gives exactly the same case, and the same again."""
        if not self.calls:
            return
        for _ in range(2):
            change = Change(self.filed, Status.RECEIVED, None)
            for call in self.calls:
                change = call(change.case)
            assert change == self.change


TestAnyCase = AnyCase.TestCase
TestAnyCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
