"""Dates of running cases follow their calendars: by the working time they lose or win, and once.

A Monday in June again (see `tests/support/office.py`): a case of that morning is promised within
40 working hours, which is Monday of the next week at 10:30.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy import text

from core.actor import ANONYMOUS, Actor, Role
from core.clock import utc_now
from core.db import transaction
from gis.locate import Place
from tests.support.casework import BUS, BUS_DEPARTMENT
from tests.support.city import CENTRE
from tests.support.client import Api
from tests.support.office import HUE, STAFF, SUPERVISOR, Office, june, open_office
from tests.support.rows import fetch_one
from tests.support.sealing import SEALER
from tests.support.worker import running_worker
from workflows import calendar_days, casework, departments, intake, recounting
from workflows.calendar_days import DayDraft
from workflows.departments import DepartmentDraft
from workflows.intake import IntakeRules, ReportDraft

WORKED = [["07:30", "11:30"], ["13:30", "17:00"]]
DUE = june(8, 10, 30)
A_DAY_LATER = june(9, 10, 30)
ON_SATURDAY = june(6, 10, 30)


@pytest_asyncio.fixture(loop_scope="session")
async def office(city_database: str) -> AsyncIterator[Office]:
    async with open_office(city_database) as opened:
        yield opened


async def admin(office: Office) -> Actor:
    [row] = await office.rows("select id from people where username = 'admin'")
    return Actor(Role.ADMIN, row.id)


async def declare(
    office: Office, day: datetime, hours: list[list[str]], calendar: str = "office"
) -> None:
    """Say what is open on a day: nothing makes it a holiday."""
    actor = await admin(office)
    async with transaction(office.sessions) as session:
        draft = DayDraft(hours, "Ngày đặc biệt")
        await calendar_days.put_day(session, calendar, day.date(), draft, actor=actor)


async def withdraw(office: Office, day: datetime) -> None:
    actor = await admin(office)
    async with transaction(office.sessions) as session:
        await calendar_days.delete_day(session, "office", day.date(), actor=actor)


async def give_calendar(office: Office, department: str, calendar: str | None) -> None:
    actor = await admin(office)
    async with transaction(office.sessions) as session:
        rows = {d.code: d for d in await departments.list_departments(session, actor=actor)}
        row = rows[department]
        draft = DepartmentDraft(
            row.name, row.name_en, row.phone, row.email, row.deputy, calendar, active=True
        )
        await departments.put_department(session, department, draft, actor=actor)


async def recount(office: Office, at: datetime) -> int:
    return await recounting.recount(office.sessions, office.cache, now=at)


async def explained(office: Office, case: UUID) -> list[Any]:
    """What the history says of changed dates."""
    return await office.rows(
        "select rev, seq, kind, at, actor_role, form, public, from_state, to_state from case_events"
        " where case_id = :id and action = 'recounted' order by rev, seq",
        id=case,
    )


async def everything(office: Office) -> list[Any]:
    """Every version of every row that a recount could write."""
    return [
        *await office.rows("select xmin::text, * from cases order by id"),
        *await office.rows("select xmin::text, * from case_events order by case_id, rev, seq"),
        *await office.rows("select xmin::text, * from announcements order by id"),
    ]


# What is declared --------------------------------------------------------------------------------


async def test_a_holiday_moves_the_date_by_exactly_that_day(office: Office) -> None:
    case = await office.file(june(1))
    before = await office.case(case)
    assert before.due_at == DUE
    told = await office.told(case)
    await declare(office, june(4), [])
    assert await recount(office, june(2)) == 1
    after = await office.case(case)
    assert (after.due_at, after.rev, after.overdue) == (A_DAY_LATER, before.rev, False)
    assert after.wake_at == before.wake_at  # acceptance is due on Tuesday, before the holiday
    [event] = await explained(office, case)
    assert (event.rev, event.seq, event.kind, event.at) == (before.rev, 1, "note", june(2))
    assert (event.actor_role, event.public) == ("system", False)
    assert event.from_state == event.to_state == "assigned"
    assert {name: datetime.fromisoformat(at) for name, at in event.form.items()} == {
        "due_before": DUE,
        "due_after": A_DAY_LATER,
    }
    assert await office.told(case) == told  # whether and how it is told is for people to say


async def test_a_worked_saturday_moves_it_back(office: Office) -> None:
    case = await office.file(june(1))
    await declare(office, june(6), WORKED)
    assert await recount(office, june(2)) == 1
    assert (await office.case(case)).due_at == ON_SATURDAY
    # Worked for a day off on Thursday: all in all nothing changes.
    await declare(office, june(4), [])
    assert await recount(office, june(2)) == 1
    assert (await office.case(case)).due_at == DUE
    assert len(await explained(office, case)) == 2


async def test_what_is_taken_back_leaves_the_dates_as_they_were(office: Office) -> None:
    case = await office.file(june(1))
    before = await office.case(case)
    await declare(office, june(4), [])
    await recount(office, june(2))
    await withdraw(office, june(4))
    assert await recount(office, june(2)) == 1
    after = await office.case(case)
    assert (after.due_at, after.wake_at, after.clocks) == (
        before.due_at,
        before.wake_at,
        before.clocks,
    )
    assert [event.seq for event in await explained(office, case)] == [1, 2]


async def test_marks_move_with_their_clock(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    before = (await office.case(case)).wake_at
    await declare(office, june(2), [])
    await recount(office, june(1, 10))
    assert (await office.case(case)).wake_at == before + timedelta(days=1)


async def test_only_the_word_of_the_mark_changes_when_the_promise_does_not(office: Office) -> None:
    """A day off now for one worked later: warnings come later, the promise stays."""
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    before = await office.case(case)
    await declare(office, june(2), [])
    await declare(office, june(6), WORKED)
    assert await recount(office, june(1, 10)) == 1
    after = await office.case(case)
    assert (after.due_at, await explained(office, case)) == (DUE, [])
    assert after.wake_at > before.wake_at


async def test_running_it_twice_or_at_once_writes_nothing_more(office: Office) -> None:
    for hour in (8, 9, 14):
        await office.file(june(1, hour))
    await declare(office, june(4), [])
    counts = await asyncio.gather(*(recount(office, june(2)) for _ in range(3)))
    assert sum(counts) == 3
    before = await everything(office)
    assert await recount(office, june(3)) == 0
    assert await everything(office) == before


async def test_where_no_date_changes_nothing_is_written(office: Office) -> None:
    """Counted from another day, with other sums before it: fractions must not tell."""
    odd = timedelta(microseconds=123_457)
    for n in range(40):
        await office.file(june(1) + n * 97 * odd)
    before = await everything(office)
    assert await recount(office, june(2)) == 0
    for weeks in (10, 20, 30):
        await declare(office, june(1) - timedelta(weeks=weeks), [])
    await declare(office, june(25), [])
    assert await recount(office, june(2)) == 0
    assert await everything(office) == before


# Which cases -------------------------------------------------------------------------------------


async def test_a_paused_clock_keeps_its_date_and_goes_on_by_the_new_calendar(
    office: Office,
) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.act(case, "ask", june(1, 11), question="Ở đâu?")
    before = await office.case(case)
    await declare(office, june(4), [])
    assert await recount(office, june(2)) == 0
    assert await office.case(case) == before
    await office.answer(case, june(3, 11))
    # Two days passed while nobody worked on it, and the holiday: as if it had been there always.
    assert (await office.case(case)).due_at == june(11, 10, 30)


async def test_a_late_case_is_not_late_any_more_and_may_be_late_again(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    assert await office.sweep(june(8, 11)) == 1
    assert (await office.case(case)).overdue
    told = len(await office.told(case))
    await declare(office, june(4), [])  # a storm, declared afterwards
    await recount(office, june(8, 14))
    saved = await office.case(case)
    assert (saved.overdue, saved.due_at, saved.wake_at) == (False, A_DAY_LATER, A_DAY_LATER)
    assert await office.sweep(june(9, 10)) == 0
    assert await office.sweep(A_DAY_LATER) == 1
    assert (await office.case(case)).overdue
    assert [action for _, _, action in await office.marks(case)].count("overdue") == 2
    assert len(await office.told(case)) > told


async def test_a_case_long_late_stays_late(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.sweep(june(20))
    marks = await office.marks(case)
    await declare(office, june(4), [])
    assert await recount(office, june(20)) == 1
    late = await office.case(case)
    assert (late.overdue, late.due_at, late.wake_at) == (True, A_DAY_LATER, None)
    assert await office.sweep(june(21)) == 0
    assert len(await office.marks(case)) == len(marks) + 1  # with the word about the date


async def test_a_case_may_be_late_at_once_and_the_sweeper_tells(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.sweep(june(8, 8))
    assert not (await office.case(case)).overdue
    await declare(office, june(6), WORKED)
    await recount(office, june(8, 8))
    late = await office.case(case)
    assert (late.overdue, late.due_at) == (True, ON_SATURDAY)
    assert await office.sweep(june(8, 8)) == 1
    assert "overdue" in [action for _, _, action in await office.marks(case)]


async def test_a_department_with_a_calendar_of_its_own_goes_by_that(office: Office) -> None:
    case, other = await office.file(june(1)), await office.file(june(1), "environment.noise")
    others_due = (await office.case(other)).due_at
    await give_calendar(office, BUS_DEPARTMENT, "always")
    assert await recount(office, june(1, 9)) == 1
    assert (await office.case(case)).due_at == june(1) + timedelta(hours=40)
    assert (await office.case(other)).due_at == others_due
    await declare(office, june(2), [])
    assert await recount(office, june(1, 9)) == 1
    assert (await office.case(case)).due_at == june(1) + timedelta(hours=40)
    assert (await office.case(other)).due_at > others_due
    await give_calendar(office, BUS_DEPARTMENT, None)
    assert await recount(office, june(1, 9)) == 1
    assert (await office.case(case)).due_at == A_DAY_LATER


async def test_what_is_done_keeps_its_date(office: Office) -> None:
    case, resolved = await office.file(june(1)), await office.file(june(1))
    for done in (case, resolved):
        await office.act(done, "accept", june(1, 9))
        await office.act(done, "resolve", june(1, 10), answer="Xong")
        await office.act(done, "approve", june(1, 11), SUPERVISOR)
    await office.sweep(june(1, 12))
    async with transaction(office.sessions) as session:
        form = {"score": 5}
        reporter = Actor(Role.ANONYMOUS, reports=frozenset({case}))
        await casework.perform_reporter_action(
            session, case, "rate", form, actor=reporter, now=june(2), cache=office.cache
        )
    before = await everything(office)
    await declare(office, june(4), [])
    assert await recount(office, june(2)) == 0
    assert await everything(office) == before


async def test_a_case_older_than_the_calendars_keeps_its_date(office: Office) -> None:
    """What lies before the days that calendars are laid out for cannot be counted."""
    case = await office.file(june(1))
    await put_clock(office, case, "since", (june(1) - timedelta(days=1500)).isoformat())
    before = await office.case(case)
    await declare(office, june(4), [])
    await recount(office, june(2))
    assert (await office.case(case)).due_at == before.due_at


async def test_a_case_that_cannot_be_worked_out_holds_up_no_other(office: Office) -> None:
    broken, fine = await office.file(june(1)), await office.file(june(1))
    await put_clock(office, broken, "left", 10**12)
    before = await office.case(broken)
    await declare(office, june(4), [])
    assert await recount(office, june(2)) == 1
    assert await office.case(broken) == before
    assert (await office.case(fine)).due_at == A_DAY_LATER


async def put_clock(office: Office, case: UUID, name: str, value: object) -> None:
    """Change the promise's clock of a case behind everybody's back."""
    await office.rows(
        "update cases set clocks = jsonb_set("
        " clocks, array['resolution', :name], CAST(CAST(:value AS text) AS jsonb))"
        " where id = :id returning id",
        id=case,
        name=name,
        value=json.dumps(value),
    )


# Many, and at the same time ----------------------------------------------------------------------


async def multiply(office: Office, times: int) -> None:
    """`times` copies of every case, without their reports."""
    columns = [
        row.column_name
        for row in await office.rows(
            "select column_name from information_schema.columns where table_name = 'cases'"
            " and is_generated = 'NEVER' and column_name not in ('id', 'code')"
        )
    ]
    kept = ", ".join(columns)
    await office.rows(
        f"insert into cases (id, code, {kept})"
        f" select gen_random_uuid(), code || '-' || n, {kept}"
        " from cases, generate_series(1, CAST(:times AS int)) as n returning id",
        times=times,
    )


async def test_two_thousand_cases_each_have_their_date_once(office: Office) -> None:
    for minute in (0, 10, 20, 30):
        await office.file(june(1, 8, minute))
    await multiply(office, 499)
    await declare(office, june(4), [])
    started = perf_counter()
    assert await recount(office, june(2)) == 2000
    took = perf_counter() - started
    dates = await office.rows("select due_at, count(*) as n from cases group by 1 order by 1")
    expected = [(A_DAY_LATER + timedelta(minutes=10 * n), 500) for n in range(4)]
    assert [tuple(row) for row in dates] == expected
    [events] = await office.rows(
        "select count(*) as n, count(distinct case_id) as cases from case_events"
        " where action = 'recounted'"
    )
    assert (events.n, events.cases) == (2000, 2000)
    assert await recount(office, june(2)) == 0
    assert took < 30, took  # about 1 s on an idle machine


async def test_staff_who_act_at_the_same_time_lose_nothing(office: Office) -> None:
    cases = [await office.file(june(1)) for _ in range(40)]
    await declare(office, june(4), [])
    steps = [office.act(case, "accept", june(1, 9)) for case in cases]
    await asyncio.gather(recount(office, june(1, 9)), *steps, recount(office, june(1, 9)))
    rows = await office.rows(
        "select status, rev, due_at, count(*) as n from cases group by 1, 2, 3"
    )
    assert [tuple(row) for row in rows] == [("in_progress", 3, A_DAY_LATER, 40)]
    history = await office.rows(
        "select case_id, count(*) filter (where action = 'accept') as accepted,"
        " count(*) filter (where action = 'recounted') as recounted"
        " from case_events group by case_id"
    )
    assert all((row.accepted, row.recounted) == (1, 1) for row in history)


async def test_it_waits_for_whoever_holds_a_case_and_finds_it_as_they_left_it(
    office: Office,
) -> None:
    case, other = await office.file(june(1)), await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await declare(office, june(4), [])
    async with transaction(office.sessions) as acting:
        await casework.perform_action(
            acting,
            case,
            "ask",
            {"question": "Ở đâu?"},
            actor=STAFF,
            expected_rev=3,
            now=june(1, 11),
            cache=office.cache,
        )
        waiting = asyncio.create_task(recount(office, june(2)))
        await asyncio.sleep(0.5)
        assert not waiting.done()
    assert await waiting == 1
    asked = await office.case(case)
    assert (asked.state, asked.due_at) == ("waiting", DUE)  # what stands still keeps its date
    assert (await office.case(other)).due_at == A_DAY_LATER


async def test_a_report_that_is_being_filed_meanwhile_is_not_forgotten(office: Office) -> None:
    """It was worked out by the old calendar and is not there yet when the work begins."""
    await office.file(june(1))
    report_id = uuid4()
    async with transaction(office.sessions) as filing:
        filed = await intake.file_report(
            filing,
            ReportDraft(BUS, Place(**CENTRE), "Nhà chờ dột"),
            report_id=report_id,
            actor=ANONYMOUS,
            now=june(1),
            cache=office.cache,
            rules=IntakeRules(),
            sealer=SEALER,
        )
        assert filed.due_at == DUE
        await declare(office, june(4), [])
        waiting = asyncio.create_task(recount(office, june(2)))
        await asyncio.sleep(0.5)
        assert not waiting.done()
    assert await waiting == 2
    assert (await office.case(report_id)).due_at == A_DAY_LATER


async def test_a_note_written_before_does_not_stand_in_the_way(office: Office) -> None:
    case = await office.file(june(1))
    async with transaction(office.sessions) as session:
        await casework.add_note(session, case, "Đã gọi", actor=STAFF, now=june(1, 9))
    await office.sweep(june(2))
    await declare(office, june(4), [])
    await recount(office, june(2))
    rows = await office.rows(
        "select seq, action from case_events where case_id = :id and rev = 2 order by seq", id=case
    )
    assert [tuple(row) for row in rows][1:] == [
        (1, "note"),
        (2, "acceptance_soon"),
        (3, "recounted"),
    ]


async def test_some_transaction_that_never_ends_does_not_hold_it_up_for_ever(
    office: Office,
) -> None:
    case = await office.file(june(1))
    async with transaction(office.sessions) as forgotten:
        await forgotten.execute(text("select revision from city"))
        await declare(office, june(4), [])
        short = timedelta(seconds=0.3)
        assert (
            await recounting.recount(office.sessions, office.cache, now=june(2), patience=short)
            == 1
        )
    assert (await office.case(case)).due_at == A_DAY_LATER


# All of it -----------------------------------------------------------------------------------


async def test_from_the_administrators_click_to_the_case(own_api: Api) -> None:
    """Through the API, the queue and a worker, today: all days until it is due are off."""
    filed = await own_api.file()
    before = datetime.fromisoformat(filed["due_at"]).astimezone(HUE)
    headers = await own_api.staff("admin")
    until = (before.date() - utc_now().astimezone(HUE).date()).days
    days = [before.date() - timedelta(days=n) for n in range(until)]
    async with running_worker(own_api):
        for day in days:
            answer = await own_api.http.put(
                f"/v1/admin/calendars/office/days/{day}",
                json={"open": [], "name": "Bão"},
                headers=headers,
            )
            assert answer.status_code == 200
        async with asyncio.timeout(20):
            while (await fetch_one(own_api, "select count(*) as n from procrastinate_jobs")).n:
                await asyncio.sleep(0.1)
    operator = await own_api.staff("operator")
    case = (await own_api.http.get(f"/v1/cases/{filed['id']}", headers=operator)).json()
    after = datetime.fromisoformat(case["due_at"])
    assert after.astimezone(HUE).date() > before.date()
    events = [event for event in case["timeline"] if event["action"] == "recounted"]
    assert {event["label"] for event in events} == {"Tính lại hạn xử lý theo lịch làm việc mới"}
    assert datetime.fromisoformat(events[-1]["form"]["due_after"]) == after
