"""The live feed: how long after its commit a change is with 1,000 connected clients.

    python -m benchmarks.stream [--clients 1000] [--changes 60]

Changes are committed one after the other, two a second, by a connection of its own; each client
notes when it received each. The limit: the same change read straight through the driver, by one
reader that asks as often as the feed does. Afterwards changes come as fast as they can, to see how
many the feed carries.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg
import uvloop
from rich.console import Console

from benchmarks.casework import fill
from benchmarks.environment import Environment, running_city
from core.db import driver_url
from gis.live import LOOK_EVERY_S

CASES = 1000
PAUSE_S = 0.5
CHANGE = """
    update cases set priority = 1 + (priority + 1) % 4
    where id = (select id from cases where open order by id offset $1 limit 1)
"""
console = Console()


@dataclass
class Client:
    """A connection to the feed: when each event came."""

    received: list[float] = field(default_factory=list[float])

    async def follow(self, url: str, ready: asyncio.Event) -> None:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(b"GET /v1/incidents/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"event: feed.ready")
            ready.set()
            while line := await reader.readline():
                if line.startswith(b"event: case."):
                    self.received.append(time.perf_counter())
        finally:
            writer.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=60)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, options.clients + 500), most))
    with running_city(workers=1) as city:
        uvloop.run(measure(city, options.clients, options.changes))


async def measure(city: Environment, number: int, changes: int) -> None:
    """The paced changes, then the burst."""
    await fill(city.database_url, CASES, open_percent=100)
    clients = [Client() for _ in range(number)]
    tasks: list[asyncio.Task[None]] = []
    started = time.perf_counter()
    for client in clients:
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(client.follow(city.api_url, ready)))
        await ready.wait()
    console.print(f"{number:,} clients connected in {time.perf_counter() - started:.1f} s")
    connection = await asyncpg.connect(driver_url(city.database_url, ""))
    await _numbered(connection)
    await asyncio.sleep(1)
    for client in clients:
        client.received.clear()
    limit = asyncio.create_task(_read_directly(city.database_url, changes))
    committed: list[float] = []
    for offset in range(changes):
        await connection.execute(CHANGE, offset)
        committed.append(time.perf_counter())
        await asyncio.sleep(PAUSE_S)
    await _all_received(clients, changes)
    direct = [(at - sent) * 1000 for sent, at in zip(committed, await limit, strict=True)]
    delays = [
        (at - sent) * 1000
        for client in clients
        for sent, at in zip(committed, client.received, strict=True)
    ]
    _print("one reader straight through the driver", direct)
    _print(f"{number:,} clients over HTTP", delays)
    started = time.perf_counter()
    await connection.execute(
        "update cases set priority = 1 + (priority + 1) % 4"
        " where id in (select id from cases where open order by id limit $1)", CASES,
    )  # fmt: skip
    await _all_received(clients, changes + CASES)
    seconds = time.perf_counter() - started
    console.print(
        f"{CASES:,} changes in one commit with every client after {seconds:.1f} s:"
        f" {CASES * number / seconds:,.0f} events/s"
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await connection.close()


async def _read_directly(url: str, changes: int) -> list[float]:
    """When a reader that asks every LOOK_EVERY_S sees each new change in the table itself."""
    connection = await asyncpg.connect(driver_url(url, ""))
    seen = await connection.fetchval("select max(id) from case_changes")
    times: list[float] = []
    while len(times) < changes:
        rows = await connection.fetch("select id from case_changes where id > $1 order by id", seen)
        times += [time.perf_counter()] * len(rows)
        seen = rows[-1]["id"] if rows else seen
        await asyncio.sleep(LOOK_EVERY_S)
    await connection.close()
    return times


async def _numbered(connection: asyncpg.Connection) -> None:
    while await connection.fetchval("select exists (select from case_changes where seq is null)"):
        await asyncio.sleep(0.1)


async def _all_received(clients: list[Client], number: int) -> None:
    async with asyncio.timeout(60):
        while any(len(client.received) < number for client in clients):
            await asyncio.sleep(0.05)


def _print(name: str, delays: list[float]) -> None:
    cuts = statistics.quantiles(delays, n=100)
    console.print(f"{name}: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms")


if __name__ == "__main__":
    main()
