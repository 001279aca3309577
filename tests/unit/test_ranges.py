"""Which bytes a `Range` asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ranges import Span, UnsatisfiableError, find_span

TAG = '"abc"'


def span(asked: str | None, total: int = 100, condition: str | None = None) -> Span | None:
    return find_span(asked, condition, etag=TAG, total=total)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-9", Span(0, 10)),
        ("bytes=90-", Span(90, 10)),
        ("bytes=-10", Span(90, 10)),
        ("bytes=-1000", Span(0, 100)),
        ("bytes=99-99", Span(99, 1)),
        ("bytes=50-5000", Span(50, 50)),
        ("BYTES = 0-0 ", Span(0, 1)),
        (None, None),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=9-3", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=٣-٤", None),
        ("bytes=-+5", None),
    ],
)
def test_a_part_or_all(asked: str | None, expected: Span | None) -> None:
    assert span(asked) == expected


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_beyond_the_end_there_is_nothing(asked: str) -> None:
    with pytest.raises(UnsatisfiableError):
        span(asked)


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=-5"])
def test_an_empty_file_has_no_part(asked: str) -> None:
    with pytest.raises(UnsatisfiableError):
        span(asked, total=0)


def test_a_part_of_another_version_is_of_no_use() -> None:
    assert span("bytes=0-9", condition=TAG) == Span(0, 10)
    for other in ('"abd"', 'W/"abc"', "Wed, 21 Oct 2015 07:28:00 GMT", ""):
        assert span("bytes=0-9", condition=other) is None


@given(
    st.text(max_size=30) | st.from_regex(r"bytes=\d{0,3}-\d{0,3}", fullmatch=True),
    st.integers(1, 200),
)
def test_whatever_is_asked_stays_within_the_file(asked: str, total: int) -> None:
    try:
        found = span(asked, total)
    except UnsatisfiableError:
        return
    if found is not None:
        assert 0 <= found.start < total
        assert 1 <= found.size <= total - found.start


@given(st.data())
def test_it_takes_what_python_slices(data: st.DataObject) -> None:
    content = bytes(range(100))
    first = data.draw(st.integers(0, 99))
    last = data.draw(st.integers(first, 150))
    found = span(f"bytes={first}-{last}")
    assert found is not None
    assert content[found.start : found.start + found.size] == content[first : last + 1]
    assert found.content_range(100) == f"bytes {first}-{min(last, 99)}/100"
