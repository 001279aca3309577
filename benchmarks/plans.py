"""The plan of each hot statement among many cases: which of them read far more than they answer.

    python -m benchmarks.plans [--cases 1000000] [--show 'operator: GET /v1/cases']

A day's requests of each kind of reader, sent often enough that PostgreSQL has settled for a plan;
of the last round `auto_explain` writes every statement's. One is marked when it reads a large table
from end to end, or throws away more than WASTED rows. `--show` prints the plans of the requests
that begin so.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.casework import fill
from benchmarks.environment import Environment, running_city
from core.db import WORKER, create_engine, create_session_factory, driver_url, transaction
from gis.cells import BATCH, number_changes
from tests.support.city import SIGN, SIGN_DEPARTMENT, Draft

ROUNDS = 7  # PostgreSQL weighs a plan for all values after five
LARGE = 20_000  # rows: nobody reads such a table from end to end
WASTED = 2_000  # rows
QUIET, TALKING = -1, 0  # of auto_explain, in milliseconds
AUTO_EXPLAIN = {
    "shared_preload_libraries": "auto_explain",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_timing": "off",
}
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
ENTRY = re.compile(r"duration: ([\d.]+) ms  plan:\n((?:\t.*\n)+)")
REPORTS = Path(__file__).parent / "fill_reports.sql"
BOX = "bbox=107.55,16.44,107.62,16.48"
console = Console(width=170)


@dataclass(frozen=True)
class Seen:
    """A statement as it ran for a request: how long it took, its plan, what of that is marked."""

    request: str
    sql: str
    ms: float
    plan: dict[str, Any]
    marks: list[str]


class Readers:
    """Sends requests in somebody's name, and reads in the database's log what they led to."""

    def __init__(self, city: Environment) -> None:
        self.recording = False
        self.seen: list[Seen] = []
        self._log = city.database_log
        self._http = httpx.Client(base_url=city.api_url, timeout=120)
        self._tokens: dict[str, str] = {}

    def ask(
        self, who: str, method: str, path: str, body: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send a request as `who`: a username, a phone number, or nobody (empty)."""
        if who:
            headers["Authorization"] = f"Bearer {self._token(who)}"
        begun = self._log.stat().st_size
        answer = self._http.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        if self.recording:
            name = f"{who or 'anybody'}: {method} {UUIDS.sub('…', path)}"
            self.seen += _read(self._log, begun, name)
        return answer

    def _token(self, who: str) -> str:
        if who not in self._tokens:
            by_phone = who.startswith("+")
            path = "otp/verify" if by_phone else "staff"
            proof = (
                {"phone": who, "code": "000000"}
                if by_phone
                else {"username": who, "password": "demo"}
            )
            answer = self._http.post(f"/v1/auth/{path}", json=proof)
            answer.raise_for_status()
            self._tokens[who] = answer.json()["access_token"]
        return self._tokens[who]


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--show", default="")
    options = parser.parse_args()
    with (
        running_city(workers=1, postgres=AUTO_EXPLAIN) as city,
        psycopg.connect(driver_url(city.database_url, ""), autocommit=True) as owner,
    ):
        uvloop.run(fill(city.database_url, options.cases))
        owner.execute(REPORTS.read_text(encoding="utf-8"))
        uvloop.run(_fold(city))
        owner.execute("vacuum analyze")
        readers = Readers(city)
        for left in reversed(range(ROUNDS)):
            readers.recording = left == 0
            _explain(owner, TALKING if readers.recording else QUIET)
            _day(readers, owner)
    _print(readers.seen, options.show)


async def _fold(city: Environment) -> None:
    """Count the cells of the map, as a worker does."""
    engine = create_engine(city.database_url, role=WORKER)
    sessions, numbered = create_session_factory(engine), BATCH
    while numbered == BATCH:
        async with transaction(sessions) as session:
            numbered = await number_changes(session)
    await engine.dispose()


def _explain(owner: psycopg.Connection, min_duration: int) -> None:
    owner.execute(f"alter system set auto_explain.log_min_duration = {min_duration}")
    owner.execute("select pg_reload_conf()")
    time.sleep(0.5)  # until every connection has read it


def _day(readers: Readers, owner: psycopg.Connection) -> None:
    """What citizens, a department, the city's desk and its leaders ask for."""
    ask, citizen, desk = readers.ask, "+84905000001", f"staff.{SIGN_DEPARTMENT}"
    report = uuid4()
    filed = ask(citizen, "PUT", f"/v1/reports/{report}", Draft(category=SIGN).body()).json()
    ask(citizen, "GET", f"/v1/reports/{report}")
    ask(citizen, "GET", "/v1/me/reports?limit=50")
    ask(citizen, "GET", "/v1/me/reports?updated_after=2026-01-01T00:00:00Z")
    ask(citizen, "GET", "/v1/me/notifications?limit=50")
    ask(citizen, "GET", f"/v1/reports/lookup?code={filed['code']}")
    ask(citizen, "GET", f"/v1/reports/nearby?lat=16.46&lon=107.585&category={SIGN}")
    ask("", "GET", f"/v1/incidents.geojson?{BOX}&limit=100")
    ask("", "GET", "/tiles/open_cases/12/3272/1857.mvt")
    case = ask(desk, "GET", f"/v1/cases/{report}")
    accepted = {"If-Match": case.headers["ETag"]}
    ask(desk, "POST", f"/v1/cases/{report}/actions/accept", {}, **accepted)
    old = _id(owner, f"department = '{SIGN_DEPARTMENT}' and closed_at is not null")
    for who in (desk, "supervisor.sxd", "operator", "leader", "admin"):
        ask(who, "GET", f"/v1/cases/{old}")
        ask(who, "GET", f"/v1/cases/{report}/duplicates")
        ask(who, "GET", "/v1/cases?limit=50&status=open&sort=due")
        ask(who, "GET", "/v1/cases?limit=50&status=closed")
        ask(who, "GET", "/v1/cases?limit=50&status=open&q=den%20duong")
        ask(who, "GET", "/v1/cases?limit=50&q=den%20duong")
        ask(who, "GET", "/v1/cases?limit=50&q=tru%204999")
        ask(who, "GET", f"/v1/cases?limit=50&{BOX}")
        ask(who, "GET", f"/v1/cases?limit=50&q={filed['code']}")
        ask(who, "GET", "/v1/cases?limit=50&sort=-updated&category=traffic")
        ask(who, "GET", "/v1/cases?limit=50&review=any")
        ask(who, "GET", "/tiles/open_cases/12/3272/1857.mvt")
        ask(who, "GET", f"/v1/incidents.geojson?{BOX}&limit=100")
    for who in (desk, "supervisor.sxd", "operator"):
        ask(who, "GET", f"/v1/cases/{report}/people")
        ask(who, "PUT", f"/v1/cases/{report}/presence")
        ask(who, "POST", f"/v1/cases/{report}/notes", {"text": "Đã gọi cho đội"})
        ask(who, "GET", f"/v1/cases/{report}/answers")
    for who in ("supervisor.sxd", "operator"):
        ask(who, "GET", "/v1/photos?limit=50")
    ask("operator", "GET", f"/v1/cases/{report}/reporters?reason=to%20call")
    ask("operator", "GET", "/v1/sos?limit=50")
    ask("leader", "GET", "/v1/stats/summary")
    ask("leader", "GET", "/v1/alerts")
    ask("admin", "GET", "/v1/admin/audit?limit=50")


def _id(owner: psycopg.Connection, which: str) -> str:
    row = owner.execute(f"select id from cases where {which} limit 1").fetchone()  # noqa: S608  # ours
    assert row is not None
    return str(row[0])


def _read(log: Path, begun: int, request: str) -> Iterator[Seen]:
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(begun)
        said = file.read()
    for duration, text in ENTRY.findall(said):
        entry = json.loads(text)
        plan = entry["Plan"]
        yield Seen(request, entry["Query Text"], float(duration), plan, list(_marks(plan)))


def _marks(node: dict[str, Any]) -> Iterator[str]:
    """What a node and those below it do too much of."""
    loops = node.get("Actual Loops", 0)
    kept, wasted = node.get("Actual Rows", 0) * loops, node.get("Rows Removed by Filter", 0) * loops
    wasted += node.get("Rows Removed by Index Recheck", 0) * loops
    name = f"{node['Node Type']} on {node.get('Relation Name') or node.get('Index Name', '')}"
    if node["Node Type"] == "Seq Scan" and kept + wasted > LARGE:
        yield f"{name} reads {kept + wasted:,.0f}"
    elif wasted > WASTED:
        yield f"{name} throws away {wasted:,.0f}"
    for child in node.get("Plans", []):
        yield from _marks(child)


def _print(seen: list[Seen], show: str) -> None:
    table = Table(title="The slowest statement of each request, and all that are marked")
    for column in ("request", "statements", "ms", "slowest, or marked"):
        table.add_column(column, overflow="fold")
    for request in dict.fromkeys(one.request for one in seen):
        ran = [one for one in seen if one.request == request]
        slowest = max(ran, key=lambda one: one.ms)
        total = f"{sum(one.ms for one in ran):.1f}"
        table.add_row(request, str(len(ran)), total, f"{slowest.ms:.1f} {_shorten(slowest.sql)}")
        for one in ran:
            for mark in one.marks:
                table.add_row("", "", f"{one.ms:.1f}", f"[red]{mark}[/red]: {_shorten(one.sql)}")
    console.print(table)
    for one in seen:
        if show and one.request.startswith(show):
            console.rule(one.request)
            console.print(one.sql, json.dumps(one.plan, indent=1, ensure_ascii=False))


def _shorten(sql: str) -> str:
    return " ".join(sql.split())[:90]


if __name__ == "__main__":
    main()
