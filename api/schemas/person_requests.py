"""Requests about personal data, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Labelled, Output, Text

Kind = Literal["access", "correction", "withdrawal", "restriction", "erasure", "complaint"]


class RequestIn(Input):
    """What I ask for, in my words."""

    kind: Kind
    text: Text = Field(default="", max_length=2000)


class RequestOnBehalfIn(RequestIn):
    """The same for somebody who came, wrote or called: who they are and how to answer them."""

    requester: Annotated[Text, Field(min_length=1, max_length=400)]
    source: Literal["call", "paper"]


class RequestEventOut(Output):
    at: datetime
    action: str
    by: str
    state: str | None
    text: str | None


class RequestClockOut(Output):
    """A deadline of the law; `late` when it has passed."""

    name: str
    label: str
    due_at: datetime
    late: bool


class RequestActionOut(Output):
    name: str
    label: str
    needs: list[str]


class RequestItem(Output):
    """One of a list."""

    id: UUID
    code: str
    kind: Labelled
    status: str
    state: str
    text: str
    department: str
    source: str
    due_at: datetime
    overdue: bool
    opened_at: datetime
    closed_at: datetime | None
    answer: str | None


class RequestOut(RequestItem):
    """`requester` is seen by staff, where there is no account."""

    rev: int
    requester: str | None
    clocks: list[RequestClockOut]
    events: list[RequestEventOut]
    actions: list[RequestActionOut]


class RequestStepIn(Input):
    """The fields that the action needs."""

    answer: Annotated[Text, Field(min_length=1, max_length=2000)] | None = None
    reason: Annotated[Text, Field(min_length=1, max_length=2000)] | None = None


class HoldIn(Input):
    """Who needs the case as it is, and where that is written."""

    reason: Annotated[Text, Field(min_length=1, max_length=500)]
