"""Saved views of the work list."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.deps import ActorDep, CursorQuery, LimitQuery, SessionDep
from api.schemas.base import PageOut
from api.schemas.views import ViewIn, ViewOut
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from workflows import views

router = APIRouter(prefix="/v1/views", tags=["views"])


@router.get("")
async def list_views(
    session: SessionDep,
    actor: ActorDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[ViewOut]:
    """My views and those that my team shares, by name."""
    page = await views.page_views(session, actor=actor, limit=limit, cursor=cursor)
    return PageOut(
        items=[ViewOut.model_validate(view) for view in page.items], next_cursor=page.next_cursor
    )


@router.post("", status_code=201)
async def add_view(body: ViewIn, session: SessionDep, actor: ActorDep) -> ViewOut:
    """Save a filter of the work list under a name."""
    view = await views.add_view(session, body.draft(), actor=actor, now=utc_now())
    return ViewOut.model_validate(view)


@router.put("/{view_id}")
async def change_view(view_id: UUID, body: ViewIn, session: SessionDep, actor: ActorDep) -> ViewOut:
    """Replace a view of mine."""
    view = await views.change_view(session, view_id, body.draft(), actor=actor, now=utc_now())
    return ViewOut.model_validate(view)


@router.delete("/{view_id}", status_code=204)
async def remove_view(view_id: UUID, session: SessionDep, actor: ActorDep) -> None:
    """Delete a view of mine."""
    await views.remove_view(session, view_id, actor=actor)
