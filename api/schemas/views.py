"""Saved views of the work list on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.queries import split_statuses, to_assignee, to_bbox, to_ratings
from api.schemas.base import Flag, Input, Instant, Output, Text
from gis.heat_grid import to_cell
from workflows.views import ViewDraft

Codes = Annotated[Text, Field(max_length=2000, description="One or more, by comma")]


RowId = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]


class ViewFilter(Input):
    """What `GET /v1/cases` takes as its query, under the same names and in the same form."""

    status: Codes | None = None
    department: Codes | None = None
    category: Codes | None = None
    area: Codes | None = None
    assignee: Annotated[Text, Field(max_length=50)] | None = None
    overdue: Flag | None = None
    review: Annotated[Text, Field(max_length=300)] | None = None
    trust_below: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    bbox: Annotated[Text, Field(max_length=100)] | None = None
    q: Annotated[Text, Field(max_length=200)] | None = None
    opened_from: Instant | None = None
    opened_to: Instant | None = None
    resolved_from: Instant | None = None
    resolved_to: Instant | None = None
    public: Flag | None = None
    cell: Annotated[Text, Field(max_length=18)] | None = None
    rating: Codes | None = None
    reopened: Flag | None = None
    hotspot: RowId | None = None
    alert: RowId | None = None
    sort: Literal["due", "-opened", "-updated", "trust"] | None = None

    def checked(self) -> dict[str, Any]:
        """What it names, once the work list would take it. InvalidInput at the field."""
        split_statuses(self.status, "/filter/status")
        to_assignee(self.assignee, "/filter/assignee")
        to_bbox(self.bbox, "/filter/bbox")
        to_ratings(self.rating, "/filter/rating")
        if self.cell is not None:
            to_cell(self.cell, "/filter/cell")
        return self.model_dump(mode="json", exclude_none=True)


class ViewIn(Input):
    """A filter under a name; `shared` with the team of whoever saves it."""

    name: Text = Field(max_length=80)
    filter: ViewFilter
    shared: Flag = False

    def draft(self) -> ViewDraft:
        """The same as the use case takes it."""
        return ViewDraft(self.name, self.filter.checked(), self.shared)


class ViewOut(Output):
    """A saved view; only its owner (`mine`) may change it."""

    id: UUID
    name: str
    filter: dict[str, Any]
    shared: bool
    owner: str
    mine: bool
    updated_at: datetime
