"""Keyset paging: a cursor names the last row seen, so that no page counts or skips rows."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from core.errors import InvalidInput
from core.text import is_storable

T = TypeVar("T")

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
_MAX_NUMBER = 2**63 - 1  # bigint


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page; `next_cursor` is None on the last one."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(keys: list[Any]) -> str:
    """An opaque, URL-safe cursor for the sort keys of the last row of a page."""
    raw = json.dumps(keys, separators=(",", ":"), default=str).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The sort keys in `cursor`; InvalidInput at `?cursor` if it was not made by us."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        keys = json.loads(raw)
    except (ValueError, binascii.Error) as error:
        raise InvalidInput.at("?cursor", "bad_cursor") from error
    if not isinstance(keys, list) or len(keys) != length:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidInput.at("?cursor", "bad_cursor")
    return keys  # pyright: ignore[reportUnknownVariableType]


def decode_instant_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The same for a page sorted by an instant and an id."""
    at, row_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(row_id)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInput.at("?cursor", "bad_cursor") from error


def decode_count_cursor(cursor: str) -> tuple[int, UUID]:
    """The same for a page sorted by a small number and an id."""
    count, row_id = decode_cursor(cursor, 2)
    if type(count) is not int or not 0 <= count < 2**31:
        raise InvalidInput.at("?cursor", "bad_cursor")
    try:
        return count, UUID(row_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput.at("?cursor", "bad_cursor") from error


def decode_name_cursor(cursor: str) -> tuple[str, UUID]:
    """The same for a page sorted by a name and an id."""
    name, row_id = decode_cursor(cursor, 2)
    try:
        found = UUID(row_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput.at("?cursor", "bad_cursor") from error
    if not isinstance(name, str) or not is_storable(name):
        raise InvalidInput.at("?cursor", "bad_cursor")
    return name, found


def decode_code_cursor(cursor: str) -> tuple[str, int]:
    """The same for a page sorted by a code and a row's number."""
    code, number = decode_cursor(cursor, 2)
    if not isinstance(code, str) or not is_storable(code):
        raise InvalidInput.at("?cursor", "bad_cursor")
    if type(number) is not int or not 0 <= number < 2**31:
        raise InvalidInput.at("?cursor", "bad_cursor")
    return code, number


def decode_number_cursor(cursor: str) -> int:
    """The same for a page sorted by a number that the database gave."""
    (number,) = decode_cursor(cursor, 1)
    if type(number) is not int or not 0 <= number <= _MAX_NUMBER:
        raise InvalidInput.at("?cursor", "bad_cursor")
    return number
