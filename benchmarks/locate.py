"""Which ward a place is in: one place at a time, and many at once.

    python -m benchmarks.locate [--count 2000]

With all 3,321 communes (simplified) and with the wards of Hà Nội and Huế in full detail, from the
shared data. One place over HTTP (`GET /v1/areas/locate`: ward and province), through the session as
the intake asks, and by the same statement straight through the driver; many places by
`locate_many`, in batches of one statement each, and by the nearest ward where they lie in none.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from benchmarks.environment import Environment, running_city
from benchmarks.http_load import Request, run_load
from core.db import create_engine, create_session_factory, driver_url, transaction
from gis.boundaries import ImportOrder, import_boundaries
from gis.boundary_files import read_boundaries
from gis.locate import LOCATE, Place, find_ward, locate_many

DATA = Path(os.environ.get("HIENTRUONG_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
COUNTRY: tuple[str, ...] = ("wards_vn_2025_simplified8.geojson.gz",)
DETAILED: tuple[str, ...] = ("wards_01_ha_noi_full.geojson", "wards_46_hue_full.geojson")
SETS = {"3,321 communes, simplified": COUNTRY, "166 wards, full detail": DETAILED}
PER_WARD: dict[tuple[str, ...], int] = {COUNTRY: 15, DETAILED: 300}  # about 50,000 places of either
FAR = 1000  # places in no ward
console = Console()


@dataclass(frozen=True)
class Latency:
    """Seconds per answer of one way to ask."""

    name: str
    seconds: list[float]

    def percentile_ms(self, percent: int) -> float:
        return statistics.quantiles(self.seconds, n=100)[percent - 1] * 1000


def main() -> None:
    """Measure both sets of wards; says so where the shared data is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="Single places per way")
    count = parser.parse_args().count
    for title, names in SETS.items():
        if absent := [name for name in names if not (DATA / name).exists()]:
            console.print(f"{title}: not measured, {absent[0]} is not in {DATA}")
            continue
        with running_city(workers=1) as city:
            uvloop.run(measure(city, title, names, count))


async def measure(city: Environment, title: str, names: tuple[str, ...], count: int) -> None:
    """Fill the city with the wards of these files, then ask."""
    await fill(city.database_url, [DATA / name for name in names])
    engine = create_engine(city.database_url, role="hientruong_app")
    sessions = create_session_factory(engine)
    connection = cast(
        "asyncpg.Connection", await asyncpg.connect(driver_url(city.database_url, ""))
    )
    await connection.execute("vacuum analyze areas")
    places = await _places(connection, PER_WARD[names])
    single = [
        Latency("over HTTP (ward and province)", await over_http(city.api_url, places[:count])),
        Latency("through the session", await through_session(sessions, places[:count])),
        Latency("the same SQL, driver", await through_driver(connection, places[:count])),
    ]
    _print_single(f"One place, {title}", single)
    await _print_bulk(sessions, places)
    await connection.close()
    await engine.dispose()


async def fill(url: str, paths: list[Path]) -> None:
    """Import the wards of the files, of however many provinces."""
    engine = create_engine(url)
    for path in paths:
        order = ImportOrder(
            kind="ward", source=path.name, today=date(2025, 7, 1), several_provinces=True
        )
        async with transaction(create_session_factory(engine)) as session:
            await import_boundaries(session, read_boundaries(path, "ward"), order)
    await engine.dispose()


async def over_http(url: str, places: list[Place]) -> list[float]:
    left = iter(places)

    def request() -> Request | None:
        if (place := next(left, None)) is None:
            return None
        return "GET", f"/v1/areas/locate?lat={place.lat}&lon={place.lon}", {}, b""

    result = await run_load(url, request, clients=1, seconds=120)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"locate: {result.statuses}")
    return result.latencies


async def through_session(
    sessions: async_sessionmaker[AsyncSession], places: list[Place]
) -> list[float]:
    async with transaction(sessions) as session:
        return await _timed(places, lambda place: find_ward(session, place))


async def through_driver(connection: asyncpg.Connection, places: list[Place]) -> list[float]:
    statement = await connection.prepare(LOCATE.sql)

    async def ask(place: Place) -> None:
        await statement.fetchrow(*LOCATE.arguments({"lat": place.lat, "lon": place.lon}))

    return await _timed(places, ask)


async def _timed(places: list[Place], ask: Callable[[Place], Awaitable[object]]) -> list[float]:
    seconds: list[float] = []
    for place in places:
        started = time.perf_counter()
        await ask(place)
        seconds.append(time.perf_counter() - started)
    return seconds


async def _places(connection: asyncpg.Connection, per_ward: int) -> list[Place]:
    """Places in all wards alike, in no order."""
    sql = (
        "select ST_Y(dumped.geom) as lat, ST_X(dumped.geom) as lon from areas,"
        " ST_Dump(ST_GeneratePoints(geom, $1, 1)) as dumped"
        " where kind = 'ward' and valid_to is null"
    )
    rows = cast("list[asyncpg.Record]", await connection.fetch(sql, per_ward))
    places = [Place(row["lat"], row["lon"]) for row in rows]
    random.Random(1).shuffle(places)  # reproducible, not secret
    return places


def _print_single(title: str, results: list[Latency]) -> None:
    table = Table("", "p50 ms", "p95 ms", "times the driver's", title=title)
    limit = results[-1].percentile_ms(50)
    for result in results:
        p50, p95 = result.percentile_ms(50), result.percentile_ms(95)
        table.add_row(result.name, f"{p50:.3f}", f"{p95:.3f}", f"{p50 / limit:.2f}")
    console.print(table)


async def _print_bulk(sessions: async_sessionmaker[AsyncSession], places: list[Place]) -> None:
    chance = random.Random(2)  # reproducible, not secret
    far = [Place(chance.uniform(16, 20), chance.uniform(118, 122)) for _ in range(FAR)]
    async with transaction(sessions) as session:
        await locate_many(session, places[:FAR])
        for name, batch in (("in wards", places), ("at sea", far)):
            started = time.perf_counter()
            found = await locate_many(session, batch)
            seconds = time.perf_counter() - started
            outside = sum(ward is not None and ward.distance_m > 0 for ward in found)
            console.print(
                f"Many places {name}: {len(batch):,} in {seconds:.2f} s,"
                f" {len(batch) / seconds:,.0f} a second; {outside:,} in no ward"
            )


if __name__ == "__main__":
    main()
