"""What answers of the map have in common: who reads it for them, and the headers of a cacheable
answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from zlib import crc32

import asyncpg

from api.deps import Services
from core.actor import Actor
from core.db import driver_of
from core.fence import Errand
from gis.case_filter import CaseFilter, MapScope
from workflows.configuration import Configuration


class StaffReads:
    """Reads in short transactions in a reader's name, for what the public may not see."""

    def __init__(self, services: Services, actor: Actor) -> None:
        self._services = services
        self._actor = actor

    async def fetchval(self, query: str, *args: Any) -> Any:
        async with self._services.begin_list(self._actor) as session:
            return cast("Any", await (await driver_of(session)).fetchval(query, *args))

    async def fetchrow(self, query: str, *args: Any) -> Any:
        async with self._services.begin_list(self._actor) as session:
            return cast("Any", await (await driver_of(session)).fetchrow(query, *args))


def reads_for(services: Services, scope: MapScope, actor: Actor) -> asyncpg.Pool | StaffReads:
    """The public pool, unless this reader sees more than the public."""
    return services.read_pool if scope.is_public else StaffReads(services, actor)


def map_headers(state: str, wanted: CaseFilter, scope: MapScope, now: datetime) -> dict[str, str]:
    """Headers of an answer that changes with `state`. A proxy may keep it, if it asks each time.

    The ETag is weak: the same answer may be sent in gzip or plain. It tells filters apart, for
    clients that compare it across addresses (MapLibre does).
    """
    reader = "" if scope.is_public else f".{scope.hidden_of or 'all'}"
    minute = f".{now:%d%H%M}" if wanted.by_age else ""  # ages grow without any change
    asked = f".{crc32(repr(wanted).encode()):x}" if wanted != CaseFilter() else ""
    return {
        "ETag": f'W/"{state}{reader}{asked}{minute}"',
        "Cache-Control": f"{'public' if scope.is_public else 'private'}, no-cache",
        "Vary": "Accept-Encoding, Authorization, Cookie",
    }


async def city_of(services: Services) -> Configuration:
    """The city's configuration of 0.2 s ago or newer, from memory as long as it is the same."""
    revision = int(await services.layer_states.of("city"))
    known = services.cache.known(revision)
    if known is not None:
        return known
    async with services.begin(Errand.UPKEEP) as session:
        return await services.cache.newest(session)
