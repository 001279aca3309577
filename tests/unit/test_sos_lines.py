"""Calls in one line: from one spot or one phone, counted once, the urgent first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.sos_lines import REACH_M, Call, merge_calls

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
METRE = 1 / 111_195  # degrees of latitude on the sphere


def call(number: int, **changes: object) -> Call:
    plain = Call(
        report_id=UUID(int=number), case_id=UUID(int=number), code=f"C{number}", kind="other",
        people=1, children=0, elderly=0, pregnant=0, injured=0, note="", channel="app",
        lat=16.46, lon=107.59, accuracy_m=None, place_known=True,
        called_at=NOW + timedelta(minutes=number), updated_at=NOW + timedelta(minutes=number),
        caller=None, phone=None, area_code="19789", area_name="", area_name_en="", process_id=1,
        state="assigned", status="assigned", rev=1,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def numbers(calls: list[Call], order: str = "urgent") -> list[list[int]]:
    lines = merge_calls(calls, order)  # type: ignore[arg-type]
    return [[each.report_id.int for each in line.calls] for line in lines]


def north(metres: float) -> float:
    return 16.46 + metres * METRE


def test_there_are_no_lines_of_no_calls() -> None:
    assert merge_calls([]) == []


def test_one_spot_is_one_line_with_all_its_people() -> None:
    calls = [call(1, people=5, children=2), call(2, people=3, lat=north(REACH_M - 1))]
    [line] = merge_calls(calls)
    assert (line.total("people"), line.total("children"), line.total("elderly")) == (8, 2, 0)
    assert line.first.report_id.int == 1


def test_a_line_does_not_grow_along_a_street() -> None:
    calls = [call(n, lat=north(50 * n)) for n in range(1, 5)]
    assert numbers(calls) == [[1, 2], [3, 4]]


def test_a_call_joins_the_nearest_line() -> None:
    calls = [call(1), call(2, lat=north(100)), call(3, lat=north(60))]
    assert numbers(calls) == [[1], [2, 3]]


def test_one_phone_is_one_line_and_its_latest_number_counts() -> None:
    calls = [
        call(1, people=9, caller=b"a", updated_at=NOW + timedelta(hours=3)),
        call(2, people=4, caller=b"a", lat=north(5000)),
        call(3, people=2, caller=b"b"),
    ]
    [line] = merge_calls(calls)
    assert [each.report_id.int for each in line.calls] == [1, 2, 3]
    assert line.total("people") == 9 + 2


def test_without_a_place_only_the_phone_tells() -> None:
    lost = call(1, place_known=False, caller=b"a")
    other = call(2, place_known=False)
    found = call(3, caller=b"a")
    assert numbers([lost, other, found]) == [[1, 3], [2]]
    # The line stands where one of its calls is known to be.
    assert merge_calls([lost, found])[0].first.report_id.int == 3
    assert merge_calls([lost])[0].first.report_id.int == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "other"),
        ({"kind": "food"}, "food"),
        ({"kind": "food", "injured": 1}, "medical"),
        ({"kind": "boat", "pregnant": 1}, "medical"),
    ],
)
def test_who_is_hurt_is_urgent_whatever_was_called(
    changes: dict[str, object], expected: str
) -> None:
    assert merge_calls([call(1, **changes)])[0].kind == expected


def test_the_most_urgent_kind_is_the_line_s() -> None:
    calls = [call(1, kind="food"), call(2, kind="trapped"), call(3, kind="other")]
    assert merge_calls(calls)[0].kind == "trapped"


def test_open_ones_stand_first_then_the_urgent_or_the_oldest() -> None:
    apart = [north(1000 * n) for n in range(5)]
    calls = [
        call(1, kind="medical", status="resolved", lat=apart[1]),
        call(2, kind="food", lat=apart[2]),
        call(3, kind="medical", lat=apart[3]),
        call(4, kind="food", lat=apart[4]),
    ]
    assert numbers(calls) == [[3], [2], [4], [1]]
    assert numbers(calls, "oldest") == [[2], [3], [4], [1]]


def test_the_order_of_the_rows_does_not_matter() -> None:
    calls = [call(n, lat=north(40 * n)) for n in range(1, 5)]
    assert len({str(numbers(list(order))) for order in permutations(calls)}) == 1


places = st.integers(-300, 300)


@given(st.lists(st.tuples(places, places, st.sampled_from([None, b"a", b"b"]), st.booleans())))
def test_every_call_stands_in_one_line_and_no_person_is_lost(
    drawn: list[tuple[int, int, bytes | None, bool]],
) -> None:
    calls = [
        call(
            n, lat=north(y), lon=107.59 + x * METRE, caller=caller, place_known=known, people=n + 1
        )
        for n, (x, y, caller, known) in enumerate(drawn)
    ]
    lines = merge_calls(calls)
    assert sorted(c.report_id.int for line in lines for c in line.calls) == list(range(len(calls)))
    of_phones = {c.caller: c.people for c in calls if c.caller}  # the latest of each
    alone = sum(c.people for c in calls if c.caller is None)
    assert sum(line.total("people") for line in lines) == alone + sum(of_phones.values())
    for caller in of_phones:
        assert sum(any(c.caller == caller for c in line.calls) for line in lines) == 1
