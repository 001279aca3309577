"""Layers that everybody sees, read over the read-only pool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncpg

from core.errors import NotFound
from gis.features import WHOLE_EARTH

_FEATURES = (Path(__file__).parent / "sql" / "layer_features.sql").read_text(encoding="utf-8")
_COLUMNS = "select code, name, name_en, kind, categories, min_zoom from public_layers"
_LAYERS = f"{_COLUMNS} order by name, code"
_LAYER = f"{_COLUMNS} where code = $1"
_VERSION = """
    select version from layer_states
    where layer = 'features' and exists (select from public_layers where code = $1)
"""
DEFAULT_FEATURES, MAX_FEATURES = 1000, 5000


@dataclass(frozen=True, slots=True)
class PublicLayer:
    """A layer as everybody sees it; see `tables.Layer`."""

    code: str
    name: str
    name_en: str
    kind: str
    categories: list[str]
    min_zoom: int


async def list_public_layers(pool: asyncpg.Pool) -> list[PublicLayer]:
    """All of them, by name."""
    rows = cast("list[asyncpg.Record]", await pool.fetch(_LAYERS))
    return [PublicLayer(**row) for row in rows]


async def find_public_layer(pool: asyncpg.Pool, code: str) -> PublicLayer | None:
    """One of them by its code."""
    row = cast("asyncpg.Record | None", await pool.fetchrow(_LAYER, code))
    return PublicLayer(**row) if row else None


async def get_features_version(pool: asyncpg.Pool, layer: str) -> int:
    """How often features have changed, of any layer. NotFound for one that the public does not
    see, as for none.
    """
    version = cast("int | None", await pool.fetchval(_VERSION, layer))
    if version is None:
        raise NotFound("layer_absent")
    return version


async def layer_geojson(
    pool: asyncpg.Pool,
    layer: str,
    bbox: tuple[float, float, float, float] | None,
    *,
    limit: int,
) -> bytes:
    """Features of a public layer in a bbox (lon/lat, WGS84) as one FeatureCollection; its
    `complete` is false where there are more than `limit`.
    """
    body = cast("str", await pool.fetchval(_FEATURES, layer, *(bbox or WHOLE_EARTH), limit))
    return body.encode()
