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
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from workflows.calendars import CalendarSpec, WorkingCalendar, build_calendar, parse_spans
from workflows.clocks import ClockState, due_steps, next_due
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


Meaning = Callable[[int, dict[str, Any]], float | None]


def fixed(hours: float) -> Meaning:
    def meant(n: int, form: dict[str, Any]) -> float:
        return hours

    return meant


def counted(of: Callable[[int], float | None]) -> Meaning:
    def meant(n: int, form: dict[str, Any]) -> float | None:
        return of(n)

    return meant


def of_the_form(n: int, form: dict[str, Any]) -> float | None:
    return form.get("hours")


@dataclass(frozen=True)
class Hours:
    """Hours as a document says them, and what is meant: of the counter `n` and of the form."""

    written: float | str
    meant: Meaning = field(repr=False)


PLAIN_HOURS = [
    Hours(0.5, fixed(0.5)),
    Hours(8, fixed(8)),
    Hours("80", fixed(80)),
    Hours("data.n > 1 ? 4 : 40", counted(lambda n: 4 if n > 1 else 40)),
]
HOURS_OR_NONE = [
    *PLAIN_HOURS,
    Hours("data.n == 1 ? null : 3", counted(lambda n: None if n == 1 else 3)),
    Hours("form.hours", of_the_form),
]
MORE_HOURS = [Hours("24", fixed(24)), Hours("data.n", counted(float))]
SHARES = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 3)


@dataclass(frozen=True)
class Plan:
    """A document, with what its hours mean: of each clock, and of each (action, clock) extended."""

    hours: dict[str, Hours]
    more: dict[tuple[str, str], Hours] = field(default_factory=dict[tuple[str, str], Hours])
    document: dict[str, Any] = field(default_factory=dict[str, Any])

    @cached_property
    def process(self) -> Process:
        return Process.model_validate(self.document)


class Chance(Random):
    """Chance from one number: quick to draw, and a failure can be played again."""

    def once_in(self, times: int) -> bool:
        return self.randrange(times) == 0

    def some_of(self, names: list[str], at_most: int = 2) -> list[str]:
        return self.sample(names, k=self.randint(1, min(at_most, len(names))))


def make_clock(chance: Chance, name: str, states: list[str], hours: Hours) -> dict[str, Any]:
    where = {state: chance.choice(["runs", "runs", "pauses", "pauses", ""]) for state in states}
    where[states[0] if name == "c0" else chance.choice(states)] = "runs"
    return {
        "label": LABEL,
        "hours": hours.written,
        "calendar": chance.choice(["working", "working", "always"]),
        "starts_with": "action" if name != "c0" and chance.once_in(3) else "state",
        "runs_in": [state for state in states if where[state] == "runs"],
        "pauses_in": [state for state in states if where[state] == "pauses"],
        "promise": name == "c0",
        "marks": [
            {
                "name": f"m{index}",
                "at": share,
                "notify": [{"audience": "department", "template": "due_soon"}],
            }
            for index, share in enumerate(chance.sample(SHARES, k=chance.randint(0, 3)))
        ],
        "timeout": f"timeout_{name}" if chance.once_in(3) else None,
    }


def make_action(chance: Chance, plan: Plan, name: str, **parts: Any) -> dict[str, Any]:
    """An action that writes and touches clocks, or not; `plan` learns what its hours mean."""
    clocks = list(plan.hours)
    longer = chance.some_of(clocks) if chance.once_in(3) else []
    plan.more.update({(name, clock): chance.choice(MORE_HOURS) for clock in longer})
    written = {"data.n": "data.n + 1"} if chance.once_in(2) else {}
    if chance.once_in(4):
        written["department"] = chance.choice(["'day'", "'night'"])
    return {
        "label": LABEL,
        "set": written,
        "restarts": chance.some_of(clocks) if chance.once_in(4) else [],
        "stops": chance.some_of(clocks) if chance.once_in(8) else [],
        "extends": {clock: plan.more[name, clock].written for clock in longer},
        **parts,
    }


def make_button(chance: Chance, plan: Plan, name: str, states: list[str]) -> dict[str, Any]:
    origin = chance.some_of(states, at_most=3)
    each = {state: chance.choice(states) for state in chance.some_of(origin)}
    parts: dict[str, Any] = {}
    if chance.once_in(8):
        parts["opens"] = {"department": "'night'", "text": "'x'", "hours": "1"}
    if chance.once_in(8):
        parts["when"] = "data.n < 4"
    return make_action(
        chance,
        plan,
        name,
        **{"from": origin},
        to=chance.choice([None, each, *states, *states]),
        roles=["staff"],
        form=[{"name": "hours", "type": "number", "label": LABEL, "min": 1, "max": 48}],
        **parts,
    )


def make_plan(seed: int) -> Plan:
    """A valid document: every name is declared, and automatic steps only lead on."""
    chance = Chance(seed)
    states = [f"s{n}" for n in range(chance.randint(2, 4))]
    plan = Plan(
        {
            f"c{n}": chance.choice(PLAIN_HOURS if n == 0 else HOURS_OR_NONE)
            for n in range(chance.randint(1, 4))
        }
    )
    clocks = {name: make_clock(chance, name, states, hours) for name, hours in plan.hours.items()}
    actions = {
        name: make_button(chance, plan, name, states)
        for name in (f"a{n}" for n in range(chance.randint(3, 6)))
    }
    for clock in clocks.values():
        if name := clock["timeout"]:
            parts: dict[str, Any] = {
                "from": clock["runs_in"],
                "to": chance.choice([None, *states]),
            }
            parts["when"] = chance.choice([None, None, "data.n < 2"])
            actions[name] = make_action(chance, plan, name, roles=["system"], **parts)
    automatic: dict[str, list[dict[str, Any]]] = {}
    for index, state in enumerate(states[:-1]):
        if chance.once_in(4):
            name, guard = f"auto_{state}", chance.choice(["data.n > 1", "case.children_open == 0"])
            parts = {"from": [state], "to": chance.choice(states[index + 1 :])}
            parts["when"] = chance.choice([None, None, "data.n < 3"])
            actions[name] = make_action(chance, plan, name, roles=["system"], **parts)
            automatic[state] = [{"action": name, "when": guard}]
    plan.document.update(
        {
            "key": "any",
            "title": LABEL,
            "initial": states[0],
            "data": {"n": 0},
            "states": {
                state: {
                    "label": LABEL,
                    "public_label": LABEL,
                    "status": chance.choice(list(Status)).value,
                    "automatic": automatic.get(state, []),
                }
                for state in states
            },
            "actions": actions,
            "clocks": clocks,
        }
    )
    return plan


plans = st.integers(0, 2**32 - 1).map(make_plan)


@settings(max_examples=60, deadline=None)
@given(plan=plans)
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
    told: dict[str, datetime] = field(default_factory=dict[str, datetime])
    may_tell_again: set[str] = field(default_factory=set[str])
    late_elsewhere: bool = False  # handed over when late: marks still to come moved

    def tell(self, event: Event, now: datetime) -> None:
        """Each mark once; again only after it was given more time, and of a later instant."""
        if event.action in self.told:
            assert event.action in self.may_tell_again
            self.may_tell_again.remove(event.action)
            later = datetime.fromisoformat(event.form["due_at"]) > self.told[event.action]
            assert later or self.late_elsewhere
        self.told[event.action] = now

    def extend(self, seconds: float) -> None:
        self.given += seconds
        self.may_tell_again = set(self.told)


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
            self.runs[event.form["clock"]].tell(event, now)
            return
        action = self.plan.process.actions.get(event.action, NOTHING)
        for name in {*action.restarts, *action.stops}:
            self.runs.pop(name, None)
        for name in action.extends:
            if name in self.runs:
                more = self.plan.more[event.action, name].meant(self.n, event.form)
                assert more is not None
                self.runs[name].extend(more * HOUR)
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
                # Who takes over counts lateness in their own days.
                run.counted, run.late_elsewhere = run.given - left, True
            assert run.counted + left == pytest.approx(run.given, abs=0.01)


class Case:
    """One case on its way through a process; whatever happens is held against the ledger."""

    def __init__(self, plan: Plan, department: str, now: datetime) -> None:
        self.plan, self.process, self.ledger = plan, plan.process, Ledger(plan)
        self.now = now
        self.calls: list[Callable[[CaseState], Change]] = []
        self.events: list[Event] = []
        self.kept: tuple[CaseState, Ledger] | None = None
        self.filed = CaseState("", 0, department, 3, "normal")
        self.change = Change(self.filed, Status.RECEIVED, None)
        self.call(lambda case: start(plan.process, case, AROUND, form={}, now=now))

    @property
    def state(self) -> CaseState:
        return self.change.case

    @property
    def buttons(self) -> list[str]:
        return sorted(offered_actions(self.process, self.state, AROUND, who=STAFF))

    def call(self, function: Callable[[CaseState], Change]) -> Change:
        before = self.state
        self.ledger.count(before, self.now)
        change = function(before)
        self.calls.append(function)
        self.keep(change)
        self.ledger.check(before, change, self.now)
        self.check_lateness(before, change)
        self.check()
        return change

    def keep(self, change: Change) -> None:
        """Append as the repository does: under one `rev`, marks count on from the last."""
        last = {event.rev: event.seq for event in self.events}
        for event in change.events:
            self.ledger.follow(event, self.now)
            self.events.append(replace(event, seq=event.seq + last.get(event.rev, 0)))
        self.change = change

    def press(self, action: str, form: dict[str, Any]) -> None:
        now, process, opens = self.now, self.process, self.process.actions[action].opens
        open_before = self.state.children_open
        change = self.call(
            lambda case: step(process, case, AROUND, action=action, who=STAFF, form=form, now=now)
        )
        assert change.events[0].action == action
        assert change.events[0].to_state in process.actions[action].targets()
        assert len(change.children) == (opens is not None)
        assert change.case.children_open == open_before + len(change.children)

    def sweep(self) -> None:
        """Once is enough, and too early is nothing."""
        before, now, process = self.change, self.now, self.process
        change = self.call(lambda case: wake(process, case, AROUND, now=now))
        if before.wake_at is None or before.wake_at > now:
            assert change == Change(before.case, before.status, before.wake_at)
        assert change.wake_at is None or change.wake_at > now
        again = wake(process, change.case, AROUND, now=now)
        assert again == Change(change.case, change.status, change.wake_at)
        if clock := change.case.clocks.get("c0"):
            assert change.case.overdue == clock.is_past(now)

    def settle(self) -> None:
        """One of the departments that were asked is done."""
        now, process = self.now, self.process
        self.call(
            lambda case: settle(
                process, replace(case, children_open=case.children_open - 1), AROUND, now=now
            )
        )

    def recount(self) -> None:
        """As the calendars are what they were, nothing moves, however often it is done."""
        before, now, process = self.state, self.now, self.process
        change = self.call(lambda case: recount(process, case, AROUND, now=now))
        assert change.events == ()
        assert change.case == replace(before, overdue=change.case.overdue)
        assert recount(process, change.case, AROUND, now=now) == change

    def move(self, to: str) -> None:
        now, process = self.now, self.process
        change = self.call(
            lambda case: move(process, case, AROUND, to=to, action="migrate", now=now)
        )
        assert (change.case.state, len(change.events), change.announces) == (to, 1, ())

    def remember(self) -> None:
        self.ledger.count(self.state, self.now)
        self.kept = (self.state, deepcopy(self.ledger))

    def take_back(self) -> None:
        """The clocks are what they were; what passed meanwhile has passed."""
        assert self.kept is not None
        (kept, self.ledger), self.kept = self.kept, None
        snapshot = json.loads(json.dumps(snapshot_of(kept)))
        now, process, before = self.now, self.process, self.state

        def undo(case: CaseState) -> Change:
            state = restored(snapshot, case)
            return move(process, state, AROUND, to=kept.state, action="undo", now=now)

        change = undo(before)
        self.calls.append(undo)
        self.ledger.count(kept, now)
        self.keep(change)
        self.ledger.check(kept, change, now)
        self.check()
        # What other departments do for it is their own story.
        expected = replace(kept, rev=before.rev + 1, children_open=before.children_open)
        assert change.case == replace(expected, overdue=change.case.overdue)

    def replay(self) -> None:
        """The same history gives exactly the same case, and the same again."""
        for _ in range(2):
            change = Change(self.filed, Status.RECEIVED, None)
            for call in self.calls:
                change = call(change.case)
            assert change == self.change

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
            stayed = visited <= {*spec.runs_in, *spec.pauses_in}
            if stayed and before.clocks[name].is_past(self.now):
                assert change.case.clocks[name].due_at == before.clocks[name].due_at

    def check(self) -> None:
        """What holds at any time."""
        state, process = self.state, self.process
        assert state.state in process.states
        assert self.change.status is process.states[state.state].status
        assert state.department in AROUND.departments
        steps = [event for event in self.events if event.kind == "step"]
        assert state.rev == len(steps)
        assert [(event.rev, event.seq) for event in steps] == [
            (n + 1, 0) for n in range(len(steps))
        ]
        keys = [(event.rev, event.seq) for event in self.events]
        assert all(one < other for one, other in pairwise(keys))
        assert self.events[0].from_state is None
        assert all(one.to_state == other.from_state for one, other in pairwise(self.events))
        assert self.events[-1].to_state == state.state
        self.check_clocks()

    def check_clocks(self) -> None:
        state, process = self.state, self.process
        assert state.due_at is not None
        if promise := state.clocks.get("c0"):
            assert state.due_at == promise.due_at
        for name, clock in state.clocks.items():
            spec = process.clocks[name]
            assert ClockState.from_json(json.loads(json.dumps(clock.to_json()))) == clock
            if clock.remaining is None and clock.marks_done < len(due_steps(spec)):
                due = next_due(name, spec, clock, AROUND.calendar(spec, state.department))
                assert due is not None
                assert self.change.wake_at is not None
                assert self.change.wake_at <= due.at  # nothing that runs is forgotten


# Walks -------------------------------------------------------------------------------------------

jumps = st.one_of(
    st.just(timedelta(0)),
    st.integers(1, 4 * HOUR).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 24 * HOUR).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 6).map(lambda days: timedelta(days=days)),
)
presses = st.tuples(st.integers(0, 99), jumps, st.none() | st.integers(1, 48))


class AnyCase(RuleBasedStateMachine):
    """Walks that are made shorter until they show what is wrong."""

    case: Case

    @initialize(plan=plans, jump=jumps, department=st.sampled_from(["day", "night"]))
    def file(self, plan: Plan, jump: timedelta, department: str) -> None:
        self.case = Case(plan, department, BEGIN + jump)

    @precondition(lambda self: self.case.change.wake_at is not None)
    @rule(early=st.booleans())
    def time_passes_until_something_is_due(self, early: bool) -> None:  # noqa: FBT001  # drawn
        assert self.case.change.wake_at is not None
        at = self.case.change.wake_at - timedelta(microseconds=1 if early else 0)
        self.case.now = max(self.case.now, at)

    @rule(pressed=st.lists(presses, min_size=1, max_size=4))
    def staff_press_buttons(self, pressed: list[tuple[int, timedelta, int | None]]) -> None:
        for which, jump, hours in pressed:
            self.case.now += jump
            if buttons := self.case.buttons:
                form = {} if hours is None else {"hours": hours}
                self.case.press(buttons[which % len(buttons)], form)

    @rule(jump=jumps)
    def the_sweeper_comes(self, jump: timedelta) -> None:
        self.case.now += jump
        self.case.sweep()

    @precondition(lambda self: self.case.state.children_open > 0)
    @rule()
    def another_department_is_done(self) -> None:
        self.case.settle()

    @rule()
    def the_calendars_are_counted_again(self) -> None:
        self.case.recount()

    @precondition(lambda self: self.case.state.rev > 3)
    @rule(which=st.integers(0, 3))
    def it_is_put_elsewhere(self, which: int) -> None:
        states = sorted(self.case.process.states)
        self.case.move(states[which % len(states)])

    @rule()
    def somebody_remembers_how_it_was(self) -> None:
        self.case.remember()

    @precondition(lambda self: self.case.kept is not None)
    @rule()
    def it_is_taken_back(self) -> None:
        self.case.take_back()

    def teardown(self) -> None:
        if hasattr(self, "case"):
            self.case.replay()


TestAnyCase = AnyCase.TestCase
TestAnyCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@settings(max_examples=120, deadline=None)
@given(plan=plans, seed=st.integers(0, 2**32 - 1))
def test_a_long_life_loses_nothing(plan: Plan, seed: int) -> None:
    """Longer than Hypothesis likes to draw them: chance decides every step."""
    chance = Chance(seed)
    case = Case(plan, chance.choice(["day", "night"]), BEGIN)
    for _ in range(40):
        case.now += timedelta(
            seconds=chance.choice([0, 1, HOUR, 9 * HOUR, 80 * HOUR]) * chance.random()
        )
        live(case, chance)
    case.replay()


def live(case: Case, chance: Chance) -> None:
    """One thing that may happen to a case."""
    match chance.randrange(20):
        case 0 | 1 if case.change.wake_at:
            case.now = max(case.now, case.change.wake_at)
            case.sweep()
        case 2 | 3 | 4:
            case.sweep()
        case 5 | 6 if case.state.children_open:
            case.settle()
        case 7:
            case.recount()
        case 8:
            case.move(chance.choice(sorted(case.process.states)))
        case 9:
            case.remember()
        case 10 if case.kept:
            case.take_back()
        case _ if case.buttons:
            form = {"hours": chance.randint(1, 48)} if chance.once_in(2) else {}
            case.press(chance.choice(case.buttons), form)
        case _:
            pass
