"""The default process under anything that people and time may do to a case."""

from __future__ import annotations

import json
from dataclasses import replace
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
    move,
    offered_actions,
    settle,
    start,
    step,
    wake,
)
from workflows.process_document import PROCESS_ROLES, FormField, Process
from workflows.repository import restored, snapshot_of

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
PEOPLE = (None, "0b8f3f57-1111-4cbb-a8f5-8ad4ac8a1f11", "0b8f3f57-2222-4cbb-a8f5-8ad4ac8a1f11")
MICROSECOND = timedelta(microseconds=1)


def values(item: FormField) -> st.SearchStrategy[Any]:
    """What a field takes."""
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "text": st.sampled_from(["Đã xong", "x", "Ở đâu?"]),
        "number": st.integers(int(item.min or 0), int(item.max or 9)),
        "rating": st.integers(1, 5),
        "choice": st.sampled_from([choice.value for choice in item.choices]),
        "department": st.sampled_from(DEPARTMENTS),
        "person": st.sampled_from(PEOPLE[1:]),
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
        if item.required is True or draw(st.booleans())
    }
    return action, form


jumps = st.one_of(
    st.just(timedelta(0)),
    st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 3600 * 24).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(1, 14).map(lambda days: timedelta(days=days)),
)
# what leads on from a state, to work and to what may go wrong with it
ONWARDS = {
    "intake": ("route",),
    "assigned": ("accept", "transfer", "assign"),
    "in_progress": ("resolve", "coordinate", "extend", "grant_extension", "ask", "transfer"),
    "coordinating": ("coordinate", "extend", "grant_extension"),
    "waiting": ("extend", "grant_extension", "answer"),
    "approval": ("approve", "direct", "report_back", "send_back"),
    "publication": ("publish", "send_back"),
    "resolved": ("reopen", "rate"),
}
people = st.builds(
    Who,
    st.sets(st.sampled_from(PROCESS_ROLES), min_size=1, max_size=2).map(frozenset),
    st.sampled_from(PEOPLE),
)


class Case(RuleBasedStateMachine):
    """One case for as long as Hypothesis likes, kept as the tables keep it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.events: list[Event] = []
        self.history: list[tuple[str, Any, datetime]] = []
        self.told: dict[tuple[str, datetime, float], list[str]] = {}
        self.before_merge: dict[str, Any] = {}
        self.change: Change
        self.around: Surroundings

    @initialize(
        certain=st.booleans(),
        photo=st.booleans(),
        check=st.booleans(),
        child=st.booleans(),
        hours=st.sampled_from([1, 4, 7.5, 24, 120]),
        case_class=st.sampled_from(["urgent", "normal", "complex"]),
        jump=jumps,
    )
    def file(
        self,
        certain: bool,  # noqa: FBT001  # drawn
        photo: bool,  # noqa: FBT001  # drawn
        check: bool,  # noqa: FBT001  # drawn
        child: bool,  # noqa: FBT001  # drawn
        hours: float,
        case_class: str,
        jump: timedelta,
    ) -> None:
        self.now += jump
        self.around = Surroundings(
            category={
                "code": "c",
                "photo_required": photo,
                "after_photo_required": photo,
                "publish_check": check,
            },
            routing={"certain": certain, "hours": hours},
            source="app",
            departments=frozenset(DEPARTMENTS),
            working=OFFICE,
            always=ALWAYS,
            department_calendars={"hepco": ALWAYS},
        )
        self.filed = CaseState(
            state="",
            rev=0,
            department="sxd",
            priority=3,
            case_class=case_class,
            is_child=child,
        )
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
            self.events.append(replace(event, seq=event.seq + shift))
            if event.kind == "mark":
                clock = self.case.clocks.get(event.form["clock"])
                if clock is not None:
                    key = (event.form["clock"], clock.started_at, clock.seconds)
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

    @rule(pressed=moves(), who=people)
    def anybody_presses_anything(self, pressed: tuple[str, dict[str, Any]], who: Who) -> None:
        self.press(*pressed, who)

    @rule(data=st.data(), who=people)
    def somebody_presses_a_button(self, data: st.DataObject, who: Who) -> None:
        """One that the case offers, all filled in: else few cases would get far."""
        buttons = offered_actions(DEFAULT, self.case, self.around, who=who)
        assume(buttons)
        action = data.draw(st.sampled_from(sorted(buttons)))
        form = {item.name: data.draw(values(item)) for item in DEFAULT.actions[action].form}
        assert self.press(action, form, who), "what is offered can be done"

    @precondition(lambda self: self.case.state in ONWARDS)
    @rule(data=st.data())
    def it_goes_on(self, data: st.DataObject) -> None:
        """Work is done and checked: chance alone would seldom get a case so far."""
        action = data.draw(st.sampled_from(ONWARDS[self.case.state]))
        spec = DEFAULT.actions[action]
        form = {item.name: data.draw(values(item)) for item in spec.form}
        self.press(action, form, Who(frozenset({spec.roles[-1]}), PEOPLE[1]))

    @precondition(lambda self: self.case.children_open > 0)
    @rule()
    def another_department_is_done(self) -> None:
        self.settle(self.case.children_open - 1)
        if self.case.children_open == 0:
            assert self.case.state != "coordinating"

    @precondition(lambda self: self.case.state == "duplicate")
    @rule()
    def it_was_no_duplicate(self) -> None:
        before = self.case
        change = self.unmerge(before, self.before_merge, self.now)
        assert change.case.state == self.before_merge["state"]
        assert change.case.clocks == {
            name: ClockState.from_json(value) for name, value in self.before_merge["clocks"].items()
        }
        self.history.append(("unmerge", self.before_merge, self.now))
        self.keep(change, before_rev=before.rev)

    def settle(self, children_open: int) -> None:
        before = replace(self.case, children_open=children_open)
        self.history.append(("settle", children_open, self.now))
        self.keep(settle(DEFAULT, before, self.around, now=self.now), before_rev=before.rev)

    def unmerge(self, case: CaseState, before: dict[str, Any], now: datetime) -> Change:
        kept = restored(before, case)
        return move(DEFAULT, kept, self.around, to=before["state"], action="unmerge", now=now)

    def press(self, action: str, form: dict[str, Any], who: Who) -> bool:
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
        if action == "duplicate":
            self.before_merge = snapshot_of(before)
        assert change.merge_into == (form["into"] if action == "duplicate" else None)
        assert len(change.children) == (action == "coordinate")
        assert change.case.children_open == before.children_open + len(change.children)
        self.history.append(("step", (action, form, who), self.now))
        self.check_clocks(before, change)
        self.keep(change, before_rev=before.rev)
        return True

    def step(
        self,
        case: CaseState,
        action: str,
        form: dict[str, Any],
        who: Who,
        now: datetime,
    ) -> Change:
        return step(DEFAULT, case, self.around, action=action, who=who, form=form, now=now)

    def refusal(self, action: str, form: dict[str, Any], who: Who) -> type[Error] | None:
        """What the document says of an action, read without the interpreter."""
        spec, case, data = DEFAULT.actions[action], self.case, self.case.data
        if case.state not in spec.origin:
            return Conflict
        if not who.roles & set(spec.roles):
            return Forbidden
        guards = {
            "reopen": data["reopens"] < 3,
            "return": data["returns"] < 2,
            "transfer": data["transfers"] < 3,
            "take": case.assignee != who.id,
            "coordinate": not case.is_child,
            "duplicate": not case.is_child and case.children_open == 0,
            "extend": data["extension_hours"] == 0 and data["extensions"] < 2,
            "grant_extension": data["extension_hours"] > 0,
            "refuse_extension": data["extension_hours"] > 0,
            "report_back": data["directive_open"] == 1,
        }
        if not guards.get(action, True):
            return Conflict
        required = {
            "resolve": "photos"
            if self.around.category["after_photo_required"] and not case.is_child
            else None,
            "reject": "responsible" if form.get("reason") == "not_ours" else None,
        }.get(action)
        return InvalidInput if required and required not in form else None

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
        actions = [DEFAULT.actions[event.action] for event in change.events if event.kind == "step"]
        restarted = {name for action in actions for name in action.restarts}
        for name in restarted & change.case.clocks.keys():
            assert change.case.clocks[name].started_at == self.now
        for name in {name for action in actions for name in action.stops}:
            assert name not in change.case.clocks
        granted = any(event.action == "grant_extension" for event in change.events)
        more = before.data["extension_hours"] * 3600 if granted else 0
        if (promise := before.clocks.get("resolution")) and "resolution" not in change.case.clocks:
            assert change.case.overdue == (before.overdue or promise.is_past(self.now))
        for event in change.events:
            if event.kind == "mark" and event.from_state == before.state:
                assert before.clocks[event.form["clock"]].remaining is None
        for name in before.clocks.keys() & change.case.clocks.keys() - restarted:
            old, new = before.clocks[name], change.case.clocks[name]
            if old.started_at != new.started_at:
                continue
            extra = more if name == "resolution" else 0
            assert new.seconds == old.seconds + extra
            left = self.left(name, old, before.department)
            if old.is_past(self.now) and not extra:
                assert new.due_at == old.due_at  # neither a pause nor a transfer forgives lateness
            else:
                after = self.left(name, new, change.case.department)
                assert after == pytest.approx(left + extra, abs=1e-3)

    def check_told(self) -> None:
        """After the sweeper came, every mark that lies in the past was told."""
        for name, clock in self.case.clocks.items():
            if clock.remaining is not None:
                continue
            calendar = self.around.calendar(DEFAULT.clocks[name], self.case.department)
            past = {
                mark.name
                for mark in DEFAULT.clocks[name].marks
                if calendar.add(clock.due_at, (mark.at - 1) * clock.seconds) <= self.now
            }
            assert past <= {
                mark
                for (told, started_at, _), marks in self.told.items()
                if (told, started_at) == (name, clock.started_at)
                for mark in marks
            }
        if clock := self.case.clocks.get("resolution"):
            assert self.case.overdue == clock.is_past(self.now)

    def left(self, name: str, clock: ClockState, department: str) -> float:
        if clock.remaining is not None:
            return clock.remaining
        calendar = self.around.calendar(DEFAULT.clocks[name], department)
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
            if spec.starts_with == "state":
                assert (self.case.state not in spec.runs_in) or name in self.case.clocks
        if "directive" in self.case.clocks:
            assert self.case.data["directive_open"] == 1

    @invariant()
    def certain_cases_do_not_wait_for_an_operator(self) -> None:
        if self.case.state == "intake" and self.around.routing["certain"]:
            assert self.case.data["returns"] > 0

    @invariant()
    def guards_hold(self) -> None:
        assert 0 <= self.case.data["reopens"] <= 3
        assert 0 <= self.case.data["transfers"] <= 3
        assert 0 <= self.case.data["returns"] <= 2
        assert 0 <= self.case.data["extensions"] <= 2
        assert self.case.assignee in PEOPLE
        assert self.case.department in DEPARTMENTS
        assert self.case.priority in {1, 2, 3, 4}
        assert self.case.rating in {None, 1, 2, 3, 4, 5}

    @invariant()
    def each_mark_is_told_once(self) -> None:
        """And in order; a clock that was given more time tells those that lie ahead again."""
        for (name, _, _), told in self.told.items():
            declared = [mark.name for mark in sorted(DEFAULT.clocks[name].marks, key=_at)]
            begin = declared.index(told[0])
            assert told == declared[begin : begin + len(told)]

    @invariant()
    def what_is_over_sleeps(self) -> None:
        if self.case.state in {"closed", "rejected", "duplicate", "withdrawn"}:
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
            elif kind == "settle":
                case = replace(change.case, children_open=what)
                change = settle(DEFAULT, case, self.around, now=now)
            elif kind == "unmerge":
                change = self.unmerge(change.case, what, now)
            else:
                action, form, who = what
                change = self.step(change.case, action, form, who, now)
        assert change == self.change


def _at(mark: Any) -> float:
    return mark.at


TestCase = Case.TestCase
TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
