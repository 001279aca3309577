"""Alerts as operators and leaders see them: listed, read with their cases, acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.db import AnySelect
from core.errors import NotFound
from core.paging import Page, decode_number_cursor, encode_cursor
from gis.tables import Area
from identity.tables import Person
from workflows.policies import Right, check_right
from workflows.tables import Alert, SurgeRule


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with the names around it; open until `closed_at`. `minutes` are those of its rule."""

    id: int
    kind: str
    category: str | None
    count: int
    minutes: int
    since: datetime
    until: datetime
    raised_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    area_code: str
    area_name: str
    area_name_en: str
    acknowledged_by: str | None


def _query() -> AnySelect:
    return (
        select(
            Alert.id, Alert.kind, Alert.category, Alert.count, SurgeRule.minutes, Alert.since,
            Alert.until, Alert.raised_at, Alert.acknowledged_at, Alert.closed_at, Area.code,
            Area.name, Area.name_en, Person.name,
        )
        .join(SurgeRule, SurgeRule.id == Alert.rule_id)
        .join(Area, Area.id == Alert.area_id)
        .outerjoin(Person, Person.id == Alert.acknowledged_by)
    )  # fmt: skip


async def page_alerts(
    session: AsyncSession, *, is_open: bool | None, actor: Actor, limit: int, cursor: str | None
) -> Page[AlertView]:
    """The newest alerts first; only open or only closed ones if asked."""
    check_right(actor, Right.READ_ALERTS)
    query = _query().order_by(Alert.id.desc()).limit(limit + 1)
    if is_open is not None:
        query = query.where(Alert.closed_at.is_(None) == is_open)
    if cursor is not None:
        query = query.where(Alert.id < decode_number_cursor(cursor))
    alerts = [AlertView(*row) for row in await session.execute(query)]
    if len(alerts) <= limit:
        return Page(alerts, None)
    return Page(alerts[:limit], encode_cursor([alerts[limit - 1].id]))


async def get_alert(session: AsyncSession, alert_id: int, *, actor: Actor) -> AlertView:
    """One alert. NotFound if there is none."""
    check_right(actor, Right.READ_ALERTS)
    row = (await session.execute(_query().where(Alert.id == alert_id))).first()
    if row is None:
        raise NotFound("alert_not_found")
    return AlertView(*row)


async def acknowledge_alert(
    session: AsyncSession, alert_id: int, *, actor: Actor, now: datetime
) -> AlertView:
    """Say that somebody has it in hand; the first who says so stays. NotFound if there is none."""
    check_right(actor, Right.HANDLE_ALERTS)
    first = await session.scalar(
        update(Alert)
        .where(Alert.id == alert_id, Alert.acknowledged_at.is_(None))
        .values(acknowledged_by=actor.person_id, acknowledged_at=now)
        .returning(Alert.id)
    )
    if first is not None:
        await note(session, actor, "alert.acknowledge", f"alert:{alert_id}", {})
    return await get_alert(session, alert_id, actor=actor)
