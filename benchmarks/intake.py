"""Intake over HTTP against its limit: the same SQL by pgbench on the same cluster, in one run.

    python -m benchmarks.intake [--seconds 10] [--clients 8] [--rounds 3]

Each intake is one commit with ward lookup, routing, process start, history, announcement and job.
Rounds alternate between HTTP and pgbench, so that a noisy neighbour meets both.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import uuid
from collections import Counter

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.environment import running_city
from benchmarks.http_load import LoadResult, Request, run_load
from benchmarks.pgbench import PgbenchResult, inline, literal, run_pgbench
from core.actor import ANONYMOUS
from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from core.sealing import create_sealer
from core.settings import SecuritySettings
from gis import locate
from gis.locate import Place
from workflows import intake, repository
from workflows.configuration import ConfigurationCache
from workflows.contacts import Contact
from workflows.intake import ReportDraft
from workflows.rules import Facts

WEST, EAST, SOUTH, NORTH = 107.55, 107.63, 16.44, 16.50  # the urban wards of Huế
# An id that is not there, worked out once: a volatile function would scan the whole table.
NEW_ID = "CAST(md5(CAST(:lat AS text)) AS uuid)"
DRAFT = ReportDraft(
    category="traffic.sign",
    place=Place(16.46, 107.59),
    description="Biển báo bị gãy ở góc đường Lê Lợi, người đi xe dễ va vào",
    address="Góc Lê Lợi và Hùng Vương",
    contact=Contact(phone="+84905123456"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with running_city() as city:
        script = uvloop.run(_script(city.database_url))
        uvloop.run(run_load(city.api_url, make_request, clients=options.clients, seconds=3))
        run_pgbench(city.database_url, script, clients=options.clients, seconds=3)
        http: list[LoadResult] = []
        limit: list[PgbenchResult] = []
        for _ in range(options.rounds):
            http.append(
                uvloop.run(
                    run_load(
                        city.api_url, make_request, clients=options.clients, seconds=options.seconds
                    )
                )
            )
            limit.append(
                run_pgbench(
                    city.database_url, script, clients=options.clients, seconds=options.seconds
                )
            )
        lost = uvloop.run(_count_missing(city.database_url, http))
    _print(http, limit, options.clients, lost)


def make_request() -> Request:
    """A report somewhere in the urban wards, from a phone number."""
    body = {
        "category": DRAFT.category,
        "location": {"lat": random.uniform(SOUTH, NORTH), "lon": random.uniform(WEST, EAST)},
        "description": DRAFT.description,
        "address": DRAFT.address,
        "contact": {"phone": f"0905{random.randrange(10**6):06d}"},
    }
    headers = {"Content-Type": "application/json"}
    return "PUT", f"/v1/reports/{uuid.uuid4()}", headers, json.dumps(body).encode()


async def _script(url: str) -> str:
    """The statements of one intake with the values that the use case gives them."""
    engine = create_engine(url)
    now = utc_now()
    async with transaction(create_session_factory(engine)) as session:
        city = await ConfigurationCache().newest(session)
        ward = await locate.find_ward(session, DRAFT.place)
        assert ward is not None
        facts = Facts(
            DRAFT.category, (ward.code,), DRAFT.description, "app", now.astimezone(city.zone)
        )
        routing = intake.routing_json(city, city.router.route(facts), facts)
        change = intake.start_case(city, DRAFT.category, routing, "app", now)
        columns = intake.columns_of(DRAFT, city, ward, routing, "", "app")
        columns |= repository.change_columns(change, ANONYMOUS, notify=True)
        columns |= intake.reporter_columns(DRAFT, ANONYMOUS, create_sealer(SecuritySettings()))
    await engine.dispose()
    instants = ("due_at", "wake_at", "filed_at", "now")
    columns |= {"filed_at": now, "now": now}
    values = {name: literal(value) for name, value in columns.items() if name not in instants}
    values |= {name: f"to_timestamp({columns[name].timestamp()})" for name in instants}
    values |= {
        "report_id": "gen_random_uuid()",
        "code": "'P-' || nextval('report_code_seq')",
        "body_hash": "sha256('x')",
        "review": "'{}'",
        "trust": "50",
        "trust_reasons": "'[]'",
        "lat": ":lat",
        "lon": ":lon",
    }
    return "\n".join(
        [
            f"\\set lat random({int(SOUTH * 1e6)}, {int(NORTH * 1e6)}) / 1000000.0",
            f"\\set lon random({int(WEST * 1e6)}, {int(EAST * 1e6)}) / 1000000.0",
            "begin;",
            "set local role hientruong_worker;",  # reaches every row: the limit has no fence
            inline(repository.OPEN_INTAKE, values | {"report_id": NEW_ID}) + ";",
            inline(locate.LOCATE, values) + ";",
            inline(repository.SAVE_REPORT, values) + ";",
            "commit;",
        ]
    )


async def _count_missing(url: str, runs: list[LoadResult]) -> int:
    """Acknowledged reports without their case, first event and ward: must be none."""
    acknowledged = sum(run.statuses[201] for run in runs)
    engine = create_engine(url)
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql(
            """
            select count(*) from reports
            join cases on cases.id = reports.case_id
            join case_events on case_events.case_id = cases.id
                and case_events.rev = 1 and case_events.seq = 0
            join areas on areas.id = reports.area_id
            where reports.code not like 'P-%%'
            """
        )
        present = int(found.scalar_one())
    await engine.dispose()
    return max(0, acknowledged - present)


def _print(http: list[LoadResult], limit: list[PgbenchResult], clients: int, lost: int) -> None:
    rate = statistics.median(run.rate for run in http)
    best = statistics.median(run.rate for run in limit)
    statuses = sum((run.statuses for run in http), Counter[int]())
    table = Table(title=f"Intake, {clients} clients, median of {len(http)} rounds")
    for column in ("", "per second", "p50 ms", "p95 ms", "answers"):
        table.add_column(column)
    table.add_row(
        "HTTP",
        f"{rate:,.0f}",
        f"{statistics.median(run.percentile_ms(50) for run in http):.1f}",
        f"{statistics.median(run.percentile_ms(95) for run in http):.1f}",
        ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items())),
    )
    table.add_row("pgbench, same SQL", f"{best:,.0f}", f"{1000 * clients / best:.1f}", "", "")
    console = Console()
    console.print(table)
    console.print(f"ratio HTTP / pgbench: {rate / best:.2f}")
    console.print(f"acknowledged but missing: {lost}")


if __name__ == "__main__":
    main()
