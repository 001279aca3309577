"""The extra questions of a category: which JSON Schemas may be asked. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from core.errors import FieldError
from core.validation import to_pointer

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_LENGTH = 20_000  # characters; every report of the category is checked against it
# Another document would be fetched from wherever it says, and a schema that contains itself
# never ends.
REFERENCES = frozenset({"$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$vocabulary"})


def check_questions(questions: dict[str, Any], pointer: str) -> list[FieldError]:
    """What is wrong with a schema for answers, below `pointer`: it must be one of an object, by
    draft 2020-12, that needs no other document. `{}` stands for no questions at all.
    """
    if not questions:
        return []
    if len(json.dumps(questions, ensure_ascii=False)) > MAX_LENGTH:
        return [FieldError(pointer, "text_too_long", {"max": MAX_LENGTH})]
    if questions.get("$schema", DIALECT) != DIALECT:
        return [FieldError(f"{pointer}/$schema", "schema_dialect", {"dialect": DIALECT})]
    if questions.get("type") != "object":
        return [FieldError(f"{pointer}/type", "schema_of_no_object")]
    references = list(_references(questions, pointer))
    if references:
        return [FieldError(place, "schema_reference") for place in references]
    return _schema_errors(questions, pointer)


def _references(value: Any, pointer: str) -> Iterator[str]:
    """Where a schema refers to another, or may be referred to."""
    match value:
        case dict():
            for name, item in value.items():  # pyright: ignore[reportUnknownVariableType]
                place = pointer + to_pointer([name])
                if name in REFERENCES:
                    yield place
                yield from _references(item, place)
        case list():
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                yield from _references(item, f"{pointer}/{index}")
        case _:
            return


def _schema_errors(questions: dict[str, Any], pointer: str) -> list[FieldError]:
    try:
        jsonschema_rs.meta.validate(questions | {"$schema": DIALECT})
        jsonschema_rs.Draft202012Validator(questions)
    except jsonschema_rs.ValidationError as error:
        place = pointer + to_pointer(error.instance_path)
        return [FieldError(place, "schema_invalid", {"reason": error.message})]
    return []
