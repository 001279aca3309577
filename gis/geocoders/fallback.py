"""Asking the second geocoder what the first does not know, or not in time."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from core.failures import describe
from gis.geocoders.base import Geocoder, GeocoderFailed
from gis.locate import Place
from gis.places import Found

log = structlog.get_logger()


@dataclass(frozen=True)
class Fallback:
    """Never fails where `second` does not. What was asked is not logged."""

    first: Geocoder
    second: Geocoder

    async def search(
        self, query: str, near: Place | None, limit: int, language: str
    ) -> list[Found]:
        """As `Geocoder.search`."""
        try:
            found = await self.first.search(query, near, limit, language)
        except GeocoderFailed as error:
            log.warning("geocoder_failed", reason=describe(error))
            found = []
        return found or await self.second.search(query, near, limit, language)

    async def reverse(self, place: Place, language: str) -> Found | None:
        """As `Geocoder.reverse`."""
        try:
            found = await self.first.reverse(place, language)
        except GeocoderFailed as error:
            log.warning("geocoder_failed", reason=describe(error))
            found = None
        return found or await self.second.reverse(place, language)

    async def close(self) -> None:
        """Close both."""
        await self.first.close()
        await self.second.close()
