"""Drafts of a process: what keeps them from being published, one fault at a time."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import ConfigurationError
from core.i18n import LANGUAGES, load_messages, translate
from notifications.rendering import load_templates
from workflows.calendars import CalendarSpec, build_calendar, parse_spans
from workflows.expression_trial import try_expressions
from workflows.problems import Problem
from workflows.process import (
    CaseState,
    Surroundings,
    Who,
    _context,
    move,
    settle,
    wake,
)
from workflows.process_check import ProcessSurroundings, check_process
from workflows.process_document import Process
from workflows.process_expressions import KNOWN, process_trials

WORKFLOWS = Path(__file__).parents[2] / "workflows"
DOCUMENT = json.loads((WORKFLOWS / "definitions" / "process.json").read_text(encoding="utf-8"))
AROUND = ProcessSurroundings(
    departments=frozenset({"sxd", "ioc"}),
    templates=frozenset(load_templates("vi")),
    webhooks=frozenset({"erp"}),
)
LABEL = {"vi": "Nhãn", "en": "Label"}

Found = list[tuple[str, str]]


def found(document: dict[str, Any]) -> Found:
    """The code and place of each problem, and that each can be said."""
    problems = check_process(Process.model_validate(document), AROUND)
    for problem in problems:
        for language in LANGUAGES:
            facts = dict.fromkeys(problem.facts, "…")
            assert "{" not in translate(problem.code, language, facts)
    return [(problem.code, problem.pointer) for problem in problems]


def errors(document: dict[str, Any]) -> Found:
    problems = check_process(Process.model_validate(document), AROUND)
    return [(item.code, item.pointer) for item in problems if item.severity == "error"]


@pytest.fixture
def document() -> dict[str, Any]:
    return deepcopy(DOCUMENT)


def state(status: str = "in_progress", *automatic: dict[str, str]) -> dict[str, Any]:
    return {"label": LABEL, "public_label": LABEL, "status": status, "automatic": list(automatic)}


def add_state(document: dict[str, Any], name: str, *automatic: dict[str, str]) -> None:
    """An open state where the promise runs."""
    document["states"][name] = state("in_progress", *automatic)
    document["clocks"]["resolution"]["runs_in"].append(name)


def add_action(
    document: dict[str, Any], name: str, origin: str, to: str | None, *roles: str, **more: Any
) -> None:
    base = {"label": LABEL, "from": [origin], "to": to, "roles": list(roles or ("staff",))}
    document["actions"][name] = base | more


def add_clock(document: dict[str, Any], name: str, **more: Any) -> None:
    base = {"label": LABEL, "hours": 8, "runs_in": ["approval"]}
    document["clocks"][name] = base | more


def surroundings() -> Surroundings:
    week = tuple(parse_spans([["00:00", "24:00"]]) for _ in range(7))
    days = build_calendar(CalendarSpec("UTC", week, {}), date(2026, 1, 1), date(2026, 3, 1))
    return Surroundings({}, {"hours": 8}, "app", frozenset({"sxd"}), days, days)


def never_stops(document: dict[str, Any], at: str = "approval") -> bool:
    """Whether the interpreter gives up on a case that was put into the state `at`."""
    process, around = Process.model_validate(document), surroundings()
    case = CaseState("assigned", 1, "sxd", 2, "normal")
    now = datetime(2026, 1, 5, tzinfo=UTC)
    try:
        change = move(process, case, around, to=at, action="put", now=now)
        change = settle(process, change.case, around, now=now)
        wake(process, change.case, around, now=now)
    except ConfigurationError:
        return True
    return False


# --- what is shipped ---


@pytest.mark.parametrize("city", ["", "ha_noi"])
async def test_the_shipped_processes_are_clean(city: str) -> None:
    path = WORKFLOWS / "definitions" / city / "process.json"
    process = Process.model_validate_json(path.read_text(encoding="utf-8"))
    assert check_process(process, AROUND) == []
    trials = process_trials(process)
    assert len(trials) > 30
    assert await try_expressions(trials) == []


def test_expressions_may_look_at_what_the_interpreter_gives_them() -> None:
    case = CaseState("intake", 1, "sxd", 2, "normal", data={"n": 1})
    context = _context(case, surroundings(), Who(frozenset({"staff"})), {})
    for name in ("case", "actor"):
        assert KNOWN[name] == context[name].keys()
    assert context.keys() == KNOWN.keys() | {"data", "form"}


# --- states ---


def test_a_state_that_no_case_gets_to(document: dict[str, Any]) -> None:
    add_state(document, "lost")
    add_action(document, "leave", "lost", "closed")
    assert found(document) == [("process_state_unreachable", "/states/lost")]


def test_a_state_reached_by_an_automatic_action_is_reached(document: dict[str, Any]) -> None:
    add_state(document, "next")
    document["states"]["approval"]["automatic"] = [{"action": "go", "when": "case.overdue"}]
    add_action(document, "go", "approval", "next", "system")
    add_action(document, "leave", "next", "closed")
    assert found(document) == []


def test_a_state_reached_by_a_clock_is_reached(document: dict[str, Any]) -> None:
    add_state(document, "next")
    add_clock(document, "late", timeout="go")
    add_action(document, "go", "approval", "next", "system")
    add_action(document, "leave", "next", "closed")
    assert found(document) == []


def test_an_action_of_the_system_alone_leads_nowhere_by_itself(document: dict[str, Any]) -> None:
    add_state(document, "next")
    add_action(document, "go", "approval", "next", "system")
    add_action(document, "leave", "next", "closed")
    assert found(document) == [
        ("process_state_unreachable", "/states/next"),
        ("process_action_never_taken", "/actions/go/roles"),
    ]


def test_one_target_of_several_counts_from_its_own_state_only(document: dict[str, Any]) -> None:
    add_state(document, "next")
    document["actions"]["ask"]["to"]["assigned"] = "next"  # from there it does not start
    add_action(document, "leave", "next", "closed")
    assert found(document) == [("process_state_unreachable", "/states/next")]


def test_a_state_from_which_a_case_never_ends(document: dict[str, Any]) -> None:
    for name in ("circle", "round"):
        add_state(document, name)
    add_action(document, "begin", "approval", "circle")
    add_action(document, "there", "circle", "round")
    add_action(document, "back", "round", "circle")
    assert found(document) == [
        ("process_state_without_end", "/states/circle"),
        ("process_state_without_end", "/states/round"),
    ]


def test_a_process_without_any_end(document: dict[str, Any]) -> None:
    for item in document["states"].values():
        if item["status"] in ("closed", "rejected"):
            item["status"] = "resolved"
    assert ("process_has_no_end", "/states") in found(document)


def test_a_state_that_only_a_guard_may_let_go(document: dict[str, Any]) -> None:
    add_state(document, "stuck", {"action": "leave", "when": "case.overdue"})
    add_action(document, "begin", "approval", "stuck")
    add_action(document, "leave", "stuck", "closed", "system")
    assert found(document) == [("process_state_stuck", "/states/stuck")]


@pytest.mark.parametrize("guard", ["case.children_open == 0", "data.returns > 0"])
def test_a_guard_that_becomes_true_meanwhile_is_a_way_out(
    document: dict[str, Any], guard: str
) -> None:
    add_state(document, "waits", {"action": "leave", "when": guard})
    add_action(document, "begin", "approval", "waits")
    add_action(document, "leave", "waits", "closed", "system")
    add_action(document, "count", "waits", None, set={"data.returns": "data.returns + 1"})
    assert found(document) == []


def test_a_clock_is_a_way_out(document: dict[str, Any]) -> None:
    add_state(document, "waits")
    add_action(document, "begin", "approval", "waits")
    add_action(document, "leave", "waits", "closed", "system")
    add_clock(document, "out", runs_in=["waits"], timeout="leave")
    assert found(document) == []


def test_a_state_that_waits_for_the_reporter_alone(document: dict[str, Any]) -> None:
    del document["clocks"]["rating"]
    problems = check_process(Process.model_validate(document), AROUND)
    assert [(p.code, p.pointer, p.severity) for p in problems] == [
        ("process_state_waits_for_reporter", "/states/resolved", "warning")
    ]


def test_an_open_state_without_a_deadline(document: dict[str, Any]) -> None:
    document["clocks"]["resolution"]["runs_in"].remove("approval")
    document["clocks"]["resolution"]["pauses_in"].remove("waiting")
    assert found(document) == [
        ("process_state_without_deadline", "/states/waiting"),
        ("process_state_without_deadline", "/states/approval"),
    ]


# --- steps of the system ---


def loop(document: dict[str, Any], there: str | None, back: str | None, **more: Any) -> None:
    def automatic(action: str, when: str | None) -> dict[str, str]:
        return {"action": action} | ({"when": when} if when else {})

    add_state(document, "ping", automatic("there", there))
    add_state(document, "pong", automatic("back", back))
    add_action(document, "begin", "approval", "ping")
    add_action(document, "there", "ping", "pong", "system", **more)
    add_action(document, "back", "pong", "ping", "system")
    add_action(document, "leave", "ping", "closed")
    document["actions"]["leave"]["from"].append("pong")


@pytest.mark.parametrize("guard", [None, "true", "1 == 1"])
def test_automatic_actions_in_a_circle(document: dict[str, Any], guard: str | None) -> None:
    loop(document, guard, None)
    assert found(document) == [("process_loop", "/states/ping/automatic")]
    assert never_stops(document, "ping")


def test_an_automatic_action_that_stays(document: dict[str, Any]) -> None:
    document["states"]["approval"]["automatic"] = [{"action": "again"}]
    add_action(document, "again", "approval", None, "system")
    assert found(document) == [("process_loop", "/states/approval/automatic")]
    assert never_stops(document)


def test_a_circle_whose_guards_look_at_nothing_that_changes(document: dict[str, Any]) -> None:
    loop(document, "case.is_child", "data.returns < 3")
    problems = check_process(Process.model_validate(document), AROUND)
    assert [(p.code, p.severity) for p in problems] == [("process_loop_perhaps", "warning")]
    assert not never_stops(document, "ping")  # this case is no child


def test_a_circle_that_counts_its_rounds_ends(document: dict[str, Any]) -> None:
    loop(document, "data.returns < 3", None, set={"data.returns": "data.returns + 1"})
    assert found(document) == []
    assert not never_stops(document, "ping")


def test_a_circle_that_a_constant_never_opens(document: dict[str, Any]) -> None:
    loop(document, "false", None)
    assert [code for code, _ in found(document)] == ["process_loop_perhaps"]


def test_an_automatic_action_that_does_not_start_there(document: dict[str, Any]) -> None:
    document["states"]["approval"]["automatic"] = [{"action": "publish", "when": "case.overdue"}]
    place = "/states/approval/automatic/0/action"
    assert found(document) == [("process_action_not_from_state", place)]


def test_a_timeout_that_does_not_start_in_each_state(document: dict[str, Any]) -> None:
    add_clock(document, "out", runs_in=["resolved", "approval"], timeout="finish")
    assert found(document) == [("process_action_not_from_state", "/clocks/out/timeout")]


def test_a_step_of_the_system_that_only_people_may_take(document: dict[str, Any]) -> None:
    document["actions"]["finish"]["roles"] = ["operator"]
    assert found(document) == [
        ("process_action_not_by_system", "/states/resolved/automatic/0/action"),
        ("process_action_not_by_system", "/clocks/rating/timeout"),
    ]


@pytest.mark.parametrize(
    ("required", "severity"), [(True, "error"), ("case.overdue", "warning"), (False, None)]
)
def test_a_step_of_the_system_that_wants_a_form(
    document: dict[str, Any],
    required: bool | str,  # noqa: FBT001  # a table
    severity: str | None,
) -> None:
    field = {"name": "note", "type": "text", "label": LABEL, "required": required}
    document["actions"]["coordinated"]["form"] = [field]
    problems = check_process(Process.model_validate(document), AROUND)
    expected = [("process_action_needs_form", severity)] if severity else []
    assert [(p.code, p.severity) for p in problems] == expected


# --- clocks ---


def test_a_clock_of_no_time_that_begins_anew_by_its_own_timeout(document: dict[str, Any]) -> None:
    add_clock(document, "tick", hours=0, timeout="tock")
    add_action(document, "tock", "approval", None, "system", restarts=["tick"])
    assert found(document) == [("process_clock_repeats", "/clocks/tick")]
    assert never_stops(document)


def test_a_clock_of_no_time_that_is_taken_away_where_it_runs(document: dict[str, Any]) -> None:
    """Stopped in a state where it runs, it begins anew."""
    add_clock(document, "tick", hours=0, timeout="tock")
    add_action(document, "tock", "approval", None, "system", stops=["tick"])
    assert found(document) == [("process_clock_repeats", "/clocks/tick")]
    assert never_stops(document)


def test_a_clock_of_no_time_that_comes_back_by_itself(document: dict[str, Any]) -> None:
    add_state(document, "other", {"action": "back"})
    add_action(document, "tock", "approval", "other", "system")
    add_action(document, "back", "other", "approval", "system")
    add_clock(document, "tick", hours=0, timeout="tock")
    assert found(document) == [("process_clock_repeats", "/clocks/tick")]
    assert never_stops(document)


def test_two_clocks_of_no_time_that_lead_to_each_other(document: dict[str, Any]) -> None:
    add_state(document, "other")
    add_action(document, "tock", "approval", "other", "system")
    add_action(document, "back", "other", "approval", "system")
    add_clock(document, "tick", hours=0, timeout="tock")
    add_clock(document, "tack", hours=0, runs_in=["other"], timeout="back")
    assert found(document) == [
        ("process_clock_repeats", "/clocks/tick"),
        ("process_clock_repeats", "/clocks/tack"),
    ]
    assert never_stops(document)


@pytest.mark.parametrize(
    ("hours", "found_code"),
    [
        ("data.extension_hours", "process_clock_repeats_perhaps"),
        ("case.class == 'urgent' ? 4 : 8", None),
        (4, None),
    ],
)
def test_a_clock_that_begins_anew_after_a_while(
    document: dict[str, Any], hours: str | int, found_code: str | None
) -> None:
    add_clock(document, "tick", hours=hours, timeout="tock")
    add_action(document, "tock", "approval", None, "system", restarts=["tick"])
    assert [code for code, _ in found(document)] == ([found_code] if found_code else [])
    assert errors(document) == []


def test_a_clock_of_no_time_that_fires_once_is_fine(document: dict[str, Any]) -> None:
    add_clock(document, "tick", hours=0, timeout="tock")
    add_action(document, "tock", "approval", None, "system", set={"priority": "1"})
    assert found(document) == []
    assert not never_stops(document)


def test_following_a_clock_of_no_time_into_a_circle_comes_to_an_end(
    document: dict[str, Any],
) -> None:
    loop(document, "data.returns < 3", None, set={"data.returns": "data.returns + 1"})
    add_clock(document, "tick", hours=0, timeout="tock")
    add_action(document, "tock", "approval", "ping", "system")
    assert found(document) == []
    assert not never_stops(document)


def test_a_clock_started_by_an_action_is_not_started_by_coming_back(
    document: dict[str, Any],
) -> None:
    add_clock(document, "tick", hours=0, starts_with="action", timeout="tock")
    add_action(document, "tock", "approval", None, "system", stops=["tick"])
    add_action(document, "start", "approval", None, restarts=["tick"])
    assert found(document) == []
    assert not never_stops(document)


def test_a_clock_that_nothing_starts(document: dict[str, Any]) -> None:
    add_clock(document, "tick", starts_with="action")
    assert found(document) == [("process_clock_never_starts", "/clocks/tick")]


# --- names ---


def test_unknown_templates(document: dict[str, Any]) -> None:
    document["actions"]["accept"]["notify"][0]["template"] = "no_such"
    document["clocks"]["directive"]["marks"][1]["notify"][1]["template"] = "nor_this"
    assert found(document) == [
        ("process_template_unknown", "/actions/accept/notify/0/template"),
        ("process_template_unknown", "/clocks/directive/marks/1/notify/1/template"),
    ]


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ("'sxd'", True),
        ("case.class == 'urgent' ? 'sxd' : 'ioc'", True),
        ("form.department ?? 'sxd'", True),
        ("'nobody'", False),
        ("case.class == 'urgent' ? 'sxd' : 'nobody'", False),
        ("form.department ?? 'nobody'", False),
    ],
)
def test_departments_that_stand_in_an_expression(
    document: dict[str, Any],
    expression: str,
    known: bool,  # noqa: FBT001  # a table
) -> None:
    document["actions"]["route"]["set"]["department"] = expression
    document["actions"]["coordinate"]["opens"]["department"] = expression
    expected = [
        ("process_department_unknown", "/actions/route/set/department"),
        ("process_department_unknown", "/actions/coordinate/opens/department"),
    ]
    assert found(document) == ([] if known else expected)


def test_unknown_webhooks(document: dict[str, Any]) -> None:
    document["actions"]["accept"]["webhooks"] = ["erp", "nobody"]
    assert found(document) == [("process_webhook_unknown", "/actions/accept/webhooks/1")]


def test_a_counter_is_set_by_its_whole_name(document: dict[str, Any]) -> None:
    document["actions"]["return"]["set"] = {"returns": "1"}
    with pytest.raises(ValidationError, match="field returns"):
        Process.model_validate(document)


def test_a_counter_that_is_not_declared_is_no_document_at_all(document: dict[str, Any]) -> None:
    document["actions"]["return"]["set"] = {"data.nothing": "1"}
    with pytest.raises(ValidationError, match="not declared"):
        Process.model_validate(document)


# --- forms ---


def field(kind: str, **more: Any) -> dict[str, Any]:
    return {"name": "extra", "type": kind, "label": LABEL} | more


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([field("choice")], ["process_choice_without_choices"]),
        ([field("choice", choices=[{"value": "a", "label": LABEL}])], []),
        (
            [field("choice", choices=[{"value": "a", "label": LABEL}] * 2)],
            ["process_choice_repeated"],
        ),
        ([field("text"), field("number")], ["process_field_repeated"] * 2),
        ([field("number", min=3, max=2)], ["process_field_range_empty"]),
        ([field("number", min=2, max=2)], []),
    ],
)
def test_forms(document: dict[str, Any], fields: list[dict[str, Any]], expected: list[str]) -> None:
    document["actions"]["approve"]["form"] = fields
    assert [code for code, _ in found(document)] == expected


def test_what_is_merged_is_closed(document: dict[str, Any]) -> None:
    document["actions"]["duplicate"]["to"] = "rejected"
    assert ("process_merge_not_closed", "/actions/duplicate/to") in found(document)


@pytest.mark.parametrize("required", [False, "case.overdue"])
def test_what_is_closed_as_a_duplicate_is_merged(
    document: dict[str, Any],
    required: bool | str,  # noqa: FBT001  # a table
) -> None:
    document["actions"]["duplicate"]["form"][0]["required"] = required
    place = "/actions/duplicate/form/0/required"
    assert found(document) == [("process_merge_not_required", place)]


def test_merging_into_something_else_than_a_case_is_no_document_at_all(
    document: dict[str, Any],
) -> None:
    document["actions"]["duplicate"]["merges"] = "note"
    with pytest.raises(ValidationError, match="field note"):
        Process.model_validate(document)


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ("accept", "/actions/accept/notify/0"),
        ("publish", "/actions/publish/notify/1"),
        ("coordinate", "/actions/coordinate/opens"),
        ("duplicate", "/actions/duplicate/merges"),
        ("return", "/actions/return/webhooks"),
    ],
)
def test_what_was_told_cannot_be_taken_back(
    document: dict[str, Any], action: str, place: str
) -> None:
    document["actions"][action]["undo"] = True
    document["actions"]["return"]["webhooks"] = ["erp"]
    problems = found(document)
    assert ("process_undo_impossible", place) in problems
    assert {code for code, _ in problems} == {"process_undo_impossible"}


def test_labels_in_both_languages(document: dict[str, Any]) -> None:
    document["title"]["en"] = " "
    document["states"]["intake"]["public_label"]["vi"] = ""
    document["actions"]["reject"]["form"][0]["choices"][1]["label"]["en"] = ""
    document["clocks"]["reply"]["label"]["vi"] = ""
    assert found(document) == [
        ("label_missing_en", "/title/en"),
        ("label_missing_vi", "/states/intake/public_label/vi"),
        ("label_missing_en", "/actions/reject/form/0/choices/1/label/en"),
        ("label_missing_vi", "/clocks/reply/label/vi"),
    ]


# --- expressions ---


@pytest.mark.parametrize(
    ("path", "expression", "code"),
    [
        ("actions/take/when", "form.person == actor.id", "expression_field_unknown"),
        ("actions/take/when", "now() > 1", "expression_function_not_allowed"),
        ("actions/take/when", "data.nothing > 1", "expression_field_unknown"),
        ("states/intake/automatic/0/when", "form.note == 'x'", "expression_field_unknown"),
        ("actions/resolve/form/1/required", "form.reason == 'x'", "expression_field_unknown"),
        ("actions/transfer/set/department", "form.person", "expression_field_unknown"),
        ("actions/grant_extension/extends/resolution", "form.hours", "expression_field_unknown"),
        ("actions/coordinate/opens/text", "form.nothing", "expression_field_unknown"),
        ("actions/coordinate/opens/hours", "[1..5]", "expression_range_not_allowed"),
        ("clocks/directive/hours", "form.days", "expression_field_unknown"),
        ("clocks/acceptance/hours", "form.hours", "expression_field_unknown"),
        ("clocks/resolution/hours", "routing.facts.secret", "expression_field_unknown"),
    ],
)
def test_an_expression_sees_what_its_place_knows(
    document: dict[str, Any], path: str, expression: str, code: str
) -> None:
    at: Any = document
    *parents, last = path.split("/")
    for name in parents:
        at = at[name] if isinstance(at, dict) else at[int(name)]
    at[last] = expression
    assert found(document) == [(code, f"/{path}")]


def test_the_hours_of_a_clock_may_come_from_the_forms_that_start_it(
    document: dict[str, Any],
) -> None:
    document["clocks"]["acceptance"]["hours"] = "form.department == 'sxd' ? 4 : 8"
    assert found(document) == []  # `transfer` restarts it and has that field


async def trial_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    problems = await try_expressions(process_trials(Process.model_validate(document)))
    return [(problem.code, problem.pointer) for problem in problems]


@pytest.mark.parametrize(
    ("action", "name", "expression", "code"),
    [
        ("take", "when", "case.assignee", "expression_gives_wrong_value"),
        ("take", "when", "len(case.priority) > 1", "expression_broken"),
        ("take", "set", {"assignee": "1"}, "expression_gives_wrong_value"),
        ("transfer", "set", {"department": "1 + 1"}, "expression_gives_wrong_value"),
        ("prioritise", "set", {"priority": "form.reason"}, "expression_gives_wrong_value"),
        ("prioritise", "set", {"case_class": "form.reason"}, "expression_gives_wrong_value"),
        ("prioritise", "set", {"case_class": "'urgent'"}, None),
        ("extend", "set", {"data.extension_hours": "[1, 2]"}, "expression_gives_wrong_value"),
        ("resolve", "set", {"answer": "+".join(["form.answer"] * 40)}, None),
    ],
)
async def test_expressions_are_tried_over_cases(
    document: dict[str, Any], action: str, name: str, expression: Any, code: str | None
) -> None:
    document["actions"][action][name] = expression
    assert found(document) == []
    assert [found_code for found_code, _ in await trial_of(document)] == ([code] if code else [])


async def test_a_hostile_expression_is_refused_and_never_tried(document: dict[str, Any]) -> None:
    hostile = "sum(map([1..3000000], #)) > 1"
    document["actions"]["take"]["when"] = hostile
    assert "expression_range_not_allowed" in dict(found(document))
    assert hostile not in {trial.expression for trial in process_trials(Process(**document))}


async def test_every_kind_of_field_has_something_to_try_with(document: dict[str, Any]) -> None:
    fields = {
        "name": "text",
        "count": "number",
        "day": "date",
        "reason": "choice",
        "photos": "photo",
        "to": "department",
        "who": "person",
        "other": "case",
        "score": "rating",
    }
    choices = [{"value": value, "label": LABEL} for value in ("a", "b")]
    document["actions"]["assign"]["form"] = [
        {
            "name": name,
            "type": kind,
            "label": LABEL,
            "required": " and ".join([f"form.{other} != null" for other in fields]),
        }
        | ({"choices": choices} if kind == "choice" else {})
        for name, kind in fields.items()
    ]
    document["actions"]["assign"]["set"] = {"assignee": "form.who"}
    assert found(document) == []
    assert await trial_of(document) == []


# --- words ---


def codes_in_source() -> Iterator[str]:
    """Every text of the checks that is one of their codes."""
    modules = ("*_check.py", "process_graph.py", "expression_trial.py")
    for path in sorted(path for module in modules for path in WORKFLOWS.glob(module)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
                if name.startswith(("process_", "expression_", "routing_", "label_missing_")):
                    yield name


CODES = sorted(set(codes_in_source()))


def test_the_search_finds_codes() -> None:
    assert {"process_loop", "expression_slow", "routing_row_shadowed", "label_missing_vi"} <= set(
        CODES
    )
    assert len(CODES) > 50


@pytest.mark.parametrize("code", CODES)
def test_every_finding_has_its_sentence(code: str) -> None:
    facts = [
        {name for _, name, _, _ in Formatter().parse(load_messages(language)[code]) if name}
        for language in LANGUAGES
    ]
    assert facts[0] == facts[1]


def test_a_problem_is_an_error_unless_it_says_otherwise() -> None:
    assert Problem("process_loop", "").severity == "error"
