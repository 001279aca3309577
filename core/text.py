"""Text that PostgreSQL can keep. Pure."""

from __future__ import annotations

from typing import Any


def is_storable(value: str) -> bool:
    """Whether `value` has neither a NUL nor half of a surrogate pair: neither can be stored."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def all_storable(value: Any) -> bool:
    """The same for every text in a JSON value, keys included."""
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(all_storable(k) and all_storable(v) for k, v in value.items())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return all(all_storable(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return True
