"""One clock: started, paused, resumed, and what it has next."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendars import CalendarSpec, build_calendar, parse_spans
from workflows.clocks import (
    ClockState,
    due_steps,
    extend_clock,
    hand_over_clock,
    move_clock,
    next_due,
    pause_clock,
    recount_clock,
    resume_clock,
    start_clock,
)
from workflows.process_document import Clock, Mark, Text

HOUR = 3600
LABEL = Text(vi="Hạn", en="Due")
FIRST, LAST = date(2026, 7, 1), date(2026, 12, 31)
WEEK = (parse_spans([["07:30", "11:30"], ["13:30", "17:00"]]),) * 5 + ((), ())
OFFICE = build_calendar(CalendarSpec("Asia/Ho_Chi_Minh", WEEK, {}), FIRST, LAST)
HOLIDAY = build_calendar(
    CalendarSpec("Asia/Ho_Chi_Minh", WEEK, {date(2026, 8, 4): ()}), FIRST, LAST
)
ALWAYS = build_calendar(
    CalendarSpec("Asia/Ho_Chi_Minh", (parse_spans([["00:00", "24:00"]]),) * 7, {}), FIRST, LAST
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
        started_at=MONDAY,
        due_at=hue("2026-08-04 10:30"),
        seconds=10 * HOUR,
        since=MONDAY,
        left=10 * HOUR,
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
    assert (resumed.since, resumed.left) == (hue("2026-08-08 20:00"), 8 * HOUR)
    assert (resumed.started_at, resumed.seconds) == (MONDAY, 10 * HOUR)


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
        state = replace(state, marks_done=done)
        due = next_due("resolution", clock, state, OFFICE)
        assert due is not None
        assert (due.at, due.clock, due.mark) == (at, "resolution", mark)
    state = replace(state, marks_done=4)
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


# more time


def test_more_time_moves_the_date_by_as_much() -> None:
    longer = extend_clock(spec(), running, 4 * HOUR, OFFICE, hue("2026-08-03 10:00"))
    assert longer == replace(
        running, due_at=hue("2026-08-04 16:30"), seconds=14 * HOUR, left=14 * HOUR
    )
    assert extend_clock(spec(), running, 0, OFFICE, MONDAY) == running


def test_more_time_for_a_clock_that_stands_waits_with_it() -> None:
    paused = pause_clock(running, OFFICE, hue("2026-08-03 10:00"))
    longer = extend_clock(spec(), paused, 4 * HOUR, OFFICE, hue("2026-08-06 10:00"))
    assert (longer.remaining, longer.seconds, longer.due_at) == (
        12 * HOUR, 14 * HOUR, running.due_at,
    )  # fmt: skip
    resumed = resume_clock(longer, OFFICE, hue("2026-08-10 08:00"))
    assert resumed.due_at == hue("2026-08-11 14:30")


def test_more_time_for_a_clock_that_was_resumed() -> None:
    paused = pause_clock(running, OFFICE, hue("2026-08-03 10:00"))
    resumed = resume_clock(paused, OFFICE, hue("2026-08-10 08:00"))
    longer = extend_clock(spec(), resumed, 4 * HOUR, OFFICE, hue("2026-08-10 09:00"))
    assert longer.due_at == hue("2026-08-11 14:30")  # 8 + 4 hours since the 10th


@pytest.mark.parametrize(
    ("now", "told", "hours", "kept"),
    [
        ("2026-08-04 08:00", 1, 1, 0),  # 7.5 hours are less than three quarters of 11
        ("2026-08-04 09:00", 1, 1, 1),  # 8.5 are more
        ("2026-08-04 10:30", 3, 0, 3),  # nothing was given
        ("2026-08-04 10:30", 3, 2, 1),  # ten of twelve: soon, but neither due nor past
        ("2026-08-04 10:30", 3, 10, 0),
        ("2026-08-05 08:00", 4, 1, 3),  # 15 of 11: late all the same
    ],
)
def test_marks_that_lie_ahead_again_are_told_again(
    now: str, told: int, hours: int, kept: int
) -> None:
    clock = spec(SOON, DUE, LONG, promise=True)
    before = replace(running, marks_done=told)
    longer = extend_clock(clock, before, hours * HOUR, OFFICE, hue(now))
    assert longer.marks_done == kept
    due = next_due("resolution", clock, longer, OFFICE)
    assert due is None or due.at > hue(now)


def test_so_are_those_of_a_clock_that_stands() -> None:
    clock = spec(SOON, DUE)
    told = replace(running, marks_done=1)
    paused = pause_clock(told, OFFICE, hue("2026-08-04 09:00"))  # 8.5 of 10 hours
    at = hue("2026-08-06 09:00")
    assert extend_clock(clock, paused, HOUR, OFFICE, at).marks_done == 1  # 8.5 of 11
    longer = extend_clock(clock, paused, 10 * HOUR, OFFICE, at)  # 8.5 of 20
    assert longer.marks_done == 0
    resumed = resume_clock(longer, OFFICE, hue("2026-08-10 07:30"))
    due = next_due("c", clock, resumed, OFFICE)
    assert due is not None
    assert (due.at, due.mark) == (hue("2026-08-10 16:00"), SOON)  # after 15 of 20


def test_a_mark_that_nobody_told_yet_is_not_taken_for_told() -> None:
    """The sweeper was away: what lies in the past is still to be told."""
    longer = extend_clock(spec(SOON, DUE), running, HOUR, OFFICE, hue("2026-08-20 08:00"))
    assert longer.marks_done == 0


# another department, another calendar


def test_who_takes_over_has_the_working_time_that_is_left() -> None:
    at = hue("2026-08-03 10:00")
    taken = hand_over_clock(running, OFFICE, ALWAYS, at)
    assert taken == replace(
        running, due_at=hue("2026-08-03 18:00"), since=at, left=8 * HOUR
    )  # its length and its beginning stay
    back = hand_over_clock(taken, ALWAYS, OFFICE, at)
    assert back.due_at == running.due_at


def test_what_stands_is_handed_over_as_it_is() -> None:
    paused = pause_clock(running, OFFICE, hue("2026-08-03 10:00"))
    assert hand_over_clock(paused, OFFICE, ALWAYS, hue("2026-08-05 10:00")) == paused


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=3), timedelta(days=9)])
def test_a_late_clock_stays_as_late_as_it_was(late: timedelta) -> None:
    now = running.due_at + late
    taken = hand_over_clock(running, OFFICE, ALWAYS, now)
    assert (taken.due_at, taken.seconds) == (running.due_at, running.seconds)
    assert taken.is_past(now)
    assert recount_clock(taken, ALWAYS) == taken  # no calendar was changed since
    assert extend_clock(spec(), taken, 2 * HOUR, ALWAYS, now).due_at == hue("2026-08-04 12:30")


# a calendar that was changed


def test_a_changed_calendar_changes_the_date_of_what_runs() -> None:
    counted = recount_clock(running, HOLIDAY)
    assert counted == replace(running, due_at=hue("2026-08-05 10:30"))
    assert recount_clock(counted, HOLIDAY) == counted
    assert recount_clock(counted, OFFICE) == running


def test_a_changed_calendar_counts_from_where_the_clock_last_began_to_run() -> None:
    paused = pause_clock(running, OFFICE, hue("2026-08-03 10:00"))
    assert recount_clock(paused, HOLIDAY) == paused
    resumed = resume_clock(paused, OFFICE, hue("2026-08-05 07:30"))
    assert recount_clock(resumed, HOLIDAY) == resumed  # the holiday was before


def test_what_began_before_all_that_is_known_keeps_its_date() -> None:
    """The days of a calendar are laid out some years back, and no further."""
    later = build_calendar(CalendarSpec("Asia/Ho_Chi_Minh", WEEK, {}), date(2026, 8, 4), LAST)
    assert recount_clock(running, later) is running


def test_marks_that_lie_ahead_again_after_a_change_are_told_again() -> None:
    clock = spec(SOON, DUE, promise=True)
    told = replace(running, marks_done=3)
    moved = move_clock(clock, told, HOLIDAY, running.due_at)  # 7 hours are left again
    assert (moved.due_at, moved.marks_done) == (hue("2026-08-05 10:30"), 0)
    assert move_clock(clock, moved, HOLIDAY, running.due_at) == moved
    assert move_clock(clock, told, OFFICE, running.due_at) is told  # it did not move


LIVES = st.lists(
    st.tuples(
        st.sampled_from(["pause", "resume", "extend", "take over", "recount"]),
        st.integers(0, 3 * 24 * HOUR),
        st.integers(0, 20 * HOUR),
    ),
    max_size=8,
)


@given(seconds=st.integers(1, 60 * HOUR), life=LIVES)
def test_whatever_happens_to_a_clock_no_working_time_is_lost_or_won(
    seconds: int, life: list[tuple[str, int, int]]
) -> None:
    """What it counted while it ran, and what is left, are always what it was given."""
    calendars = [OFFICE, ALWAYS]
    now, given_time, counted = MONDAY, float(seconds), 0.0
    clock = start_clock(seconds, OFFICE, now)
    for what, wait, hours in life:
        later = now + timedelta(seconds=wait)
        if clock.remaining is None:
            counted += calendars[0].between(now, later)
        now = later
        if clock.is_past(now):
            return  # late is late, whatever follows: see above
        match what:
            case "pause":
                clock = pause_clock(clock, calendars[0], now)
            case "resume":
                clock = resume_clock(clock, calendars[0], now)
            case "extend":
                clock = extend_clock(spec(), clock, hours, calendars[0], now)
                given_time += hours
            case "take over":
                clock = hand_over_clock(clock, calendars[0], calendars[1], now)
                calendars.reverse()
            case _:
                assert recount_clock(clock, calendars[0]) == clock
        left = clock.remaining
        if left is None:
            left = calendars[0].between(now, clock.due_at)
        assert counted + left == pytest.approx(given_time, abs=1e-3)
        assert clock.seconds == given_time


@given(
    clock=st.builds(
        ClockState,
        started_at=st.datetimes(timezones=st.just(UTC)),
        due_at=st.datetimes(timezones=st.just(UTC)),
        seconds=st.floats(0, 1e9),
        since=st.datetimes(timezones=st.just(UTC)),
        left=st.floats(0, 1e9),
        remaining=st.none() | st.floats(0, 1e9),
        marks_done=st.integers(0, 10),
    )
)
def test_a_clock_survives_its_column(clock: ClockState) -> None:
    assert ClockState.from_json(json.loads(json.dumps(clock.to_json()))) == clock


def test_a_clock_of_an_earlier_release_keeps_its_date() -> None:
    written = start_clock(8 * HOUR, OFFICE, MONDAY).to_json()
    del written["since"], written["left"]
    clock = ClockState.from_json(written)
    assert move_clock(spec(promise=True), clock, HOLIDAY, MONDAY).due_at == clock.due_at
    longer = extend_clock(spec(promise=True), clock, HOUR, OFFICE, MONDAY)
    assert longer.due_at == OFFICE.add(clock.due_at, HOUR)
