"""Figures of the map that anybody may see: heat, wards, the course of time.

Read over the read-only pool from public views; hidden cases are in none of them. A case counts by
the day on which it was opened and as it stands now: all figures of a period are about the same
cases, and each can be listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import cast

import asyncpg

from core.errors import InvalidInput
from core.statements import Statement, load_statement
from gis.features import WHOLE_EARTH
from gis.heat_grid import BBox, Cell, window_of
from gis.periods import Period, Step, midnight, steps_of
from gis.tile_grid import CELL_LEVELS

_SQL = Path(__file__).parent / "sql"
AREAS = load_statement(_SQL / "stats_areas.sql")
DAYS = load_statement(_SQL / "stats_days.sql")
HOURS = load_statement(_SQL / "stats_hours.sql")
SUMMARY = load_statement(_SQL / "stats_summary.sql")
HEAT_NOW = load_statement(_SQL / "heat_now.sql")
HEAT_OF_DAYS = load_statement(_SQL / "heat_of_days.sql")
HOTSPOTS = Statement(
    "select id, category, area, cases, expected, ratio, since, until, detected_at"
    " from public_hotspots order by ratio desc, id",
    (),
)
WARDS = Statement(
    "select id, code from public_areas where kind = 'ward' and code = any ($1)", ("codes",)
)
MAX_CELLS = 10_000
_READ_CELLS = 4 * MAX_CELLS  # the runs of cells that hold a window are up to four times as many
_ALL = ("",)  # the rows that count every category


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """A current ward and the cases opened there in a period. `resolved` ones are on time if the
    promise was kept; the median is from opening to resolving.
    """

    code: str
    name: str
    name_en: str
    population: int | None
    opened: int
    open: int
    overdue: int
    resolved: int
    on_time: int
    median_minutes: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases opened in a step of time, and how many of them are open, overdue, resolved now."""

    opened: int = 0
    open: int = 0
    overdue: int = 0
    resolved: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


@dataclass(frozen=True, slots=True)
class Today:
    """Of one category: cases open and overdue now, and those opened and resolved on a day."""

    category: str
    open: int
    overdue: int
    opened: int
    resolved: int


@dataclass(frozen=True, slots=True)
class HotspotView:
    """An active hotspot as the public sees it: see `gis.tables.Hotspot`."""

    id: int
    category: str
    area: str
    cases: int
    expected: float
    ratio: float
    since: datetime
    until: datetime
    detected_at: datetime


async def list_area_figures(
    pool: asyncpg.Pool, period: Period, *, leaves: Sequence[str] | None
) -> list[AreaFigures]:
    """All current wards by code; `leaves` are the categories to count, None for all."""
    rows = await _fetch(
        pool,
        AREAS,
        categories=list(_ALL if leaves is None else leaves),
        first=period.first,
        last=period.last,
    )
    return [AreaFigures(*row) for row in rows]


async def list_steps(
    pool: asyncpg.Pool,
    period: Period,
    step: Step,
    *,
    leaves: Sequence[str] | None,
    areas: Sequence[str],
) -> list[tuple[datetime, datetime, Counts]]:
    """Start, end and counts of each step, the empty ones too; `areas` are codes of current wards,
    none for all. InvalidInput for too many steps or for another code.
    """
    steps = list(steps_of(period, step))
    area_ids = await _ids_of_wards(pool, areas) if areas else None
    counted = await (_by_hour if step == "hour" else _by_day)(pool, period, leaves, area_ids)
    return list(_into_steps(steps, counted))


async def list_heat(
    pool: asyncpg.Pool,
    level: int,
    bbox: BBox | None,
    *,
    leaves: Sequence[str] | None,
    period: Period | None,
) -> list[tuple[Cell, int]]:
    """Cells of `level` that `bbox` touches with how many cases they hold, most first: those opened
    in the period, or those open now without one. InvalidInput if there are too many cells.
    """
    window = window_of(bbox or WHOLE_EARTH, level)
    statement = HEAT_NOW if period is None else HEAT_OF_DAYS
    rows = await _fetch(
        pool,
        statement,
        level=level,
        firsts=[first for first, _ in window.spans],
        lasts=[last for _, last in window.spans],
        categories=list(_ALL if leaves is None else leaves),
        since=period.first if period else None,
        until=period.last if period else None,
        limit=_READ_CELLS + 1,
    )
    cells = [(Cell(level, row["cell"]), cast("int", row["cases"])) for row in rows]
    held = [pair for pair in cells if window.holds(pair[0])]
    if len(rows) > _READ_CELLS or len(held) > MAX_CELLS:
        raise InvalidInput.at("?zoom", "too_many_cells", max=MAX_CELLS)
    return sorted(held, key=lambda pair: (-pair[1], pair[0].number))


async def list_today(pool: asyncpg.Pool, day: Period) -> list[Today]:
    """Per category (leaf): what is open now, and what was opened and resolved on `day`."""
    rows = await _fetch(pool, SUMMARY, level=CELL_LEVELS[0], starts=day.starts, ends=day.ends)
    return [Today(*row) for row in rows]


async def list_hotspots(pool: asyncpg.Pool) -> list[HotspotView]:
    """The active hotspots, the most unusual first."""
    return [HotspotView(*row) for row in await _fetch(pool, HOTSPOTS)]


async def _ids_of_wards(pool: asyncpg.Pool, codes: Sequence[str]) -> list[int]:
    rows = await _fetch(pool, WARDS, codes=list(codes))
    if unknown := set(codes) - {row["code"] for row in rows}:
        raise InvalidInput.at("?area", "area_not_found", value=min(unknown))
    return [row["id"] for row in rows]


async def _by_day(
    pool: asyncpg.Pool,
    period: Period,
    leaves: Sequence[str] | None,
    area_ids: Sequence[int] | None,
) -> list[tuple[datetime, Counts]]:
    rows = await _fetch(
        pool,
        DAYS,
        categories=list(_ALL if leaves is None else leaves),
        first=period.first,
        last=period.last,
        area_ids=area_ids,
    )
    return [(midnight(day, period.zone), Counts(*counts)) for day, *counts in rows]


async def _by_hour(
    pool: asyncpg.Pool,
    period: Period,
    leaves: Sequence[str] | None,
    area_ids: Sequence[int] | None,
) -> list[tuple[datetime, Counts]]:
    rows = await _fetch(
        pool, HOURS, starts=period.starts, ends=period.ends, leaves=leaves, area_ids=area_ids
    )
    return [(hour, Counts(*counts)) for hour, *counts in rows]


def _into_steps(
    steps: list[tuple[datetime, datetime]], counted: list[tuple[datetime, Counts]]
) -> Iterator[tuple[datetime, datetime, Counts]]:
    sums: dict[int, Counts] = defaultdict(Counts)
    instants = sorted(counted, key=lambda pair: pair[0])
    index = 0
    for at, counts in instants:
        while at >= steps[index][1]:
            index += 1
        sums[index] += counts
    for number, (start, end) in enumerate(steps):
        yield start, end, sums[number]


async def _fetch(
    pool: asyncpg.Pool, statement: Statement, **parameters: object
) -> list[asyncpg.Record]:
    return cast(
        "list[asyncpg.Record]",
        await pool.fetch(statement.sql, *statement.arguments(parameters)),
    )
