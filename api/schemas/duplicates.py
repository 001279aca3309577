"""Suggested duplicates on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.schemas.base import Labelled, Output


class ReasonOut(Output):
    """One thing that was compared, as a code and as a sentence in the reader's language."""

    code: str
    detail: str


class DuplicateOut(Output):
    """An open case that may be the same: `score` from 0 to 1, its reasons weightiest first."""

    id: UUID
    code: str
    category: Labelled
    department: Labelled
    status: str
    state_label: str
    summary: str
    distance_m: float
    opened_at: datetime
    score: float
    reasons: list[ReasonOut]
    photo_url: str | None


class DuplicatesOut(Output):
    """Suggestions, the likeliest first; they are few, so that there are no pages."""

    items: list[DuplicateOut]
