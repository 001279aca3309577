"""Who has a case open at the moment."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.deps import ActorDep, SessionDep
from core.clock import utc_now
from workflows import presence

router = APIRouter(prefix="/v1/cases/{case_id}/presence", tags=["cases"])


@router.put("", status_code=204)
async def note_presence(case_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """I have this case open: say so every 15 seconds; after 45 without a word I am gone."""
    await presence.note_presence(session, case_id, actor=actor, now=utc_now())


@router.delete("", status_code=204)
async def note_absence(case_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """I have closed it."""
    await presence.note_absence(session, case_id, actor=actor)
