"""Checking what somebody filled into an action's form, field by field. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from core.errors import FieldError
from core.text import is_storable
from workflows.codes import normalise
from workflows.expressions import holds
from workflows.process_document import FormField

MAX_PHOTOS = 8
MAX_NUMBER = 1_000_000_000_000  # where a field sets no limit: expressions count exactly so far


def check_form(
    fields: tuple[FormField, ...],
    form: dict[str, Any],
    context: dict[str, Any],
    departments: frozenset[str],
) -> list[FieldError]:
    """Every fault of `form`, each with the JSON pointer of its field; empty when it is fine.

    Whether a field is required is asked of `context` with what is right in `form` as its `form`.
    """
    known = {item.name for item in fields}
    errors = [FieldError(_pointer(name), "field_unknown") for name in form if name not in known]
    given = filled(fields, form)
    faults = {
        item.name: fault
        for item in fields
        if item.name in given and (fault := _fault(item, given[item.name], departments))
    }
    right = {name: value for name, value in given.items() if name not in faults}
    for item in fields:
        if fault := faults.get(item.name):
            errors.append(FieldError(_pointer(item.name), *fault))
        elif item.name not in given and is_required(item, context | {"form": right}):
            errors.append(FieldError(_pointer(item.name), "field_required"))
    return errors


def filled(fields: tuple[FormField, ...], form: dict[str, Any]) -> dict[str, Any]:
    """What of `form` was filled into one of `fields`: blank text and null are nothing."""
    return {
        item.name: form[item.name]
        for item in fields
        if item.name in form and not _empty(item, form[item.name])
    }


def is_required(item: FormField, context: dict[str, Any]) -> bool:
    """Whether `item` must be filled, given what guards may look at."""
    return item.required is not False and holds(item.required, context)


def _empty(item: FormField, value: Any) -> bool:
    if item.type == "photo":
        return value is None or value == []
    return value is None or (isinstance(value, str) and not value.strip())


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


Fault = tuple[str, dict[str, object]] | None


def _fault(item: FormField, value: Any, departments: frozenset[str]) -> Fault:
    fault: Fault = None
    match item.type:
        case "text":
            fault = _text_fault(item, value)
        case "number" | "rating":
            fault = _number_fault(item, value)
        case "date":
            fault = _date_fault(value)
        case "choice":
            allowed = {choice.value for choice in item.choices}
            fault = None if isinstance(value, str) and value in allowed else ("not_a_choice", {})
        case "department":
            known = isinstance(value, str) and value in departments
            fault = None if known else ("department_unknown", {})
        case "photo":
            fault = _photo_fault(value)
        case "person" | "case":  # pragma: no branch  # the last types there are
            fault = _reference_fault(item, value)
    return fault


def _text_fault(item: FormField, value: Any) -> Fault:
    if not isinstance(value, str) or not is_storable(value):
        return "not_a_text", {}
    return ("text_too_long", {"max": item.max_length}) if len(value) > item.max_length else None


def _number_fault(item: FormField, value: Any) -> Fault:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not_a_number", {}
    rating = item.type == "rating"
    if (rating or item.whole) and value % 1 != 0:  # NaN and infinity too
        return "not_a_whole_number", {}
    low = 1 if rating else -MAX_NUMBER if item.min is None else item.min
    high = 5 if rating else MAX_NUMBER if item.max is None else item.max
    if not low <= value <= high:  # nor is NaN
        return "number_out_of_range", {"min": f"{low:g}", "max": f"{high:g}"}
    return None


def _date_fault(value: Any) -> Fault:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "not_a_date", {}
    return None


def _reference_fault(item: FormField, value: Any) -> Fault:
    """Whether it can be one at all; whether there is such a one is asked of the database."""
    fault = f"{item.type}_unknown"
    if not isinstance(value, str):
        return fault, {}
    if item.type == "case" and normalise(value):
        return None
    try:
        UUID(value)
    except ValueError:
        return fault, {}
    return None


def _photo_fault(value: Any) -> Fault:
    if not isinstance(value, list) or len(value) > MAX_PHOTOS:  # pyright: ignore[reportUnknownArgumentType]
        return "not_photos", {"max": MAX_PHOTOS}
    try:
        for upload in value:  # pyright: ignore[reportUnknownVariableType]
            UUID(str(upload))  # pyright: ignore[reportUnknownArgumentType]
    except ValueError:
        return "not_photos", {"max": MAX_PHOTOS}
    return None
