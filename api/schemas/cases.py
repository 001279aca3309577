"""Cases on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Json, Labelled, Output, Position, Text
from workflows.process_document import FieldType


class ChoiceOut(Output):
    value: str
    label: str


class FieldOut(Output):
    """One field of an action's form; `required` holds for this case, now."""

    name: str
    type: FieldType
    label: str
    required: bool
    max_length: int | None = None
    min: float | None = None
    max: float | None = None
    whole: bool | None = None
    choices: list[ChoiceOut] | None = None
    multiple: bool | None = None


class ActionOut(Output):
    """A button that this reader may press now."""

    action: str
    label: str
    style: Literal["primary", "default", "danger"]
    undo: bool
    form: list[FieldOut]


class FindingOut(Output):
    """Something odd that staff should know of, such as where a photo says that it was taken: a
    hint, no verdict.
    """

    code: str
    detail: str


class BoxOut(Output):
    """A rectangle in shares of the upright picture's width and height; `score` is a detector's."""

    kind: Literal["face", "plate", "other"]
    x: float
    y: float
    w: float
    h: float
    score: float | None = None


class ReasonAgainstOut(Output):
    """Why a photo is not shown even when it is approved."""

    code: str
    detail: str


class PublicationOut(Output):
    """Whether everybody may see a photo, as staff see it; `rev` is what `If-Match` wants.

    `examination` says whether detectors have looked (`failed`: nobody has), `found` what they
    found, `boxes` what was covered, `video` whether the whole video is public and not only its
    picture. `picture` is the state of the public pictures.
    """

    state: Literal["waiting", "approved", "withheld"]
    rev: int
    examination: Literal["pending", "done", "failed"]
    found: list[BoxOut]
    boxes: list[BoxOut]
    shows_children: bool
    overruled: bool
    video: bool
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    picture: Literal["none", "pending", "ready", "failed"]
    public_url: str | None
    against: list[ReasonAgainstOut]
    may_decide: bool
    may_overrule: bool


class PhotoOut(Output):
    """A photo or a video with links that need no sign-in and expire; of a video, the pictures show
    one moment of it. `blurhash` is what to paint until the picture comes. `findings` and
    `publication` are for staff: about the proof of their work, and about who else may see it.
    """

    id: UUID
    purpose: str
    kind: Literal["photo", "video"] = "photo"
    state: Literal["pending", "ready", "failed"]
    small_url: str | None
    large_url: str | None
    video_url: str | None = None
    width: int
    height: int
    duration_ms: int | None = None
    blurhash: str | None = None
    taken_at: datetime | None = None
    taken_location: Position | None = None
    findings: list[FindingOut] = Field(default_factory=list[FindingOut])
    publication: PublicationOut | None = None


class TrustReasonOut(Output):
    """One thing that counted for or against a report, with its points."""

    code: str
    weight: int
    detail: str


class CaseItem(Output):
    """A row of the work list; `review` says why somebody should look at it, `trust` how far its
    first report speaks for itself (0 to 100).
    """

    id: UUID
    code: str
    category: Labelled
    root: str
    summary: str
    address: str | None
    location: Position | None
    area: Labelled
    department: Labelled
    co_departments: list[Labelled]
    assignee: UUID | None
    state: str
    state_label: str
    status: str
    status_label: str
    priority: int
    case_class: str = Field(serialization_alias="class")
    due_at: datetime
    overdue: bool
    opened_at: datetime
    updated_at: datetime
    rev: int
    is_child: bool
    is_duplicate: bool
    photo_url: str | None
    review: list[FindingOut]
    trust: int | None


class ActorOut(Output):
    role: str
    name: str | None


class CaseEventOut(Output):
    """One row of the history."""

    rev: int
    seq: int
    kind: Literal["step", "mark", "note"]
    at: datetime
    action: str
    label: str
    actor: ActorOut
    from_state: str | None
    to_state: str | None
    department: str | None
    text: str | None
    form: dict[str, Any]


class ClockOut(Output):
    name: str
    label: str
    started_at: datetime
    due_at: datetime
    paused: bool
    overdue: bool
    promise: bool


class AssetOut(Output):
    """What a report names of a layer; its name is empty and its kind null where it is gone since."""

    layer: Labelled
    code: str
    name: str
    kind: str | None


class CaseReportOut(Output):
    id: UUID
    code: str
    description: str
    asset: AssetOut | None
    answers: dict[str, Any]
    source: str
    filed_at: datetime
    captured_at: datetime | None
    photos: list[PhotoOut]


class RelativeOut(Output):
    """Another case that this one has to do with."""

    relation: Literal["parent", "child", "merged_into", "duplicate", "same_cause"]
    id: UUID
    code: str
    department: Labelled
    status: str
    state_label: str


class PresentOut(Output):
    """A colleague who has the case open at the moment."""

    id: UUID
    name: str


class CaseOut(CaseItem):
    """A case with everything that its reader may see and do."""

    answer: str | None
    rating: int | None
    resolved_at: datetime | None
    closed_at: datetime | None
    reports: list[CaseReportOut]
    photos: list[PhotoOut]
    timeline: list[CaseEventOut]
    clocks: list[ClockOut]
    actions: list[ActionOut]
    relatives: list[RelativeOut]
    present: list[PresentOut]
    supports: int
    trust_reasons: list[TrustReasonOut]
    may_read_reporters: bool
    may_take_originals: bool


class NearOut(Output):
    """A feature of a layer near the place: what a rule about roads or parks looked at."""

    layer: str
    kind: str
    name: str
    distance_m: float


class Explanation(Output):
    """Why a case was routed where it is: the rule, what it looked at, and by which versions.

    `overruled_by` is the department that somebody sent it to instead; `at` the city's local time
    that counted; with `verified_first` an operator looked at it before the department got it.
    """

    department: Labelled
    overruled_by: Labelled | None
    rule: str | None
    reason: str
    words: list[str]
    priority: int
    case_class: str = Field(serialization_alias="class")
    hours: float
    category: Labelled
    area: Labelled
    source: str
    near: list[NearOut]
    at: datetime | None
    verified_first: bool
    ruleset_version: int
    process_version: int


class ColleagueOut(Output):
    """Somebody whom a case can be given to."""

    id: UUID
    name: str
    role: str
    open_cases: int


class ColleaguesOut(Output):
    items: list[ColleagueOut]


class NoteIn(Input):
    text: Text = Field(max_length=4000)


FormIn = Json
