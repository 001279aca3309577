"""What every geocoder can do."""

from __future__ import annotations

from typing import Protocol

from gis.locate import Place
from gis.places import Found


class GeocoderFailed(Exception):
    """It did not answer in time, or not in a way that can be understood."""


class Geocoder(Protocol):
    """Finds places. May take as long as its time-out: call it outside of any transaction."""

    async def search(
        self, query: str, near: Place | None, limit: int, language: str
    ) -> list[Found]:
        """At most `limit` places of that name in the city, the likeliest first; of equally likely
        ones those near `near`. Raises GeocoderFailed.
        """
        ...

    async def reverse(self, place: Place, language: str) -> Found | None:
        """What a place would be called on a letter; None outside of the city. Raises
        GeocoderFailed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
