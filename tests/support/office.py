"""The city's use cases at instants of a test's choosing, without a server in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import ANONYMOUS, Actor, Role
from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from core.logging import configure_logging
from gis.locate import Place
from tests.support.casework import BUS
from tests.support.city import CENTRE
from tests.support.sealing import SEALER
from workflows import casework, intake, sla
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules, ReportDraft
from workflows.tables import Case

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
STAFF = Actor(Role.STAFF, department="sxd")
SUPERVISOR = Actor(Role.SUPERVISOR, department="sxd")
OPERATOR = Actor(Role.OPERATOR)


def june(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """An instant in a June of about now: `day` 1 is a Monday."""
    first = date(utc_now().year, 6, 7)
    monday = first - timedelta(days=first.weekday())
    return datetime.combine(monday + timedelta(days=day - 1), time(hour, minute), HUE)


@dataclass
class Office:
    """The city's use cases at instants of the test's choosing."""

    sessions: async_sessionmaker[AsyncSession]
    cache: ConfigurationCache = field(default_factory=ConfigurationCache)

    async def file(self, at: datetime, category: str = BUS, **details: Any) -> UUID:
        draft = ReportDraft(category, Place(**CENTRE), "Nhà chờ xe buýt dột", **details)
        report_id = uuid4()
        async with transaction(self.sessions) as session:
            await intake.file_report(
                session,
                draft,
                report_id=report_id,
                actor=ANONYMOUS,
                now=at,
                cache=self.cache,
                rules=IntakeRules(),
                sealer=SEALER,
            )
        return report_id

    async def act(
        self, case: UUID, action: str, at: datetime, actor: Actor = STAFF, **form: object
    ) -> None:
        async with transaction(self.sessions) as session:
            rev = await session.scalar(select(Case.rev).where(Case.id == case))
            await casework.perform_action(
                session, case, action, form, actor=actor, expected_rev=rev, now=at, cache=self.cache
            )

    async def answer(self, case: UUID, at: datetime) -> None:
        async with transaction(self.sessions) as session:
            await casework.perform_reporter_action(
                session,
                case,
                "answer",
                {"text": "Trước chợ"},
                actor=Actor(Role.ANONYMOUS, reports=frozenset({case})),
                now=at,
                cache=self.cache,
            )

    async def sweep(self, at: datetime) -> int:
        return await sla.sweep(self.sessions, self.cache, now=at)

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with transaction(self.sessions) as session:
            return list(await session.execute(text(sql), values))

    async def case(self, case: UUID) -> Any:
        [row] = await self.rows("select * from cases where id = :id", id=case)
        return row

    async def marks(self, case: UUID) -> list[tuple[int, int, str]]:
        """What the sweeper did: (rev, seq, action)."""
        rows = await self.rows(
            "select rev, seq, action from case_events"
            " where case_id = :id and actor_role = 'system' and action <> 'route'"
            " order by rev, seq",
            id=case,
        )
        return [tuple(row) for row in rows]

    async def told(self, case: UUID) -> list[tuple[str, str]]:
        """Who is told what because of clocks."""
        rows = await self.rows(
            "select audience, template from announcements where case_id = :id"
            " and template <> 'assigned' order by id",
            id=case,
        )
        return [tuple(row) for row in rows]


@asynccontextmanager
async def open_office(url: str) -> AsyncIterator[Office]:
    """The use cases on the city in database `url`, with a worker's rights."""
    configure_logging(json=True, level="ERROR")
    engine = create_engine(url, role="hientruong_worker")
    yield Office(create_session_factory(engine))
    await engine.dispose()
