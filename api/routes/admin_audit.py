"""The audit log, and what the city says of reporters' identities."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import ActorDep, CityDep, CursorQuery, LimitQuery, SessionDep
from api.schemas.audit import AuditEntryOut, PrivacyIn, PrivacyOut
from api.schemas.base import PageOut, Text
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from workflows import audit, reporters
from workflows.audit import AuditFilter
from workflows.policies import Right, check_right

router = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.get("/audit")
async def list_audit(
    session: SessionDep,
    actor: ActorDep,
    action: Annotated[Text | None, Query(max_length=60)] = None,
    subject: Annotated[Text | None, Query(max_length=120)] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[AuditEntryOut]:
    """Who looked at or changed what, the newest first, by keyset pages."""
    wanted = AuditFilter(action, subject)
    page = await audit.page_entries(
        session, wanted, actor=actor, limit=limit, cursor=cursor, now=utc_now()
    )
    return PageOut(
        items=[AuditEntryOut.model_validate(entry) for entry in page.items],
        next_cursor=page.next_cursor,
    )


@router.get("/privacy")
async def get_privacy(actor: ActorDep, city: CityDep) -> PrivacyOut:
    """Who may know who filed a report."""
    check_right(actor, Right.CONFIGURE)
    return PrivacyOut(reporter_visible_to="department" if city.shows_reporters else "nobody")


@router.put("/privacy")
async def put_privacy(body: PrivacyIn, session: SessionDep, actor: ActorDep) -> PrivacyOut:
    """Say who may; noted in the audit log."""
    await reporters.show_reporters_to(session, body.reporter_visible_to, actor=actor)
    return PrivacyOut(reporter_visible_to=body.reporter_visible_to)
