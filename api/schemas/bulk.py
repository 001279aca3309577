"""One action on many cases, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.base import FieldProblem, Input, Json, Output, Text


class CaseVersionIn(Input):
    """A case with the `rev` that was seen, as `If-Match` says it elsewhere."""

    id: UUID
    rev: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class BulkIn(Input):
    action: Text = Field(max_length=40)
    cases: list[CaseVersionIn] = Field(min_length=1, max_length=200)
    form: Json = Field(default_factory=dict)


class BulkProblemOut(Output):
    code: str
    detail: str
    errors: list[FieldProblem]


class BulkItemOut(Output):
    """One case: its new `rev`, or the problem that left it as it is."""

    id: UUID
    rev: int | None
    problem: BulkProblemOut | None


class BulkOut(Output):
    """`undo_until` is null when nothing of it can be taken back."""

    id: UUID
    done: int
    items: list[BulkItemOut]
    undo_until: datetime | None
