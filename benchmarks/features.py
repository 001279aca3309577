"""Pages of 100 features of `/ogc` over HTTP, against the same SQL straight through the driver.

    python -m benchmarks.features [--cases 10000 100000 1000000] [--requests 200]

One client, one server process. Boxes of several sizes, filters and pages far from the first, each
around another place every time. HTTP and the driver take turns, request by request, so that a
noisy neighbour meets both. The driver runs what the service runs: the estimate and the page.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.casework import fill
from benchmarks.environment import Environment, running_city
from core.db import driver_url
from gis.features import open_read_pool
from gis.ogc.collections import COLLECTIONS
from gis.ogc.items import fetch_page
from gis.ogc.query import read_items_query

LIMIT = 100
WEST, SOUTH, EAST, NORTH = 107.50, 16.40, 107.70, 16.55  # where most wards lie
Given = dict[str, str]
console = Console()


def _box(half: float) -> Callable[[random.Random], Given]:
    def draw(chance: random.Random) -> Given:
        lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
        edges = (lon - half, lat - half, lon + half, lat + half)
        return {"bbox": ",".join(f"{edge:.6f}" for edge in edges)}

    return draw


def _somewhere(chance: random.Random) -> Given:
    return {"after": str(UUID(int=chance.getrandbits(128)))}


def _filter(text: str) -> Callable[[random.Random], Given]:
    return lambda _: {"filter": text}


SIGNS = "category LIKE 'traffic.%' AND priority <= 2"
PAGES: dict[str, tuple[str, Callable[[random.Random], Given]]] = {
    "first page": ("cases", lambda _: {}),
    "next pages": ("cases", _somewhere),
    "box ± 0.001°": ("cases", _box(0.001)),
    "box ± 0.01°": ("cases", _box(0.01)),
    "box ± 0.1°": ("cases", _box(0.1)),
    "box ± 0.01°, next": ("cases", lambda chance: _box(0.01)(chance) | _somewhere(chance)),
    "CQL2 filter": ("cases", _filter(SIGNS)),
    "CQL2 and box ± 0.1°": ("cases", lambda chance: _box(0.1)(chance) | _filter(SIGNS)(chance)),
    "open, first page": ("open_cases", lambda _: {}),
    "open, box ± 0.01°": ("open_cases", _box(0.01)),
    "open, CQL2 filter": ("open_cases", _filter(SIGNS)),
}


@dataclass
class Taken:
    """Seconds per page, over HTTP and through the driver."""

    http: list[float] = field(default_factory=list[float])
    driver: list[float] = field(default_factory=list[float])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    with running_city(workers=1) as city:
        for number in sorted(options.cases):
            uvloop.run(fill(city.database_url, number))
            _print(number, uvloop.run(_measure(city, options.requests)))


async def _measure(city: Environment, requests: int) -> dict[str, Taken]:
    pool = await open_read_pool(driver_url(city.database_url, ""), size=1, timeout_ms=10_000)
    api = http.client.HTTPConnection(urlsplit(city.api_url).netloc)
    taken: dict[str, Taken] = {}
    for name, (layer, draw) in PAGES.items():
        taken[name] = Taken()
        chance = random.Random(1)  # reproducible, not secret
        for number in range(-requests // 10, requests):
            given = {"limit": str(LIMIT)} | draw(chance)
            over_http = _over_http(api, layer, given)
            through_driver = await _through_driver(pool, layer, given)
            if number >= 0:  # before, plans and buffers were warmed
                taken[name].http.append(over_http)
                taken[name].driver.append(through_driver)
    api.close()
    await pool.close()
    return taken


def _over_http(api: http.client.HTTPConnection, layer: str, given: Given) -> float:
    path = f"/ogc/collections/{layer}/items?{urlencode(given)}"
    started = time.perf_counter()
    api.request("GET", path)
    answer = api.getresponse()
    answer.read()
    seconds = time.perf_counter() - started
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return seconds


async def _through_driver(pool: asyncpg.Pool, layer: str, given: Given) -> float:
    collection = COLLECTIONS[layer]
    query = read_items_query(collection, list(given.items()))
    started = time.perf_counter()
    await fetch_page(pool, collection, query)
    return time.perf_counter() - started


def _print(number: int, taken: dict[str, Taken]) -> None:
    table = Table(title=f"Pages of {LIMIT} of {number:,} cases, 1 client")
    for column in ("page", "HTTP p50 ms", "p95 ms", "driver p50 ms", "p95 ms", "p50 ratio"):
        table.add_column(column)
    for name, each in taken.items():
        http, driver = _percentiles(each.http), _percentiles(each.driver)
        table.add_row(
            name,
            *(f"{value:.1f}" for value in (*http, *driver)),
            f"{http[0] / driver[0]:.2f}",
        )
    console.print(table)


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[94] * 1000


if __name__ == "__main__":
    main()
