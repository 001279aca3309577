"""Cursors: what we gave comes back, and anything else is refused as the client's mistake."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldError, InvalidInput
from core.paging import (
    decode_cursor,
    decode_instant_cursor,
    decode_name_cursor,
    decode_number_cursor,
    encode_cursor,
)

ID = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11")
AT = datetime(2026, 8, 3, 8, tzinfo=UTC)
KEYS = st.none() | st.booleans() | st.integers() | st.text()


def raw(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@given(keys=st.lists(KEYS, max_size=4))
def test_there_and_back(keys: list[object]) -> None:
    cursor = encode_cursor(keys)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert decode_cursor(cursor, len(keys)) == keys


@given(at=st.datetimes(timezones=st.just(UTC)), row_id=st.uuids())
def test_an_instant_there_and_back(at: datetime, row_id: UUID) -> None:
    assert decode_instant_cursor(encode_cursor([at.isoformat(), row_id])) == (at, row_id)


@given(number=st.integers(0, 2**63 - 1))
def test_a_number_there_and_back(number: int) -> None:
    assert decode_number_cursor(encode_cursor([number])) == number


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!!",
        "đường",
        "\ud800",
        raw(b"not json"),
        raw(b"\xff\xfe"),
        raw(b"{}"),
        raw(b'"text"'),
        raw(b"null"),
        raw(b"[1]"),
        raw(b"[1,2,3]"),
        raw(b"[" * 350),
    ],
)
def test_what_we_did_not_make(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(cursor, 2)
    assert refused.value.fields == [FieldError("?cursor", "bad_cursor")]


@pytest.mark.parametrize(
    "keys",
    [
        [1, 2],
        [None, None],
        ["2026-08-03", 5],  # a UUID's constructor fails on numbers in its own way
        ["yesterday", str(ID)],
        [AT.isoformat(), "no-uuid"],
        [AT.isoformat(), [str(ID)]],
        ["0001-01-01T00:00:00+14:00", str(ID)],  # before the first instant there is
        ["9999-12-31T23:59:59-14:00", str(ID)],
    ],
)
def test_keys_of_another_kind(keys: list[object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_instant_cursor(encode_cursor(keys))
    assert refused.value.fields == [FieldError("?cursor", "bad_cursor")]


def test_an_instant_always_has_a_zone() -> None:
    """The database compares no others."""
    there = AT.astimezone().isoformat()
    assert decode_instant_cursor(encode_cursor([there, ID])) == (AT, ID)
    at, _ = decode_instant_cursor(encode_cursor(["2026-08-03T08:00:00", ID]))
    assert at.utcoffset() == timedelta(0)


@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_name_there_and_back(name: str) -> None:
    assert decode_name_cursor(encode_cursor([name, ID])) == (name, ID)


@pytest.mark.parametrize(
    "keys",
    [["a", "b"], ["a", 5], ["a", None], [5, str(ID)], [["a"], str(ID)], ["a\0", str(ID)]],
)
def test_what_is_no_name_of_a_row(keys: list[object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_name_cursor(encode_cursor(keys))
    assert refused.value.fields == [FieldError("?cursor", "bad_cursor")]


@pytest.mark.parametrize("number", ["5", 1.5, -1, 2**63, True, None, [1]])
def test_what_is_no_number_of_a_row(number: object) -> None:
    with pytest.raises(InvalidInput):
        decode_number_cursor(encode_cursor([number]))


def test_a_cursor_tells_ids_as_text() -> None:
    made = uuid4()
    cursor = encode_cursor([made])
    assert json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) == [str(made)]
