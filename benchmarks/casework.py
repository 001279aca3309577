"""The work of a desk: an action, the work list at a million cases, routing, and a migration.

    python -m benchmarks.casework [--cases 1000000] [--only list]

Each part says what it does beside its figures: actions as `benchmarks/action.py` takes them; the
work list over HTTP, one client, at 10,000 and at a million cases of which 3 % are open; routing
with 2,000 rules in this process; moving 30,000 running cases to another version of the process.
"""

from __future__ import annotations

import argparse
import copy
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import action
from benchmarks.environment import Environment, running_city
from benchmarks.http_load import LoadResult, Request, run_load
from core.actor import Actor, Role
from core.clock import utc_now
from core.db import create_engine, create_session_factory, load_sql, transaction
from workflows import migrating, versions
from workflows.catalogue import DEFINITIONS, read_document
from workflows.configuration import ConfigurationCache
from workflows.rules import Facts, Router, Ruleset
from workflows.versions import PROCESS

PARTS = ("action", "list", "routing", "migration")
FEW = 10_000
RUNNING = 30_000
# Each has more than 50 cases at 10,000 already: the pages compared are equally full.
LISTS = {
    "open, departments, roots": "status=open&department=hepco,sxd,ubnd&sort=due"
    "&category=traffic,environment,waste,energy",
    "open, roots, not overdue": "status=open&overdue=false&category=environment,energy,waste",
    "done, department, root": "status=resolved,closed&department=hepco&category=traffic",
    "closed, root, ward": "status=closed&category=environment&area=19789",
    "closed, leaf, department": "status=closed&category=traffic.sign,traffic.bus&department=ubnd",
    "open, departments, words": "status=open&department=sxd,hepco,ubnd&q=den%20duong",
}
FILL = load_sql(Path(__file__).parent / "fill_cases.sql")
ADMIN = Actor(Role.ADMIN)
console = Console()


def main() -> None:
    """Run the parts that were asked for, each with its own table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    wanted = {options.only} if options.only else set(PARTS)
    if "routing" in wanted:
        measure_routing()
    if "action" in wanted:
        with running_city() as city:
            action.measure(city, cases=8000, clients=options.clients)
    if wanted & {"list", "migration"}:
        with running_city() as city:
            if "list" in wanted:
                measure_list(city, options.cases)
            if "migration" in wanted:
                uvloop.run(measure_migration(city))


def measure_list(city: Environment, cases: int) -> None:
    """The first page of 50 by three filters, at few and at many cases."""
    token = action.sign_in(city.api_url, "operator")
    results: dict[int, dict[str, LoadResult]] = {}
    for number in (FEW, cases):
        uvloop.run(fill(city.database_url, number))
        for name in LISTS:  # plans and buffers warm
            uvloop.run(_list(city.api_url, token, name, 20))
        results[number] = {
            name: uvloop.run(_list(city.api_url, token, name, 200)) for name in LISTS
        }
    table = Table(title=f"Work list, first 50 of {cases:,} cases, 1 client")
    for column in ("filters", "p50 ms", "p95 ms", f"p50 at {FEW:,}", "times"):
        table.add_column(column)
    for name in LISTS:
        few, many = results[FEW][name], results[cases][name]
        table.add_row(
            name,
            f"{many.percentile_ms(50):.1f}",
            f"{many.percentile_ms(95):.1f}",
            f"{few.percentile_ms(50):.1f}",
            f"{many.percentile_ms(50) / few.percentile_ms(50):.2f}",
        )
    console.print(table)


async def fill(url: str, total: int, open_percent: int = 3) -> None:
    """Bring the number of cases to `total`, over three years, wards and categories."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(FILL, {"total": total, "open": open_percent})
        await connection.exec_driver_sql("vacuum analyze cases")
    await engine.dispose()


async def _list(api_url: str, token: str, name: str, count: int) -> LoadResult:
    left = iter(range(count))

    def request() -> Request | None:
        if next(left, None) is None:
            return None
        headers = {"Authorization": f"Bearer {token}"}
        return "GET", f"/v1/cases?limit=50&{LISTS[name]}", headers, b""

    result = await run_load(api_url, request, clients=1, seconds=120)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"{name}: {result.statuses}")
    return result


def measure_routing() -> None:
    """One route through 2,000 rules of categories, wards, words and hours."""
    chance = random.Random(1)  # reproducible, not secret
    leaves = [f"root{number // 10}.leaf{number}" for number in range(60)]
    below = {leaf: frozenset({leaf}) for leaf in leaves}
    rules = [_rule(number, leaves, chance) for number in range(2000)]
    router = Router(Ruleset.model_validate({"rows": rules, "default": _fallback()}), below)
    at = datetime(2026, 8, 3, 9, tzinfo=UTC)
    facts = [
        Facts(chance.choice(leaves), (_ward(chance), "46"), "Đèn đường bị hỏng ba hôm", "app", at)
        for _ in range(2000)
    ]
    router.route(facts[0])
    seconds: list[float] = []
    for each in facts:
        started = time.perf_counter()
        router.route(each)
        seconds.append(time.perf_counter() - started)
    seconds.sort()
    console.print(
        f"Routing with 2,000 rules: p50 {seconds[1000] * 1e6:.0f} µs,"
        f" p95 {seconds[1900] * 1e6:.0f} µs"
    )


def _rule(number: int, leaves: list[str], chance: random.Random) -> dict[str, Any]:
    when: dict[str, Any] = {
        "category": [chance.choice(leaves)],
        "area": [_ward(chance) for _ in range(3)],
    }
    if number % 10 == 0:
        when["words"] = ["cháy nhà", "rò gas"]
    if number % 25 == 0:
        when["hours"] = {"start": "22:00", "end": "06:00"}
    return {"id": f"rule{number}", "when": when, **_fallback()}


def _fallback() -> dict[str, Any]:
    then = {"department": "sxd", "priority": 3, "class": "normal", "hours": 24}
    return {"then": then, "reason": {"vi": "Quy tắc", "en": "A rule"}}


def _ward(chance: random.Random) -> str:
    return str(20_000 + chance.randrange(168))


async def measure_migration(city: Environment) -> None:
    """All running cases to a version with a state less, and to one whose clocks differ."""
    engine = create_engine(city.database_url)
    sessions = create_session_factory(engine)
    cache = ConfigurationCache()
    await fill(city.database_url, RUNNING * 2, open_percent=50)
    for name, change, states in (
        ("a state less", _without_coordination, {"coordinating": "in_progress"}),
        ("other marks on a clock", _other_marks, {}),
    ):
        document = copy.deepcopy(read_document(DEFINITIONS / "process.json"))
        change(document)
        version = await _publish(sessions, document)
        async with transaction(sessions) as session:
            migration = await migrating.start(
                session, version, states, actor=ADMIN, now=utc_now(), cache=cache
            )
        started = time.perf_counter()
        await migrating.move_cases(sessions, cache, migration.id, now=utc_now())
        seconds = time.perf_counter() - started
        console.print(f"Migration ({name}): {migration.total:,} running cases in {seconds:.2f} s")
    await engine.dispose()


async def _publish(sessions: Any, document: dict[str, Any]) -> int:
    async with transaction(sessions) as session:
        draft = await versions.add_draft(
            session, PROCESS, document, note="", actor=ADMIN, now=utc_now()
        )
        found = await versions.get_version(session, PROCESS, draft.version, actor=ADMIN)
        row = await session.get_one(PROCESS.table, found.id)
        row.state = "published"
        (await versions.lock_city(session)).revision += 1
    return draft.version


def _without_coordination(document: dict[str, Any]) -> None:
    del document["states"]["coordinating"]
    for name in ("coordinate", "coordinated"):
        del document["actions"][name]
    for each in document["actions"].values():
        each["from"] = [state for state in each["from"] if state != "coordinating"]
    for clock in document["clocks"].values():
        clock["runs_in"] = [state for state in clock["runs_in"] if state != "coordinating"]


def _other_marks(document: dict[str, Any]) -> None:
    document["clocks"]["resolution"]["marks"][1]["at"] = 0.8


if __name__ == "__main__":
    main()
