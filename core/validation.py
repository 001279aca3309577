"""From pydantic's errors to ours: a pointer, a code with a sentence in both languages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from core.errors import FieldError, InvalidInput

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
    "date_type": "not_a_date",
    "date_parsing": "not_a_date",
    "date_from_datetime_parsing": "not_a_date",
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


def to_field_error(error: Mapping[str, Any], pointer: str) -> FieldError:
    """What one error of pydantic says about the field at `pointer`."""
    code, facts = _judge(error, error.get("ctx") or {})
    return FieldError(pointer, code, facts)


def _judge(error: Mapping[str, Any], context: dict[str, Any]) -> tuple[str, dict[str, object]]:
    kind = error["type"]
    is_text = isinstance(error.get("input"), str)  # the limits of a text that may be null
    if kind == "string_too_long" or (kind == "too_long" and is_text):
        return "text_too_long", {"max": context["max_length"]}
    if kind == "string_too_short" or (kind == "too_short" and is_text):
        return "text_too_short", {"min": context["min_length"]}
    if kind == "too_long":
        return "list_too_long", {"max": context["max_length"]}
    if kind in CODES:
        return CODES[kind], {}
    limit = f"{LIMITS[kind]} {next(iter(context.values()))}" if kind in LIMITS else error["msg"]
    return "field_invalid", {"reason": limit}


def to_pointer(path: Iterable[Any]) -> str:
    """An RFC 6901 JSON pointer for a path of keys and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def invalid_document(error: ValidationError, at: str) -> InvalidInput:
    """The refusal of a document that does not validate; its fields lie below the pointer `at`."""
    faults: Sequence[Any] = [dict(fault) for fault in error.errors()]
    return InvalidInput(
        fields=[to_field_error(fault, at + to_pointer(fault["loc"])) for fault in faults]
    )
