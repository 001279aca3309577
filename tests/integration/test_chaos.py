"""Ten thousand clocks due at once, workers killed in the middle, staff on the same cases."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from tests.support.casework import login, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import start_worker

CLOCKS, WORKERS, KILLED = 10_000, 4, 2
KILL_AFTER = 2_000  # clocks
STAFF_CASES = 200

# As many cases as the first one is, each with its history.
_COPY_CASES = """
    with template as (select * from cases where id = %(id)s),
    copies as (
        insert into cases (
            id, code, category, geom, area_id, summary, search, visibility, department,
            process_id, state, status, priority, case_class, routing, data, clocks, due_at,
            wake_at, rev, source, opened_at, updated_at
        )
        select gen_random_uuid(), 'C' || n, category, geom, area_id, summary, search, visibility,
               department, process_id, state, status, priority, case_class, routing, data, clocks,
               due_at, null, rev, source, opened_at, updated_at
        from template, generate_series(2, %(total)s) as n
        returning id
    )
    insert into case_events (
        case_id, rev, seq, kind, at, action, actor_role, from_state, to_state, department, form
    )
    select copies.id, e.rev, e.seq, e.kind, e.at, e.action, e.actor_role, e.from_state,
           e.to_state, e.department, e.form
    from copies, case_events as e
    where e.case_id = %(id)s
"""
# The citizen's five days to answer end now, everywhere.
_MAKE_DUE = """
    update cases set
        wake_at = now(),
        clocks = jsonb_set(clocks, '{reply}', clocks -> 'reply' || jsonb_build_object(
            'started_at', now() - interval '120 hours', 'since', now() - interval '120 hours',
            'due_at', now()
        ))
"""
_ALIVE = "select count(*) from workers"
_FIRED = "select count(*) from case_events where action = 'go_on'"


@pytest.mark.slow
async def test_every_clock_fires_once(own_api: Api) -> None:
    api = own_api
    case = await stage(api, "waiting")
    await execute(api, _COPY_CASES, id=case.id, total=CLOCKS)
    await execute(api, "update cases set wake_at = null")
    staff = await login(api, case, "staff")
    ids = [str(row.id) for row in await fetch(api, "select id from cases order by id")]

    workers = [await start_worker(api) for _ in range(WORKERS)]
    try:
        await until(api, _ALIVE, WORKERS)
        await execute(api, _MAKE_DUE)
        started = time.perf_counter()
        by_staff = asyncio.create_task(press_go_on(api, ids[:: CLOCKS // STAFF_CASES], staff))
        await until(api, _FIRED, KILL_AFTER)
        for worker in workers[:KILLED]:
            worker.kill()
        at_kill = (await fetch_one(api, _FIRED)).count
        await until(api, _FIRED, CLOCKS)
        seconds = time.perf_counter() - started
        answers = await by_staff
        await asyncio.sleep(2)  # whoever would fire twice has the time to do so
    finally:
        await end(workers)

    assert at_kill < CLOCKS, "the workers were killed too late to prove anything"
    # Each case took the step once, by its clock or by a person, and no other.
    steps = await fetch(
        api,
        "select case_id, actor_role from case_events where action = 'go_on'",
    )
    assert len(steps) == len({row.case_id for row in steps}) == CLOCKS
    by_role = Counter(row.actor_role for row in steps)
    assert by_role["staff"] == answers[200]
    assert by_role["system"] == CLOCKS - answers[200]
    assert set(answers) <= {200, 409}
    wrong = await fetch_one(
        api,
        """
        select
            count(*) filter (where state <> 'in_progress') as elsewhere,
            count(*) filter (where clocks ? 'reply') as running,
            count(*) filter (where wake_at <= now()) as due,
            count(*) filter (where rev <> (
                select count(*) from case_events as e where e.case_id = cases.id and kind = 'step'
            )) as miscounted
        from cases
        """,
    )
    assert (wrong.elsewhere, wrong.running, wrong.due, wrong.miscounted) == (0, 0, 0, 0)
    print(
        f"\n{CLOCKS} clocks due at once, {WORKERS} workers, {KILLED} killed after {at_kill}:"
        f" {by_role['system']} fired by the workers, {by_role['staff']} taken by staff first"
        f" ({answers[409]} of theirs came second), 0 lost, 0 twice, all in {seconds:.1f} s"
    )


async def press_go_on(api: Api, ids: list[str], staff: dict[str, str]) -> Counter[int]:
    """Staff who press the button of the same step while the clocks run out."""
    answers: Counter[int] = Counter()
    headers = {**staff, "If-Match": '"4"', "Prefer": "return=minimal"}
    for case_id in ids:
        answer = await api.http.post(f"/v1/cases/{case_id}/actions/go_on", json={}, headers=headers)
        answers[200 if answer.is_success else answer.status_code] += 1
    return answers


async def end(workers: list[asyncio.subprocess.Process]) -> None:
    for worker in workers:
        if worker.returncode is None:
            worker.terminate()
    await asyncio.gather(*(asyncio.wait_for(worker.wait(), 30) for worker in workers))


async def until(api: Api, query: str, count: int, *, seconds: float = 60) -> None:
    """Wait until `query` counts as many; fail if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while (await fetch_one(api, query)).count < count:
            await asyncio.sleep(0.05)
