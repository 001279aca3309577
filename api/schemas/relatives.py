"""What other cases one has to do with, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Input, Json, Text

CaseReference = Annotated[Text, Field(max_length=50, description="A code or an id")]
Note = Annotated[Text, Field(max_length=1000)]


class LinkIn(Input):
    """Another case with the same cause, and how one knows."""

    other: CaseReference
    note: Note = ""


class MergeIn(Input):
    """The case that this one is a duplicate of."""

    into: CaseReference
    note: Note | None = None

    def form(self) -> Json:
        """The fields of the process's form."""
        return self.model_dump(exclude_none=True)


class ChildIn(Input):
    """What another department shall do, within so many of its working hours."""

    department: Text = Field(max_length=80)
    text: Text = Field(min_length=1, max_length=2000)
    hours: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None = None

    def form(self) -> Json:
        """The fields of the process's form."""
        return self.model_dump(exclude_none=True)
