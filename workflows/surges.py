"""Surges: so many reports of one kind in one area within minutes, told once.

Rows decide, and a worker's sweep raises: intake knows nothing of it. One sweep runs at a time; an
alert, its cases and what is told of it commit together, so that a worker that is killed leaves
either all of it or nothing. While an alert is open later reports join it; after a quiet time it is
closed, and only then another may be raised, from reports that no alert of the rule has counted.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.jobs import enqueue
from core.statements import Statement, fetch, fetch_one, load_statement
from notifications.tables import Announcement
from workflows.sla import SILENT_SOURCES
from workflows.tables import Alert, AlertCase
from workflows.tasks import FAN_OUT

TOLD = ("operators", "leaders")
ANY_KIND = {"vi": "Phản ánh mọi loại", "en": "Reports of any kind"}
_SQL = Path(__file__).parent / "sql"
_LOCK = 0x53757267  # "Surg"
_TAKE_TURN = Statement(f"select pg_try_advisory_xact_lock({_LOCK}) as mine", ())
FIND_SURGES = load_statement(_SQL / "find_surges.sql")
JOIN_SURGES = load_statement(_SQL / "join_surges.sql")
_CLOSE_QUIET = text(
    """
    update alerts set closed_at = :now from surge_rules as rules
    where rules.id = alerts.rule_id and alerts.closed_at is null
      and alerts.until < CAST(:now AS timestamptz) - rules.quiet_minutes * interval '1 minute'
    """
)


async def sweep_surges(sessions: async_sessionmaker[AsyncSession], *, now: datetime) -> list[int]:
    """Let later reports join, close what has gone quiet, raise what is new; the ids of new alerts.

    Does nothing while another worker is at it.
    """
    async with transaction(sessions) as session:
        turn = await fetch_one(session, _TAKE_TURN, {})
        if turn is None or not turn["mine"]:
            return []
        silent = sorted(SILENT_SOURCES)
        await fetch(session, JOIN_SURGES, {"silent": silent})
        await session.execute(_CLOSE_QUIET, {"now": now})
        surges = await fetch(session, FIND_SURGES, {"now": now, "silent": silent})
        return [await _raise(session, surge, now) for surge in surges]


async def _raise(session: AsyncSession, surge: asyncpg.Record, now: datetime) -> int:
    alert = Alert(
        kind="surge",
        rule_id=surge["rule_id"],
        category=surge["category"],
        area_id=surge["area_id"],
        count=len(surge["case_ids"]),
        since=surge["since"],
        until=surge["until"],
        raised_at=now,
    )
    session.add(alert)
    await session.flush()
    await session.execute(
        insert(AlertCase),
        [
            {"rule_id": alert.rule_id, "case_id": case_id, "alert_id": alert.id}
            for case_id in surge["case_ids"]
        ],
    )
    await _announce(session, alert, surge, now)
    return alert.id


async def _announce(
    session: AsyncSession, alert: Alert, surge: asyncpg.Record, now: datetime
) -> None:
    """Tell operators and leaders, by way of the surge's first case."""
    facts: dict[str, Any] = {
        "count": alert.count,
        "minutes": surge["minutes"],
        "kind": {code: surge[f"kind_{code}"] or words for code, words in ANY_KIND.items()},
        "place": {code: surge[f"place_{code}"] for code in ANY_KIND},
    }
    announcements = [
        Announcement(
            key=f"alert:{alert.id}:{audience}",
            case_id=surge["case_ids"][0],
            audience=audience,
            template="surge",
            data={"alert_id": alert.id, "form": facts},
            created_at=now,
        )
        for audience in TOLD
    ]
    session.add_all(announcements)
    await session.flush()
    await enqueue(session, FAN_OUT, [announcement.id for announcement in announcements])
