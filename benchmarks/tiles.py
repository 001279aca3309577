"""Vector tiles: what HTTP adds to the statement, and what a million cases add to ten thousand.

    python -m benchmarks.tiles [--cases 10000 100000 1000000] [--seconds 4]

At each number of cases (8 % of them open), for each zoom, the same tiles, chosen where open cases
are: their statement straight through the driver, and over HTTP without the cache of made tiles, in
turn, one client. Then all clients at once: unchanged tiles by ETag, and tiles from the cache.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import time
from dataclasses import dataclass, field

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.casework import fill
from benchmarks.environment import Environment, running_city
from benchmarks.http_load import Request, run_load
from core.db import create_engine, create_session_factory, driver_url, transaction
from gis.case_filter import PUBLIC, CaseFilter
from gis.cells import rebuild_cells
from gis.features import open_read_pool
from gis.tile_grid import Tile, tile_at
from gis.tiles import case_tile_parameters, case_tile_statement

OPEN_PERCENT = 8
ZOOMS = tuple(range(6, 17))
LOW_ZOOMS = (6, 8, 10, 12)
ROUNDS = 40
TILES = 10
FILTERS = {
    "": CaseFilter(),
    "category=traffic.sign": CaseFilter(categories=("traffic.sign",)),
    "department=hepco&overdue=true": CaseFilter(departments=("hepco",), overdue=True),
    "max_age_h=24": CaseFilter(max_age_h=24),
}
console = Console()


@dataclass
class Timings:
    """Milliseconds straight through the driver and over HTTP, and bytes of the largest tile."""

    sql: list[float] = field(default_factory=list[float])
    http: list[float] = field(default_factory=list[float])
    size: int = 0

    @property
    def ratio(self) -> float:
        return statistics.median(self.http) / statistics.median(self.sql)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    medians: dict[int, dict[int, float]] = {}
    with running_city(workers=1, environment={"HIENTRUONG_TILE_CACHE_BYTES": "0"}) as city:
        for number in options.cases:
            medians[number] = uvloop.run(measure(city, number))
    few, many = min(medians), max(medians)
    for zoom in LOW_ZOOMS:
        times = medians[many][zoom] / medians[few][zoom]
        console.print(f"z{zoom}: {times:.2f} times the cost at {many:,} as at {few:,} cases (SQL)")
    with running_city(workers=2) as city:
        uvloop.run(measure_repeats(city, min(options.cases), options.seconds))


async def measure(city: Environment, number: int) -> dict[int, float]:
    """One table; answers the median of the statement by zoom."""
    await fill(city.database_url, number, OPEN_PERCENT)
    await rebuild(city.database_url)
    pool = await open_read_pool(driver_url(city.database_url, ""), size=1, timeout_ms=60_000)
    places = await places_of(pool)
    table = Table(title=f"Tiles at {number:,} cases, {len(places):,} places, 1 client, ms")
    for column in ("zoom", "filter", "SQL p50", "p95", "HTTP p50", "p95", "HTTP / SQL", "kB"):
        table.add_column(column, justify="right")
    medians: dict[int, float] = {}
    for zoom in ZOOMS:
        for name, wanted in FILTERS.items():
            if name and zoom not in (6, 10, 12, 14, 16):
                continue
            timings = await time_tiles(city, pool, pick(places, zoom), name, wanted)
            if not name:
                medians[zoom] = statistics.median(timings.sql)
            table.add_row(
                f"z{zoom}", name, *_times(timings.sql), *_times(timings.http),
                f"{timings.ratio:.2f}", f"{timings.size / 1000:.1f}",
            )  # fmt: skip
    console.print(table)
    await pool.close()
    return medians


async def time_tiles(
    city: Environment, pool: asyncpg.Pool, tiles: list[Tile], name: str, wanted: CaseFilter
) -> Timings:
    """Each tile ROUNDS times, by the driver and by HTTP in turn, so that both meet the same noise."""
    timings = Timings()
    for tile in tiles:
        statement = case_tile_statement(tile, wanted, PUBLIC)
        arguments = statement.arguments(case_tile_parameters(tile, wanted, PUBLIC))
        request = ("GET", _path(tile, name), {"Accept-Encoding": "gzip"}, b"")
        for _ in range(4):
            for _ in range(ROUNDS // 4):
                started = time.perf_counter()
                body = await pool.fetchval(statement.sql, *arguments)
                timings.sql.append((time.perf_counter() - started) * 1000)
            timings.size = max(timings.size, len(body))
            left = iter([request] * (ROUNDS // 4))
            result = await run_load(
                city.api_url, lambda left=left: next(left, None), clients=1, seconds=60
            )
            if not set(result.statuses) <= {200, 204}:
                raise RuntimeError(f"{tile}: {result.statuses}")
            timings.http += [seconds * 1000 for seconds in result.latencies]
    return timings


async def measure_repeats(city: Environment, number: int, seconds: float) -> None:
    """Requests per second for tiles that have not changed, with 8 clients and 2 processes."""
    await fill(city.database_url, number, OPEN_PERCENT)
    await rebuild(city.database_url)
    pool = await open_read_pool(driver_url(city.database_url, ""), size=1, timeout_ms=60_000)
    places = await places_of(pool)
    paths = [_path(tile, "") for zoom in (8, 12, 16) for tile in pick(places, zoom)]
    state = await pool.fetchval("select version from layer_states where layer = 'open_cases'")
    etag = f'W/"1.{state}"'
    for name, headers, status in (
        ("unchanged, by ETag", {"If-None-Match": etag}, 304),
        ("from the cache, gzip", {"Accept-Encoding": "gzip"}, 200),
    ):
        turns = itertools.cycle(paths)

        def request(
            turns: itertools.cycle[str] = turns, headers: dict[str, str] = headers
        ) -> Request:
            return "GET", next(turns), headers, b""

        result = await run_load(city.api_url, request, clients=8, seconds=seconds)
        if not set(result.statuses) <= {status, 204}:
            raise RuntimeError(f"{name}: {result.statuses}")
        console.print(f"{name}: {result.rate:,.0f}/s, p95 {result.percentile_ms(95):.1f} ms")
    await pool.close()


async def rebuild(url: str) -> None:
    """Count the cells of what was filled in."""
    engine = create_engine(url)
    async with transaction(create_session_factory(engine)) as session:
        await rebuild_cells(session)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("vacuum analyze case_cells, case_changes")
    await engine.dispose()


async def places_of(pool: asyncpg.Pool) -> list[tuple[float, float]]:
    """Latitude and longitude of open cases."""
    rows = await pool.fetch(
        "select ST_Y(geom) as lat, ST_X(geom) as lon from public_open_cases order by id limit 20000"
    )
    return [(row["lat"], row["lon"]) for row in rows]


def pick(places: list[tuple[float, float]], zoom: int) -> list[Tile]:
    """Tiles of a zoom, where cases are: the more of them, the likelier."""
    chance = random.Random(zoom)
    wanted = {tile_at(*chance.choice(places), zoom) for _ in range(200)}
    return sorted(wanted, key=lambda tile: (tile.x, tile.y))[:TILES]


def _path(tile: Tile, query: str) -> str:
    path = f"/tiles/open_cases/{tile.z}/{tile.x}/{tile.y}.mvt"
    return f"{path}?{query}" if query else path


def _times(values: list[float]) -> tuple[str, str]:
    return f"{statistics.median(values):.2f}", f"{statistics.quantiles(values, n=20)[-1]:.2f}"


if __name__ == "__main__":
    main()
