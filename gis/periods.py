"""Spans of days of the city, and the steps of a time slider through them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from core.errors import InvalidInput

MAX_DAYS = 3 * 366
MAX_DAYS_BY_HOUR = 31
USUAL_DAYS = 30
Step = Literal["hour", "day", "week"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included, in the city's time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def starts(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return midnight(self.last + _DAY, self.zone)


def to_period(first: date | None, last: date | None, *, zone: ZoneInfo, today: date) -> Period:
    """The days asked for: up to today and 30 of them unless said. InvalidInput at the parameter."""
    last = last or max(today, first or today)
    first = first or last - (USUAL_DAYS - 1) * _DAY
    period = Period(first, last, zone)
    if first > last:
        raise InvalidInput.at("?to", "period_reversed")
    if period.days > MAX_DAYS:
        raise InvalidInput.at("?from", "period_too_long", max=MAX_DAYS)
    return period


def steps_of(period: Period, step: Step) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of each step, without a gap from the first to the last. Weeks begin on Monday,
    the first and the last may be cut. InvalidInput if there would be too many hours.
    """
    if step == "hour" and period.days > MAX_DAYS_BY_HOUR:
        raise InvalidInput.at("?step", "too_many_steps", max=MAX_DAYS_BY_HOUR)
    marks = _hours(period) if step == "hour" else _days(period, step)
    start = period.starts
    for mark in marks:
        yield start, mark
        start = mark


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When `day` begins in `zone`."""
    return datetime.combine(day, time.min, zone)


def _hours(period: Period) -> Iterator[datetime]:
    # Counted on the UTC line: a day may have 23 or 25 of them.
    at, ends = period.starts.timestamp() + 3600, period.ends.timestamp()
    while at <= ends:
        yield datetime.fromtimestamp(at, period.zone)
        at += 3600


def _days(period: Period, step: Step) -> Iterator[datetime]:
    day = period.first
    while day <= period.last:
        day += _DAY * (1 if step == "day" else 7 - day.weekday())
        yield midnight(min(day, period.last + _DAY), period.zone)
