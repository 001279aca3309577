"""Assets: features of a public layer that a report may name, such as lamp post 12-034."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from core.statements import fetch_one, load_statement
from gis.locate import Place

_SQL = Path(__file__).parent / "sql"
_NEARBY = (_SQL / "nearby_assets.sql").read_text(encoding="utf-8")
FIND = load_statement(_SQL / "find_asset.sql")
MAX_NEARBY = 50


@dataclass(frozen=True, slots=True)
class AssetRef:
    """Which feature: its layer, and the owner's id of it there."""

    layer: str
    code: str


@dataclass(frozen=True, slots=True)
class NearbyAsset:
    """An asset, how far from the place it lies (metres), and its nearest point (WGS84 degrees)."""

    layer: str
    code: str
    kind: str
    name: str
    distance_m: float
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class AssetFinding:
    """Whether the public sees such a layer, and how far away the asset is (metres); None where
    the layer has none of this code.
    """

    layer_known: bool
    distance_m: float | None


async def list_nearby_assets(
    pool: asyncpg.Pool, place: Place, categories: Sequence[str], *, radius_m: float
) -> list[NearbyAsset]:
    """Assets within `radius_m` metres that are picked for any of `categories`, nearest first,
    MAX_NEARBY at most.
    """
    rows = cast(
        "list[asyncpg.Record]",
        await pool.fetch(_NEARBY, place.lon, place.lat, list(categories), radius_m, MAX_NEARBY),
    )
    return [NearbyAsset(**row) for row in rows]


async def look_for_asset(session: AsyncSession, asset: AssetRef, place: Place) -> AssetFinding:
    """What there is under a name that somebody gave."""
    row = await fetch_one(
        session,
        FIND,
        {"layer": asset.layer, "code": asset.code, "lat": place.lat, "lon": place.lon},
    )
    assert row is not None  # a select without from always has one
    return AssetFinding(**row)
