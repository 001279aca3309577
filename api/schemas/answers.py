"""Canned answers on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.base import Input, Output, Text
from workflows.canned_answers import AnswerDraft


class AnswerIn(Input):
    """A text that staff start from. It may name `{code}`, `{category}`, `{area}`, `{department}`
    and `{due}` of the case; without a category, state or department it fits all of them.
    """

    title: Text = Field(max_length=120)
    text: Text = Field(max_length=2000)
    category: Text | None = Field(default=None, max_length=80)
    state: Text | None = Field(default=None, max_length=40)
    department: Text | None = Field(default=None, max_length=80)

    def draft(self) -> AnswerDraft:
        """The same as the use case takes it."""
        return AnswerDraft(**self.model_dump())


class CannedAnswerOut(Output):
    """A text as those see it who look after them."""

    id: int
    title: str
    text: str
    category: str | None
    state: str | None
    department: str | None
    updated_at: datetime
    may_change: bool


class FittingAnswerOut(Output):
    """A text for one case, with what is known of the case filled in."""

    id: int
    title: str
    text: str
