"""The interpreter, on the process that a city gets at first, and on small ones of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import ConfigurationError, Conflict, Error, FieldError, Forbidden, InvalidInput
from workflows.calendars import CalendarSpec, build_calendar, parse_spans
from workflows.clocks import ClockState
from workflows.process import (
    CaseState,
    Change,
    Surroundings,
    offered_actions,
    required_now,
    start,
    step,
    wake,
)
from workflows.process_document import PROCESS_ROLES, Process
from workflows.status import Status

DEFINITION = Path(__file__).parents[2] / "workflows" / "definitions" / "process.json"
DEFAULT = Process.model_validate_json(DEFINITION.read_text(encoding="utf-8"))
HOUR = 3600
DAY = parse_spans([["07:30", "11:30"], ["13:30", "17:00"]])
FIRST, LAST = date(2026, 7, 1), date(2027, 3, 31)
OFFICE = build_calendar(CalendarSpec("Asia/Ho_Chi_Minh", (DAY,) * 5 + ((), ()), {}), FIRST, LAST)
ALWAYS = build_calendar(
    CalendarSpec("Asia/Ho_Chi_Minh", (parse_spans([["00:00", "24:00"]]),) * 7, {}), FIRST, LAST
)
PHOTO = "6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11"


def hue(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


MONDAY = hue("2026-08-03 08:00")


def around(*, certain: bool = False, hours: object = 15, after_photo: bool = False) -> Surroundings:
    return Surroundings(
        category={"code": "c", "photo_required": False, "after_photo_required": after_photo},
        routing={"certain": certain, "hours": hours},
        source="app",
        departments=frozenset({"sxd", "hepco", "ioc"}),
        working=OFFICE,
        always=ALWAYS,
    )


NEW = CaseState(state="", rev=0, department="sxd", priority=3, case_class="normal")
FORMS: dict[str, dict[str, Any]] = {
    "route": {"department": "hepco"},
    "return": {"reason": "không phải của chúng tôi"},
    "transfer": {"department": "hepco", "reason": "đường của họ"},
    "ask": {"question": "Ở số nhà nào?"},
    "answer": {"text": "Số 5", "photos": [PHOTO]},
    "resolve": {"answer": "Đã thay biển báo"},
    "send_back": {"reason": "chưa xong"},
    "reject": {"reason": "not_ours", "responsible": "VNR", "answer": "Của đường sắt"},
    "prioritise": {"priority": 1, "reason": "gần trường học"},
    "direct": {"directive": "Xử lý trong ngày"},
    "rate": {"score": 5, "comment": "Cảm ơn"},
    "reopen": {"reason": "Vẫn hỏng"},
}
ROLE = {name: next(r for r in a.roles if r != "system") if a.roles != ("system",) else "system"
        for name, a in DEFAULT.actions.items()}  # fmt: skip


@dataclass
class Play:
    """A case on its way, to be told in one line a step."""

    change: Change
    now: datetime
    around: Surroundings
    process: Process = DEFAULT

    @property
    def case(self) -> CaseState:
        return self.change.case

    def act(self, action: str, form: dict[str, Any] | None = None, *roles: str) -> Play:
        self.change = step(
            self.process,
            self.case,
            self.around,
            action=action,
            who=Who(frozenset(roles or {ROLE.get(action, "staff")})),
            form=FORMS.get(action, {}) if form is None else form,
            now=self.now,
        )
        return self

    def walk(self, *actions: str) -> Play:
        for action in actions:
            self.act(action)
        return self

    def later(self, **time: float) -> Play:
        self.now += timedelta(**time)
        return self

    def at(self, text: str) -> Play:
        self.now = hue(text)
        return self

    def wake(self) -> Play:
        self.change = wake(self.process, self.case, self.around, now=self.now)
        return self

    def told(self) -> list[tuple[str, str]]:
        return [(item.audience, item.template) for item in self.change.announces]

    def marks(self) -> list[str]:
        return [event.action for event in self.change.events if event.kind == "mark"]


def file(process: Process = DEFAULT, now: datetime = MONDAY, **facts: Any) -> Play:
    surroundings = around(**facts)
    return Play(start(process, NEW, surroundings, form={}, now=now), now, surroundings, process)


# how to get into each state
WAYS: dict[str, tuple[str, ...]] = {
    "intake": (),
    "clarifying": ("ask",),
    "assigned": ("route",),
    "in_progress": ("route", "accept"),
    "waiting": ("route", "accept", "ask"),
    "approval": ("route", "accept", "resolve"),
    "resolved": ("route", "accept", "resolve", "approve"),
    "closed": ("route", "accept", "resolve", "approve", "rate"),
    "rejected": ("reject",),
    "withdrawn": ("route", "withdraw"),
}


@pytest.mark.parametrize("state", WAYS)
def test_every_state_can_be_reached(state: str) -> None:
    play = file().walk(*WAYS[state])
    assert play.case.state == state
    assert play.change.status is DEFAULT.states[state].status
    assert play.case.rev == 1 + len(WAYS[state])


def test_there_is_no_other_state() -> None:
    assert set(WAYS) == set(DEFAULT.states)


TARGETS = [
    ("intake", "route", "assigned"),
    ("intake", "ask", "clarifying"),
    ("intake", "reject", "rejected"),
    ("intake", "prioritise", "intake"),
    ("intake", "direct", "intake"),
    ("intake", "withdraw", "withdrawn"),
    ("clarifying", "answer", "intake"),
    ("clarifying", "go_on", "intake"),
    ("assigned", "accept", "in_progress"),
    ("assigned", "return", "intake"),
    ("assigned", "transfer", "assigned"),
    ("assigned", "prioritise", "assigned"),
    ("assigned", "direct", "assigned"),
    ("assigned", "withdraw", "withdrawn"),
    ("in_progress", "return", "intake"),
    ("in_progress", "transfer", "assigned"),
    ("in_progress", "ask", "waiting"),
    ("in_progress", "resolve", "approval"),
    ("in_progress", "prioritise", "in_progress"),
    ("in_progress", "direct", "in_progress"),
    ("waiting", "answer", "in_progress"),
    ("waiting", "go_on", "in_progress"),
    ("approval", "approve", "resolved"),
    ("approval", "send_back", "in_progress"),
    ("approval", "direct", "approval"),
    ("resolved", "rate", "closed"),
    ("resolved", "reopen", "assigned"),
    ("resolved", "finish", "closed"),
    ("rejected", "reopen", "assigned"),
]
ROLES_OF = {
    "route": {"operator", "system"},
    "accept": {"staff", "supervisor"},
    "return": {"staff", "supervisor"},
    "transfer": {"supervisor", "operator"},
    "ask": {"staff", "supervisor", "operator"},
    "answer": {"reporter"},
    "go_on": {"system", "staff", "supervisor", "operator"},
    "resolve": {"staff", "supervisor"},
    "approve": {"supervisor", "leader"},
    "send_back": {"supervisor", "leader"},
    "reject": {"operator"},
    "prioritise": {"operator", "leader"},
    "direct": {"leader"},
    "withdraw": {"reporter"},
    "rate": {"reporter"},
    "reopen": {"reporter"},
    "finish": {"system"},
}


@pytest.mark.parametrize(("state", "action", "target"), TARGETS)
def test_every_action_in_every_state(state: str, action: str, target: str) -> None:
    before = file().walk(*WAYS[state])
    rev, department = before.case.rev, before.case.department
    play = before.act(action)
    assert play.case.state == target
    assert play.case.rev == rev + 1
    (event,) = play.change.events
    assert (event.rev, event.seq, event.kind, event.action) == (rev + 1, 0, "step", action)
    assert (event.from_state, event.to_state) == (state, target)
    assert event.form == FORMS.get(action, {})
    assert event.public is DEFAULT.actions[action].public
    assert event.by_system is (action == "finish")
    assert event.department == play.case.department
    assert play.case.department == ("hepco" if action in {"route", "transfer"} else department)
    expected = [(item.audience, item.template) for item in DEFAULT.actions[action].notify]
    assert play.told() == expected


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("action", DEFAULT.actions)
@pytest.mark.parametrize("role", [*PROCESS_ROLES, "nobody"])
def test_who_may_take_which_action_where(state: str, action: str, role: str) -> None:
    play = file().walk(*WAYS[state])
    case = play.case
    offered = offered_actions(DEFAULT, case, play.around, who=Who(frozenset({role})))
    if (state, action) not in {(s, a) for s, a, _ in TARGETS}:
        with pytest.raises(Conflict) as refused:
            play.act(action, None, role)
        assert (refused.value.code, refused.value.facts) == (
            "action_not_offered",
            {"action": action},
        )
        assert action not in offered
    elif role not in ROLES_OF[action]:
        with pytest.raises(Forbidden) as forbidden:
            play.act(action, None, role)
        assert (forbidden.value.code, forbidden.value.facts) == (
            "action_not_allowed",
            {"action": action},
        )
        assert action not in offered
    else:
        assert play.act(action, None, role).case.rev == case.rev + 1
        assert action in offered


def test_an_action_that_does_not_exist() -> None:
    with pytest.raises(Conflict, match="action_not_offered"):
        file().act("explode")


def test_buttons_stand_in_the_order_of_the_document() -> None:
    play = file().walk("route", "accept")
    roles = frozenset({"supervisor", "leader"})
    buttons = list(offered_actions(DEFAULT, play.case, play.around, who=Who(roles)))
    assert buttons == ["return", "transfer", "ask", "resolve", "prioritise", "direct"]


REQUIRED = {
    "return": ["reason"],
    "transfer": ["department", "reason"],
    "ask": ["question"],
    "answer": ["text"],
    "resolve": ["answer"],
    "send_back": ["reason"],
    "reject": ["reason", "answer"],
    "prioritise": ["priority", "reason"],
    "direct": ["directive"],
    "rate": ["score"],
    "reopen": ["reason"],
}


@pytest.mark.parametrize(("state", "action"), [(s, a) for s, a, _ in TARGETS])
def test_an_empty_form(state: str, action: str) -> None:
    play = file().walk(*WAYS[state])
    case = play.case
    required = REQUIRED.get(action, [])
    if not required:
        assert play.act(action, {}).case.rev == case.rev + 1
        return
    for form in ({}, dict.fromkeys(required), dict.fromkeys(required, "  ")):
        with pytest.raises(InvalidInput) as refused:
            play.act(action, form)
        assert refused.value.fields == [FieldError(f"/{n}", "field_required") for n in required]
    assert play.case is case


@pytest.mark.parametrize(
    ("state", "action", "form", "faults"),
    [
        ("intake", "route", {"department": "nobody"}, {"/department": "department_unknown"}),
        ("intake", "route", {"colour": "red"}, {"/colour": "field_unknown"}),
        ("intake", "prioritise", {"priority": 5, "reason": "x"}, {"/priority": "number_out_of_range"}),
        ("intake", "prioritise", {"priority": 2.5, "reason": "x"}, {"/priority": "not_a_whole_number"}),
        ("intake", "reject", {"reason": "no", "answer": "x"}, {"/reason": "not_a_choice"}),
        ("resolved", "rate", {"score": 6}, {"/score": "number_out_of_range"}),
        ("resolved", "rate", {"score": True, "more": 1}, {"/more": "field_unknown", "/score": "not_a_number"}),
        ("in_progress", "resolve", {"answer": "x", "photos": "x"}, {"/photos": "not_photos"}),
        ("in_progress", "resolve", {"answer": "x", "n": 10**30}, {"/n": "field_unknown"}),
    ],
)  # fmt: skip
def test_faults_of_a_form(
    state: str, action: str, form: dict[str, Any], faults: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        file().walk(*WAYS[state]).act(action, form)
    assert {fault.pointer: fault.code for fault in refused.value.fields} == faults


def test_an_after_photo_where_the_category_asks_for_one() -> None:
    play = file(after_photo=True).walk("route", "accept")
    photos = next(item for item in DEFAULT.actions["resolve"].form if item.name == "photos")
    assert required_now(photos, play.case, play.around)
    assert not required_now(photos, play.case, around())
    with pytest.raises(InvalidInput) as refused:
        play.act("resolve")
    assert refused.value.fields == [FieldError("/photos", "field_required")]
    form = {"answer": "Đã xong", "photos": [PHOTO]}
    assert play.act("resolve", form).change.events[0].form == form


def test_what_actions_write() -> None:
    play = file()
    assert play.case.data == {"reopens": 0, "returns": 0, "transfers": 0}
    assert play.act("prioritise").case.priority == 1
    assert isinstance(play.case.priority, int)
    assert play.walk("route", "return").case.data["returns"] == 1
    assert play.walk("route", "accept", "resolve").case.answer == "Đã thay biển báo"
    assert play.walk("approve", "reopen").case.data == {"reopens": 1, "returns": 1, "transfers": 0}
    assert play.walk("accept", "resolve", "approve", "rate").case.rating == 5
    assert file().act("reject").case.answer == "Của đường sắt"


@pytest.mark.parametrize("form", [{}, {"department": None}, {"department": ""}, {"note": " "}])
def test_routing_without_a_department_keeps_it(form: dict[str, Any]) -> None:
    play = file().act("route", form)
    assert play.case.department == "sxd"
    assert play.change.events[0].form == {}


def test_a_case_reopens_three_times() -> None:
    play = file().walk("route", "accept", "resolve", "approve")
    for _ in range(3):
        play.walk("reopen", "accept", "resolve", "approve")
    assert "reopen" not in offered_actions(
        DEFAULT, play.case, play.around, who=Who(frozenset({"reporter"}))
    )
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("reopen")
    with pytest.raises(Forbidden):  # who may not, is told so even then
        play.act("reopen", None, "staff")


def test_a_case_is_transferred_five_times() -> None:
    play = file().walk("route", *["transfer"] * 5)
    assert play.case.data["transfers"] == 5
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("transfer")


def test_certain_routing_goes_on_by_itself() -> None:
    play = file(certain=True)
    assert play.case.state == "assigned"
    assert [(e.rev, e.action, e.by_system) for e in play.change.events] == [
        (1, "file", False),
        (2, "route", True),
    ]
    assert play.case.department == "sxd"
    assert play.told() == [("department", "assigned")]
    assert [item.rev for item in play.change.announces] == [2]


def test_uncertain_routing_waits_for_an_operator() -> None:
    play = file()
    (event,) = play.change.events
    assert (event.rev, event.action, event.from_state, event.to_state) == (
        1,
        "file",
        None,
        "intake",
    )
    assert event.public
    assert play.told() == []


def test_a_returned_case_waits_for_an_operator() -> None:
    """However certain the rules are, the department has just said that they are wrong."""
    play = file(certain=True).act("return")
    assert [e.action for e in play.change.events] == ["return"]
    assert play.case.state == "intake"


def test_who_acts_for_the_system() -> None:
    assert (
        file().walk("route", "accept", "ask").act("go_on", None, "staff").change.events[0].by_system
        is False
    )
    play = file().walk("route", "accept", "ask").act("go_on", None, "system")
    assert play.change.events[0].by_system


# clocks


def test_clocks_of_a_new_case() -> None:
    play = file()
    assert play.case.clocks == {
        "acceptance": ClockState(MONDAY, hue("2026-08-04 08:30"), 8 * HOUR, MONDAY, 8 * HOUR),
        "resolution": ClockState(MONDAY, hue("2026-08-05 08:00"), 15 * HOUR, MONDAY, 15 * HOUR),
    }
    assert play.case.due_at == hue("2026-08-05 08:00")
    assert not play.case.overdue
    assert play.change.wake_at == hue("2026-08-03 16:00")


def test_an_urgent_case_is_accepted_faster() -> None:
    urgent = replace(NEW, case_class="urgent")
    change = start(DEFAULT, urgent, around(), form={}, now=MONDAY)
    assert change.case.clocks["acceptance"].seconds == 4 * HOUR


def test_waiting_stops_the_time() -> None:
    play = file().walk("route", "accept").at("2026-08-03 11:00").act("ask")
    resolution = play.case.clocks["resolution"]
    assert resolution.remaining == 12 * HOUR
    assert play.case.due_at == hue("2026-08-05 08:00")  # what was last promised
    assert "acceptance" not in play.case.clocks
    assert play.case.clocks["reply"].due_at == hue("2026-08-08 11:00")  # weekends count here
    assert play.change.wake_at == hue("2026-08-08 11:00")
    play.at("2026-08-07 16:00").act("answer")
    assert play.case.clocks["resolution"].remaining is None
    assert play.case.due_at == hue("2026-08-11 11:00")  # 1 + 7.5 + 3.5 = 12 hours
    assert "reply" not in play.case.clocks


def test_clarifying_stops_both_clocks() -> None:
    play = file().at("2026-08-03 10:00").act("ask")
    assert {n: c.remaining for n, c in play.case.clocks.items()} == {
        "acceptance": 6 * HOUR,
        "resolution": 13 * HOUR,
        "reply": None,
    }
    play.at("2026-08-05 10:00").act("answer")
    left = {n: OFFICE.between(play.now, c.due_at) for n, c in play.case.clocks.items()}
    assert left == {"acceptance": 6 * HOUR, "resolution": 13 * HOUR}


def test_acceptance_runs_through_intake_and_assignment() -> None:
    play = file()
    first = play.case.clocks["acceptance"]
    assert play.later(hours=1).act("route").case.clocks["acceptance"] == first
    assert "acceptance" not in play.act("accept").case.clocks


def test_a_transfer_begins_acceptance_anew() -> None:
    play = file().act("route").later(hours=1).act("transfer")
    assert play.case.clocks["acceptance"].started_at == play.now
    assert play.case.clocks["resolution"].started_at == MONDAY  # but keeps the promise
    play = file().walk("route", "accept").later(hours=1).act("transfer")
    assert play.case.clocks["acceptance"].started_at == play.now


def test_approval_still_counts_and_the_answer_ends_it() -> None:
    play = file().walk("route", "accept", "resolve")
    assert set(play.case.clocks) == {"resolution"}
    play.act("approve")
    assert set(play.case.clocks) == {"rating"}
    assert play.case.due_at == hue("2026-08-05 08:00")  # stays to be seen
    assert play.change.wake_at == MONDAY + timedelta(hours=168)


@pytest.mark.parametrize("state", ["closed", "rejected", "withdrawn"])
def test_nothing_runs_when_it_is_over(state: str) -> None:
    play = file().walk(*WAYS[state])
    assert play.case.clocks == {}
    assert play.change.wake_at is None
    assert play.later(days=100).wake().change.events == ()


def test_reopening_gives_a_new_promise() -> None:
    play = file().walk("route", "accept").at("2026-08-20 08:00").wake()
    assert play.case.overdue
    play.walk("resolve", "approve")
    assert play.case.overdue  # it was late, and stays so
    play.at("2026-08-24 08:00").act("reopen")
    assert play.case.clocks["resolution"].seconds == 24 * HOUR
    assert play.case.due_at == hue("2026-08-27 09:30")
    assert not play.case.overdue


def test_marks_are_told_once_each_and_in_order() -> None:
    play = file().walk("route", "accept")
    told: list[tuple[str, datetime, list[tuple[str, str]]]] = []
    while play.change.wake_at is not None:
        assert play.change.wake_at > play.now
        play.now = play.change.wake_at
        before = wake(DEFAULT, play.case, play.around, now=play.now - timedelta(microseconds=1))
        assert before.events == ()
        play.wake()
        told += [(mark, play.now, play.told()) for mark in play.marks()]
    assert told == [
        ("due_soon", hue("2026-08-04 13:45"), [("department", "due_soon")]),
        ("overdue", hue("2026-08-05 08:00"), [("supervisors", "overdue")]),
        ("long_overdue", hue("2026-08-06 08:00"), [("leaders", "overdue")]),
    ]
    assert play.case.overdue
    assert play.case.rev == 3  # a mark must not make a colleague's button fail


def test_several_marks_due_at_once() -> None:
    play = file().act("route").at("2026-08-20 08:00").wake()
    assert play.marks() == [
        "acceptance_soon",
        "acceptance_overdue",
        "due_soon",
        "overdue",
        "long_overdue",
    ]
    events = play.change.events
    assert [(e.rev, e.seq) for e in events] == [(2, n) for n in range(1, 6)]
    assert all(e.by_system and not e.public for e in events)
    assert all(e.from_state == e.to_state == "assigned" for e in events)
    assert [e.form["clock"] for e in events] == ["acceptance"] * 2 + ["resolution"] * 3
    assert events[3].form["due_at"] == "2026-08-05T01:00:00+00:00"  # when, not when it was told
    assert [(i.rev, i.seq, i.audience) for i in play.change.announces] == [
        (2, 1, "department"),
        (2, 2, "supervisors"),
        (2, 3, "department"),
        (2, 4, "supervisors"),
        (2, 5, "leaders"),
    ]
    assert play.change.wake_at is None
    assert play.wake().change.events == ()


def test_marks_of_several_clocks_come_in_order_of_time() -> None:
    play = file(hours=1).act("route").at("2026-08-20 08:00").wake()
    assert play.marks() == [
        "due_soon",
        "overdue",
        "long_overdue",
        "acceptance_soon",
        "acceptance_overdue",
    ]
    times = [event.form["due_at"] for event in play.change.events]
    assert times == sorted(times)


def test_marks_after_a_timeout_belong_to_its_step() -> None:
    play = file(hours=80).walk("route", "accept")
    assert play.case.due_at is not None
    play.now = play.case.due_at
    play.act("ask").later(days=30).wake()
    assert [(e.rev, e.seq, e.action) for e in play.change.events] == [
        (4, 1, "due_soon"),
        (4, 2, "overdue"),
        (5, 0, "go_on"),
        (5, 1, "long_overdue"),
    ]
    assert [(i.rev, i.seq) for i in play.change.announces] == [(4, 1), (4, 2), (5, 1)]


def test_a_mark_told_before_a_pause_is_not_told_again() -> None:
    play = file().walk("route", "accept").at("2026-08-04 15:00").wake()
    assert play.marks() == ["due_soon"]
    play.act("ask").later(days=1).act("answer").at("2026-08-20 08:00").wake()
    assert play.marks() == ["overdue", "long_overdue"]


def test_overdue_stays_when_it_waits() -> None:
    play = file().walk("route", "accept").at("2026-08-05 08:00").wake()
    assert play.case.overdue
    play.act("ask")
    assert play.case.overdue
    assert play.case.clocks["resolution"].remaining is None
    play.later(hours=1).act("answer")
    assert play.case.overdue
    assert play.case.due_at == hue("2026-08-05 08:00")


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize(
    ("actions", "then"),
    [
        (("route", "accept"), ("resolve", "approve")),
        (("route", "accept"), ("ask",)),
        (("route",), ("withdraw",)),
        ((), ("reject",)),
        ((), ("prioritise",)),
    ],
)
def test_late_is_late_whether_the_sweeper_came_or_not(
    actions: tuple[str, ...],
    then: tuple[str, ...],
    swept: bool,  # noqa: FBT001  # both cases
) -> None:
    play = file().walk(*actions).at("2026-08-05 08:00")
    if swept:
        play.wake()
    assert play.walk(*then).case.overdue


def test_in_time_is_in_time() -> None:
    play = file().walk("route", "accept").at("2026-08-05 07:59").walk("resolve", "approve")
    assert not play.case.overdue
    assert not file().walk("route", "accept", "ask").at("2026-08-20 08:00").wake().case.overdue


@pytest.mark.parametrize(
    ("way", "state", "back"),
    [
        (("ask",), "clarifying", "intake"),
        (("route", "accept", "ask"), "waiting", "in_progress"),
    ],
)
def test_nobody_waits_for_ever(way: tuple[str, ...], state: str, back: str) -> None:
    play = file().walk(*way)
    assert play.case.state == state
    rev = play.case.rev
    play.now = MONDAY + timedelta(hours=120)
    play.wake()
    assert play.case.state == back
    (event,) = play.change.events
    assert (event.rev, event.seq, event.action, event.by_system) == (rev + 1, 0, "go_on", True)
    assert play.case.clocks["resolution"].remaining is None
    assert OFFICE.between(play.now, play.case.due_at or play.now) == 15 * HOUR


def test_an_unrated_case_finishes() -> None:
    play = file().walk("route", "accept", "resolve", "approve").later(hours=168).wake()
    assert play.case.state == "closed"
    assert play.change.status is Status.CLOSED
    assert [(e.action, e.by_system) for e in play.change.events] == [("finish", True)]
    assert play.change.wake_at is None


def test_a_timeout_is_followed_by_automatic_steps() -> None:
    """Routing became certain while the citizen was asked."""
    play = file().act("ask").later(hours=120)
    play.around = around(certain=True)
    play.wake()
    assert [(e.rev, e.action, e.by_system) for e in play.change.events] == [
        (3, "go_on", True),
        (4, "route", True),
    ]
    assert play.case.state == "assigned"


def test_a_long_sleep_is_made_up_for_in_order() -> None:
    """The worker was away: what was due then is done now, and time is given from now on."""
    play = file().walk("route", "accept", "ask").at("2026-09-01 08:00").wake()
    assert [e.action for e in play.change.events] == ["go_on"]
    assert play.case.due_at == hue("2026-09-03 08:00")
    assert play.change.wake_at is not None
    assert play.change.wake_at > play.now


# what is told


def test_the_reporter_is_told_only_what_is_public() -> None:
    seen: set[str] = set()
    for state, action, _ in TARGETS:
        form = dict(FORMS.get(action, {}))
        play = file().walk(*WAYS[state]).act(action, form)
        public = {item.name for item in DEFAULT.actions[action].form if item.public}
        for item in play.change.announces:
            assert item.data["action"] == action
            assert item.data["state"] == play.case.state
            expected = form if item.audience != "reporter" else {
                name: value for name, value in form.items() if name in public
            }  # fmt: skip
            assert item.data["form"] == expected
            seen.add(item.audience)
    assert seen == {"reporter", "department", "supervisors", "operators"}


def test_a_note_to_colleagues_never_reaches_the_reporter() -> None:
    play = file().act("route").act("accept", {"note": "cẩn thận, ông này hay kiện"})
    assert play.told() == [("reporter", "accepted")]
    assert play.change.announces[0].data["form"] == {}
    assert play.change.events[0].form == {"note": "cẩn thận, ông này hay kiện"}


def test_colleagues_are_told_why() -> None:
    play = file().walk("route", "return")
    assert play.told() == [("operators", "returned")]
    assert play.change.announces[0].data["form"] == FORMS["return"]
    play = file().act("direct")
    assert play.change.announces[0].data["form"] == {"directive": "Xử lý trong ngày"}


# the same history gives the same case

History = list[tuple[str, dict[str, Any] | None, datetime]]
HISTORIES: dict[str, History] = {
    "long": [
        ("route", None, hue("2026-08-03 09:00")),
        ("transfer", None, hue("2026-08-03 10:00")),
        ("accept", None, hue("2026-08-04 09:00")),
        ("ask", None, hue("2026-08-04 10:00")),
        ("wake", None, hue("2026-08-10 10:00")),
        ("resolve", None, hue("2026-08-20 10:00")),
        ("wake", None, hue("2026-08-20 10:01")),
        ("send_back", None, hue("2026-08-20 11:00")),
        ("resolve", {"answer": "Lần hai"}, hue("2026-08-21 10:00")),
        ("approve", None, hue("2026-08-21 11:00")),
        ("reopen", None, hue("2026-08-22 11:00")),
        ("wake", None, hue("2026-09-22 11:00")),
    ],
    "short": [("reject", None, hue("2026-08-03 09:00"))],
}


@pytest.mark.parametrize("history", HISTORIES)
def test_a_replay_gives_the_same_case(history: str) -> None:
    def play() -> list[Change]:
        played = file()
        changes = [played.change]
        for action, form, now in HISTORIES[history]:
            played.now = now
            played.wake() if action == "wake" else played.act(action, form)
            changes.append(played.change)
        return changes

    first, second = play(), play()
    assert first == second
    assert first[-1].case.rev == sum(
        event.kind == "step" for change in first for event in change.events
    )


def test_a_step_leaves_its_case_alone() -> None:
    play = file().walk("route", "accept")
    case, before = play.case, repr(play.case)
    play.walk("ask", "answer", "resolve")
    wake(DEFAULT, case, play.around, now=hue("2026-12-01 08:00"))
    assert repr(case) == before


# processes of one's own


def small(**changes: Any) -> Process:
    """Two states, a button there and one back, and one clock."""
    text = {"vi": "x", "en": "x"}
    state = {"label": text, "public_label": text, "status": "received"}
    document: dict[str, Any] = {
        "key": "small",
        "title": text,
        "initial": "a",
        "states": {"a": state, "b": {**state, "status": "waiting"}},
        "actions": {
            "go": {"label": text, "from": ["a"], "to": "b", "roles": ["staff"]},
            "back": {"label": text, "from": ["b"], "to": "a", "roles": ["staff"]},
            "stay": {"label": text, "from": ["a", "b"], "roles": ["staff"]},
        },
        "clocks": {
            "c": {
                "label": text, "hours": "1", "calendar": "always", "promise": True,
                "runs_in": ["a"], "pauses_in": ["b"],
            },
        },
    }  # fmt: skip
    for path, value in changes.items():
        at: Any = document
        *parents, last = path.split("__")
        for name in parents:
            at = at[name]
        at[last] = value
    return Process.model_validate(document)


def test_a_stopped_clock_is_not_late_however_long_it_stands() -> None:
    play = file(small()).later(minutes=30).act("go").later(days=30).act("stay")
    assert not play.case.overdue
    assert play.act("back").case.due_at == play.now + timedelta(minutes=30)


def test_a_clock_with_nothing_but_a_timeout() -> None:
    process = small(clocks__c__timeout="go", clocks__c__pauses_in=[])
    play = file(process).later(hours=1).wake()
    assert play.case.state == "b"
    assert play.case.overdue  # it was the promise, too
    assert play.case.clocks == {}


def test_a_timeout_may_begin_its_own_clock_again() -> None:
    process = small(
        clocks__d={
            "label": {"vi": "x", "en": "x"},
            "hours": "2",
            "calendar": "always",
            "runs_in": ["a"],
            "timeout": "again",
        },
        actions__again={
            "label": {"vi": "x", "en": "x"},
            "from": ["a"],
            "roles": ["system"],
            "restarts": ["d"],
        },
    )
    play = file(process).later(hours=24).wake()
    assert [e.action for e in play.change.events] == ["again"]
    assert play.change.wake_at == play.now + timedelta(hours=2)


def test_a_process_that_never_rests_is_put_off_to_the_next_sweep() -> None:
    process = small(
        clocks__c__hours="0",
        clocks__c__timeout="again",
        actions__again={
            "label": {"vi": "x", "en": "x"},
            "from": ["a"],
            "roles": ["system"],
            "restarts": ["c"],
        },
    )
    play = file(process).wake()
    assert len(play.change.events) == 100


def test_automatic_steps_without_end_are_refused() -> None:
    process = small(
        states__a__automatic=[{"action": "go"}], states__b__automatic=[{"action": "back"}]
    )
    with pytest.raises(ConfigurationError, match="without end"):
        file(process)


def test_the_first_automatic_action_that_may_is_taken() -> None:
    process = small(
        states__a__automatic=[
            {"action": "stay", "when": "routing.certain"},
            {"action": "go", "when": "not routing.certain"},
        ]
    )
    assert file(process).case.state == "b"
    with pytest.raises(ConfigurationError, match="without end"):
        file(process, certain=True)


@pytest.mark.parametrize("hours", [None, "many", -1, True, [8], {}])
def test_hours_that_are_none(hours: object) -> None:
    process = small(clocks__c__hours="routing.hours")
    with pytest.raises(ConfigurationError, match="not a number of hours"):
        file(process, hours=hours)
    with pytest.raises(ConfigurationError, match="outside the calendar"):
        file(process, hours=10**6)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("department", "'hepco'", "hepco"),
        ("priority", "1 + 1", 2),
        ("rating", "4", 4),
        ("rating", "form.nothing", None),
        ("answer", "'Đã xong'", "Đã xong"),
        ("answer", "form.nothing", None),
        ("case_class", "'urgent'", "urgent"),
    ],
)
def test_what_an_action_may_write(field: str, value: str, kept: object) -> None:
    play = file(small(actions__go__set={field: value})).act("go")
    assert getattr(play.case, field) == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("department", "'nobody'"),
        ("department", "form.nothing"),
        ("priority", "0"),
        ("priority", "5"),
        ("priority", "2.5"),
        ("priority", "true"),
        ("priority", "'1'"),
        ("rating", "6"),
        ("rating", "true"),
        ("answer", "5"),
        ("case_class", "form.nothing"),
    ],
)
def test_a_value_that_a_case_cannot_hold_is_the_document_s_fault(field: str, value: str) -> None:
    play = file(small(actions__go__set={field: value}))
    with pytest.raises(ConfigurationError, match=f"not a {field}"):
        play.act("go")


def test_a_clock_that_the_process_no_longer_has() -> None:
    """A running case may have begun on an older version."""
    play = file()
    older = {**play.case.clocks, "old": ClockState(MONDAY, MONDAY, HOUR, MONDAY, HOUR)}
    case = replace(play.case, clocks=older)
    change = wake(DEFAULT, case, play.around, now=MONDAY)
    assert change.events == ()
    assert change.wake_at == play.change.wake_at


def test_counters_that_a_case_brings_along_win() -> None:
    change = start(
        DEFAULT, replace(NEW, data={"reopens": 2, "mine": "x"}), around(), form={}, now=MONDAY
    )
    assert change.case.data == {"reopens": 2, "returns": 0, "transfers": 0, "mine": "x"}


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Error) as error:
        call()
    return error.value.code


def test_refusals_come_in_one_order() -> None:
    """State, then right, then guard, then form: nobody learns of a form that is not theirs."""
    play = file().walk("route", *["transfer"] * 5)
    assert refused(lambda: play.act("rate", {}, "staff")) == "action_not_offered"
    assert refused(lambda: play.act("transfer", {}, "staff")) == "action_not_allowed"
    assert refused(lambda: play.act("transfer", {}, "operator")) == "action_not_offered"
    assert refused(lambda: play.act("return", {}, "operator")) == "action_not_allowed"
    assert refused(lambda: play.act("return", {}, "staff")) == "invalid_input"
