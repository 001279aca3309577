"""Reports on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.schemas.base import (
    Email,
    Flag,
    Input,
    Instant,
    Json,
    Labelled,
    Latitude,
    Longitude,
    Output,
    Position,
    Problem,
    Text,
)
from api.schemas.cases import ActionOut, AssetOut, PhotoOut
from api.schemas.duplicates import ReasonOut
from api.schemas.my_data import ConsentIn
from gis.assets import AssetRef
from gis.locate import Place
from identity.phones import normalise_phone
from workflows.contacts import Contact
from workflows.intake import ReportDraft

MAX_BATCH = 50


class LocationIn(Input):
    """WGS84 degrees, and how exact the phone thinks it is."""

    lat: Latitude
    lon: Longitude
    accuracy_m: (
        Annotated[float, Field(strict=True, ge=0, le=100_000, allow_inf_nan=False)] | None
    ) = None


class ContactIn(Input):
    """How to reach somebody without an account. Nobody but the operators sees it."""

    name: Text | None = Field(default=None, max_length=120)
    phone: Text | None = Field(default=None, max_length=30)
    email: Email | None = None


class AssetIn(Input):
    """The thing of a layer that a report is about, as `/v1/assets/nearby` names it."""

    layer: Text = Field(min_length=1, max_length=40)
    code: Text = Field(min_length=1, max_length=300)


class ReportIn(Input):
    """What a citizen files. Photos that are said to show children stay private by default."""

    category: Text = Field(max_length=80)
    location: LocationIn
    description: Text = Field(min_length=1, max_length=4000)
    address: Text | None = Field(default=None, max_length=300)
    uploads: list[UUID] = Field(default_factory=list, max_length=8)
    answers: Json = Field(default_factory=dict)
    anonymous: Flag = False
    contact: ContactIn | None = None
    captured_at: Instant | None = Field(
        default=None, description="When it was written, if that was not just now"
    )
    catalogue_version: Text | None = Field(
        default=None,
        max_length=100,
        description="The ETag of `/v1/categories` that the phone had when it was written",
    )
    asset: AssetIn | None = None
    shows_children: Flag = False
    consents: list[ConsentIn] = Field(default_factory=list, max_length=20)

    def draft(self) -> ReportDraft:
        """The same as the use case takes it. InvalidInput for a phone number that is none."""
        contact = self.contact
        phone = contact.phone if contact else None
        return ReportDraft(
            category=self.category,
            place=Place(self.location.lat, self.location.lon),
            accuracy_m=self.location.accuracy_m,
            description=self.description,
            address=self.address,
            uploads=tuple(self.uploads),
            answers=self.answers,
            anonymous=self.anonymous,
            contact=Contact(
                name=contact.name,
                phone=normalise_phone(phone, pointer="/contact/phone") if phone else None,
                email=contact.email,
            )
            if contact
            else None,
            captured_at=self.captured_at,
            catalogue_version=self.catalogue_version,
            asset=AssetRef(self.asset.layer, self.asset.code) if self.asset else None,
            shows_children=self.shows_children,
            consents=tuple(item.decision() for item in self.consents),
        )


class ReportWithIdIn(ReportIn):
    """The same with the id in the body, for `POST`."""

    id: UUID


class BatchIn(Input):
    """What a phone kept while it had no network: each item as `POST /v1/reports` takes it."""

    items: list[Any] = Field(min_length=1, max_length=MAX_BATCH)


class UploadsIn(Input):
    """Photos that came later than their report."""

    uploads: list[UUID] = Field(min_length=1, max_length=8)


class FiledOut(Output):
    """The acknowledgement: what was filed is stored and will not be lost."""

    id: UUID
    code: str
    status: str
    area: Labelled
    department: Labelled
    due_at: datetime
    track_token: str


class BatchItemOut(Output):
    """What became of one item: the status that it would have been answered alone, with either."""

    id: str | None
    status: int
    report: FiledOut | None
    problem: Problem | None


class BatchOut(Output):
    """One answer for each item, in the order of the items."""

    items: list[BatchItemOut]


class TimelineOut(Output):
    at: datetime
    label: str
    text: str | None
    status: str


class ReportOut(Output):
    """A report as its reporter follows it. `supports` counts the people who have the same problem;
    `supported` and `followed` say whether the reader is one of them, or is told how it ends.
    """

    id: UUID
    code: str
    status: str
    status_label: str
    category: Labelled
    location: Position | None
    address: str | None
    asset: AssetOut | None
    description: str | None
    area: Labelled
    department: Labelled
    filed_at: datetime
    due_at: datetime
    overdue: bool
    answer: str | None
    rating: int | None
    photos: list[PhotoOut]
    timeline: list[TimelineOut]
    actions: list[ActionOut]
    supports: int
    supported: bool
    followed: bool


class MyReportOut(Output):
    id: UUID
    code: str
    status: str
    status_label: str
    category: Labelled
    area: Labelled
    filed_at: datetime
    due_at: datetime
    updated_at: datetime


class MyReportsOut(Output):
    """A page of one's own reports. `sync` goes with the next question for what is new."""

    items: list[MyReportOut]
    next_cursor: str | None
    sync: str


class NearbyOut(Output):
    id: UUID
    code: str
    category: Labelled
    status: str
    distance_m: float
    opened_at: datetime
    supports: int
    score: float
    reasons: list[ReasonOut]
    photo_url: str | None = None


class UploadOut(Output):
    """A received photo. Who knows `upload_id` can attach it, so it is told to nobody else."""

    upload_id: UUID
    content_type: str
    width: int
    height: int
    size: int
    taken_at: datetime | None
    location: Position | None
    expires_at: datetime
