"""Calendars as administrators see and change them. Hours are of the calendar's time zone."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import Input, Output, Text
from api.schemas.catalogue import Name
from workflows.calendar_days import CalendarDraft, DayDraft, Spans

FIRST_YEAR, LAST_YEAR = 2000, 2199
_DAY = re.compile(r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}")  # of these years


def day_text(value: object) -> object:
    """`value` unless it is a text that is no day, such as a number of seconds in quotes."""
    # A number would be taken for seconds.
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "is no date of our time")
    return value


Day = Annotated[date, BeforeValidator(day_text), Path(examples=["2027-02-05"])]
Hour = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["07:30"])]
Open = Annotated[list[tuple[Hour, Hour]], Field(max_length=24)]


class CalendarIn(Input):
    """The whole calendar; `week` has the open hours of seven days, Monday first."""

    name: Name
    timezone: Text = Field(max_length=60, examples=["Asia/Ho_Chi_Minh"])
    week: list[Open] = Field(max_length=7)

    def draft(self) -> CalendarDraft:
        return CalendarDraft(self.name, self.timezone, [to_spans(day) for day in self.week])


class DayIn(Input):
    """No open hours make a holiday, some a worked Saturday."""

    open: Open
    name: Name

    def draft(self) -> DayDraft:
        return DayDraft(to_spans(self.open), self.name)


class CalendarOut(Output):
    """`version` grows with every change. A `fixed` one cannot be changed."""

    code: str
    name: str
    timezone: str
    week: list[list[list[str]]]
    version: int
    fixed: bool


class CalendarsOut(Output):
    items: list[CalendarOut]


class DayOut(Output):
    day: date
    open: list[list[str]]
    name: str


class CalendarDaysOut(CalendarOut):
    days: list[DayOut]


def to_spans(open_hours: list[tuple[str, str]]) -> Spans:
    """Open hours as they are kept."""
    return [list(span) for span in open_hours]
