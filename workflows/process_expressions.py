"""The expressions of a process: where they stand, what they may look at, what they must give. Pure.

`check_expressions` reads them; `process_trials` makes those that read well ready for
`workflows.expression_trial`, with a few cases as they may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core.validation import to_pointer
from workflows.expression_check import Known, Trial, Wanted, check_expression
from workflows.forms import MAX_PHOTOS
from workflows.problems import Problem
from workflows.process_document import CASE_CLASSES, Action, FieldType, FormField, Process

# What `workflows.process` gives to expressions; `data` and `form` are the document's own.
KNOWN: Known = {
    "case": frozenset(
        {
            *("state", "department", "assignee", "priority", "class", "overdue", "source"),
            *("children_open", "is_child", "reports"),
        }
    ),
    "actor": frozenset({"id", "department"}),
    "routing": frozenset(
        {
            *("row", "department", "co_departments", "priority", "class", "hours", "certain"),
            *("words", "near", "ruleset_version", "review", "trust"),
        }
    ),
    "category": frozenset(
        {"code", "photo_required", "after_photo_required", "publish_check", "visibility"}
    ),
}

_SETS: dict[str, Wanted] = {
    "department": "text",
    "assignee": "optional_text",
    "answer": "optional_text",
    "priority": "priority",
    "rating": "rating",
    "case_class": "text",
}
_ID = "0b6e1c52-6f0c-4a57-9d6a-0c3f8f7f2d11"
_LONG_TEXT = 20_000
_FILLED: dict[FieldType, Any] = {
    "text": "Văn bản",
    "rating": 1,
    "photo": [_ID],
    "date": "2026-01-05",
    "department": "department",
    "person": _ID,
    "case": _ID,
}


@dataclass(frozen=True, slots=True)
class Place:
    """An expression where it stands; `form` are the fields that may be filled there."""

    pointer: str
    expression: str
    field: str
    wanted: Wanted
    form: tuple[FormField, ...] = ()
    allowed: tuple[str, ...] = ()


def check_expressions(process: Process) -> Iterator[Problem]:
    """Expressions that are not safe, or that look at what is not there."""
    for place in _places(process):
        yield from check_expression(place.expression, _known(process, place), place.pointer)


def process_trials(process: Process) -> list[Trial]:
    """The expressions against which nothing speaks, to be tried."""
    return [
        Trial(
            place.pointer,
            place.expression,
            place.field,
            place.wanted,
            _contexts(process, place.form),
            place.allowed,
        )
        for place in _places(process)
        if not check_expression(place.expression, _known(process, place))
    ]


def _known(process: Process, place: Place) -> Known:
    form = frozenset(item.name for item in place.form)
    return {**KNOWN, "data": frozenset(process.data), "form": form}


def _places(process: Process) -> Iterator[Place]:
    for name, state in process.states.items():
        for index, automatic in enumerate(state.automatic):
            if automatic.when is not None:
                pointer = to_pointer(["states", name, "automatic", index, "when"])
                yield Place(pointer, automatic.when, "when", "yes_no")
    for name, action in process.actions.items():
        yield from _places_in_action(name, action)
    for name, clock in process.clocks.items():
        if isinstance(clock.hours, str):
            pointer = to_pointer(["clocks", name, "hours"])
            form = _forms(a for a in process.actions.values() if name in a.restarts)
            yield Place(pointer, clock.hours, "hours", "hours", form)


def _places_in_action(name: str, action: Action) -> Iterator[Place]:
    if action.when is not None:
        yield Place(to_pointer(["actions", name, "when"]), action.when, "when", "yes_no")
    form = action.form
    for index, item in enumerate(form):
        if isinstance(item.required, str):
            pointer = to_pointer(["actions", name, "form", index, "required"])
            yield Place(pointer, item.required, "required", "yes_no", form)
    for target, value in action.set.items():
        pointer = to_pointer(["actions", name, "set", target])
        allowed = CASE_CLASSES if target == "case_class" else ()
        yield Place(pointer, value, target, _SETS.get(target, "value"), form, allowed)
    for clock, hours in action.extends.items():
        pointer = to_pointer(["actions", name, "extends", clock])
        yield Place(pointer, hours, "hours", "hours", form)
    if action.opens:
        place, opens = to_pointer(["actions", name, "opens"]), action.opens
        yield Place(f"{place}/department", opens.department, "department", "text", form)
        yield Place(f"{place}/text", opens.text, "text", "text", form)
        yield Place(f"{place}/hours", opens.hours, "hours", "hours", form)


def _forms(actions: Iterable[Action]) -> tuple[FormField, ...]:
    """The fields of several forms; of the same name, the first."""
    fields: dict[str, FormField] = {}
    for action in actions:
        for item in action.form:
            fields.setdefault(item.name, item)
    return tuple(fields.values())


def _contexts(process: Process, form: tuple[FormField, ...]) -> tuple[dict[str, Any], ...]:
    """A case at its beginning, one that has gone some way, and one where nothing is filled in."""
    filled = {item.name: _small(item) for item in form}
    later = {item.name: _large(item) for item in form}
    counted = {name: _counted(value) for name, value in process.data.items()}
    return (
        _context(process, dict(process.data), filled, later=False),
        _context(process, counted, later, later=True),
        _context(process, dict(process.data), {}, later=False),
    )


def _context(
    process: Process, data: dict[str, Any], form: dict[str, Any], *, later: bool
) -> dict[str, Any]:
    person = _ID if later else None
    return {
        "case": {
            "state": process.initial,
            "department": "department",
            "assignee": person,
            "priority": 1 if later else 3,
            "class": "urgent" if later else "normal",
            "overdue": later,
            "source": "app",
            "children_open": int(later),
            "is_child": later,
            "reports": 2 if later else 1,
        },
        "actor": {"id": person, "department": "department" if later else None},
        "data": data,
        "form": form,
        "routing": {
            "row": "row" if later else None,
            "department": "department",
            "co_departments": ["department"],
            "priority": 1 if later else 3,
            "class": "urgent" if later else "normal",
            "hours": 4 if later else 40,
            "certain": later,
            "words": ["gas"] if later else [],
            "near": [],
            "ruleset_version": 1,
            "review": ["answers_outdated"] if later else [],
            "trust": 90 if later else 50,
        },
        "category": {
            "code": "category",
            "photo_required": later,
            "after_photo_required": later,
            "publish_check": later,
            "visibility": "exact",
        },
    }


def _counted(value: int | str) -> int | str:
    return value if isinstance(value, str) else value + 1


def _small(item: FormField) -> Any:
    """Something short that may be filled into a field."""
    if item.type == "number":
        return 1 if item.min is None else item.min
    if item.type == "choice":
        return item.choices[0].value if item.choices else ""
    return _FILLED[item.type]


def _large(item: FormField) -> Any:
    """As much as may be filled into a field."""
    match item.type:
        case "number":
            return 4 if item.max is None else item.max
        case "rating":
            return 5
        case "choice":
            return item.choices[-1].value if item.choices else ""
        case "photo":
            return [_ID] * MAX_PHOTOS
        case "text":
            return "dài " * (min(item.max_length, _LONG_TEXT) // 4)
        case _:
            return _small(item)
