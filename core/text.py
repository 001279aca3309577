"""What PostgreSQL can keep, as text and as JSON. Pure."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 64  # of JSON; reading much deeper than that exhausts the interpreter's stack


def is_storable(value: str) -> bool:
    """Whether `value` has neither a NUL nor half of a surrogate pair: neither can be stored."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def all_storable(value: Any, depth: int = MAX_DEPTH) -> bool:
    """The same for every text in a JSON value, keys included; False beyond `depth` levels."""
    if depth == 0:
        return False
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(all_storable(k) and all_storable(v, depth - 1) for k, v in value.items())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return all(all_storable(item, depth - 1) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return True
