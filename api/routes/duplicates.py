"""Suggestions of duplicates; merging them is for staff to do (`POST …/merge`)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import ActorDep, PresenterDep, SessionDep
from api.schemas.duplicates import DuplicatesOut
from workflows import duplicates

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.get("/{case_id}/duplicates")
async def list_duplicates(
    case_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    radius_m: Annotated[
        float, Query(ge=0.1, le=duplicates.MAX_RADIUS_M, allow_inf_nan=False)
    ] = duplicates.RADIUS_M,
) -> DuplicatesOut:
    """Open cases nearby that may be the same problem, the likeliest first, each with its reasons."""
    found = await duplicates.list_duplicates(
        session, case_id, actor=actor, city=presenter.city, radius_m=radius_m
    )
    return DuplicatesOut(items=[presenter.duplicate(suggestion) for suggestion in found])
