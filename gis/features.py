"""GeoJSON made by the database and passed through as bytes: the application never parses it.

Reads public views over the read-only pool; what they hold back, nobody here can ask for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg

from core.db import open_reader_pool
from gis.case_filter import CaseFilter, MapScope
from gis.case_sql import Reads, box_parameters, filter_parameters, load_for_readers

_SQL = Path(__file__).parent / "sql"


class Order(StrEnum):
    """What the first few open cases are the first of."""

    DUE = "due"
    NEWEST = "newest"


INCIDENTS = load_for_readers("incidents", order="cases.id", after="cases.id > CAST(:after AS uuid)")
FIRST_INCIDENTS = {
    Order.DUE: load_for_readers("incidents", order="cases.due_at, cases.id", after="true"),
    Order.NEWEST: load_for_readers(
        "incidents", order="cases.opened_at desc, cases.id", after="true"
    ),
}
_AREAS = (_SQL / "areas.sql").read_text(encoding="utf-8")
_BOUNDS = """
    select ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
    from (select ST_Extent(geom) as box from public_areas) as extent where box is not null
"""
WHOLE_EARTH = (-180.0, -90.0, 180.0, 90.0)
VIETNAM = (102.1, 7.1, 117.9, 23.4)
PAGE = 2000  # features, about half a megabyte
_BEFORE_ALL = UUID(int=0)


async def open_read_pool(url: str, *, size: int, timeout_ms: int) -> asyncpg.Pool:
    """The read-only pool: role `hientruong_readonly`, no statement longer than `timeout_ms`.

    Plans are made for each statement's values: bbox and filters vary too much for one plan.
    """
    return await open_reader_pool(
        url,
        size=size,
        role="hientruong_readonly",
        application_name="hientruong-read",
        statement_timeout=str(timeout_ms),
        plan_cache_mode="force_custom_plan",
    )


async def stream_incidents(
    reads: Reads, wanted: CaseFilter, scope: MapScope
) -> AsyncIterator[bytes]:
    """Open cases as one FeatureCollection, page after page; `features` is empty, never null.

    No connection is held between pages, so that a slow reader keeps nobody waiting; a case that
    opens or closes meanwhile may or may not be in it.
    """
    statement = INCIDENTS[scope.is_public]
    parameters = filter_parameters(wanted, scope) | box_parameters(wanted.bbox or WHOLE_EARTH)
    after, separator = _BEFORE_ALL, b""
    yield b'{"type":"FeatureCollection","features":['
    while True:
        page = parameters | {"after": after, "limit": PAGE}
        row = await reads.fetchrow(statement.sql, *statement.arguments(page))
        if row["count"]:
            yield separator + _as_bytes(row["features"])
        if row["count"] < PAGE:
            break
        after, separator = row["last"], b","
    yield b"]}"


async def first_incidents(
    reads: Reads, wanted: CaseFilter, scope: MapScope, *, order: Order, limit: int
) -> bytes:
    """The first `limit` open cases in an order, as one FeatureCollection."""
    statement = FIRST_INCIDENTS[order][scope.is_public]
    parameters = filter_parameters(wanted, scope) | box_parameters(wanted.bbox or WHOLE_EARTH)
    row = await reads.fetchrow(statement.sql, *statement.arguments(parameters | {"limit": limit}))
    features = _as_bytes(row["features"] or "")
    return b'{"type":"FeatureCollection","features":[' + features + b"]}"


async def city_bounds(pool: asyncpg.Pool) -> tuple[float, float, float, float]:
    """West, south, east, north of the current areas; of the country before there are any."""
    row = cast("tuple[float, float, float, float] | None", await pool.fetchrow(_BOUNDS))
    return VIETNAM if row is None else (row[0], row[1], row[2], row[3])


async def areas_geojson(pool: asyncpg.Pool, kind: str) -> bytes:
    """The current areas of a kind as one FeatureCollection, simplified for drawing."""
    return _as_bytes(await pool.fetchval(_AREAS, kind))


def _as_bytes(body: Any) -> bytes:
    return cast("str", body).encode()
