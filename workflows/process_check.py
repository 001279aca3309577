"""What keeps a draft of a process from being published. Pure.

The document's own shape is checked before, by `workflows.process_document`; here it is read as a
whole, beside the city that it is for. What expressions do when they run is asked of
`workflows.expression_trial`, with the trials of `workflows.process_expressions`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.validation import to_pointer
from workflows.expression_tokens import results_in
from workflows.problems import Problem
from workflows.process_document import (
    PROCESS_ROLES,
    Action,
    FormField,
    Process,
    Text,
)
from workflows.process_expressions import check_expressions
from workflows.process_graph import check_clocks, check_loops, check_states
from workflows.status import Status


@dataclass(frozen=True, slots=True)
class ProcessSurroundings:
    """What a process may name: departments by code, templates of messages, webhooks."""

    departments: frozenset[str]
    templates: frozenset[str]
    webhooks: frozenset[str]


def check_process(process: Process, around: ProcessSurroundings) -> list[Problem]:
    """Everything that speaks against publishing `process`, in the order of the document's parts."""
    return [
        *check_states(process),
        *check_loops(process),
        *check_clocks(process),
        *_system_problems(process),
        *_action_problems(process, around),
        *_mark_problems(process, around.templates),
        *check_expressions(process),
        *_label_problems(process),
    ]


def _system_problems(process: Process) -> Iterator[Problem]:
    """Actions that the system is to take but cannot, and those that nobody takes."""
    taken: set[str] = set()
    for name, state in process.states.items():
        for index, automatic in enumerate(state.automatic):
            taken.add(automatic.action)
            place = to_pointer(["states", name, "automatic", index, "action"])
            yield from _taken_by_system(process, automatic.action, [name], place)
    for name, clock in process.clocks.items():
        if clock.timeout:
            taken.add(clock.timeout)
            place = to_pointer(["clocks", name, "timeout"])
            yield from _taken_by_system(process, clock.timeout, clock.runs_in, place)
    for name, action in process.actions.items():
        if not set(action.roles) & (set(PROCESS_ROLES) - {"system"}) and name not in taken:
            place = to_pointer(["actions", name, "roles"])
            facts: dict[str, object] = {"action": action.label.vi or name}
            yield Problem("process_action_never_taken", place, "warning", facts)


def _taken_by_system(
    process: Process, name: str, states: Iterable[str], place: str
) -> Iterator[Problem]:
    action = process.actions[name]
    label = action.label.vi or name
    for state in states:
        if state not in action.origin:
            facts: dict[str, object] = {
                "action": label,
                "state": process.states[state].label.vi or state,
            }
            yield Problem("process_action_not_from_state", place, facts=facts)
    if "system" not in action.roles:
        yield Problem("process_action_not_by_system", place, facts={"action": label})
    for item in action.form:
        if item.required is not False:
            # What it depends on may never hold for the system, whose form is empty.
            severity = "error" if item.required is True else "warning"
            facts = {"action": label, "field": item.label.vi or item.name}
            yield Problem("process_action_needs_form", place, severity, facts)


def _action_problems(process: Process, around: ProcessSurroundings) -> Iterator[Problem]:
    for name, action in process.actions.items():
        place = to_pointer(["actions", name])
        yield from _name_problems(action, around, place)
        yield from _form_problems(action.form, f"{place}/form")
        if action.merges:
            yield from _merge_problems(process, name, action)
        if action.undo:
            for cause in _told(action):
                facts: dict[str, object] = {"action": action.label.vi or name}
                yield Problem("process_undo_impossible", place + cause, facts=facts)


def _name_problems(action: Action, around: ProcessSurroundings, place: str) -> Iterator[Problem]:
    """Templates, webhooks, departments and fields that there are not."""
    for index, item in enumerate(action.notify):
        if item.template not in around.templates:
            yield _template_problem(item.template, f"{place}/notify/{index}/template")
    for index, webhook in enumerate(action.webhooks):
        if webhook not in around.webhooks:
            where = f"{place}/webhooks/{index}"
            yield Problem("process_webhook_unknown", where, facts={"webhook": webhook})
    for target, value in action.set.items():
        where = place + to_pointer(["set", target])
        if target == "department":
            yield from _department_problems(value, around.departments, where)
    if action.opens:
        where = f"{place}/opens/department"
        yield from _department_problems(action.opens.department, around.departments, where)


def _department_problems(
    expression: str, departments: frozenset[str], place: str
) -> Iterator[Problem]:
    """Departments that an expression may come out as, word for word."""
    for token in results_in(expression):
        code = token.text[1:-1] if token.kind == "text" else token.text
        if code not in departments:
            yield Problem("process_department_unknown", place, facts={"department": code})


def _form_problems(form: tuple[FormField, ...], place: str) -> Iterator[Problem]:
    names = Counter(item.name for item in form)
    for index, item in enumerate(form):
        where = f"{place}/{index}"
        facts: dict[str, object] = {"field": item.label.vi or item.name}
        if names[item.name] > 1:
            yield Problem("process_field_repeated", f"{where}/name", facts={"field": item.name})
        if item.type == "choice" and not item.choices:
            yield Problem("process_choice_without_choices", f"{where}/choices", facts=facts)
        values = Counter(choice.value for choice in item.choices)
        for value in (value for value, count in values.items() if count > 1):
            facts = facts | {"value": value}
            yield Problem("process_choice_repeated", f"{where}/choices", facts=facts)
        if item.min is not None and item.max is not None and item.min > item.max:
            yield Problem("process_field_range_empty", f"{where}/max", facts=facts)


def _merge_problems(process: Process, name: str, action: Action) -> Iterator[Problem]:
    """A merged case is done, and it is never done without being merged."""
    facts: dict[str, object] = {"action": action.label.vi or name}
    for state in sorted(action.targets()):
        if process.states[state].status != Status.CLOSED:
            more = facts | {"state": process.states[state].label.vi or state}
            yield Problem(
                "process_merge_not_closed", to_pointer(["actions", name, "to"]), facts=more
            )
    for index, item in enumerate(action.form):
        if item.name == action.merges and item.required is not True:
            place = to_pointer(["actions", name, "form", index, "required"])
            yield Problem("process_merge_not_required", place, facts=facts)


def _told(action: Action) -> Iterator[str]:
    """Where an action does what cannot be taken back, as pointers below it."""
    for index, item in enumerate(action.notify):
        if item.audience in ("reporter", "followers"):
            yield f"/notify/{index}"
    if action.opens:
        yield "/opens"
    if action.merges:
        yield "/merges"
    if action.webhooks:
        yield "/webhooks"


def _mark_problems(process: Process, templates: frozenset[str]) -> Iterator[Problem]:
    for name, clock in process.clocks.items():
        for index, mark in enumerate(clock.marks):
            for number, item in enumerate(mark.notify):
                if item.template not in templates:
                    place = to_pointer(
                        ["clocks", name, "marks", index, "notify", number, "template"]
                    )
                    yield _template_problem(item.template, place)


def _template_problem(template: str, place: str) -> Problem:
    return Problem("process_template_unknown", place, facts={"template": template})


def _label_problems(process: Process) -> Iterator[Problem]:
    for place, text in _labels(process):
        if not text.vi.strip():
            yield Problem("label_missing_vi", f"{place}/vi")
        if not text.en.strip():
            yield Problem("label_missing_en", f"{place}/en")


def _labels(process: Process) -> Iterator[tuple[str, Text]]:
    yield "/title", process.title
    for name, state in process.states.items():
        yield to_pointer(["states", name, "label"]), state.label
        yield to_pointer(["states", name, "public_label"]), state.public_label
    for name, action in process.actions.items():
        place = to_pointer(["actions", name])
        yield f"{place}/label", action.label
        for index, item in enumerate(action.form):
            yield f"{place}/form/{index}/label", item.label
            for number, choice in enumerate(item.choices):
                yield f"{place}/form/{index}/choices/{number}/label", choice.label
    for name, clock in process.clocks.items():
        yield to_pointer(["clocks", name, "label"]), clock.label
