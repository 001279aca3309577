"""Where in a request pydantic found its errors. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import FieldError
from core.validation import to_field_error, to_pointer


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
