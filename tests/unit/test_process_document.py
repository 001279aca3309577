"""Documents of processes: what is refused at once, and that ours fits the rest of the system."""

from __future__ import annotations

import json
from collections import defaultdict
from copy import deepcopy
from pathlib import Path
from string import Template
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from core.i18n import LANGUAGES, load_messages
from notifications.rendering import load_templates, render
from workflows.announcing import STAFF_AUDIENCES
from workflows.expressions import evaluate
from workflows.process_document import PROCESS_ROLES, Notify, Process, Text
from workflows.status import OPEN_STATUSES, Status

DEFINITION = Path(__file__).parents[2] / "workflows" / "definitions" / "process.json"
DOCUMENT = json.loads(DEFINITION.read_text(encoding="utf-8"))
DEFAULT = Process.model_validate(DOCUMENT)
SHIPPED = [
    DEFAULT,
    *(
        Process.model_validate_json(path.read_text(encoding="utf-8"))
        for path in sorted(DEFINITION.parent.glob("*/process.json"))
    ),
]
# what `workflows.announcing` may always tell; a form adds its own fields
FACTS = {"code", "category", "area", "department", "due", "answer"}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The shipped document with one thing different."""
    document = deepcopy(DOCUMENT)
    at: Any = document
    *parents, last = path.split("/")
    for name in parents:
        at = at[name] if isinstance(at, dict) else at[int(name)]
    at[last] = value
    return document


def notices() -> list[tuple[str, Notify, set[str]]]:
    """Everything that the processes tell: by what, whom, and which fields the teller fills in."""
    found: list[tuple[str, Notify, set[str]]] = []
    outside = {"reporter", "followers"}
    for process in SHIPPED:
        for name, action in process.actions.items():
            for item in action.notify:
                fields = {f.name for f in action.form if f.public or item.audience not in outside}
                found.append((name, item, fields))
        for clock in process.clocks.values():
            found += [(mark.name, item, set()) for mark in clock.marks for item in mark.notify]
    return found


def placeholders(words: str) -> set[str]:
    return set(Template(words).get_identifiers())


def test_the_shipped_process_is_valid() -> None:
    assert DEFAULT.key == "default"
    again = Process.model_validate_json(DEFAULT.model_dump_json(by_alias=True))
    assert again == DEFAULT


def test_its_schema_can_be_exported_and_says_the_same() -> None:
    schema = json.loads(json.dumps(Process.model_json_schema()))
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid(DOCUMENT)
    assert not validator.is_valid(changed("states/intake/status", "lost"))
    assert not validator.is_valid(changed("colour", "red"))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("initial", "nowhere", "state nowhere"),
        ("actions/route/to", "nowhere", "state nowhere"),
        ("actions/ask/to/intake", "nowhere", "state nowhere"),
        ("actions/route/from", ["intake", "nowhere"], "state nowhere"),
        ("clocks/reply/runs_in", ["nowhere"], "state nowhere"),
        ("clocks/resolution/pauses_in", ["nowhere"], "state nowhere"),
        ("clocks/reply/timeout", "nothing", "action nothing"),
        ("states/intake/automatic", [{"action": "nothing"}], "action nothing"),
        ("actions/transfer/restarts", ["never"], "clock never"),
        ("actions/report_back/stops", ["never"], "clock never"),
        ("actions/grant_extension/extends", {"never": "1"}, "clock never"),
        ("actions/duplicate/merges", "note", "field note"),  # a text names no case
        ("actions/duplicate/merges", "other", "field other"),
        ("actions/route/set", {"data.mine": "1"}, "field data.mine"),
        ("actions/route/set", {"returns": "1"}, "field returns"),  # a counter without `data.`
        ("actions/route/set", {"data.priority": "1"}, "field data.priority"),
        ("actions/route/set", {"children_open": "0"}, "field children_open"),
        ("actions/coordinate/opens", {"department": "'sxd'"}, "Field required"),
        ("actions/coordinate/opens/colour", "red", "Extra inputs"),
        ("clocks/resolution/starts_with", "action", "exactly one clock is the promise"),
        ("clocks/directive/starts_with", "chance", "Input should be"),
        ("clocks/directive/hours", -1, "greater than or equal to 0"),
        ("clocks/directive/hours", 10_001, "less than or equal to 10000"),
        ("actions/assign/form/0/type", "people", "Input should be"),
        ("actions/route/webhooks", ["not a name"], "should match pattern"),
        ("actions/route/set", {"due_at": "1"}, "field due_at"),
        ("actions/route/set", {"state": "'closed'"}, "field state"),
        ("actions/route/set", {"rev": "0"}, "field rev"),
        ("clocks/reply/promise", True, "exactly one clock is the promise"),
        ("clocks/resolution/promise", False, "exactly one clock is the promise"),
        ("clocks/resolution/runs_in", ["assigned"], "in the initial state"),
        ("colour", "red", "Extra inputs"),
        ("states/intake/colour", "red", "Extra inputs"),
        ("actions/route/colour", "red", "Extra inputs"),
        ("actions/route/form/0/colour", "red", "Extra inputs"),
        ("clocks/reply/colour", "red", "Extra inputs"),
        ("states/intake/status", "lost", "Input should be"),
        ("actions/route/roles", ["mayor"], "Input should be"),
        ("actions/route/notify", [{"audience": "everybody", "template": "x"}], "Input should be"),
        ("actions/route/form/0/type", "colour", "Input should be"),
        ("actions/Route", DOCUMENT["actions"]["route"], "should match pattern"),
        ("actions/route/when", "x" * 501, "at most 500"),
        ("actions/route/when", "", "at least 1"),
        ("clocks/resolution/marks/0/at", 0, "greater than 0"),
        ("clocks/resolution/marks/0/at", 11, "less than or equal to 10"),
        ("states/intake/label", {"vi": "Chờ"}, "Field required"),
    ],
)
def test_what_is_refused(path: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Process.model_validate(changed(path, value))


def test_every_name_that_is_not_declared_is_told() -> None:
    document = changed("initial", "nowhere")
    document["actions"]["route"]["restarts"] = ["never"]
    document["clocks"]["reply"]["timeout"] = "nothing"
    with pytest.raises(
        ValidationError, match="not declared: action nothing, clock never, state nowhere"
    ):
        Process.model_validate(document)


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DEFAULT.initial = "closed"


def test_targets() -> None:
    ask, stay, route = (DEFAULT.actions[name] for name in ("ask", "prioritise", "route"))
    assert (ask.target("intake"), ask.target("in_progress")) == ("clarifying", "waiting")
    assert ask.target("closed") == "closed"
    assert ask.targets() == {"clarifying", "waiting"}
    assert stay.target("assigned") == "assigned"
    assert stay.targets() == set(stay.origin)
    assert route.targets() == {"assigned"}


def test_what_an_action_may_write() -> None:
    """All that a case has of its own, and the counters that the process declares."""
    for name in ("department", "assignee", "priority", "case_class", "answer", "rating"):
        assert Process.model_validate(changed("actions/take/set", {name: "1"}))
    assert Process.model_validate(changed("actions/take/set", {"data.returns": "1"}))


def test_labels() -> None:
    label = Text(vi="Có", en="Yes")
    assert [label.in_language(code) for code in ("vi", "en", "fr")] == ["Có", "Yes", "Có"]


# what the shipped process relies on


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("teller", "notice", "fields"), notices())
def test_what_is_told_has_words(
    teller: str, notice: Notify, fields: set[str], language: str
) -> None:
    """Every template exists, and whoever tells it has what it names: no message arrives empty."""
    template = load_templates(language)[notice.template]
    known = FACTS | fields
    assert placeholders(template["title"]) <= known, "a title with a gap is left out"
    message = render(notice.template, language, dict.fromkeys(known, "…"))
    assert message.title
    assert message.body, f"{teller}: no line of the message can be filled"


@pytest.mark.parametrize("name", sorted(load_templates("vi").keys() | load_templates("en").keys()))
def test_both_languages_name_the_same_facts(name: str) -> None:
    vietnamese, english = (load_templates(language)[name] for language in LANGUAGES)
    assert vietnamese.keys() == english.keys() == {"title", "body"}
    for part in ("title", "body"):
        lines = [words[part].split("\n") for words in (vietnamese, english)]
        assert [[placeholders(line) for line in part] for part in lines] == [
            [placeholders(line) for line in lines[0]]
        ] * 2


@pytest.mark.parametrize("name", sorted(load_templates("vi")))
def test_every_placeholder_can_be_filled(name: str) -> None:
    fields = {
        "photo_failed": set[str](),
        "otp": {"otp"},
        "surge": {"kind", "place", "count", "minutes"},
        "sos_call": {"kind", "people"},
        "sms_not_understood": set[str](),
        **{f"sms_sos_{answer}": {"people"} for answer in ("filed", "updated", "where")},
        # What their own process tells: `workflows/person_requests.py`.
        **{
            f"person_request_{step}": {"kind", "reason"}
            for step in (
                "new",
                "soon",
                "late",
                "accepted",
                "done",
                "extended",
                "refused",
                "lifted",
            )
        },
        **defaultdict(set, {n.template: set[str]() for _, n, _ in notices()}),
    }[name]
    for _, notice, own in notices():
        if notice.template == name:
            fields = fields | own
    words = load_templates("vi")[name]
    assert placeholders(words["title"] + "\n" + words["body"]) <= FACTS | fields


def test_every_audience_is_known() -> None:
    audiences = {notice.audience for _, notice, _ in notices()}
    assert audiences == STAFF_AUDIENCES.keys() | {"reporter", "followers", "assignee"}


def test_every_state_is_used() -> None:
    reached = {DEFAULT.initial} | {t for a in DEFAULT.actions.values() for t in a.targets()}
    assert reached == DEFAULT.states.keys()
    assert {state.status for state in DEFAULT.states.values()} == set(Status)


def test_the_promise_is_kept_in_sight_while_a_case_is_open() -> None:
    promise = DEFAULT.clocks["resolution"]
    is_open = {n for n, state in DEFAULT.states.items() if state.status in OPEN_STATUSES}
    assert {*promise.runs_in, *promise.pauses_in} == is_open


def test_every_open_state_can_be_left_by_staff() -> None:
    """Nobody but the department can be waited for: else a case could hang for ever."""
    staff = set(PROCESS_ROLES) - {"reporter"}
    for name, state in DEFAULT.states.items():
        if state.status in OPEN_STATUSES:
            assert any(
                name in action.origin and staff & set(action.roles) and action.target(name) != name
                for action in DEFAULT.actions.values()
            )


def test_the_system_may_take_what_it_takes() -> None:
    """Automatic actions and timeouts start where they are taken, and ask for nothing."""
    for name, state in DEFAULT.states.items():
        for automatic in state.automatic:
            _check_for_system(automatic.action, {name})
    for clock in DEFAULT.clocks.values():
        if clock.timeout:
            _check_for_system(clock.timeout, {*clock.runs_in})


def test_a_clock_that_an_action_starts_runs_where_it_is_taken() -> None:
    """Else it would never begin."""
    for name, clock in DEFAULT.clocks.items():
        if clock.starts_with == "action":
            starters = [action for action in DEFAULT.actions.values() if name in action.restarts]
            assert starters
            assert all(action.targets() <= {*clock.runs_in} for action in starters)


def test_a_step_can_be_taken_back_only_if_nobody_outside_heard_of_it() -> None:
    for name, action in DEFAULT.actions.items():
        if action.undo:
            told = {item.audience for item in action.notify}
            assert told.isdisjoint({"reporter", "followers"}), name
            assert (action.opens, action.merges, action.webhooks) == (None, None, ()), name


def _check_for_system(name: str, states: set[str]) -> None:
    action = DEFAULT.actions[name]
    assert states <= set(action.origin)
    assert "system" in action.roles
    assert all(item.required is False for item in action.form)


CONTEXT: dict[str, Any] = {
    "case": {
        "state": "intake", "department": "sxd", "assignee": None, "priority": 3,
        "class": "normal", "overdue": False, "source": "app", "children_open": 0,
        "is_child": False,
        "reports": 1,
    },
    "actor": {"id": "x", "department": "sxd"},
    "data": dict(DEFAULT.data),
    "form": {},
    "routing": {"certain": True, "hours": 24.0},
    "category": {
        "code": "c", "photo_required": False, "after_photo_required": True,
        "publish_check": False, "visibility": "exact",
    },
}  # fmt: skip


def test_every_value_can_be_worked_out() -> None:
    for action in DEFAULT.actions.values():
        form = {item.name: 1 if item.type in {"number", "rating"} else "x" for item in action.form}
        context = CONTEXT | {"form": form}
        for expression in action.set.values():
            assert evaluate(expression, context) is not None
        for expression in action.extends.values():
            assert evaluate(expression, context) >= 0
        if action.opens:
            assert evaluate(action.opens.department, context) == "x"
            assert evaluate(action.opens.text, context) == "x"
            assert evaluate(action.opens.hours, context) == 1
            assert evaluate(action.opens.hours, context | {"form": {}}) == 24


def test_every_guard_can_be_worked_out() -> None:
    guards: list[str | bool | None] = []
    for action in DEFAULT.actions.values():
        guards += [action.when, *(item.required for item in action.form)]
    for state in DEFAULT.states.values():
        guards += [automatic.when for automatic in state.automatic]
    written = [guard for guard in guards if isinstance(guard, str)]
    assert written
    for guard in written:
        assert isinstance(evaluate(guard, CONTEXT), bool), guard


def test_every_clock_has_hours() -> None:
    for clock in DEFAULT.clocks.values():
        if isinstance(clock.hours, str):
            form = {"hours": 8} if clock.starts_with == "action" else {}
            assert evaluate(clock.hours, CONTEXT | {"form": form}) > 0
        else:
            assert clock.hours > 0


def test_counters_are_declared() -> None:
    written = {
        target.removeprefix("data.")
        for action in DEFAULT.actions.values()
        for target in action.set
        if target.startswith("data.")
    }
    assert written == DEFAULT.data.keys()


def test_priority_is_whole() -> None:
    """It is an integer column."""
    (priority,) = (i for i in DEFAULT.actions["prioritise"].form if i.name == "priority")
    assert (priority.whole, priority.min, priority.max) == (True, 1, 4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_marks_have_labels(language: str) -> None:
    marks = {f"event_{mark.name}" for clock in DEFAULT.clocks.values() for mark in clock.marks}
    assert marks <= load_messages(language).keys()
