"""Where in a request pydantic found its errors. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import FieldError, InvalidInput
from core.validation import to_field_error, to_pointer

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], value: Any) -> Model:
    """A part of a body that is judged by itself; InvalidInput with pointers into that part."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = [
            to_field_error(item, to_pointer([str(part) for part in item["loc"]]))
            for item in error.errors()
        ]
        raise InvalidInput(fields=found) from error


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """One FieldError for each error that pydantic reports."""
    return [to_field_error(error, _pointer(error["loc"])) for error in errors]


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
            return to_pointer(parts)
