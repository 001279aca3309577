"""The default process under anything that people and time may do to a case."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.errors import Conflict, Error, Forbidden, InvalidInput
from workflows.calendars import CalendarSpec, build_calendar, parse_spans
from workflows.clocks import ClockState
from workflows.process import (
    CaseState,
    Change,
    Event,
    Surroundings,
    Who,
    offered_actions,
    start,
    step,
    wake,
)
from workflows.process_document import PROCESS_ROLES, FormField, Process

DEFINITION = Path(__file__).parents[2] / "workflows" / "definitions" / "process.json"
DEFAULT = Process.model_validate_json(DEFINITION.read_text(encoding="utf-8"))
HUE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST, LAST = date(2026, 7, 1), date(2030, 12, 31)
DAY = parse_spans([["07:30", "11:30"], ["13:30", "17:00"]])
OFFICE = build_calendar(CalendarSpec("Asia/Ho_Chi_Minh", (DAY,) * 5 + ((), ()), {}), FIRST, LAST)
ALWAYS = build_calendar(
    CalendarSpec("Asia/Ho_Chi_Minh", (parse_spans([["00:00", "24:00"]]),) * 7, {}), FIRST, LAST
)
BEGIN = datetime(2026, 8, 3, 8, tzinfo=HUE)
DEPARTMENTS = ("sxd", "hepco", "ioc")
MICROSECOND = timedelta(microseconds=1)


def values(item: FormField) -> st.SearchStrategy[Any]:
    """What a field takes."""
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "text": st.sampled_from(["Đã xong", "x", "Ở đâu?"]),
        "number": st.integers(int(item.min or 0), int(item.max or 9)),
        "rating": st.integers(1, 5),
        "choice": st.sampled_from([choice.value for choice in item.choices]),
        "department": st.sampled_from(DEPARTMENTS),
        "person": st.uuids().map(str),
        "case": st.uuids().map(str),
        "photo": st.lists(st.uuids().map(str), min_size=1, max_size=2),
    }
    return strategies[item.type]


@st.composite
def moves(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An action with a form that is right, whether the case offers it or not."""
    action = draw(st.sampled_from(sorted(DEFAULT.actions)))
    fields = DEFAULT.actions[action].form
    form = {
        item.name: draw(values(item))
        for item in fields
        if item.required is not False or draw(st.booleans())
    }
    return action, form


jumps = st.one_of(
    st.just(timedelta(0)),
    st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 3600 * 24).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 14).map(lambda days: timedelta(days=days)),
)
roles = st.sets(st.sampled_from(PROCESS_ROLES), min_size=1, max_size=2).map(frozenset)


class Case(RuleBasedStateMachine):
    """One case for as long as Hypothesis likes, kept as the tables keep it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.events: list[Event] = []
        self.history: list[tuple[str, Any, datetime]] = []
        self.told: dict[tuple[str, datetime], list[str]] = {}
        self.change: Change
        self.around: Surroundings

    @initialize(
        certain=st.booleans(),
        photo=st.booleans(),
        hours=st.sampled_from([1, 4, 7.5, 24, 120]),
        case_class=st.sampled_from(["urgent", "normal", "complex"]),
        jump=jumps,
    )
    def file(
        self,
        certain: bool,  # noqa: FBT001  # drawn
        photo: bool,  # noqa: FBT001  # drawn
        hours: float,
        case_class: str,
        jump: timedelta,
    ) -> None:
        self.now += jump
        self.around = Surroundings(
            category={"code": "c", "photo_required": photo, "after_photo_required": photo},
            routing={"certain": certain, "hours": hours},
            source="app",
            departments=frozenset(DEPARTMENTS),
            working=OFFICE,
            always=ALWAYS,
        )
        self.filed = CaseState(state="", rev=0, department="sxd", priority=3, case_class=case_class)
        self.filed_at = self.now
        self.change = start(DEFAULT, self.filed, self.around, form={}, now=self.now)
        self.keep(self.change, before_rev=0)

    @property
    def case(self) -> CaseState:
        return self.change.case

    def keep(self, change: Change, *, before_rev: int) -> None:
        """Append as the repository does: under one `rev`, marks count on from the last."""
        last = max((e.seq for e in self.events if e.rev == before_rev), default=0)
        for event in change.events:
            shift = last if event.rev == before_rev else 0
            self.events.append(
                Event(
                    **{n: getattr(event, n) for n in Event.__slots__} | {"seq": event.seq + shift}
                )
            )
            if event.kind == "mark":
                clock = self.case.clocks.get(event.form["clock"])
                if clock is not None:
                    key = (event.form["clock"], clock.started_at)
                    self.told.setdefault(key, []).append(event.action)
        self.change = change

    @rule(jump=jumps)
    def time_passes(self, jump: timedelta) -> None:
        self.now += jump

    @precondition(lambda self: self.change.wake_at is not None)
    @rule(early=st.booleans())
    def time_passes_until_something_is_due(self, early: bool) -> None:  # noqa: FBT001  # drawn
        assert self.change.wake_at is not None
        at = self.change.wake_at - (MICROSECOND if early else timedelta(0))
        self.now = max(self.now, at)

    @rule(move=moves(), who=roles)
    def anybody_presses_anything(
        self, move: tuple[str, dict[str, Any]], who: frozenset[str]
    ) -> None:
        self.press(*move, who)

    @rule(data=st.data(), who=roles)
    def somebody_presses_a_button(self, data: st.DataObject, who: frozenset[str]) -> None:
        """One that the case offers, all filled in: else few cases would get far."""
        buttons = offered_actions(DEFAULT, self.case, self.around, who=Who(who))
        assume(buttons)
        action = data.draw(st.sampled_from(sorted(buttons)))
        form = {item.name: data.draw(values(item)) for item in DEFAULT.actions[action].form}
        assert self.press(action, form, who), "what is offered can be done"

    def press(self, action: str, form: dict[str, Any], who: frozenset[str]) -> bool:
        """Whether the step was taken; if not, it was refused for the right reason."""
        before = self.case
        refusal = self.refusal(action, form, who)
        if refusal is not None:
            with pytest.raises(refusal):
                self.step(before, action, form, who, self.now)
            return False
        change = self.step(before, action, form, who, self.now)
        assert change.events[0].from_state == before.state
        assert change.events[0].to_state in DEFAULT.actions[action].targets()
        self.history.append(("step", (action, form, who), self.now))
        self.check_clocks(before, change)
        self.keep(change, before_rev=before.rev)
        return True

    def step(
        self,
        case: CaseState,
        action: str,
        form: dict[str, Any],
        who: frozenset[str],
        now: datetime,
    ) -> Change:
        return step(DEFAULT, case, self.around, action=action, who=Who(who), form=form, now=now)

    def refusal(self, action: str, form: dict[str, Any], who: frozenset[str]) -> type[Error] | None:
        """What the document says of an action, read without the interpreter."""
        spec, data = DEFAULT.actions[action], self.case.data
        if self.case.state not in spec.origin:
            return Conflict
        if not who & set(spec.roles):
            return Forbidden
        limits = {"reopen": data["reopens"] < 3, "transfer": data["transfers"] < 5}
        if not limits.get(action, True):
            return Conflict
        if action == "resolve" and self.around.category["after_photo_required"]:
            return None if "photos" in form else InvalidInput
        return None

    @rule()
    def the_sweeper_comes(self) -> None:
        before = self.case
        change = wake(DEFAULT, before, self.around, now=self.now)
        if self.change.wake_at is None or self.change.wake_at > self.now:
            assert change.events == ()
            assert change == Change(before, self.change.status, self.change.wake_at)
        else:
            assert change.events or change.case.overdue
        assert change.wake_at is None or change.wake_at > self.now
        self.history.append(("wake", None, self.now))
        self.check_clocks(before, change)
        self.keep(change, before_rev=before.rev)
        self.check_told()
        again = wake(DEFAULT, self.case, self.around, now=self.now)
        assert again == Change(self.case, self.change.status, self.change.wake_at)

    def check_clocks(self, before: CaseState, change: Change) -> None:
        """A clock that was paused, or was resumed, has as much working time left as before."""
        restarted = {
            name
            for event in change.events
            if event.kind == "step"
            for name in DEFAULT.actions[event.action].restarts
        }
        for name in restarted & change.case.clocks.keys():
            assert change.case.clocks[name].started_at == self.now
        if (promise := before.clocks.get("resolution")) and "resolution" not in change.case.clocks:
            assert change.case.overdue == (before.overdue or promise.is_past(self.now))
        for event in change.events:
            if event.kind == "mark" and event.from_state == before.state:
                assert before.clocks[event.form["clock"]].remaining is None
        for name in before.clocks.keys() & change.case.clocks.keys() - restarted:
            old, new = before.clocks[name], change.case.clocks[name]
            if old.started_at == new.started_at and old.due_at > self.now:
                assert self.left(name, old) == pytest.approx(self.left(name, new), abs=1e-3)
            if old.started_at == new.started_at and old.is_past(self.now):
                assert new.due_at == old.due_at  # a pause does not forgive lateness

    def check_told(self) -> None:
        """After the sweeper came, every mark that lies in the past was told."""
        for name, clock in self.case.clocks.items():
            if clock.remaining is not None:
                continue
            calendar = self.around.calendar(DEFAULT.clocks[name])
            past = {
                mark.name
                for mark in DEFAULT.clocks[name].marks
                if calendar.add(clock.due_at, (mark.at - 1) * clock.seconds) <= self.now
            }
            assert past <= set(self.told.get((name, clock.started_at), []))
        if clock := self.case.clocks.get("resolution"):
            assert self.case.overdue == clock.is_past(self.now)

    def left(self, name: str, clock: ClockState) -> float:
        if clock.remaining is not None:
            return clock.remaining
        calendar = self.around.calendar(DEFAULT.clocks[name])
        return calendar.between(self.now, clock.due_at)

    @invariant()
    def the_state_is_declared(self) -> None:
        assert self.case.state in DEFAULT.states
        assert self.change.status is DEFAULT.states[self.case.state].status

    @invariant()
    def rev_counts_the_steps(self) -> None:
        steps = [event for event in self.events if event.kind == "step"]
        assert self.case.rev == len(steps)
        assert [event.rev for event in steps] == list(range(1, len(steps) + 1))
        assert all(event.seq == 0 for event in steps)

    @invariant()
    def history_is_numbered_in_order(self) -> None:
        keys = [(event.rev, event.seq) for event in self.events]
        assert all(one < other for one, other in pairwise(keys))

    @invariant()
    def history_hangs_together(self) -> None:
        state = None
        for event in self.events:
            assert event.from_state == state
            state = event.to_state
        assert state == self.case.state

    @invariant()
    def there_is_always_a_promise(self) -> None:
        assert self.case.due_at is not None
        if (clock := self.case.clocks.get("resolution")) is not None:
            assert self.case.due_at == clock.due_at
            assert clock.remaining is None or not self.case.overdue

    @invariant()
    def only_clocks_of_the_state_run(self) -> None:
        for name, clock in self.case.clocks.items():
            spec = DEFAULT.clocks[name]
            assert self.case.state in {*spec.runs_in, *spec.pauses_in}
            if self.case.state in spec.runs_in:
                assert clock.remaining is None
            assert clock.remaining is None or 0 < clock.remaining <= clock.seconds
        for name, spec in DEFAULT.clocks.items():
            assert (self.case.state not in spec.runs_in) or name in self.case.clocks

    @invariant()
    def certain_cases_do_not_wait_for_an_operator(self) -> None:
        if self.case.state == "intake" and self.around.routing["certain"]:
            assert self.case.data["returns"] > 0

    @invariant()
    def guards_hold(self) -> None:
        assert 0 <= self.case.data["reopens"] <= 3
        assert 0 <= self.case.data["transfers"] <= 5
        assert self.case.department in DEPARTMENTS
        assert self.case.priority in {1, 2, 3, 4}
        assert self.case.rating in {None, 1, 2, 3, 4, 5}

    @invariant()
    def each_mark_is_told_once(self) -> None:
        for (name, _), told in self.told.items():
            declared = [mark.name for mark in sorted(DEFAULT.clocks[name].marks, key=_at)]
            assert told == declared[: len(told)]

    @invariant()
    def what_is_over_sleeps(self) -> None:
        if self.case.state in {"closed", "rejected", "withdrawn"}:
            assert self.change.wake_at is None

    @invariant()
    def it_can_be_stored(self) -> None:
        for clock in self.case.clocks.values():
            assert ClockState.from_json(json.loads(json.dumps(clock.to_json()))) == clock
        json.dumps(self.case.data)

    def teardown(self) -> None:
        """The same history gives the same case."""
        if not hasattr(self, "filed"):
            return
        change = start(DEFAULT, self.filed, self.around, form={}, now=self.filed_at)
        for kind, what, now in self.history:
            if kind == "wake":
                change = wake(DEFAULT, change.case, self.around, now=now)
            else:
                action, form, who = what
                change = self.step(change.case, action, form, who, now)
        assert change == self.change


def _at(mark: Any) -> float:
    return mark.at


TestCase = Case.TestCase
TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
