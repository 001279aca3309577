"""Clocks on real rows: the sweeper fires each once, whoever else is at work.

The time is an argument everywhere, so a week passes in no time: a Monday in June, when offices
are open from 7:30 to 11:30 and from 13:30 to 17:00, and no holiday is near.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from core.actor import Actor, Role
from core.db import transaction
from tests.support.casework import HIDDEN
from tests.support.office import STAFF, SUPERVISOR, Office, june, open_office
from workflows import casework, sla


class Killed(Exception):
    """A worker's end in the middle of its work."""


@pytest_asyncio.fixture(loop_scope="session")
async def office(city_database: str) -> AsyncIterator[Office]:
    async with open_office(city_database) as opened:
        yield opened


# A report of Monday 8:00 must be accepted within 8 working hours and resolved within 40.
ACCEPTANCE_SOON = june(1, 16)  # 6 hours
ACCEPTANCE_DUE = june(2, 8, 30)
HALFWAY = june(3, 15)  # 20 hours
DUE_SOON = june(5, 8)  # 30 hours
DUE = june(8, 10, 30)
LONG_OVERDUE = june(11, 8)  # 60 hours


async def test_marks_fire_at_their_time_and_once(office: Office) -> None:
    case = await office.file(june(1))
    row = await office.case(case)
    assert row.due_at == DUE
    expected: list[tuple[int, int, str]] = []
    told: list[tuple[str, str]] = []
    for at, mark, audience, template in (
        (ACCEPTANCE_SOON, "acceptance_soon", "department", "acceptance_soon"),
        (ACCEPTANCE_DUE, "acceptance_overdue", "supervisors", "acceptance_overdue"),
        (HALFWAY, "halfway", "assignee", "halfway"),
        (DUE_SOON, "due_soon", "department", "due_soon"),
        (DUE, "overdue", "supervisors", "overdue"),
        (LONG_OVERDUE, "long_overdue", "leaders", "overdue"),
    ):
        assert (await office.case(case)).wake_at == at
        assert await office.sweep(at - timedelta(microseconds=1)) == 0
        assert (await office.case(case)).overdue is (at > DUE)
        expected.append((2, len(expected) + 1, mark))
        told.append((audience, template))
        assert await office.sweep(at) >= 1
        assert await office.marks(case) == expected
        assert await office.told(case) == told
        assert await office.sweep(at) == 0
    last = await office.case(case)
    assert (last.overdue, last.rev, last.status) == (True, 2, "assigned")
    assert last.due_at == DUE  # what was promised stays what was promised
    assert last.wake_at is None


async def test_whatever_was_missed_is_made_up_for_in_order(office: Office) -> None:
    """No worker ran for two weeks."""
    case = await office.file(june(1))
    assert await office.sweep(june(15)) == 1
    assert [action for _, _, action in await office.marks(case)] == [
        "acceptance_soon", "acceptance_overdue", "halfway", "due_soon", "overdue", "long_overdue",
    ]  # fmt: skip
    assert (await office.case(case)).overdue
    assert await office.sweep(june(16)) == 0


async def test_a_clock_that_was_stopped_in_time_says_nothing(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 10))
    assert await office.sweep(ACCEPTANCE_DUE) == 0
    await office.act(case, "resolve", june(2), answer="Xong")
    await office.act(case, "approve", june(2, 9), SUPERVISOR)
    assert await office.sweep(june(8)) == 0
    assert await office.marks(case) == [(6, 0, "publish")]


async def test_a_pause_moves_the_promise_by_the_working_time_it_took(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.act(case, "ask", june(1, 11), question="Ở đâu?")
    waiting = await office.case(case)
    assert (waiting.status, waiting.due_at) == ("waiting", DUE)
    assert waiting.wake_at == june(6, 11)  # 120 hours for the citizen, weekends included
    await office.answer(case, june(3, 11))
    answered = await office.case(case)
    assert answered.status == "in_progress"
    assert answered.due_at == june(10, 10, 30)  # two working days later
    assert not answered.overdue


async def test_a_citizen_who_does_not_answer_holds_up_nothing(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.act(case, "ask", june(1, 11), question="Ở đâu?")
    assert await office.sweep(june(6, 10, 59)) == 0
    assert await office.sweep(june(6, 11)) == 1
    row = await office.case(case)
    assert (row.status, row.rev) == ("in_progress", 5)
    assert await office.marks(case) == [(5, 0, "go_on")]
    assert row.due_at == june(12, 16, 30)  # 37 hours were left, and go on from Monday 7:30


async def test_a_result_that_nobody_rates_is_closed_after_seven_days(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.act(case, "resolve", june(1, 10), answer="Xong")
    await office.act(case, "approve", june(1, 11), SUPERVISOR)
    assert await office.sweep(june(8, 10, 59)) == 0
    assert (await office.case(case)).status == "resolved"
    assert await office.sweep(june(8, 11)) == 1
    closed = await office.case(case)
    assert (closed.status, closed.open, closed.wake_at) == ("closed", False, None)
    assert closed.closed_at == june(8, 11)
    assert closed.resolved_at == june(1, 11)
    assert await office.marks(case) == [(6, 0, "publish"), (7, 0, "finish")]


async def test_reopening_stops_the_closing(office: Office) -> None:
    case = await office.file(june(1))
    await office.act(case, "accept", june(1, 9))
    await office.act(case, "resolve", june(1, 10), answer="Xong")
    await office.act(case, "approve", june(1, 11), SUPERVISOR)
    async with transaction(office.sessions) as session:
        await casework.perform_reporter_action(
            session,
            case,
            "reopen",
            {"reason": "Chưa xong"},
            actor=Actor(Role.ANONYMOUS, reports=frozenset({case})),
            now=june(8, 10),
            cache=office.cache,
        )
    await office.sweep(june(8, 12))
    row = await office.case(case)
    assert (row.status, row.overdue) == ("assigned", False)
    assert row.due_at == june(11, 11, 30)  # 24 working hours, from Monday 10:00


async def test_an_urgent_case_goes_by_its_own_hours(office: Office) -> None:
    case = await office.file(june(1), HIDDEN)
    row = await office.case(case)
    assert (row.department, row.due_at) == ("ca", june(2, 8, 30))  # 8 working hours


async def test_two_sweepers_share_120_due_cases(office: Office) -> None:
    cases = [await office.file(june(1)) for _ in range(120)]
    moved = await asyncio.gather(*(office.sweep(ACCEPTANCE_SOON) for _ in range(2)))
    # One that met only cases that the other held may have left early: what it left is left due.
    rest = await office.sweep(ACCEPTANCE_SOON)
    assert sum(moved) + rest == 120
    fired = await office.rows(
        "select case_id, count(*) as n from case_events where kind = 'mark' group by case_id"
    )
    assert {row.case_id: row.n for row in fired} == dict.fromkeys(cases, 1)
    told = await office.rows(
        "select count(*) as n, count(distinct case_id) as cases from announcements"
        " where template = 'acceptance_soon'"
    )
    assert [tuple(row) for row in told] == [(120, 120)]


async def test_staff_and_sweepers_at_once_lose_nothing(office: Office) -> None:
    cases = [await office.file(june(1)) for _ in range(30)]
    tries = [office.act(case, "accept", ACCEPTANCE_SOON) for case in cases]
    await asyncio.gather(*tries, *(office.sweep(ACCEPTANCE_SOON) for _ in range(3)))
    await office.sweep(ACCEPTANCE_SOON)
    rows = await office.rows("select status, rev from cases")
    assert {tuple(row) for row in rows} == {("in_progress", 3)}
    # Each was warned before it was accepted, or not at all: never twice, never after.
    marks = await office.rows(
        "select case_id, rev, count(*) as n from case_events where kind = 'mark' group by 1, 2"
    )
    assert all((row.rev, row.n) == (2, 1) for row in marks)


async def test_a_note_while_a_sweep_is_under_way_keeps_both(office: Office) -> None:
    cases = [await office.file(june(1)) for _ in range(20)]

    async def note(case: UUID) -> None:
        async with transaction(office.sessions) as session:
            await casework.add_note(session, case, "Đã gọi", actor=STAFF, now=ACCEPTANCE_SOON)

    await asyncio.gather(*(note(case) for case in cases), office.sweep(ACCEPTANCE_SOON))
    await office.sweep(ACCEPTANCE_SOON)
    rows = await office.rows(
        "select case_id, array_agg(seq order by seq) as seqs,"
        " array_agg(kind order by kind) as kinds from case_events where rev = 2 group by case_id"
    )
    assert len(rows) == 20
    for row in rows:
        assert row.seqs == [0, 1, 2]
        assert row.kinds == ["mark", "note", "step"]


async def test_a_note_waits_for_the_sweep_that_holds_the_case(office: Office) -> None:
    case = await office.file(june(1))
    async with transaction(office.sessions) as sweeping:
        assert await sla.sweep_batch(sweeping, office.cache, now=ACCEPTANCE_SOON) == 1

        async def note() -> None:
            async with transaction(office.sessions) as session:
                await casework.add_note(session, case, "Đã gọi", actor=STAFF, now=ACCEPTANCE_SOON)

        waiting = asyncio.create_task(note())
        # A second sweeper passes over what the first holds.
        assert await office.sweep(ACCEPTANCE_SOON) == 0
        assert not waiting.done()
    await waiting
    rows = await office.rows(
        "select seq, kind from case_events where case_id = :id and rev = 2 order by seq", id=case
    )
    assert [tuple(row) for row in rows] == [(0, "step"), (1, "mark"), (2, "note")]


async def test_a_sweep_that_dies_leaves_its_cases_due(office: Office) -> None:
    case = await office.file(june(1))

    async def die() -> None:
        async with transaction(office.sessions) as session:
            assert await sla.sweep_batch(session, office.cache, now=ACCEPTANCE_SOON) == 1
            raise Killed

    with pytest.raises(Killed):
        await die()
    assert await office.marks(case) == []
    assert await office.sweep(ACCEPTANCE_SOON) == 1
    assert len(await office.marks(case)) == 1


BROKEN = {
    "does not parse": {"priority": "1 +"},
    "divides by nothing": {"data.reopens": "data.missing.deeper + 1"},
    "a text as priority": {"priority": "'high'"},
    "a fraction as priority": {"priority": "1 / 2"},
    "an unknown department": {"department": "'nasa'"},
    "a number as answer": {"answer": "5"},
    "a score of nine": {"rating": "9"},
}


async def test_a_broken_process_is_put_off_and_holds_up_nobody(office: Office) -> None:
    """Cases whose process cannot be worked out, due before and after one that is fine."""
    broken: list[UUID] = []
    for name, values in BROKEN.items():
        case = await office.file(june(1))
        await _break(office, case, name, values)
        broken.append(case)
    hours = await office.file(june(1))
    await _break(office, hours, "hours", {}, hours="routing.reason")
    broken.append(hours)
    fine = await office.file(june(1))
    for case in (*broken, fine):
        await office.act(case, "accept", june(1, 9))
        await office.act(case, "ask", june(1, 11), question="Ở đâu?")
    at = june(6, 11)  # the citizen did not answer: `go_on` is due everywhere
    async with transaction(office.sessions) as session:
        await session.execute(text("update city set revision = revision + 1 where :x"), {"x": True})
    assert await office.sweep(at) == len(broken) + 1
    assert (await office.case(fine)).state == "in_progress"
    for case in broken:
        row = await office.case(case)
        assert (row.state, row.rev, row.priority) == ("waiting", 4, 4)
        assert row.wake_at == at + sla.PUT_OFF
    # It is looked at again, and again in vain, while the others go on.
    assert await office.sweep(at + sla.PUT_OFF - timedelta(seconds=1)) == 0
    assert await office.sweep(at + sla.PUT_OFF) == len(broken)


async def _break(
    office: Office, case: UUID, key: str, values: dict[str, str], hours: str | None = None
) -> None:
    """Put a case onto a process of its own in which nobody can go on without an answer."""
    async with transaction(office.sessions) as session:
        document: dict[str, Any] = await session.scalar(
            text(
                "select document from process_versions join cases on cases.process_id ="
                " process_versions.id where cases.id = :case"
            ),
            {"case": case},
        )
        document["actions"]["go_on"]["set"] = values
        if hours:
            document["actions"]["go_on"]["restarts"] = ["resolution"]
            document["clocks"]["resolution"]["hours"] = hours
        process = await session.scalar(
            text(
                "insert into process_versions (key, version, document, state)"
                " values (:key, 1, :document, 'published') returning id"
            ),
            {"key": key, "document": json.dumps(document)},
        )
        await session.execute(
            text("update cases set process_id = :process where id = :case"),
            {"process": process, "case": case},
        )
        await session.execute(text("update city set revision = revision + 1"))
