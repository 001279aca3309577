"""GeoJSON made by the database and passed through as bytes: the application never parses it.

Reads public views over the read-only pool; what they hold back, nobody here can ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import asyncpg

_SQL = Path(__file__).parent / "sql"
_INCIDENTS = (_SQL / "incidents.sql").read_text(encoding="utf-8")
_AREAS = (_SQL / "areas.sql").read_text(encoding="utf-8")
WHOLE_EARTH = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Filters of the incidents layer; None does not filter. `bbox` is lon/lat, WGS84."""

    bbox: tuple[float, float, float, float] | None = None
    category: tuple[str, ...] | None = None
    department: tuple[str, ...] | None = None
    status: tuple[str, ...] | None = None
    overdue: bool | None = None


async def open_read_pool(url: str, *, size: int, timeout_ms: int) -> asyncpg.Pool:
    """The read-only pool: role `hientruong_readonly`, no statement longer than `timeout_ms`.

    Plans are made for each statement's values (bbox and filters vary too much for one plan), and
    connections are not reset between uses, since nothing here leaves any state behind.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        reset=_leave_as_is,
        server_settings={
            "application_name": "hientruong-read",
            "role": "hientruong_readonly",
            "default_transaction_read_only": "on",
            "statement_timeout": str(timeout_ms),
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",
        },
    )


async def incidents_geojson(pool: asyncpg.Pool, wanted: IncidentFilter) -> bytes:
    """Open incidents as one FeatureCollection; `features` is empty, never null."""
    return _as_bytes(
        await pool.fetchval(
            _INCIDENTS,
            *(wanted.bbox or WHOLE_EARTH),
            _array(wanted.category),
            _array(wanted.department),
            _array(wanted.status),
            wanted.overdue,
        )
    )


async def areas_geojson(pool: asyncpg.Pool, kind: str) -> bytes:
    """The current areas of a kind as one FeatureCollection, simplified for drawing."""
    return _as_bytes(await pool.fetchval(_AREAS, kind))


async def _leave_as_is(connection: asyncpg.Connection) -> None:
    del connection


def _array(values: tuple[str, ...] | None) -> list[str] | None:
    return list(values) if values else None


def _as_bytes(body: Any) -> bytes:
    return cast("str", body).encode()
