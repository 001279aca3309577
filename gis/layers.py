"""Layers beside the areas: roads with their class, parks, building sites, assets with an id."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.statements import fetch, load_statement
from gis.locate import Place
from gis.nearby import NearbyFeature

NEARBY = load_statement(Path(__file__).parent / "sql" / "nearby_features.sql")


async def list_nearby_features(
    session: AsyncSession, place: Place, layers: dict[str, float]
) -> list[NearbyFeature]:
    """The nearest feature of each kind around `place`, nearest first; `layers` gives each layer's
    distance in metres.
    """
    if not layers:
        return []
    rows = await fetch(
        session,
        NEARBY,
        {
            "lat": place.lat,
            "lon": place.lon,
            "layers": list(layers),
            "metres": [float(metres) for metres in layers.values()],
        },
    )
    return [NearbyFeature(**row) for row in rows]
