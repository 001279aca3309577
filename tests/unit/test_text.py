"""What PostgreSQL can keep."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import MAX_DEPTH, all_storable, is_storable


@pytest.mark.parametrize("text", ["", "Đèn đường", "🚧", "\ue000", "\uffff", "\t\n"])
def test_what_can_be_kept(text: str) -> None:
    assert is_storable(text)
    assert all_storable({text: [text, {"a": text}], "n": [None, True, 1.5]})


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "x\udc80y"])
def test_what_cannot(text: str) -> None:
    assert not is_storable(text)
    assert not all_storable(text)
    assert not all_storable({"a": [{"b": text}]})
    assert not all_storable([{"a": {text: 1}}])


@given(text=st.text(st.characters()))
def test_what_can_be_encoded_can_be_kept(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        encodable = False
    else:
        encodable = True
    assert is_storable(text) is (encodable and "\x00" not in text)


def nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["list", "object"])
def test_depth_is_bounded(kind: str) -> None:
    """Half a kilobyte of brackets must not exhaust the stack."""
    assert all_storable(nested(MAX_DEPTH - 1, kind))
    assert not all_storable(nested(MAX_DEPTH, kind))
    assert not all_storable(nested(100_000, kind))
    json.dumps(nested(MAX_DEPTH, kind))
