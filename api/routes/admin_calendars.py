"""Shaping the city: its working hours and holidays. Due dates of running cases follow, by a job."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import ActorDep, SessionDep
from api.openapi import made
from api.schemas.calendars import (
    FIRST_YEAR,
    LAST_YEAR,
    CalendarDaysOut,
    CalendarIn,
    CalendarOut,
    CalendarsOut,
    Day,
    DayIn,
    DayOut,
)
from api.schemas.catalogue import Code
from workflows import calendar_days
from workflows.configuration import ALWAYS
from workflows.tables import Calendar

router = APIRouter(prefix="/v1/admin/calendars", tags=["admin"])
CREATED, OK = 201, 200


@router.get("")
async def list_calendars(session: SessionDep, actor: ActorDep) -> CalendarsOut:
    """All calendars, without their days."""
    rows = await calendar_days.list_calendars(session, actor=actor)
    return CalendarsOut(items=[_calendar(row) for row in rows])


@router.get("/{code}")
async def get_calendar(
    code: Code,
    session: SessionDep,
    actor: ActorDep,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
) -> CalendarDaysOut:
    """One calendar with the days that differ from its week, of one year or of all."""
    row, days = await calendar_days.get_calendar(session, code, year=year, actor=actor)
    return CalendarDaysOut(
        **_calendar(row).model_dump(), days=[DayOut.model_validate(day) for day in days]
    )


@router.put("/{code}", responses=made(CalendarOut))
async def put_calendar(
    code: Code, body: CalendarIn, session: SessionDep, actor: ActorDep, response: Response
) -> CalendarOut:
    """Add a calendar (201) or change its week."""
    row, created = await calendar_days.put_calendar(session, code, body.draft(), actor=actor)
    response.status_code = CREATED if created else OK
    return _calendar(row)


@router.put("/{code}/days/{day}")
async def put_day(
    code: Code, day: Day, body: DayIn, session: SessionDep, actor: ActorDep
) -> DayOut:
    """Say what is open on one day: nothing on a holiday, something on a worked Saturday."""
    row = await calendar_days.put_day(session, code, day, body.draft(), actor=actor)
    return DayOut.model_validate(row)


@router.delete("/{code}/days/{day}", status_code=204)
async def delete_day(code: Code, day: Day, session: SessionDep, actor: ActorDep) -> None:
    """Let a day be as its week says again."""
    await calendar_days.delete_day(session, code, day, actor=actor)


def _calendar(row: Calendar) -> CalendarOut:
    return CalendarOut(
        code=row.code,
        name=row.name,
        timezone=row.timezone,
        week=row.week,
        version=row.version,
        fixed=row.code == ALWAYS,
    )
