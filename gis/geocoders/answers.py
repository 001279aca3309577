"""Answers of a service are kept for a while, under a hash of what was asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utc_now
from core.db import transaction
from core.fence import Errand
from gis.geocoders.base import Geocoder
from gis.locate import Place
from gis.places import Found
from gis.tables import GeocoderAnswer

_NEAR_DIGITS = 2  # degrees: who types within a kilometre of each other is answered the same
_PLACE_DIGITS = 5  # about a metre


class KeptAnswers:
    """Asks `geocoder` what it has not answered within `keep`. No transaction is open meanwhile."""

    def __init__(
        self,
        geocoder: Geocoder,
        sessions: async_sessionmaker[AsyncSession],
        *,
        name: str,
        keep: timedelta,
    ) -> None:
        self._geocoder = geocoder
        self._sessions = sessions
        self._name = name
        self._keep = keep

    async def search(
        self, query: str, near: Place | None, limit: int, language: str
    ) -> list[Found]:
        """As `Geocoder.search`."""
        words = " ".join(query.lower().split())
        key = self._key("search", words, _rounded(near, _NEAR_DIGITS), limit, language)
        kept = await self._find(key)
        if kept is not None:
            return kept
        found = await self._geocoder.search(query, near, limit, language)
        await self._put(key, found)
        return found

    async def reverse(self, place: Place, language: str) -> Found | None:
        """As `Geocoder.reverse`."""
        key = self._key("reverse", _rounded(place, _PLACE_DIGITS), language)
        kept = await self._find(key)
        if kept is not None:
            return kept[0] if kept else None
        found = await self._geocoder.reverse(place, language)
        await self._put(key, [found] if found else [])
        return found

    async def close(self) -> None:
        """Close the geocoder behind."""
        await self._geocoder.close()

    def _key(self, *asked: Any) -> bytes:
        return hashlib.sha256(json.dumps([self._name, *asked]).encode()).digest()

    async def _find(self, key: bytes) -> list[Found] | None:
        query = select(GeocoderAnswer.answer).where(
            GeocoderAnswer.key == key, GeocoderAnswer.expires_at > func.now()
        )
        async with transaction(self._sessions, Errand.UPKEEP) as session:
            answer = await session.scalar(query)
        return None if answer is None else [_from_json(place) for place in answer]

    async def _put(self, key: bytes, found: list[Found]) -> None:
        values = {
            "answer": [asdict(place) for place in found],
            "expires_at": utc_now() + self._keep,
        }
        statement = insert(GeocoderAnswer).values(key=key, **values)
        async with transaction(self._sessions, Errand.UPKEEP) as session:
            await session.execute(
                statement.on_conflict_do_update(index_elements=[GeocoderAnswer.key], set_=values)
            )


async def forget_answers(session: AsyncSession, *, before: datetime) -> None:
    """Remove answers that expired before an instant."""
    await session.execute(delete(GeocoderAnswer).where(GeocoderAnswer.expires_at < before))


def _rounded(place: Place | None, digits: int) -> list[float] | None:
    return [round(place.lat, digits), round(place.lon, digits)] if place else None


def _from_json(place: dict[str, Any]) -> Found:
    bounds = place["bounds"]
    values: dict[str, Any] = place | {"bounds": tuple(bounds) if bounds else None}
    return Found(**values)
