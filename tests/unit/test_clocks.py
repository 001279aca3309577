"""One clock: started, paused, resumed, and what it has next."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendars import CalendarSpec, build_calendar, parse_spans
from workflows.clocks import (
    ClockState,
    due_steps,
    next_due,
    pause_clock,
    resume_clock,
    start_clock,
)
from workflows.process_document import Clock, Mark, Text

HOUR = 3600
LABEL = Text(vi="Hạn", en="Due")
OFFICE = build_calendar(
    CalendarSpec(
        "Asia/Ho_Chi_Minh",
        (parse_spans([["07:30", "11:30"], ["13:30", "17:00"]]),) * 5 + ((), ()),
        {},
    ),
    date(2026, 7, 1),
    date(2026, 12, 31),
)
SOON, DUE, LONG = Mark(name="soon", at=0.75), Mark(name="due", at=1), Mark(name="long", at=1.5)


def hue(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def spec(*marks: Mark, promise: bool = False, timeout: str | None = None) -> Clock:
    return Clock(
        label=LABEL, hours="8", runs_in=("a",), marks=marks, promise=promise, timeout=timeout
    )


MONDAY = hue("2026-08-03 08:00")
running = start_clock(10 * HOUR, OFFICE, MONDAY)


def test_a_clock_is_due_after_its_working_hours() -> None:
    assert running == ClockState(
        started_at=MONDAY, due_at=hue("2026-08-04 10:30"), seconds=10 * HOUR
    )


def test_it_is_past_from_its_due_second_on() -> None:
    assert not running.is_past(running.due_at - timedelta(microseconds=1))
    assert running.is_past(running.due_at)
    paused = pause_clock(running, OFFICE, hue("2026-08-03 10:00"))
    assert not paused.is_past(hue("2026-12-01 10:00"))


def test_a_pause_conserves_working_time() -> None:
    paused = pause_clock(running, OFFICE, hue("2026-08-03 10:00"))
    assert paused.remaining == 8 * HOUR
    assert paused.due_at == running.due_at  # what was last promised
    resumed = resume_clock(paused, OFFICE, hue("2026-08-08 20:00"))  # a Saturday night
    assert resumed.remaining is None
    assert resumed.due_at == hue("2026-08-11 08:00")


def test_pausing_and_resuming_twice_changes_nothing_more() -> None:
    at, later = hue("2026-08-03 10:00"), hue("2026-08-05 10:00")
    paused = pause_clock(running, OFFICE, at)
    assert pause_clock(paused, OFFICE, later) == paused
    resumed = resume_clock(paused, OFFICE, later)
    assert resume_clock(resumed, OFFICE, later) == resumed
    assert resume_clock(running, OFFICE, later) == running


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_a_pause_does_not_forgive_lateness(late: timedelta) -> None:
    assert pause_clock(running, OFFICE, running.due_at + late) == running


@given(
    starts=st.integers(0, 7 * 24 * HOUR),
    seconds=st.integers(1, 60 * HOUR),
    works=st.integers(0, 60 * HOUR),
    pauses=st.integers(0, 30 * 24 * HOUR),
)
def test_remaining_time_is_the_same_after_any_pause(
    starts: int, seconds: int, works: int, pauses: int
) -> None:
    begin = MONDAY + timedelta(seconds=starts)
    clock = start_clock(seconds, OFFICE, begin)
    paused_at = begin + timedelta(seconds=works)
    paused = pause_clock(clock, OFFICE, paused_at)
    resumed_at = paused_at + timedelta(seconds=pauses)
    resumed = resume_clock(paused, OFFICE, resumed_at)
    if clock.due_at <= paused_at:
        assert resumed == clock
    else:
        left = OFFICE.between(paused_at, clock.due_at)
        assert OFFICE.between(resumed_at, resumed.due_at) == left
        assert OFFICE.between(begin, paused_at) + left == seconds


def test_a_clock_tells_its_marks_in_order_of_time() -> None:
    assert due_steps(spec()) == []
    assert due_steps(spec(LONG, SOON, DUE)) == [SOON, DUE, LONG]
    # running out comes after a mark at the same moment
    assert due_steps(spec(LONG, DUE, SOON, promise=True)) == [SOON, DUE, None, LONG]
    assert due_steps(spec(SOON, timeout="go_on")) == [SOON, None]


def test_what_is_next() -> None:
    clock = spec(LONG, DUE, SOON, promise=True)
    expected = [
        (hue("2026-08-04 08:00"), SOON),  # after 7.5 of 10 hours
        (hue("2026-08-04 10:30"), DUE),
        (hue("2026-08-04 10:30"), None),
        (hue("2026-08-05 08:00"), LONG),
    ]
    state = running
    for done, (at, mark) in enumerate(expected):
        state = ClockState(state.started_at, state.due_at, state.seconds, marks_done=done)
        due = next_due("resolution", clock, state, OFFICE)
        assert due is not None
        assert (due.at, due.clock, due.mark) == (at, "resolution", mark)
    state = ClockState(state.started_at, state.due_at, state.seconds, marks_done=4)
    assert next_due("resolution", clock, state, OFFICE) is None


def test_a_paused_clock_has_nothing_next() -> None:
    paused = pause_clock(running, OFFICE, MONDAY)
    assert next_due("resolution", spec(SOON, DUE), paused, OFFICE) is None


def test_marks_move_with_the_date_when_a_clock_is_resumed() -> None:
    resumed = resume_clock(
        pause_clock(running, OFFICE, hue("2026-08-03 09:00")), OFFICE, hue("2026-08-10 09:00")
    )
    due = next_due("resolution", spec(SOON), resumed, OFFICE)
    assert due is not None
    assert due.at == hue("2026-08-11 08:00")


def test_no_mark_lies_before_the_start() -> None:
    """Filed at night: a mark at next to nothing is not told in the working hours before."""
    night = hue("2026-08-03 22:00")
    clock = start_clock(HOUR, OFFICE, night)
    due = next_due("c", spec(Mark(name="early", at=1e-9)), clock, OFFICE)
    assert due is not None
    assert night <= due.at <= hue("2026-08-04 07:31")
    nothing = start_clock(0, OFFICE, night)
    due = next_due("c", spec(DUE), nothing, OFFICE)
    assert due is not None
    assert due.at == night


@given(
    clock=st.builds(
        ClockState,
        started_at=st.datetimes(timezones=st.just(UTC)),
        due_at=st.datetimes(timezones=st.just(UTC)),
        seconds=st.floats(0, 1e9),
        remaining=st.none() | st.floats(0, 1e9),
        marks_done=st.integers(0, 10),
    )
)
def test_a_clock_survives_its_column(clock: ClockState) -> None:
    assert ClockState.from_json(json.loads(json.dumps(clock.to_json()))) == clock
