"""Query parameters that carry more than one value."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.queries import split_codes, split_statuses, to_assignee, to_bbox
from core.errors import FieldError, InvalidInput
from workflows.status import Status

OPEN = ("received", "assigned", "in_progress", "waiting")


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (None, ()),
        ("", ()),
        (" , ,", ()),
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        (" a , b ,", ("a", "b")),
    ],
)
def test_codes(value: str | None, codes: tuple[str, ...]) -> None:
    assert split_codes(value) == codes


@pytest.mark.parametrize(
    ("value", "statuses"),
    [
        (None, ()),
        ("closed", ("closed",)),
        ("closed,resolved", ("closed", "resolved")),
        ("closed,closed", ("closed",)),
        ("open", OPEN),
        ("open,received", OPEN),
        ("resolved, open", (*OPEN, "resolved")),
        (",".join(Status), tuple(Status)),
    ],
)
def test_statuses(value: str | None, statuses: tuple[str, ...]) -> None:
    assert split_statuses(value) == statuses


@pytest.mark.parametrize("value", ["done", "open,done", "closed,OPEN", "Closed"])
def test_unknown_statuses(value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        split_statuses(value)
    (field,) = refused.value.fields
    assert (field.pointer, field.code) == ("?status", "not_a_choice")


def test_assignees() -> None:
    person = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11")
    assert [to_assignee(value) for value in (None, "me", "none")] == [None, "me", "none"]
    assert to_assignee(str(person)) == person


@pytest.mark.parametrize("value", ["", "Me", "nobody", "6f0ff8a5", "me,none"])
def test_what_is_no_assignee(value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        to_assignee(value)
    assert refused.value.fields == [FieldError("?assignee", "not_an_assignee")]


def test_elsewhere_than_in_a_query_a_fault_stands_elsewhere() -> None:
    for read, pointer in (
        (split_statuses, "/filter/status"),
        (to_assignee, "/filter/assignee"),
        (to_bbox, "/filter/bbox"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read("bogus", pointer)
        assert [field.pointer for field in refused.value.fields] == [pointer]


@given(
    west=st.floats(-180, 180),
    south=st.floats(-90, 90),
    east=st.floats(-180, 180),
    north=st.floats(-90, 90),
)
def test_a_bbox_there_and_back(west: float, south: float, east: float, north: float) -> None:
    west, east = sorted((west, east))
    south, north = sorted((south, north))
    assert to_bbox(f"{west},{south},{east},{north}") == (west, south, east, north)


def test_no_bbox() -> None:
    assert to_bbox(None) is None
    assert to_bbox(" 107.5, 16.4 ,107.6,16.5 ") == (107.5, 16.4, 107.6, 16.5)
    assert to_bbox("107.5,16.4,107.5,16.4") == (107.5, 16.4, 107.5, 16.4)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "1,2,,4",
        "nan,0,1,1",
        "0,nan,1,1",
        "0,0,inf,1",
        "-inf,0,1,1",
        "2,0,1,1",  # east of its own east
        "0,2,1,1",
        "-181,0,1,1",
        "0,0,181,1",
        "0,-91,1,1",
        "16.4,107.5,16.5,107.6",  # latitude first
    ],
)
def test_what_is_no_bbox(value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        to_bbox(value)
    assert refused.value.fields == [FieldError("?bbox", "bad_bbox")]
