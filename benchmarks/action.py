"""A staff action over HTTP: latency at a number of clients, and its limit in the same run.

    python -m benchmarks.action [--cases 3000] [--clients 8]

Each action is `accept` on a case of its own: lock, one step of the process, history, announcement
and job in one commit; then the case as the desk shows it, or (`Prefer: return=minimal`) only its
new version. The limit is pgbench taking the same
lock and running the same write on the same cluster.
"""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Iterator

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.environment import Environment, running_city
from benchmarks.http_load import LoadResult, Request, run_load
from benchmarks.intake import make_request
from benchmarks.pgbench import PgbenchResult, inline, run_pgbench
from core.db import create_engine
from workflows import repository

STAFF = "staff.sxd"
SECONDS = 10


def main() -> None:
    """Prepare the cases, act on half of them over HTTP, run pgbench, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=8000)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with running_city() as city:
        measure(city, cases=options.cases, clients=options.clients)


def measure(city: Environment, *, cases: int, clients: int) -> None:
    """The same in a city that runs already."""
    uvloop.run(_fill(city.api_url, cases))
    ids = uvloop.run(_list_cases(city.database_url))
    token = sign_in(city.api_url, STAFF)
    half = len(ids) // 2
    http = uvloop.run(_act(city.api_url, token, ids[:half], clients))
    minimal = uvloop.run(_act(city.api_url, token, ids[half:], clients, Prefer="return=minimal"))
    limit = run_pgbench(city.database_url, _script(len(ids)), clients=clients, seconds=SECONDS)
    _print({"HTTP": http, "HTTP, return=minimal": minimal}, limit, clients)


async def _fill(api_url: str, cases: int) -> None:
    left = iter(range(cases))
    while next(left, None) is not None:
        result = await run_load(api_url, make_request, clients=8, seconds=2)
        for _ in range(len(result.latencies) - 1):
            next(left, None)


async def _list_cases(url: str) -> list[str]:
    """The ids of all cases that wait to be accepted; pgbench gets a table of them by number."""
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "create table bench_cases as select row_number() over () as n, id from cases"
            " where state = 'assigned' and rev = 2 and department = 'sxd'"
        )
        await connection.exec_driver_sql("create unique index on bench_cases (n)")
        await connection.exec_driver_sql("grant select on bench_cases to hientruong_app")
        await connection.exec_driver_sql("analyze bench_cases")
        rows = await connection.exec_driver_sql("select id from bench_cases order by n")
        ids = [str(row[0]) for row in rows]
    await engine.dispose()
    return ids


def sign_in(api_url: str, username: str) -> str:
    """The access token of a demo login."""
    body = json.dumps({"username": username, "password": "demo"}).encode()
    request = urllib.request.Request(
        f"{api_url}/v1/auth/staff", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


async def _act(
    api_url: str, token: str, cases: list[str], clients: int, **extra: str
) -> LoadResult:
    """Accept cases until SECONDS have passed or none is left."""
    ids: Iterator[str] = iter(cases)

    def request() -> Request | None:
        case_id = next(ids, None)
        if case_id is None:
            return None
        headers = {
            "Authorization": f"Bearer {token}",
            "If-Match": '"2"',
            "Content-Type": "application/json",
            **extra,
        }
        return "POST", f"/v1/cases/{case_id}/actions/accept", headers, b"{}"

    return await run_load(api_url, request, clients=clients, seconds=SECONDS)


def _script(cases: int) -> str:
    """Lock one case, write one step: what `repository.lock_case` and `save_changes` do."""
    change = """jsonb_build_array(jsonb_build_object(
        'id', cast(:c_id as text), 'base_rev', cast(:c_rev as int), 'rev', cast(:c_rev as int) + 1, 'state', 'in_progress',
        'status', 'in_progress', 'department', 'sxd', 'priority', 3, 'case_class', 'normal',
        'data', jsonb_build_object(), 'clocks', jsonb_build_object(), 'due_at', now(),
        'wake_at', now(), 'overdue', false, 'resolved', false, 'closed', false))"""
    event = """jsonb_build_array(jsonb_build_object(
        'case_id', cast(:c_id as text), 'rev', cast(:c_rev as int) + 1, 'seq', 0, 'kind', 'step',
        'action', 'accept', 'actor_role', 'staff', 'from_state', 'assigned',
        'to_state', 'in_progress', 'department', 'sxd', 'form', jsonb_build_object(),
        'public', true))"""
    announcement = """jsonb_build_array(jsonb_build_object(
        'case_id', cast(:c_id as text), 'rev', cast(:c_rev as int) + 1, 'seq', 0, 'n', 0,
        'audience', 'reporter', 'template', 'accepted', 'data', jsonb_build_object()))"""
    values = {"changes": change, "events": event, "announcements": announcement, "now": "now()"}
    lock = (
        "select cases.id, cases.rev from cases join bench_cases on bench_cases.id = cases.id"
        " where bench_cases.n = :n for no key update of cases \\gset c_"
    )
    return "\n".join(
        [
            f"\\set n random(1, {cases})",
            "begin;",
            "set local role hientruong_worker;",  # reaches every row: the limit has no fence
            lock,
            inline(repository.SAVE_CHANGES, values) + ";",
            "commit;",
        ]
    )


def _print(runs: dict[str, LoadResult], limit: PgbenchResult, clients: int) -> None:
    table = Table(title=f"Staff action, {clients} clients")
    for column in ("", "per second", "p50 ms", "p95 ms", "answers"):
        table.add_column(column)
    for name, run in runs.items():
        table.add_row(
            name,
            f"{run.rate:,.0f}",
            f"{run.percentile_ms(50):.1f}",
            f"{run.percentile_ms(95):.1f}",
            ", ".join(f"{count:,} × {status}" for status, count in sorted(run.statuses.items())),
        )
    table.add_row("pgbench, same SQL", f"{limit.rate:,.0f}", f"{limit.mean_ms:.1f} (mean)", "", "")
    console = Console()
    console.print(table)
    for name, run in runs.items():
        console.print(f"ratio {name} / pgbench: {run.rate / limit.rate:.2f}")


if __name__ == "__main__":
    main()
