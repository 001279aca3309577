"""Keeping the table of hotspots: what `gis/hotspot_score.py` finds, found again, and gone.

Each run judges the last days anew. A cluster that shares a cell with an active hotspot of its kind
is that hotspot, so that runs may be repeated and hotspots grow; what is not found any more has
ended. Only cases that the public may see, at the places where it sees them: a hotspot tells
nothing about a hidden or rounded place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import shapely
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.statements import fetch, load_statement
from gis.heat_grid import Cell
from gis.hotspot_score import (
    BASELINE_DAYS,
    DAYS,
    LEVEL,
    Active,
    Cluster,
    Count,
    find_clusters,
    match_clusters,
)
from gis.tables import Hotspot
from gis.tile_grid import interleave

_SQL = Path(__file__).parent / "sql"
COUNT_CELLS = load_statement(_SQL / "count_cells.sql")
PUT_CASES = load_statement(_SQL / "put_hotspot_cases.sql")
_LOCK = 0x486F7473  # "Hots"
_TAKE_TURN = text(f"select pg_advisory_xact_lock({_LOCK})")


async def find_hotspots(sessions: async_sessionmaker[AsyncSession], *, now: datetime) -> list[int]:
    """Judge the last days and write what is unusual; the ids of the hotspots active now.

    One run at a time: another worker waits, and finds the same again.
    """
    async with transaction(sessions) as session:
        await session.execute(_TAKE_TURN)
        clusters = find_clusters(await _count(session, now))
        active = await _list_active(session)
        ids = [
            await _put(session, cluster, hotspot_id, now)
            for cluster, hotspot_id in match_clusters(clusters, active)
        ]
        await session.execute(
            update(Hotspot)
            .where(Hotspot.ended_at.is_(None), Hotspot.id.not_in(ids))
            .values(ended_at=now)
        )
    return ids


async def _count(session: AsyncSession, now: datetime) -> list[Count]:
    since = now - timedelta(days=DAYS)
    spans = {"since": since, "baseline_since": since - timedelta(days=BASELINE_DAYS), "until": now}
    rows = await fetch(session, COUNT_CELLS, {"level": LEVEL, **spans})
    return [
        Count((row["x"], row["y"]), row["category"], row["area"], row["before"], row["now"])
        for row in rows
    ]


async def _list_active(session: AsyncSession) -> list[Active]:
    rows = await session.execute(
        select(Hotspot.id, Hotspot.category, Hotspot.cells)
        .where(Hotspot.ended_at.is_(None))
        .order_by(Hotspot.id)
    )
    places = [
        (row, frozenset((cell.column, cell.row) for cell in map(_cell, row.cells))) for row in rows
    ]
    return [Active(row.id, row.category, held) for row, held in places]


async def _put(
    session: AsyncSession, cluster: Cluster, hotspot_id: int | None, now: datetime
) -> int:
    cells = sorted(interleave(*member.count.place) for member in cluster.members)
    values = {
        "area": cluster.area,
        "cases": cluster.cases,
        "expected": cluster.expected,
        "ratio": cluster.ratio,
        "p_value": cluster.p,
        "cells": cells,
        "until": now,
        "geom": _hull(cells),
    }
    if hotspot_id is None:
        hotspot = Hotspot(category=cluster.category, since=now, detected_at=now, **values)
        session.add(hotspot)
        await session.flush()
        hotspot_id = hotspot.id
    else:
        await session.execute(update(Hotspot).where(Hotspot.id == hotspot_id).values(**values))
    await fetch(
        session,
        PUT_CASES,
        {
            "hotspot_id": hotspot_id,
            "category": cluster.category,
            "since": now - timedelta(days=DAYS),
            "until": now,
            "level": LEVEL,
            "cells": cells,
        },
    )
    return hotspot_id


def _hull(cells: list[int]) -> str:
    """The convex hull of these cells as EWKT, WGS84."""
    squares = [shapely.box(*_cell(cell).bounds) for cell in cells]
    return f"SRID=4326;{shapely.GeometryCollection(squares).convex_hull.wkt}"


def _cell(number: int) -> Cell:
    return Cell(LEVEL, number)
