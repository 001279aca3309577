"""Working time: pure arithmetic over the open hours of a calendar.

A `WorkingCalendar` holds sorted open intervals as UTC instants (seconds) with prefix sums, so that
adding working hours is two binary searches. Lunch breaks, holidays, worked Saturdays and changes
of the clock are all just intervals.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from core.errors import ConfigurationError

ALWAYS = "always"
"""Code of the calendar that is open day and night; every city has it."""

DaySpans = tuple[tuple[time, time], ...]


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """A calendar as the city writes it: a normal week (Monday first) and the days that differ."""

    timezone: str
    week: tuple[DaySpans, ...]
    days: dict[date, DaySpans]


class WorkingCalendar:
    """The open time between two days, ready for arithmetic. Immutable; safe to share."""

    def __init__(self, intervals: list[tuple[float, float]]) -> None:
        """`intervals`: sorted, disjoint (start, end) in seconds since the epoch."""
        if not intervals:
            raise ConfigurationError("a calendar needs at least one open hour")
        self._starts = [start for start, _ in intervals]
        self._ends = [end for _, end in intervals]
        # _worked[i]: open seconds before interval i; one entry more than there are intervals
        self._worked = [0.0, *accumulate(end - start for start, end in intervals)]

    def add(self, at: datetime, seconds: float) -> datetime:
        """The instant at which `seconds` of open time have passed since `at`; back if negative.

        Zero seconds answers `at` itself, even when that is a closed hour. Raises
        ConfigurationError beyond the days that the calendar was built for.
        """
        if seconds == 0:
            return at
        worked = self._worked_until(at.timestamp()) + seconds
        if worked < 0 or worked > self._worked[-1]:
            raise ConfigurationError("instant outside the calendar")
        if seconds > 0:  # the end of the interval in which the last second is worked
            index = self._index_reaching(worked)
        else:  # the start of the interval in which the first second is worked
            index = min(bisect_right(self._worked, worked) - 1, len(self._starts) - 1)
        return datetime.fromtimestamp(self._starts[index] + worked - self._worked[index], UTC)

    def between(self, start: datetime, end: datetime) -> float:
        """Open seconds from `start` to `end`; negative when `end` comes first."""
        return self._worked_until(end.timestamp()) - self._worked_until(start.timestamp())

    def covers(self, at: datetime) -> bool:
        """Whether its open hours are known from `at` on."""
        return at.timestamp() >= self._starts[0]

    def _worked_until(self, at: float) -> float:
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0.0
        return self._worked[index] + min(at, self._ends[index]) - self._starts[index]

    def _index_reaching(self, worked: float) -> int:
        index = bisect_right(self._worked, worked) - 1
        if index == len(self._starts) or (index > 0 and self._worked[index] == worked):
            return index - 1
        return index


def build_calendar(spec: CalendarSpec, first: date, last: date) -> WorkingCalendar:
    """The open time of `spec` from `first` to `last`, both included."""
    zone = ZoneInfo(spec.timezone)
    intervals: list[tuple[float, float]] = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for opens, closes in spec.days.get(day, spec.week[day.weekday()]):
            start = datetime.combine(day, opens, zone).timestamp()
            end = _closing(day, closes, zone)
            if intervals and intervals[-1][1] >= start:  # an open night: one interval
                intervals[-1] = (intervals[-1][0], max(intervals[-1][1], end))
            elif start < end:  # not so for hours that the change to summer time skips
                intervals.append((start, end))
    return WorkingCalendar(intervals)


def parse_spans(spans: list[list[str]]) -> DaySpans:
    """`[["07:30", "11:30"], …]` as times; "24:00" is the end of the day, kept as 00:00.

    Raises ConfigurationError unless the spans are in order and do not overlap.
    """
    parsed: list[tuple[time, time]] = []
    previous = 0
    for opens, closes in spans:
        start, end = _minutes(opens), _minutes(closes)
        if not previous <= start < end <= 24 * 60:
            raise ConfigurationError(f"open hours out of order: {spans}")
        previous = end
        parsed.append((time(*divmod(start, 60)), time(*divmod(end % (24 * 60), 60))))
    return tuple(parsed)


def _minutes(value: str) -> int:
    hours, _, minutes = value.partition(":")
    try:
        hour, minute = int(hours), int(minutes)
    except ValueError as error:
        raise ConfigurationError(f"not a time of day: {value!r}") from error
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        raise ConfigurationError(f"not a time of day: {value!r}")
    return hour * 60 + minute


def _closing(day: date, closes: time, zone: ZoneInfo) -> float:
    closing_day = day + timedelta(days=1) if closes == time(0) else day
    return datetime.combine(closing_day, closes, zone).timestamp()
