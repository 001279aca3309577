"""Citizens who have the same problem, or want to hear how it ends."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.deps import ActorDep, SessionDep
from core.clock import utc_now
from workflows import following

router = APIRouter(prefix="/v1/reports/{report_id}", tags=["reports"])


@router.put("/support", status_code=204)
async def add_support(report_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """I have the same problem ("tôi cũng gặp"): counts once, and I am told how it ends."""
    await following.add_support(session, report_id, actor=actor, now=utc_now())


@router.delete("/support", status_code=204)
async def remove_support(report_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """I do not have it (any more)."""
    await following.remove_support(session, report_id, actor=actor)


@router.put("/follow", status_code=204)
async def add_follow(report_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Tell me how it ends."""
    await following.add_follow(session, report_id, actor=actor, now=utc_now())


@router.delete("/follow", status_code=204)
async def remove_follow(report_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Tell me no more."""
    await following.remove_follow(session, report_id, actor=actor)
