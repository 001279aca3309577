"""The city's calendars: the hours of a normal week, and the days that differ from it.

With every change the calendar's version grows and the dates of running cases are worked out anew,
by a job (`workflows/recounting.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, time
from functools import lru_cache
from zoneinfo import available_timezones

from sqlalchemy import extract, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import ConfigurationError, Conflict, FieldError, InvalidInput, NotFound
from workflows.administration import (
    ask_for_recount,
    begin_change,
    finish_change,
    note_change,
    put_values,
)
from workflows.calendars import DaySpans, parse_spans
from workflows.configuration import ALWAYS
from workflows.policies import Right, check_right
from workflows.tables import Calendar, CalendarDay, City

Spans = list[list[str]]
DAYS_OF_A_WEEK = 7
MIN_MINUTES = 60  # of a normal week: no deadline is ever reached without open hours


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """A calendar as its administrators want it: `week` has the open hours of seven days, Monday
    first, each `[["07:30", "11:30"], …]` or empty.
    """

    name: str
    timezone: str
    week: list[Spans]


@dataclass(frozen=True, slots=True)
class DayDraft:
    """A day that differs: no open hours make a holiday, some a worked Saturday."""

    open: Spans
    name: str


async def list_calendars(session: AsyncSession, *, actor: Actor) -> list[Calendar]:
    """All of them by code."""
    check_right(actor, Right.CONFIGURE)
    return list(await session.scalars(select(Calendar).order_by(Calendar.code)))


async def get_calendar(
    session: AsyncSession, code: str, *, year: int | None, actor: Actor
) -> tuple[Calendar, list[CalendarDay]]:
    """A calendar and its days, of one year or of all."""
    check_right(actor, Right.CONFIGURE)
    query = select(CalendarDay).where(CalendarDay.calendar == code).order_by(CalendarDay.day)
    if year is not None:
        query = query.where(extract("year", CalendarDay.day) == year)
    return await _get(session, code), list(await session.scalars(query))


async def put_calendar(
    session: AsyncSession, code: str, draft: CalendarDraft, *, actor: Actor
) -> tuple[Calendar, bool]:
    """Add a calendar or change it; answers it and whether it is new. InvalidInput naming the
    hours that cannot be.
    """
    city = await begin_change(session, actor)
    _check_fixed(code)
    errors = [*_timezone_errors(draft.timezone), *_week_errors(draft.week)]
    if errors:
        raise InvalidInput(fields=errors)
    row = await session.get(Calendar, code)
    created = row is None
    row = row or Calendar(code=code, version=0)
    if await put_values(session, row, asdict(draft)):
        await note_change(session, actor, "calendar", code, created=created)
        await _finish(session, city, row)
    return row, created


async def put_day(
    session: AsyncSession, code: str, day: date, draft: DayDraft, *, actor: Actor
) -> CalendarDay:
    """Say what is open on one day, whatever its week says."""
    city = await begin_change(session, actor)
    _check_fixed(code)
    calendar = await _get(session, code)
    if _spans(draft.open) is None:
        raise InvalidInput.at("/open", "open_hours_out_of_order")
    row = await session.get(CalendarDay, (code, day)) or CalendarDay(calendar=code, day=day)
    if await put_values(session, row, asdict(draft)):
        await note_change(session, actor, "calendar", code)
        await _finish(session, city, calendar)
    return row


async def delete_day(session: AsyncSession, code: str, day: date, *, actor: Actor) -> None:
    """Let a day be as its week says again."""
    city = await begin_change(session, actor)
    _check_fixed(code)
    calendar = await _get(session, code)
    row = await session.get(CalendarDay, (code, day))
    if row is None:
        raise NotFound("calendar_day_not_found", day=day.isoformat())
    await session.delete(row)
    await note_change(session, actor, "calendar", code)
    await _finish(session, city, calendar)


async def _get(session: AsyncSession, code: str) -> Calendar:
    calendar = await session.get(Calendar, code)
    if calendar is None:
        raise NotFound("calendar_not_found", value=code)
    return calendar


async def _finish(session: AsyncSession, city: City, calendar: Calendar) -> None:
    calendar.version += 1
    await session.flush()
    await finish_change(session, city)
    await ask_for_recount(session, calendar.version)


def _check_fixed(code: str) -> None:
    """Clocks that run around the clock count on this calendar."""
    if code == ALWAYS:
        raise Conflict("calendar_is_fixed")


def _timezone_errors(timezone: str) -> list[FieldError]:
    known = timezone in _timezones()
    return [] if known else [FieldError("/timezone", "timezone_unknown", {"value": timezone})]


@lru_cache(maxsize=1)
def _timezones() -> set[str]:
    return available_timezones()  # reads hundreds of files


def _week_errors(week: list[Spans]) -> list[FieldError]:
    if len(week) != DAYS_OF_A_WEEK:
        return [FieldError("/week", "week_needs_seven_days")]
    days = [_spans(spans) for spans in week]
    errors = [
        FieldError(f"/week/{index}", "open_hours_out_of_order")
        for index, spans in enumerate(days)
        if spans is None
    ]
    minutes = sum(_minutes(spans) for spans in days if spans)
    if not errors and minutes < MIN_MINUTES:
        return [FieldError("/week", "calendar_hardly_open")]
    return errors


def _spans(spans: Spans) -> DaySpans | None:
    """The open hours of a day; None if they are none, out of order, or overlap."""
    try:
        return parse_spans(spans)
    except ConfigurationError:
        return None


def _minutes(spans: DaySpans) -> int:
    return sum(_minute_of(end, at_end=True) - _minute_of(start) for start, end in spans)


def _minute_of(at: time, *, at_end: bool = False) -> int:
    """Minutes since midnight; an end at 00:00 is that of the day."""
    return 24 * 60 if at_end and at == time(0) else at.hour * 60 + at.minute
