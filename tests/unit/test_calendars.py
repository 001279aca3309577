"""Working time, held against a clock that counts the open minutes one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from workflows.calendars import CalendarSpec, WorkingCalendar, build_calendar, parse_spans

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = 3600
OFFICE_DAY = parse_spans([["07:30", "11:30"], ["13:30", "17:00"]])
NIGHT = parse_spans([["00:00", "06:00"], ["22:00", "24:00"]])
ALL_DAY = parse_spans([["00:00", "24:00"]])

# Tuesday 1 September to Wednesday 2 September are holidays; Saturday the 12th is worked.
OFFICE = CalendarSpec(
    timezone="Asia/Ho_Chi_Minh",
    week=(OFFICE_DAY,) * 5 + ((), ()),
    days={
        date(2026, 9, 1): (),
        date(2026, 9, 2): (),
        date(2026, 9, 12): OFFICE_DAY,
    },
)
office = build_calendar(OFFICE, date(2026, 6, 1), date(2026, 11, 30))

# Summer time begins on 29 March and ends on 25 October 2026.
WATCH = CalendarSpec("Europe/Amsterdam", (NIGHT,) * 7, {})
spring = build_calendar(WATCH, date(2026, 3, 20), date(2026, 4, 6))
autumn = build_calendar(WATCH, date(2026, 10, 16), date(2026, 11, 2))


def hue(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HUE)


def amsterdam(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("begin", "hours", "due"),
    [
        pytest.param("2026-08-03 08:00", 2, "2026-08-03 10:00", id="within a morning"),
        pytest.param("2026-08-03 10:30", 2, "2026-08-03 14:30", id="over lunch"),
        pytest.param("2026-08-03 12:00", 1, "2026-08-03 14:30", id="filed at lunch"),
        pytest.param("2026-08-03 06:00", 1, "2026-08-03 08:30", id="before work"),
        pytest.param("2026-08-03 23:00", 1, "2026-08-04 08:30", id="at night"),
        pytest.param("2026-08-07 16:00", 2, "2026-08-10 08:30", id="over a weekend"),
        pytest.param("2026-08-31 16:00", 2, "2026-09-03 08:30", id="over holidays"),
        pytest.param("2026-09-11 16:00", 2, "2026-09-12 08:30", id="into a worked Saturday"),
        pytest.param("2026-09-12 16:30", 1, "2026-09-14 08:00", id="out of a worked Saturday"),
        pytest.param("2026-08-03 07:30", 7.5, "2026-08-03 17:00", id="a whole day"),
        pytest.param("2026-08-03 07:30", 15, "2026-08-04 17:00", id="two whole days"),
        pytest.param("2026-08-03 07:30", 4, "2026-08-03 11:30", id="ends with the morning"),
        pytest.param("2026-08-03 11:30", 1, "2026-08-03 14:30", id="begins at the end of one"),
        pytest.param("2026-08-03 14:30", -2, "2026-08-03 10:30", id="back over lunch"),
        pytest.param("2026-08-10 08:30", -2, "2026-08-07 16:00", id="back over a weekend"),
        pytest.param("2026-08-03 12:00", -4, "2026-08-03 07:30", id="back to a morning's start"),
        pytest.param("2026-08-04 07:30", -3.5, "2026-08-03 13:30", id="back to an afternoon's"),
        pytest.param("2026-09-06 12:00", -1, "2026-09-04 16:00", id="back from a Sunday"),
        pytest.param("2026-08-04 12:00", 0, "2026-08-04 12:00", id="no time at all"),
    ],
)
def test_working_hours(begin: str, hours: float, due: str) -> None:
    assert office.add(hue(begin), hours * HOUR) == hue(due)


def test_the_whole_calendar_can_be_worked_and_not_a_second_more() -> None:
    calendar = build_calendar(OFFICE, date(2026, 8, 3), date(2026, 8, 3))
    first, last = hue("2026-08-03 07:30"), hue("2026-08-03 17:00")
    assert calendar.add(first, 7.5 * HOUR) == last
    assert calendar.add(last, -7.5 * HOUR) == first
    for at, seconds in ((first, 7.5 * HOUR + 1), (first, -1), (last, 1)):
        with pytest.raises(ConfigurationError, match="outside the calendar"):
            calendar.add(at, seconds)


def test_time_between() -> None:
    friday, monday = hue("2026-08-07 16:00"), hue("2026-08-10 08:30")
    assert office.between(friday, monday) == 2 * HOUR
    assert office.between(monday, friday) == -2 * HOUR
    assert office.between(hue("2026-08-08 00:00"), hue("2026-08-09 23:00")) == 0
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert office.between(long_ago, hue("2026-06-01 08:30")) == HOUR  # as far as it reaches


def test_the_answer_is_in_utc() -> None:
    assert office.add(hue("2026-08-03 08:00"), HOUR).tzinfo is UTC


def test_open_nights_are_one_interval() -> None:
    calendar = build_calendar(
        CalendarSpec("Asia/Ho_Chi_Minh", (ALL_DAY,) * 7, {}), date(2026, 1, 1), date(2026, 1, 3)
    )
    begin = hue("2026-01-01 23:30")
    assert calendar.add(begin, HOUR) == hue("2026-01-02 00:30")
    # an instant at midnight stays where it is: no closed hour lies there
    assert calendar.add(hue("2026-01-02 00:30"), -HOUR / 2) == hue("2026-01-02 00:00")
    assert calendar.between(hue("2026-01-01 00:00"), hue("2026-01-04 00:00")) == 72 * HOUR


@pytest.mark.parametrize(
    ("calendar", "begin", "hours", "due"),
    [
        # the clock goes from 2:00 to 3:00: that night has seven open hours, not eight
        (spring, "2026-03-28 22:00", 7, "2026-03-29 06:00"),
        (spring, "2026-03-29 01:30", 1, "2026-03-29 03:30"),
        (spring, "2026-03-29 03:30", -1, "2026-03-29 01:30"),
        # and back from 3:00 to 2:00: that one has nine
        (autumn, "2026-10-24 22:00", 9, "2026-10-25 06:00"),
        (autumn, "2026-10-25 01:30", 3, "2026-10-25 03:30"),
    ],
)
def test_changes_of_the_clock(
    calendar: WorkingCalendar, begin: str, hours: float, due: str
) -> None:
    assert calendar.add(amsterdam(begin), hours * HOUR) == amsterdam(due)


@pytest.mark.parametrize(
    ("spans", "open_hours"),
    [
        ([["02:30", "03:00"]], 0),  # ends before it begins: no such hour on that day
        ([["01:00", "02:30"], ["03:00", "04:00"]], 2),
        ([["01:00", "02:00"], ["03:00", "04:00"]], 2),
    ],
)
def test_hours_that_summer_time_skips(spans: list[list[str]], open_hours: float) -> None:
    sunday = date(2026, 3, 29)
    office_day = parse_spans([["08:00", "09:00"]])
    spec = CalendarSpec("Europe/Amsterdam", (office_day,) * 7, {sunday: parse_spans(spans)})
    calendar = build_calendar(spec, sunday, sunday + timedelta(days=1))
    begin = amsterdam("2026-03-29 00:00")
    assert calendar.between(begin, amsterdam("2026-03-30 00:00")) == open_hours * HOUR
    assert calendar.add(begin, (open_hours + 1) * HOUR) == amsterdam("2026-03-30 09:00")


def test_a_calendar_without_open_hours_is_refused() -> None:
    closed = CalendarSpec("Asia/Ho_Chi_Minh", ((),) * 7, {})
    with pytest.raises(ConfigurationError, match="at least one open hour"):
        build_calendar(closed, date(2026, 1, 1), date(2026, 12, 31))


def test_spans() -> None:
    assert parse_spans([]) == ()
    assert parse_spans([["00:00", "24:00"]]) == ((time(0), time(0)),)
    assert parse_spans([["07:30", "11:30"], ["11:30", "17:05"]]) == (
        (time(7, 30), time(11, 30)),
        (time(11, 30), time(17, 5)),
    )


@pytest.mark.parametrize(
    "spans",
    [
        [["11:30", "07:30"]],  # backwards
        [["07:30", "07:30"]],  # empty
        [["07:30", "11:30"], ["11:00", "17:00"]],  # overlapping
        [["13:30", "17:00"], ["07:30", "11:30"]],  # in the wrong order
        [["22:00", "06:00"]],  # over midnight: to be written as two days
        [["07:30", "24:30"]],
        [["07:75", "11:30"]],
        [["-1:30", "11:30"]],
        [["07:30", "25:00"]],
        [["half past seven", "11:30"]],
        [["07", "11:30"]],
        [["07:30:00", "11:30"]],
        [["", "11:30"]],
    ],
)
def test_spans_that_are_refused(spans: list[list[str]]) -> None:
    with pytest.raises(ConfigurationError):
        parse_spans(spans)


def open_minutes(spec: CalendarSpec, first: date, last: date) -> list[datetime]:
    """The oracle: every minute in which somebody works, found by looking at the wall clock."""
    zone = ZoneInfo(spec.timezone)
    at = datetime.combine(first, time(0), zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)
    minutes: list[datetime] = []
    while at < end:
        wall = at.astimezone(zone)
        spans = spec.days.get(wall.date(), spec.week[wall.weekday()])
        if any(
            opens <= wall.time() and (closes == time(0) or wall.time() < closes)
            for opens, closes in spans
        ):
            minutes.append(at)
        at += timedelta(minutes=1)
    return minutes


FIRST, LAST = date(2026, 3, 26), date(2026, 4, 2)  # with the night that lacks an hour


@st.composite
def specs(draw: st.DrawFn) -> CalendarSpec:
    """A week of random spans that begin and end at full quarters."""

    def day() -> tuple[tuple[time, time], ...]:
        quarters = sorted(draw(st.lists(st.integers(0, 96), min_size=0, max_size=6, unique=True)))
        pairs = list(zip(quarters[::2], quarters[1::2], strict=False))
        # no edges in the hour that summer time skips: what such an edge means is anybody's guess
        pairs = [(a, b) for a, b in pairs if not (8 < a < 12 or 8 < b < 12)]
        return parse_spans([[_clock(a), _clock(b)] for a, b in pairs])

    zone = draw(st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Amsterdam", "UTC"]))
    week = tuple(day() for _ in range(7))
    special = {FIRST + timedelta(days=n): day() for n in draw(st.sets(st.integers(0, 7)))}
    always_open = {LAST: ALL_DAY}  # so that no calendar is empty
    return CalendarSpec(zone, week, special | always_open)


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


@given(spec=specs(), data=st.data())
def test_against_counting_minutes(spec: CalendarSpec, data: st.DataObject) -> None:
    calendar = build_calendar(spec, FIRST, LAST)
    minutes = open_minutes(spec, FIRST, LAST)
    zone = ZoneInfo(spec.timezone)
    begin = datetime.combine(FIRST, time(0), zone).astimezone(UTC)
    end = datetime.combine(LAST + timedelta(days=1), time(0), zone).astimezone(UTC)
    total = int((end - begin).total_seconds() // 60)
    assert calendar.between(begin, end) == 60 * len(minutes)

    at, other = (begin + timedelta(minutes=data.draw(st.integers(0, total))) for _ in range(2))
    counted = sum(min(at, other) <= minute < max(at, other) for minute in minutes)
    assert calendar.between(at, other) == (60 if at <= other else -60) * counted

    ahead = [minute for minute in minutes if minute >= at]
    if ahead:  # the end of the n-th open minute from here
        n = data.draw(st.integers(1, len(ahead)))
        assert calendar.add(at, 60 * n) == ahead[n - 1] + timedelta(minutes=1)
    behind = [minute for minute in minutes if minute < at]
    if behind:  # the beginning of the n-th open minute back
        n = data.draw(st.integers(1, len(behind)))
        assert calendar.add(at, -60 * n) == behind[-n]


instants = st.integers(0, 21 * 24 * HOUR).map(
    lambda seconds: hue("2026-08-24 00:00") + timedelta(seconds=seconds)
)
durations = st.integers(1, 60 * HOUR)


@given(at=instants, first=durations, second=durations)
def test_two_durations_are_their_sum(at: datetime, first: int, second: int) -> None:
    assert office.add(office.add(at, first), second) == office.add(at, first + second)
    assert office.add(office.add(at, -first), -second) == office.add(at, -first - second)


@given(at=instants, seconds=durations)
def test_what_was_added_lies_between(at: datetime, seconds: int) -> None:
    assert office.between(at, office.add(at, seconds)) == seconds
    assert office.between(at, office.add(at, -seconds)) == -seconds


@given(at=instants, seconds=durations)
def test_there_and_back(at: datetime, seconds: int) -> None:
    back = office.add(office.add(at, seconds), -seconds)
    assert office.between(at, back) == 0
    is_open = office.between(at, at + timedelta(seconds=1)) == 1
    if is_open:  # else one comes back to the hour at which work began
        assert back == at
    else:
        assert back >= at


@given(at=instants, other=instants, seconds=durations)
def test_later_is_never_due_earlier(at: datetime, other: datetime, seconds: int) -> None:
    early, late = sorted((at, other))
    assert office.add(early, seconds) <= office.add(late, seconds)
    assert office.add(early, -seconds) <= office.add(late, -seconds)
