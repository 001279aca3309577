"""Telling other systems what happened to a case: one CloudEvents 1.0 event for each call.

It says where the case stands and who has it, and nothing of what anybody wrote or who they are.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import AnyRow
from gis.tables import Area
from notifications.fanout import Pending, add_call, mark_done
from notifications.webhooks import find_webhook
from workflows.tables import Case

log = structlog.get_logger()
EVENT_TYPE = "vn.hientruong.case."


async def call_webhook(
    session: AsyncSession, announcement: Pending, *, source: str, now: datetime
) -> list[int]:
    """Write the call that an action asked for and mark its announcement done; the ids that are to
    be sent. No call for a webhook that is retired by now.
    """
    webhook = await find_webhook(session, announcement.template)
    if webhook is None:
        log.warning("webhook_retired", name=announcement.template, key=announcement.key)
        await mark_done(session, announcement, now=now)
        return []
    return await add_call(
        session,
        announcement,
        url=webhook.url,
        kind=EVENT_TYPE + announcement.data["action"],
        body=cloud_event(await _get_case(session, announcement.case_id), announcement, source),
        now=now,
    )


async def _get_case(session: AsyncSession, case_id: UUID) -> AnyRow:
    query = (
        select(
            Case.id, Case.code, Case.category, Case.department, Case.status, Case.priority,
            Case.due_at, Area.code.label("area"),
        )
        .join(Area, Area.id == Case.area_id)
        .where(Case.id == case_id)
    )  # fmt: skip
    return (await session.execute(query)).one()


def cloud_event(case: AnyRow, announcement: Pending, source: str) -> str:
    """The event as JSON. `action` and `state` are of the step, the rest of the case as of now."""
    event = {
        "specversion": "1.0",
        "id": announcement.key,
        "source": source,
        "type": EVENT_TYPE + announcement.data["action"],
        "subject": str(case.id),
        "time": announcement.created_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "case": case.code,
            "category": case.category,
            "area": case.area,
            "department": case.department,
            "status": case.status,
            "priority": case.priority,
            "due_at": case.due_at.isoformat(),
            "action": announcement.data["action"],
            "state": announcement.data["state"],
        },
    }
    return json.dumps(event, ensure_ascii=False)
