"""Which geocoder an installation has, by its settings."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.settings import GeocoderSettings
from gis.geocoders.answers import KeptAnswers
from gis.geocoders.base import Geocoder
from gis.geocoders.fallback import Fallback
from gis.geocoders.gazetteer import Gazetteer
from gis.geocoders.nominatim import Nominatim


def open_geocoder(
    settings: GeocoderSettings, pool: asyncpg.Pool, sessions: async_sessionmaker[AsyncSession]
) -> Geocoder:
    """The city's service with the gazetteer behind it, or the gazetteer alone."""
    gazetteer = Gazetteer(pool)
    if not settings.url:
        return gazetteer
    service = KeptAnswers(
        Nominatim(settings, gazetteer.find_bounds),
        sessions,
        name=settings.url,
        keep=timedelta(hours=settings.cache_hours),
    )
    return Fallback(service, gazetteer)
