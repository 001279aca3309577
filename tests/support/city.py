"""A city to test in: Huế's definitions, approximate wards and demo accounts, no reports."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4

from cli.demo_city import load_city, load_people
from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from tests.support.sealing import SEALER

# In Phường Thuận Hóa, well inside whichever boundaries are loaded.
CENTRE = {"lat": 16.4600, "lon": 107.5850}
LIGHT = "energy.street_light"  # its result needs an after-photo; routed to HEPCO in the centre
LIGHT_DEPARTMENT = "hepco"
SIGN = "traffic.sign"  # needs no photo; routed to the Department of Construction
SIGN_DEPARTMENT = "sxd"


def load_test_city(url: str) -> None:
    """Fill a migrated database with the city."""

    async def load() -> None:
        engine = create_engine(url)
        sessions = create_session_factory(engine)
        async with transaction(sessions) as session:
            await load_city(session, now=utc_now())
        async with transaction(sessions) as session:
            await load_people(session, ["Nguyễn Văn An"], SEALER)
        await engine.dispose()

    asyncio.run(load())


@dataclass(frozen=True)
class Draft:
    """A report that is accepted as it stands."""

    category: str = SIGN
    description: str = "Biển báo bị gãy ở góc đường"

    def body(self, **changes: object) -> dict[str, object]:
        return {
            "category": self.category,
            "location": dict(CENTRE),
            "description": self.description,
            **changes,
        }


def new_id() -> UUID:
    return uuid4()
