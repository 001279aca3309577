"""Checking what somebody filled into an action's form, field by field. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from core.errors import FieldError
from core.text import is_storable
from workflows.expressions import holds
from workflows.process_document import FormField

MAX_PHOTOS = 8


def check_form(
    fields: tuple[FormField, ...],
    form: dict[str, Any],
    context: dict[str, Any],
    departments: frozenset[str],
) -> list[FieldError]:
    """Every fault of `form`, each with the JSON pointer of its field; empty when it is fine."""
    known = {item.name for item in fields}
    errors = [FieldError(f"/{name}", "field_unknown") for name in form if name not in known]
    for item in fields:
        value = form.get(item.name)
        if _empty(value):
            if item.required is not False and holds(item.required, context):
                errors.append(FieldError(f"/{item.name}", "field_required"))
        elif fault := _fault(item, value, departments):
            errors.append(FieldError(f"/{item.name}", *fault))
    return errors


def _empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


Fault = tuple[str, dict[str, object]] | None


def _fault(item: FormField, value: Any, departments: frozenset[str]) -> Fault:
    match item.type:
        case "text":
            return _text_fault(item, value)
        case "number" | "rating":
            return _number_fault(item, value)
        case "date":
            return _date_fault(value)
        case "choice":
            allowed = {choice.value for choice in item.choices}
            return None if isinstance(value, str) and value in allowed else ("not_a_choice", {})
        case "department":
            return (
                None
                if isinstance(value, str) and value in departments
                else ("department_unknown", {})
            )
        case "photo":
            return _photo_fault(value)


def _text_fault(item: FormField, value: Any) -> Fault:
    if not isinstance(value, str) or not is_storable(value):
        return "not_a_text", {}
    return ("text_too_long", {"max": item.max_length}) if len(value) > item.max_length else None


def _number_fault(item: FormField, value: Any) -> Fault:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not_a_number", {}
    low, high = (1, 5) if item.type == "rating" else (item.min, item.max)
    if item.type == "rating" and not isinstance(value, int):
        return "not_a_number", {}
    if (low is not None and value < low) or (high is not None and value > high):
        return "number_out_of_range", {"min": low, "max": high}
    return None


def _date_fault(value: Any) -> Fault:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "not_a_date", {}
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
