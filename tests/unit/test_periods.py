"""Days and steps of the city's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from gis.periods import MAX_DAYS, Period, Step, steps_of, to_period

HUE, BERLIN = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 23)


def period(first: date | None, last: date | None) -> Period:
    return to_period(first, last, zone=HUE, today=TODAY)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (date(2026, 10, 25), TODAY)),
        (date(2026, 11, 1), None, (date(2026, 11, 1), TODAY)),
        (None, date(2026, 3, 1), (date(2026, 1, 31), date(2026, 3, 1))),
        (date(2026, 12, 1), None, (date(2026, 12, 1), date(2026, 12, 1))),
    ],
)
def test_what_is_meant_unless_said(
    first: date | None, last: date | None, expected: tuple[date, date]
) -> None:
    found = period(first, last)
    assert (found.first, found.last) == expected


def test_a_period_begins_and_ends_at_midnight_of_the_city() -> None:
    found = period(date(2026, 11, 1), date(2026, 11, 2))
    assert found.days == 2
    assert found.starts == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert found.ends == datetime(2026, 11, 2, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "pointer"),
    [
        (date(2026, 2, 2), date(2026, 2, 1), "?to"),
        (TODAY - timedelta(days=MAX_DAYS), TODAY, "?from"),
    ],
)
def test_what_is_no_period(first: date, last: date, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        period(first, last)
    assert caught.value.fields[0].pointer == pointer


@given(
    first=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(1, 31),
    zone=st.sampled_from([HUE, BERLIN]),
    step=st.sampled_from(["hour", "day", "week"]),
)
def test_steps_leave_no_gap(first: date, days: int, zone: ZoneInfo, step: Step) -> None:
    found = Period(first, first + timedelta(days=days - 1), zone)
    steps = list(steps_of(found, step))
    assert (steps[0][0], steps[-1][1]) == (found.starts, found.ends)
    assert all(one[1] == other[0] for one, other in pairwise(steps))
    assert all(start.timestamp() < end.timestamp() for start, end in steps)
    if step == "week":
        assert all(start.weekday() == 0 for start, _ in steps[1:])


def test_a_day_of_25_hours() -> None:
    day = Period(date(2026, 10, 25), date(2026, 10, 25), BERLIN)
    assert len(list(steps_of(day, "hour"))) == 25
    assert len(list(steps_of(day, "day"))) == 1


def test_too_many_hours() -> None:
    with pytest.raises(InvalidInput):
        list(steps_of(period(TODAY - timedelta(days=31), TODAY), "hour"))
