"""From pydantic's errors to ours: a pointer, a code with a sentence in both languages. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import FieldError

# pydantic's error type -> our code
CODES = {
    "missing": "field_required",
    "extra_forbidden": "field_unknown",
    "json_invalid": "json_invalid",
    "string_type": "not_a_text",
    "string_unicode": "not_a_text",
    "not_a_text": "not_a_text",
    "string_pattern_mismatch": "text_malformed",
    "float_type": "not_a_number",
    "float_parsing": "not_a_number",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "int_from_float": "not_a_number",
    "finite_number": "not_a_number",
    "bool_type": "not_a_flag",
    "bool_parsing": "not_a_flag",
    "uuid_type": "not_a_uuid",
    "uuid_parsing": "not_a_uuid",
    "datetime_type": "not_an_instant",
    "datetime_parsing": "not_an_instant",
    "datetime_from_date_parsing": "not_an_instant",
    "timezone_aware": "not_an_instant",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "list_type": "not_a_list",
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
}
# the same for limits of numbers, whose only context is the limit -> its sign
LIMITS = {
    "greater_than": ">",
    "greater_than_equal": "≥",
    "less_than": "<",
    "less_than_equal": "≤",
}


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """One FieldError for each error that pydantic reports."""
    return [_field_error(error) for error in errors]


def _field_error(error: dict[str, Any]) -> FieldError:  # a table, case by case
    pointer = _pointer(error["loc"])
    context: dict[str, Any] = error.get("ctx") or {}
    match error["type"]:
        case "string_too_long":
            return FieldError(pointer, "text_too_long", {"max": context["max_length"]})
        case "string_too_short":
            return FieldError(pointer, "text_too_short", {"min": context["min_length"]})
        case "too_long":  # also of a text that may be null
            code = "text_too_long" if isinstance(error["input"], str) else "list_too_long"
            return FieldError(pointer, code, {"max": context["max_length"]})
        case kind if kind in LIMITS:
            reason = f"{LIMITS[kind]} {next(iter(context.values()))}"
            return FieldError(pointer, "field_invalid", {"reason": reason})
        case kind if kind in CODES:
            return FieldError(pointer, CODES[kind])
        case _:
            return FieldError(pointer, "field_invalid", {"reason": error["msg"]})


def _pointer(location: tuple[Any, ...]) -> str:
    where, *path = location
    parts = [str(part) for part in path]
    match where:
        case "query" | "path":
            return "?" + ".".join(parts)
        case "header":
            return "#" + ".".join(parts)
        case _ if parts and parts[0].isdigit() and len(parts) == 1 and where == "body":
            return ""  # a broken JSON body: the number is a position in its text
        case _:
            return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
