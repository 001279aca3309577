"""The interpreter, on the process that a city gets at first, and on small ones of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import ConfigurationError, Conflict, Error, FieldError, Forbidden, InvalidInput
from workflows.calendars import (
    CalendarSpec,
    DaySpans,
    WorkingCalendar,
    build_calendar,
    parse_spans,
)
from workflows.clocks import ClockState
from workflows.codes import encode
from workflows.process import (
    MAX_TIMEOUTS,
    SYSTEM,
    CaseState,
    Change,
    OpenChild,
    Surroundings,
    Who,
    move,
    offered_actions,
    recount,
    required_now,
    settle,
    start,
    step,
    wake,
)
from workflows.process_document import PROCESS_ROLES, Process
from workflows.repository import restored, snapshot_of
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
CODE = encode(7)
ME, COLLEAGUE = "0b8f3f57-1111-4cbb-a8f5-8ad4ac8a1f11", "0b8f3f57-2222-4cbb-a8f5-8ad4ac8a1f11"


def hue(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


MONDAY = hue("2026-08-03 08:00")


def around(
    *,
    certain: bool = False,
    hours: object = 15,
    after_photo: bool = False,
    publish_check: bool = False,
    calendars: dict[str, WorkingCalendar] | None = None,
) -> Surroundings:
    return Surroundings(
        category={
            "code": "c",
            "photo_required": False,
            "after_photo_required": after_photo,
            "publish_check": publish_check,
            "visibility": "exact",
        },
        routing={"certain": certain, "hours": hours},
        source="app",
        departments=frozenset({"sxd", "hepco", "ioc"}),
        working=OFFICE,
        always=ALWAYS,
        department_calendars=calendars or {},
    )


NEW = CaseState(state="", rev=0, department="sxd", priority=3, case_class="normal")
FORMS: dict[str, dict[str, Any]] = {
    "route": {"department": "hepco"},
    "assign": {"person": COLLEAGUE},
    "return": {"reason": "không phải của chúng tôi"},
    "transfer": {"department": "hepco", "reason": "đường của họ"},
    "ask": {"question": "Ở số nhà nào?"},
    "answer": {"text": "Số 5", "photos": [PHOTO]},
    "coordinate": {"department": "ioc", "text": "Cắt điện để sửa", "hours": 8},
    "extend": {"hours": 6, "reason": "chờ vật tư"},
    "grant_extension": {"note": "chỉ lần này"},
    "refuse_extension": {"reason": "đủ thời gian rồi"},
    "resolve": {"answer": "Đã thay biển báo"},
    "send_back": {"reason": "chưa xong"},
    "reject": {"reason": "not_ours", "responsible": "VNR", "answer": "Của đường sắt"},
    "duplicate": {"into": CODE, "note": "cùng một biển"},
    "prioritise": {"priority": 1, "reason": "gần trường học"},
    "direct": {"directive": "Xử lý trong ngày", "hours": 8},
    "report_back": {"text": "Đã xử lý theo chỉ đạo"},
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
            who=Who(frozenset(roles or {ROLE.get(action, "staff")}), ME, self.case.department),
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


def file(
    process: Process = DEFAULT, now: datetime = MONDAY, case: CaseState = NEW, **facts: Any
) -> Play:
    surroundings = around(**facts)
    return Play(start(process, case, surroundings, form={}, now=now), now, surroundings, process)


# how to get into each state, of a category whose results are looked at before they are published
WAYS: dict[str, tuple[str, ...]] = {
    "intake": (),
    "clarifying": ("ask",),
    "assigned": ("route",),
    "in_progress": ("route", "accept"),
    "waiting": ("route", "accept", "ask"),
    "coordinating": ("route", "accept", "coordinate"),
    "approval": ("route", "accept", "resolve"),
    "publication": ("route", "accept", "resolve", "approve"),
    "resolved": ("route", "accept", "resolve", "approve", "publish"),
    "closed": ("route", "accept", "resolve", "approve", "publish", "rate"),
    "rejected": ("reject",),
    "duplicate": ("route", "duplicate"),
    "withdrawn": ("route", "withdraw"),
}
# what must have happened before a button is there at all
NEEDS = {"grant_extension": "extend", "refuse_extension": "extend", "report_back": "direct"}


def reach(state: str, action: str = "") -> Play:
    """A case in `state`, where `action` can be taken if it can be there at all."""
    play = file(publish_check=True).walk(*WAYS[state])
    if action in NEEDS and (state, NEEDS[action]) in {(s, a) for s, a, _ in TARGETS}:
        play.act(NEEDS[action])
    return play


@pytest.mark.parametrize("state", WAYS)
def test_every_state_can_be_reached(state: str) -> None:
    play = reach(state)
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
    ("intake", "duplicate", "duplicate"),
    ("intake", "withdraw", "withdrawn"),
    ("clarifying", "answer", "intake"),
    ("clarifying", "go_on", "intake"),
    ("assigned", "accept", "in_progress"),
    ("assigned", "assign", "assigned"),
    ("assigned", "take", "assigned"),
    ("assigned", "duplicate", "duplicate"),
    ("assigned", "report_back", "assigned"),
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
    ("in_progress", "report_back", "in_progress"),
    ("in_progress", "assign", "in_progress"),
    ("in_progress", "take", "in_progress"),
    ("in_progress", "coordinate", "coordinating"),
    ("in_progress", "extend", "in_progress"),
    ("in_progress", "grant_extension", "in_progress"),
    ("in_progress", "refuse_extension", "in_progress"),
    ("in_progress", "duplicate", "duplicate"),
    ("waiting", "answer", "in_progress"),
    ("waiting", "go_on", "in_progress"),
    ("waiting", "extend", "waiting"),
    ("waiting", "grant_extension", "waiting"),
    ("waiting", "refuse_extension", "waiting"),
    ("coordinating", "coordinate", "coordinating"),
    ("coordinating", "coordinated", "in_progress"),
    ("coordinating", "extend", "coordinating"),
    ("coordinating", "grant_extension", "coordinating"),
    ("coordinating", "refuse_extension", "coordinating"),
    ("coordinating", "prioritise", "coordinating"),
    ("coordinating", "direct", "coordinating"),
    ("coordinating", "report_back", "coordinating"),
    ("approval", "approve", "publication"),
    ("approval", "send_back", "in_progress"),
    ("approval", "direct", "approval"),
    ("approval", "report_back", "approval"),
    ("publication", "publish", "resolved"),
    ("publication", "send_back", "in_progress"),
    ("resolved", "rate", "closed"),
    ("resolved", "reopen", "assigned"),
    ("resolved", "finish", "closed"),
    ("rejected", "reopen", "assigned"),
]
ROLES_OF = {
    "route": {"operator", "system"},
    "accept": {"staff", "supervisor"},
    "assign": {"supervisor"},
    "take": {"staff"},
    "return": {"staff", "supervisor"},
    "transfer": {"supervisor", "operator"},
    "ask": {"staff", "supervisor", "operator"},
    "answer": {"reporter"},
    "go_on": {"system", "staff", "supervisor", "operator"},
    "coordinate": {"staff", "supervisor", "operator"},
    "coordinated": {"system"},
    "extend": {"staff", "supervisor"},
    "grant_extension": {"supervisor", "leader"},
    "refuse_extension": {"supervisor", "leader"},
    "resolve": {"staff", "supervisor"},
    "approve": {"supervisor", "leader"},
    "publish": {"operator", "system"},
    "send_back": {"supervisor", "leader", "operator"},
    "reject": {"operator"},
    "duplicate": {"operator", "supervisor"},
    "prioritise": {"operator", "leader"},
    "direct": {"leader"},
    "report_back": {"staff", "supervisor"},
    "withdraw": {"reporter"},
    "rate": {"reporter"},
    "reopen": {"reporter"},
    "finish": {"system"},
}


@pytest.mark.parametrize(("state", "action", "target"), TARGETS)
def test_every_action_in_every_state(state: str, action: str, target: str) -> None:
    before = reach(state, action)
    rev, department = before.case.rev, before.case.department
    play = before.act(action)
    assert play.case.state == target
    assert play.case.rev == rev + 1
    (event,) = play.change.events
    assert (event.rev, event.seq, event.kind, event.action) == (rev + 1, 0, "step", action)
    assert (event.from_state, event.to_state) == (state, target)
    assert event.form == FORMS.get(action, {})
    assert event.public is DEFAULT.actions[action].public
    assert event.by_system is (action in {"finish", "coordinated"})
    assert event.department == play.case.department
    assert play.case.department == ("hepco" if action in {"route", "transfer"} else department)
    expected = [(item.audience, item.template) for item in DEFAULT.actions[action].notify]
    assert play.told() == expected


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("action", DEFAULT.actions)
@pytest.mark.parametrize("role", [*PROCESS_ROLES, "nobody"])
def test_who_may_take_which_action_where(state: str, action: str, role: str) -> None:
    play = reach(state, action)
    case = play.case
    offered = offered_actions(DEFAULT, case, play.around, who=Who(frozenset({role}), ME))
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
    assert buttons == [
        "assign", "return", "transfer", "ask", "coordinate", "extend", "resolve", "duplicate",
        "prioritise", "direct",
    ]  # fmt: skip


@pytest.mark.parametrize(("action", "first"), NEEDS.items())
def test_some_buttons_are_only_there_after_another(action: str, first: str) -> None:
    play = file().walk("route", "accept")
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act(action)
    play.walk(first, action)
    with pytest.raises(Conflict, match="action_not_offered"):  # and only once
        play.act(action)


REQUIRED = {
    "assign": ["person"],
    "return": ["reason"],
    "transfer": ["department", "reason"],
    "ask": ["question"],
    "answer": ["text"],
    "coordinate": ["department", "text"],
    "extend": ["hours", "reason"],
    "refuse_extension": ["reason"],
    "resolve": ["answer"],
    "send_back": ["reason"],
    "reject": ["reason", "answer"],
    "duplicate": ["into"],
    "prioritise": ["priority", "reason"],
    "direct": ["directive"],
    "report_back": ["text"],
    "rate": ["score"],
    "reopen": ["reason"],
}


@pytest.mark.parametrize(("state", "action"), [(s, a) for s, a, _ in TARGETS])
def test_an_empty_form(state: str, action: str) -> None:
    play = reach(state, action)
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
        ("intake", "reject", {"reason": "not_ours", "answer": "x"}, {"/responsible": "field_required"}),
        ("intake", "duplicate", {"into": "the other one"}, {"/into": "case_unknown"}),
        ("assigned", "assign", {"person": "Nguyễn Văn An"}, {"/person": "person_unknown"}),
        ("in_progress", "extend", {"hours": 401, "reason": "x"}, {"/hours": "number_out_of_range"}),
        ("in_progress", "coordinate", {"department": "x", "text": "x", "hours": 0}, {"/department": "department_unknown", "/hours": "number_out_of_range"}),
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
        reach(state).act(action, form)
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


def test_a_rejection_names_who_is_responsible_only_if_we_are_not() -> None:
    form = {"reason": "unclear", "answer": "Không rõ ở đâu"}
    assert file().act("reject", form).case.state == "rejected"


def test_a_child_needs_no_after_photo() -> None:
    """Its work is proved by its parent's."""
    child = replace(NEW, is_child=True)
    play = file(case=child, certain=True, after_photo=True).walk("accept", "resolve")
    assert play.case.state == "approval"


COUNTERS = {
    "reopens": 0, "returns": 0, "transfers": 0, "extensions": 0, "extension_hours": 0,
    "directive_open": 0,
}  # fmt: skip


def test_what_actions_write() -> None:
    play = file()
    assert play.case.data == COUNTERS
    assert play.act("prioritise").case.priority == 1
    assert isinstance(play.case.priority, int)
    assert play.walk("route", "return").case.data["returns"] == 1
    assert play.walk("route", "accept", "resolve").case.answer == "Đã thay biển báo"
    assert play.walk("approve", "reopen").case.data == {**COUNTERS, "reopens": 1, "returns": 1}
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


def test_a_case_is_transferred_three_times() -> None:
    play = file().walk("route", *["transfer"] * 3)
    assert play.case.data["transfers"] == 3
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("transfer")


def test_a_case_is_returned_twice() -> None:
    play = file().walk("route", "return", "route", "return", "route")
    assert play.case.data["returns"] == 2
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("return")
    assert play.act("accept").case.state == "in_progress"  # they keep it, or transfer it


def test_an_approved_result_is_published_by_the_system() -> None:
    play = file().walk("route", "accept", "resolve", "approve")
    assert play.case.state == "resolved"
    assert [(e.rev, e.action, e.by_system, e.public) for e in play.change.events] == [
        (5, "approve", False, False),
        (6, "publish", True, True),
    ]
    assert play.told() == [("reporter", "resolved"), ("followers", "resolved_for_followers")]


def test_a_sensitive_result_is_published_by_an_operator() -> None:
    play = file(publish_check=True).walk("route", "accept", "resolve", "approve")
    assert (play.case.state, play.change.status) == ("publication", Status.IN_PROGRESS)
    assert play.told() == []
    assert set(play.case.clocks) == {"resolution"}  # and the time still counts
    assert play.act("send_back").case.state == "in_progress"
    play.walk("resolve", "approve", "publish")
    assert [(e.action, e.by_system) for e in play.change.events] == [("publish", False)]
    assert play.told() == [("reporter", "resolved"), ("followers", "resolved_for_followers")]


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


@pytest.mark.parametrize("state", ["closed", "rejected", "duplicate", "withdrawn"])
def test_nothing_runs_when_it_is_over(state: str) -> None:
    play = reach(state)
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
        ("halfway", hue("2026-08-04 08:00"), [("assignee", "halfway")]),
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
        "halfway",
        "acceptance_overdue",
        "due_soon",
        "overdue",
        "long_overdue",
    ]
    events = play.change.events
    assert [(e.rev, e.seq) for e in events] == [(2, n) for n in range(1, 7)]
    assert all(e.by_system and not e.public for e in events)
    assert all(e.from_state == e.to_state == "assigned" for e in events)
    assert [e.form["clock"] for e in events] == [
        "acceptance", "resolution", "acceptance", "resolution", "resolution", "resolution",
    ]  # fmt: skip
    assert events[4].form["due_at"] == "2026-08-05T01:00:00+00:00"  # when, not when it was told
    assert [(i.rev, i.seq, i.audience) for i in play.change.announces] == [
        (2, 1, "department"),
        (2, 2, "assignee"),
        (2, 3, "supervisors"),
        (2, 4, "department"),
        (2, 5, "supervisors"),
        (2, 6, "leaders"),
    ]
    assert play.change.wake_at is None
    assert play.wake().change.events == ()


def test_marks_of_several_clocks_come_in_order_of_time() -> None:
    play = file(hours=1).act("route").at("2026-08-20 08:00").wake()
    assert play.marks() == [
        "halfway",
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
        (4, 1, "halfway"),
        (4, 2, "due_soon"),
        (4, 3, "overdue"),
        (5, 0, "go_on"),
        (5, 1, "long_overdue"),
    ]
    assert [(i.rev, i.seq) for i in play.change.announces] == [(4, 1), (4, 2), (4, 3), (5, 1)]


def test_a_mark_told_before_a_pause_is_not_told_again() -> None:
    play = file().walk("route", "accept").at("2026-08-04 15:00").wake()
    assert play.marks() == ["halfway", "due_soon"]
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
        play = reach(state, action).act(action, form)
        public = {item.name for item in DEFAULT.actions[action].form if item.public}
        for item in play.change.announces:
            assert item.data["action"] == action
            assert item.data["state"] == play.case.state
            expected = form if item.audience not in {"reporter", "followers"} else {
                name: value for name, value in form.items() if name in public
            }  # fmt: skip
            assert item.data["form"] == expected
            seen.add(item.audience)
    assert seen == {
        "reporter", "followers", "department", "assignee", "supervisors", "operators", "leaders",
    }  # fmt: skip


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
    assert play.change.announces[0].data["form"] == FORMS["direct"]


# the same history gives the same case

History = list[tuple[str, dict[str, Any] | None, datetime]]
HISTORIES: dict[str, History] = {
    "long": [
        ("route", None, hue("2026-08-03 09:00")),
        ("transfer", None, hue("2026-08-03 10:00")),
        ("direct", None, hue("2026-08-03 10:30")),
        ("accept", None, hue("2026-08-04 09:00")),
        ("extend", None, hue("2026-08-04 09:10")),
        ("grant_extension", None, hue("2026-08-04 09:20")),
        ("coordinate", None, hue("2026-08-04 09:30")),
        ("coordinated", None, hue("2026-08-04 09:40")),
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


AGAIN = {"label": {"vi": "x", "en": "x"}, "from": ["a"], "roles": ["system"], "restarts": ["c"]}


@pytest.mark.parametrize("hours", ["0", "data.n < 9 ? 0 : 1"])
def test_a_clock_that_runs_out_in_no_time_is_the_document_s_fault(hours: str) -> None:
    """The sweeper puts such a case off: it must not hold up the others."""
    process = small(
        clocks__c__hours=hours,
        clocks__c__timeout="again",
        data={"n": 0},
        actions__again={**AGAIN, "set": {"data.n": "data.n + 1"}},
    )
    with pytest.raises(ConfigurationError, match="clock c runs out again and again"):
        file(process).wake()


def test_a_clock_may_run_out_a_few_times_at_once() -> None:
    process = small(
        clocks__c__hours=f"data.n < {MAX_TIMEOUTS} ? 0 : 1",
        clocks__c__timeout="again",
        data={"n": 0},
        actions__again={**AGAIN, "set": {"data.n": "data.n + 1"}},
    )
    play = file(process).wake()
    assert [event.action for event in play.change.events] == ["again"] * MAX_TIMEOUTS
    assert play.change.wake_at == play.now + timedelta(hours=1)


def test_what_is_too_much_for_one_sweep_is_left_to_the_next() -> None:
    marks = [{"name": f"m{n}", "at": n / 100} for n in range(1, 151)]
    play = file(small(clocks__c__marks=marks)).later(hours=2).wake()
    first = play.marks()
    assert len(first) == 100
    assert play.change.wake_at is not None
    assert play.change.wake_at <= play.now
    assert first + play.wake().marks() == [mark["name"] for mark in marks]
    assert play.change.wake_at is None


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


def test_a_guard_holds_for_automatic_steps_too() -> None:
    process = small(
        states__a__automatic=[{"action": "go"}, {"action": "stay", "when": "data.n == 0"}],
        actions__go__when="data.n > 0",
        actions__stay__set={"data.n": "data.n + 1"},
        data={"n": 0},
    )
    play = file(process)
    assert [event.action for event in play.change.events] == ["file", "stay", "go"]


def test_a_guard_holds_for_timeouts_too() -> None:
    """The clock has run out all the same, and does not try again."""
    process = small(clocks__c__timeout="go", actions__go__when="case.priority == 1")
    play = file(process).later(hours=1).wake()
    assert (play.case.state, play.case.overdue) == ("a", True)
    assert (play.change.events, play.change.wake_at) == ((), None)
    urgent = file(process, case=replace(NEW, priority=1)).later(hours=1).wake()
    assert urgent.case.state == "b"


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
        ("case_class", "'complex'", "complex"),
        ("assignee", "actor.id", ME),
        ("assignee", "form.nothing", None),
    ],
)
def test_what_an_action_may_write(field: str, value: str, kept: object) -> None:
    """And so it is written whatever stood there before."""
    before = replace(NEW, rating=1, answer="?", assignee=COLLEAGUE)
    play = file(small(actions__go__set={field: value}), case=before).act("go")
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
        ("case_class", "'soon'"),
        ("case_class", "1"),
        ("assignee", "5"),
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
    assert change.case.data == {**COUNTERS, "reopens": 2, "mine": "x"}


# clocks that an action touches


def test_more_time_is_asked_for_and_granted() -> None:
    play = file().walk("route", "accept").at("2026-08-03 14:00").act("extend")
    assert play.told() == [("supervisors", "extension_asked")]
    assert (play.case.data["extension_hours"], play.case.data["extensions"]) == (6, 0)
    assert play.case.due_at == hue("2026-08-05 08:00")  # asking changes nothing yet
    play.act("grant_extension")
    assert play.told() == [("reporter", "extended"), ("department", "extension_granted")]
    assert (play.case.data["extension_hours"], play.case.data["extensions"]) == (0, 1)
    assert play.case.clocks["resolution"] == ClockState(
        MONDAY, hue("2026-08-05 16:00"), 21 * HOUR, MONDAY, 21 * HOUR
    )
    assert play.case.due_at == hue("2026-08-05 16:00")
    play.walk("extend", "grant_extension")
    assert play.case.due_at == hue("2026-08-06 14:30")
    with pytest.raises(Conflict, match="action_not_offered"):  # twice is enough
        play.act("extend")


def test_more_time_is_asked_for_once_at_a_time_and_may_be_refused() -> None:
    play = file().walk("route", "accept", "extend")
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("extend")
    before = play.case
    play.act("refuse_extension")
    assert play.told() == [("department", "extension_refused")]
    assert play.case.clocks == before.clocks
    assert play.case.due_at == before.due_at
    assert (play.case.data["extension_hours"], play.case.data["extensions"]) == (0, 0)
    assert play.act("extend").case.data["extension_hours"] == 6  # they may ask again


def test_time_granted_while_the_clock_stands_is_there_when_it_goes_on() -> None:
    play = file().walk("route", "accept", "ask", "extend").later(days=2).act("grant_extension")
    assert play.case.clocks["resolution"].remaining == 21 * HOUR
    play.at("2026-08-10 08:00").act("answer")
    assert play.case.due_at == hue("2026-08-12 16:00")


def test_time_granted_to_a_late_case_counts_from_its_old_date() -> None:
    play = file().walk("route", "accept", "extend").at("2026-08-05 09:00").wake()
    assert play.case.overdue
    play.act("grant_extension")
    assert play.case.due_at == hue("2026-08-05 16:00")
    assert not play.case.overdue
    late = file().walk("route", "accept", "extend").at("2026-08-12 09:00").wake()
    late.act("grant_extension")
    assert late.case.due_at == hue("2026-08-05 16:00")
    assert late.case.overdue  # it was not enough


def test_marks_that_lie_ahead_again_are_told_again() -> None:
    play = file().walk("route", "accept", "extend").at("2026-08-05 08:00").wake()
    assert play.marks() == ["halfway", "due_soon", "overdue"]
    play.act("grant_extension")
    # after 15 of 21 hours, half has passed, and three quarters have not
    assert play.change.wake_at == hue("2026-08-05 08:45")
    play.at("2026-08-20 08:00").wake()
    assert play.marks() == ["due_soon", "overdue", "long_overdue"]


def test_what_does_not_run_is_not_extended() -> None:
    process = small(actions__stay__extends={"c": "2"}, clocks__c__pauses_in=[])
    play = file(process).act("stay")
    assert play.case.due_at == MONDAY + timedelta(hours=3)
    assert play.walk("go", "stay").case.clocks == {}


@pytest.mark.parametrize("hours", ["form.hours", "'many'", "0 - 1", "true"])
def test_an_extension_by_no_hours_is_the_document_s_fault(hours: str) -> None:
    play = file(small(actions__stay__extends={"c": hours}))
    with pytest.raises(ConfigurationError, match="not a number of hours"):
        play.act("stay")


def test_a_directive_starts_a_clock_of_its_own() -> None:
    play = file().walk("route", "accept").at("2026-08-03 09:00")
    assert "directive" not in play.case.clocks
    play.act("direct")
    clock = play.case.clocks["directive"]
    assert clock == ClockState(play.now, hue("2026-08-04 09:30"), 8 * HOUR, play.now, 8 * HOUR)
    assert play.case.due_at == hue("2026-08-05 08:00")  # the citizen's promise is another one
    play.at("2026-08-20 08:00").wake()
    assert "directive_soon" in play.marks()
    assert ("leaders", "directive_overdue") in play.told()
    assert ("supervisors", "directive_overdue") in play.told()
    play.act("report_back")
    assert "directive" not in play.case.clocks
    assert play.told() == [("leaders", "directive_done")]


def test_a_directive_runs_on_through_the_states_and_pauses_with_the_case() -> None:
    play = file().act("direct")
    clock = play.case.clocks["directive"]
    for action in ("route", "accept", "coordinate", "coordinated", "resolve", "send_back"):
        assert play.act(action).case.clocks["directive"] == clock, action
    play.at("2026-08-03 10:00").act("ask")
    assert play.case.clocks["directive"].remaining == 6 * HOUR
    play.at("2026-08-10 08:00").act("answer")
    assert play.case.clocks["directive"].due_at == hue("2026-08-10 16:00")
    assert "directive" not in play.walk("resolve", "approve").case.clocks


def test_a_second_directive_takes_the_place_of_the_first() -> None:
    play = file().act("direct").later(hours=1).act("direct")
    assert play.case.clocks["directive"].started_at == play.now
    play.act("direct", {"directive": "Càng sớm càng tốt"})  # no hours: no date
    assert "directive" not in play.case.clocks
    assert "report_back" in offered_actions(
        DEFAULT, play.walk("route").case, play.around, who=Who(frozenset({"staff"}))
    )


def clock(**changes: Any) -> dict[str, Any]:
    """A clock beside the promise of a small process."""
    return {
        "label": {"vi": "x", "en": "x"}, "hours": "2", "calendar": "always", "runs_in": ["a", "b"],
        **changes,
    }  # fmt: skip


def test_a_clock_that_an_action_starts_waits_for_it() -> None:
    process = small(
        clocks__d=clock(starts_with="action", runs_in=["b"]),
        actions__stay__restarts=["d"],
    )
    play = file(process)
    assert "d" not in play.act("stay").case.clocks  # not where it could run
    assert "d" not in play.act("go").case.clocks
    assert play.act("stay").case.clocks["d"].started_at == play.now
    play.later(hours=1).act("stay")
    assert play.case.clocks["d"].started_at == play.now
    assert "d" not in play.act("back").case.clocks
    assert "d" not in play.act("go").case.clocks


def test_an_action_stops_a_clock_for_good() -> None:
    process = small(
        clocks__d=clock(starts_with="action", timeout="go"),
        actions__go__restarts=["d"],
        actions__back__stops=["d"],
    )
    play = file(process).act("go")
    assert play.change.wake_at == play.now + timedelta(hours=2)
    assert "d" not in play.act("back").case.clocks
    assert play.change.wake_at == play.case.due_at


@pytest.mark.parametrize(
    ("form", "runs"), [({}, False), ({"hours": None}, False), ({"hours": 3}, True)]
)
def test_hours_of_null_start_nothing(form: dict[str, Any], runs: bool) -> None:  # noqa: FBT001  # a table
    field = {"name": "hours", "type": "number", "label": {"vi": "x", "en": "x"}}
    process = small(clocks__d=clock(hours="form.hours", runs_in=["b"]), actions__go__form=[field])
    play = file(process).act("go", form)
    assert ("d" in play.case.clocks) is runs


def test_hours_of_a_running_clock_are_not_asked_again() -> None:
    process = small(clocks__d=clock(hours="case.state == 'a' ? 2 : null"))
    play = file(process).walk("go", "stay")
    assert play.case.clocks["d"].due_at == MONDAY + timedelta(hours=2)


# departments with hours of their own


def test_a_department_counts_in_its_own_calendar() -> None:
    play = file(certain=True, calendars={"sxd": ALWAYS})
    assert play.case.due_at == MONDAY + timedelta(hours=15)
    assert play.case.clocks["acceptance"].due_at == MONDAY + timedelta(hours=8)


def test_who_takes_over_gets_the_working_time_that_is_left() -> None:
    play = file(calendars={"hepco": ALWAYS}).act("route", {}).at("2026-08-03 09:00")
    play.act("transfer")
    resolution = play.case.clocks["resolution"]
    assert (resolution.started_at, resolution.seconds) == (MONDAY, 15 * HOUR)
    assert (resolution.since, resolution.left) == (play.now, 14 * HOUR)
    assert play.case.due_at == resolution.due_at == hue("2026-08-03 23:00")
    assert play.case.clocks["acceptance"].due_at == hue("2026-08-03 17:00")  # began anew, in theirs
    play.at("2026-08-03 12:00").act("transfer", {"department": "sxd", "reason": "nhầm"})
    assert play.case.due_at == hue("2026-08-04 17:00")  # 3.5 + 7.5 = 11 hours
    assert play.case.clocks["resolution"].seconds == 15 * HOUR


def test_marks_follow_the_calendar_of_whoever_has_the_case() -> None:
    play = file(calendars={"hepco": ALWAYS}).act("route").act("accept")
    assert play.change.wake_at == MONDAY + timedelta(hours=7.5)  # halfway
    play.at("2026-08-04 08:00").wake()
    assert play.marks() == ["halfway", "due_soon", "overdue", "long_overdue"]
    times = [datetime.fromisoformat(event.form["due_at"]) for event in play.change.events]
    assert times == [MONDAY + timedelta(hours=15 * share) for share in (0.5, 0.75, 1, 1.5)]


def test_a_transfer_forgives_no_lateness() -> None:
    play = file(calendars={"hepco": ALWAYS}).act("route", {}).at("2026-08-05 09:00").wake()
    assert play.case.overdue
    play.act("transfer")
    assert play.case.due_at == hue("2026-08-05 08:00")
    assert play.case.overdue
    same = recount(DEFAULT, play.case, play.around, now=play.now)
    assert same.case == play.case  # no calendar has changed
    play.walk("accept", "extend", "grant_extension")
    assert play.case.due_at == hue("2026-08-05 14:00")  # 6 hours more, of their day


def test_time_around_the_clock_is_the_same_in_every_department() -> None:
    process = small(actions__stay__set={"department": "'hepco'"})
    play = file(process, calendars={"sxd": OFFICE, "hepco": ALWAYS}).later(minutes=10)
    clocks = play.case.clocks
    assert play.act("stay").case.clocks == clocks


def test_what_stands_still_goes_on_in_the_calendar_of_the_new_department() -> None:
    process = small(
        clocks__c__calendar="working",
        clocks__c__hours="10",
        actions__stay__set={"department": "'hepco'"},
    )
    play = file(process, calendars={"hepco": ALWAYS}).act("go")
    before = play.case.clocks["c"]
    assert play.later(days=1).act("stay").case.clocks["c"] == before
    assert play.act("back").case.due_at == play.now + timedelta(hours=10)


def test_an_old_clock_is_left_alone_when_a_department_takes_over() -> None:
    play = file(calendars={"hepco": ALWAYS})
    old = ClockState(MONDAY, MONDAY, HOUR, MONDAY, HOUR)
    play.change = replace(
        play.change, case=replace(play.case, clocks={**play.case.clocks, "old": old})
    )
    assert play.act("route").case.department == "hepco"


# a calendar that was changed


def test_a_changed_calendar_moves_the_dates_of_what_runs() -> None:
    play = file().act("route", {}).at("2026-08-03 10:00")
    paused = file().act("ask")
    longer = around(calendars={"sxd": ALWAYS})
    change = recount(DEFAULT, play.case, longer, now=play.now)
    assert change.case.due_at == MONDAY + timedelta(hours=15)
    assert change.case.clocks["acceptance"].due_at == MONDAY + timedelta(hours=8)
    assert change.wake_at == MONDAY + timedelta(hours=6)
    assert (change.events, change.announces, change.case.rev) == ((), (), play.case.rev)
    assert recount(DEFAULT, change.case, longer, now=play.now) == change  # twice is once
    assert recount(DEFAULT, change.case, play.around, now=play.now).case == play.case  # and back
    assert recount(DEFAULT, paused.case, longer, now=paused.now).case == paused.case


def test_a_changed_calendar_decides_anew_who_is_late() -> None:
    play = file().walk("route", "accept").at("2026-08-05 08:00").wake()
    assert play.case.overdue
    closed: dict[date, DaySpans] = {date(2026, 8, 4): ()}
    week = (DAY,) * 5 + ((), ())
    holiday = build_calendar(CalendarSpec("Asia/Ho_Chi_Minh", week, closed), FIRST, LAST)
    with_holiday = replace(play.around, working=holiday)
    change = recount(DEFAULT, play.case, with_holiday, now=play.now)
    assert (change.case.due_at, change.case.overdue) == (hue("2026-08-06 08:00"), False)
    later = wake(DEFAULT, change.case, with_holiday, now=hue("2026-08-06 08:00"))
    assert [event.action for event in later.events] == ["due_soon", "overdue"]
    back = recount(DEFAULT, change.case, play.around, now=play.now)
    assert (back.case.due_at, back.case.overdue) == (play.case.due_at, True)


def test_what_is_over_keeps_its_date_whatever_the_calendar() -> None:
    play = file().walk("route", "accept").at("2026-08-06 08:00").walk("resolve", "approve")
    assert play.case.overdue
    change = recount(DEFAULT, play.case, around(calendars={"hepco": ALWAYS}), now=play.now)
    assert (change.case.due_at, change.case.overdue) == (play.case.due_at, True)


def test_a_clock_that_the_process_no_longer_has_is_not_recounted() -> None:
    play = file()
    old = ClockState(MONDAY, MONDAY, HOUR, MONDAY, HOUR)
    case = replace(play.case, clocks={**play.case.clocks, "old": old})
    assert recount(DEFAULT, case, play.around, now=MONDAY).case.clocks["old"] == old


# children


def test_another_department_is_asked_with_a_case_of_its_own() -> None:
    play = file().walk("route", "accept", "coordinate")
    assert play.change.children == (OpenChild("ioc", "Cắt điện để sửa", 8),)
    assert play.case.children_open == 1
    assert (play.case.state, play.case.department) == ("coordinating", "hepco")
    assert play.case.clocks["resolution"].remaining is None  # the promise goes on
    play.act("coordinate", {"department": "sxd", "text": "Rào chắn"})
    assert play.change.children == (OpenChild("sxd", "Rào chắn", 15),)  # as long as its parent
    assert play.case.children_open == 2


def test_the_parent_goes_on_when_the_last_child_is_done() -> None:
    play = file().walk("route", "accept", "coordinate", "coordinate")
    for left in (2, 1):
        case = replace(play.case, children_open=left)
        change = settle(DEFAULT, case, play.around, now=play.now)
        assert (change.case, change.events) == (case, ())
    change = settle(DEFAULT, replace(play.case, children_open=0), play.around, now=play.now)
    (event,) = change.events
    assert (event.action, event.by_system, event.to_state) == ("coordinated", True, "in_progress")
    assert [(i.audience, i.template) for i in change.announces] == [("department", "coordinated")]
    again = settle(DEFAULT, change.case, play.around, now=play.now)
    assert (again.case, again.events) == (change.case, ())  # safe to do twice


def test_whatever_else_happens_meanwhile_the_parent_waits() -> None:
    play = file().walk("route", "accept", "coordinate", "prioritise", "direct", "report_back")
    assert (play.case.state, play.case.children_open) == ("coordinating", 1)
    assert play.later(days=30).wake().case.state == "coordinating"


CHILD = replace(NEW, is_child=True)


def test_a_child_that_is_approved_is_done() -> None:
    play = file(case=CHILD, certain=True, publish_check=True).walk("accept", "resolve", "approve")
    assert [(e.action, e.by_system) for e in play.change.events] == [
        ("approve", False),
        ("publish", True),
        ("finish", True),
    ]
    assert (play.case.state, play.change.status) == ("closed", Status.CLOSED)
    assert play.change.wake_at is None


@pytest.mark.parametrize("action", ["coordinate", "duplicate"])
def test_a_child_has_no_children_and_is_no_duplicate(action: str) -> None:
    play = file(case=CHILD).walk("route", "accept")
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act(action, None, "operator")


def test_a_case_with_open_children_is_no_duplicate() -> None:
    play = file().walk("route", "accept")
    play.change = replace(play.change, case=replace(play.case, children_open=1))
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("duplicate")


@pytest.mark.parametrize(
    ("child", "says"),
    [
        ({"department": "'nobody'"}, "not a department"),
        ({"department": "form.nothing"}, "not a department"),
        ({"text": "form.nothing"}, "not a child case"),
        ({"text": "5"}, "not a child case"),
        ({"hours": "form.nothing"}, "not a child case"),
        ({"hours": "'8'"}, "not a child case"),
        ({"hours": "true"}, "not a child case"),
        ({"hours": "0 - 1"}, "not a child case"),
    ],
)
def test_a_child_that_cannot_be_is_the_document_s_fault(child: dict[str, str], says: str) -> None:
    opens = {"department": "'hepco'", "text": "'x'", "hours": "8"}
    assert file(small(actions__go__opens=opens)).act("go").change.children == (
        OpenChild("hepco", "x", 8),
    )
    with pytest.raises(ConfigurationError, match=says):
        file(small(actions__go__opens=opens | child)).act("go")


# duplicates, and steps beside the process


def test_a_duplicate_names_the_case_that_it_belongs_to() -> None:
    play = file().act("duplicate")
    assert play.change.merge_into == CODE
    assert (play.case.state, play.change.status) == ("duplicate", Status.CLOSED)
    assert play.told() == [("reporter", "merged")]
    assert file().act("route").change.merge_into is None


def test_a_step_is_taken_back_with_all_that_it_changed() -> None:
    play = file(calendars={"hepco": ALWAYS}).walk("route", "accept", "assign", "extend")
    before = play.case
    kept = json.loads(json.dumps(snapshot_of(before)))  # as its column holds it
    play.later(hours=1).act("duplicate")
    assert play.case.clocks == {}
    now = play.now + timedelta(minutes=5)
    change = move(
        DEFAULT, restored(kept, play.case), play.around, to=before.state, action="unmerge", now=now
    )
    assert change.case == replace(before, rev=play.case.rev + 1)
    (event,) = change.events
    assert (event.rev, event.seq, event.kind, event.action) == (
        play.case.rev + 1, 0, "step", "unmerge",
    )  # fmt: skip
    assert (event.from_state, event.to_state) == ("duplicate", "in_progress")
    assert (event.by_system, event.public, event.form) == (False, False, {})
    assert (change.announces, change.children, change.merge_into) == ((), (), None)
    assert change.status is Status.IN_PROGRESS
    assert change.wake_at == MONDAY + timedelta(hours=7.5)


def test_a_step_taken_back_late_tells_what_became_due_meanwhile() -> None:
    play = file().act("route")
    before = snapshot_of(play.case)
    play.act("duplicate").at("2026-08-05 08:00")
    play.change = move(
        DEFAULT,
        restored(before, play.case),
        play.around,
        to="assigned",
        action="unmerge",
        now=play.now,
    )
    assert play.case.overdue
    assert play.change.wake_at is not None
    assert play.change.wake_at <= play.now
    assert play.wake().marks() == [
        "acceptance_soon", "halfway", "acceptance_overdue", "due_soon", "overdue",
    ]  # fmt: skip


def test_a_case_that_is_moved_takes_its_clocks_along() -> None:
    play = file().walk("route", "accept").at("2026-08-03 10:00")
    older = replace(play.case, data={"reopens": 2})
    to_waiting = move(
        DEFAULT, older, play.around, to="waiting", action="migrate", now=play.now, by_system=True
    )
    assert to_waiting.events[0].by_system
    assert to_waiting.case.data == {**COUNTERS, "reopens": 2}  # counters that are new begin
    assert to_waiting.case.clocks["resolution"].remaining == 13 * HOUR
    assert set(to_waiting.case.clocks) == {"resolution", "reply"}
    to_closed = move(
        DEFAULT, to_waiting.case, play.around, to="closed", action="migrate", now=play.now
    )
    assert to_closed.case.clocks == {}
    assert to_closed.wake_at is None


def test_a_case_that_is_moved_takes_no_automatic_step() -> None:
    play = file(certain=True)
    change = move(DEFAULT, play.case, play.around, to="intake", action="undo", now=MONDAY)
    assert [event.action for event in change.events] == ["undo"]
    assert change.case.state == "intake"


def test_unless_it_is_to_go_on() -> None:
    play = file(certain=True)
    change = move(
        DEFAULT, play.case, play.around, to="intake", action="migrate", now=MONDAY, go_on=True
    )
    assert [event.action for event in change.events] == ["migrate", "route"]
    assert change.case.state == "assigned"


# who has the case


def test_a_supervisor_gives_a_case_to_somebody() -> None:
    play = file().walk("route", "assign")
    assert play.case.assignee == COLLEAGUE
    assert play.told() == [("assignee", "assigned_to_you")]
    assert not play.change.events[0].public
    assert play.act("accept").case.assignee == COLLEAGUE


def test_staff_take_a_case_once() -> None:
    play = file().walk("route", "assign", "take")
    assert play.case.assignee == ME  # also from a colleague
    with pytest.raises(Conflict, match="action_not_offered"):
        play.act("take")


def test_another_department_has_people_of_its_own() -> None:
    play = file().act("route", {}).walk("assign", "accept")
    assert play.act("transfer").case.assignee is None
    play.act("assign").act("transfer", {"department": "hepco", "reason": "vẫn là họ"})
    assert play.case.assignee == COLLEAGUE  # the same department: nothing changes hands


def test_an_action_may_name_both_department_and_person() -> None:
    process = small(actions__go__set={"assignee": "actor.id", "department": "'hepco'"})
    play = file(process, case=replace(NEW, assignee=COLLEAGUE)).act("go")
    assert (play.case.department, play.case.assignee) == ("hepco", ME)


def test_a_guard_may_look_at_who_acts() -> None:
    process = small(actions__go__when="actor.department == 'sxd' and actor.id != case.assignee")
    play = file(process, case=replace(NEW, assignee=COLLEAGUE))
    for who in (
        Who(frozenset({"staff"}), ME, "hepco"),
        Who(frozenset({"staff"}), COLLEAGUE, "sxd"),
    ):
        assert "go" not in offered_actions(process, play.case, play.around, who=who)
    assert play.act("go").case.state == "b"


def test_the_system_is_nobody() -> None:
    process = small(
        states__a__automatic=[{"action": "go", "when": "actor.id != null"}],
        clocks__c__timeout="go",
        actions__go__set={"assignee": "actor.id"},
    )
    play = file(process, case=replace(NEW, assignee=COLLEAGUE))
    assert play.act("stay").case.assignee == ME  # whoever pressed the button before
    play = file(process, case=replace(NEW, assignee=COLLEAGUE)).later(hours=1).wake()
    assert play.case.assignee is None
    assert SYSTEM.id is None


# what the world is told


def test_webhooks_are_announced_after_the_people() -> None:
    notify = [{"audience": "department", "template": "assigned"}]
    process = small(actions__go__webhooks=["erp", "open_data"], actions__go__notify=notify)
    play = file(process).act("go")
    assert play.told() == [
        ("department", "assigned"),
        ("webhook", "erp"),
        ("webhook", "open_data"),
    ]
    for item in play.change.announces[1:]:
        assert (item.rev, item.seq) == (2, 0)
        assert item.data == {"action": "go", "state": "b"}  # nothing of what anybody wrote


@pytest.mark.parametrize("audience", ["reporter", "followers"])
def test_the_public_is_told_only_what_is_public(audience: str) -> None:
    """Whoever follows a report is no more than a citizen."""
    label = {"vi": "x", "en": "x"}
    process = small(
        actions__go__form=[
            {"name": "note", "type": "text", "label": label},
            {"name": "answer", "type": "text", "label": label, "public": True},
        ],
        actions__go__notify=[{"audience": audience, "template": "resolved"}],
    )
    play = file(process).act("go", {"note": "ông này hay kiện", "answer": "Đã xong"})
    assert play.change.announces[0].data["form"] == {"answer": "Đã xong"}


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Error) as error:
        call()
    return error.value.code


def test_refusals_come_in_one_order() -> None:
    """State, then right, then guard, then form: nobody learns of a form that is not theirs."""
    play = file().walk("route", *["transfer"] * 3)
    assert refused(lambda: play.act("rate", {}, "staff")) == "action_not_offered"
    assert refused(lambda: play.act("transfer", {}, "staff")) == "action_not_allowed"
    assert refused(lambda: play.act("transfer", {}, "operator")) == "action_not_offered"
    assert refused(lambda: play.act("return", {}, "operator")) == "action_not_allowed"
    assert refused(lambda: play.act("return", {}, "staff")) == "invalid_input"
