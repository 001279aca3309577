"""Photos that wait for a person, and what the person decides."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Flag, Input, Labelled, Output, Text
from api.schemas.cases import PhotoOut
from media.privacy.boxes import MAX_BOXES, Box
from media.publications import Decision

_Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
_Size = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]


class BoxIn(Input):
    """What is to be covered: shares of the upright picture's width and height. What lies outside
    of the picture is cut off.
    """

    kind: Literal["face", "plate", "other"] = "other"
    x: _Share
    y: _Share
    w: _Size
    h: _Size


class DecisionIn(Input):
    """A person's decision. `overrule` with a `reason` makes an exception for a photo that is
    otherwise never shown. Of a video, `boxes` cover its picture; `video` is said by somebody who
    watched all of it, and publishes the whole, without boxes.
    """

    decision: Literal["approved", "withheld"]
    boxes: list[BoxIn] = Field(default_factory=list[BoxIn], max_length=MAX_BOXES)
    shows_children: Flag = False
    overrule: Flag = False
    video: Flag = False
    reason: Annotated[Text, Field(max_length=500)] | None = None

    def to_decision(self) -> Decision:
        return Decision(
            approved=self.decision == "approved",
            boxes=tuple(Box(**box.model_dump()) for box in self.boxes),
            shows_children=self.shows_children,
            overruled=self.overrule,
            video=self.video,
            reason=self.reason,
        )


class PhotoCaseOut(Output):
    """The case of a waiting photo, as far as it helps to judge it."""

    id: UUID
    code: str
    category: Labelled
    department: Labelled
    summary: str


class WaitingPhotoOut(Output):
    photo: PhotoOut
    case: PhotoCaseOut
