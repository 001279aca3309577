"""Calls for help on the wire: small, for a network that hardly is one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Instant, Labelled, Output, Position, Text
from api.schemas.reports import LocationIn
from gis.locate import Place
from identity.phones import normalise_phone
from workflows.sos import Counts, SosChange, SosDraft
from workflows.sos_text import MOST, NOTE_LENGTH, Kind

Many = Annotated[int, Field(strict=True, ge=0, le=MOST)]
People = Annotated[int, Field(strict=True, ge=1, le=MOST)]
Note = Annotated[Text, Field(max_length=NOTE_LENGTH)]
Words = Annotated[Text, Field(min_length=1, max_length=300)]


class CountsIn(Input):
    """How many people, and how many of them need more care."""

    people: People
    children: Many = 0
    elderly: Many = 0
    pregnant: Many = 0
    injured: Many = 0

    def counts(self) -> Counts:
        return Counts(self.people, self.children, self.elderly, self.pregnant, self.injured)


class SosIn(CountsIn):
    """A call for help. Nothing but the people and the place is needed."""

    kind: Kind = "other"
    location: LocationIn
    phone: Text | None = Field(default=None, max_length=30)
    note: Note = ""
    captured_at: Instant | None = None

    def draft(self) -> SosDraft:
        """The same as the use case takes it. InvalidInput for a phone number that is none."""
        return SosDraft(
            kind=self.kind,
            counts=self.counts(),
            place=Place(self.location.lat, self.location.lon),
            accuracy_m=self.location.accuracy_m,
            phone=normalise_phone(self.phone, pointer="/phone") if self.phone else None,
            note=self.note,
            captured_at=self.captured_at,
        )


class SosChangeIn(Input):
    """What is new about a call; what is left out stays as it was. The people are told together."""

    counts: CountsIn | None = None
    location: LocationIn | None = None
    note: Note | None = None

    def change(self) -> SosChange:
        place = self.location
        return SosChange(
            counts=self.counts.counts() if self.counts else None,
            note=self.note,
            place=Place(place.lat, place.lon) if place else None,
            accuracy_m=place.accuracy_m if place else None,
        )


class SosFiledOut(Output):
    """The acknowledgement: the call is stored and the operators are being told."""

    id: UUID
    code: str
    status: str
    due_at: datetime
    track_token: str


class SosCallOut(Output):
    """One call of a line, with its case: the buttons are those of the case."""

    id: UUID
    case_id: UUID
    code: str
    kind: Kind
    people: int
    note: str
    phone: str | None
    channel: Literal["app", "sms"]
    called_at: datetime
    updated_at: datetime
    state_label: str
    status: str
    rev: int


class SosLineOut(Output):
    """Those who have to be fetched together. `place_known` is false where nobody knows yet where:
    call back, and give the call a place.
    """

    id: UUID
    kind: Kind
    kind_label: str
    open: bool
    people: int
    children: int
    elderly: int
    pregnant: int
    injured: int
    location: Position
    accuracy_m: float | None
    place_known: bool
    area: Labelled
    called_at: datetime
    updated_at: datetime
    calls: list[SosCallOut]


class SosLinesOut(Output):
    """All lines at once; `people` are those of the open ones."""

    items: list[SosLineOut]
    people: int


class SosAreaIn(Input):
    """What people are told where the emergency mode is on."""

    message: Words
    message_en: Words


class SosAreaOut(Output):
    area: Labelled
    message: str
    since: datetime


class CityOut(Output):
    """The city, and where the emergency mode is on at the moment."""

    code: str
    name: str
    sos: list[SosAreaOut]


class SmsIn(Input):
    """A text message from the gateway, under the gateway's own id."""

    id: Text = Field(min_length=1, max_length=100)
    sender: Text = Field(max_length=30)
    text: Text = Field(max_length=2000)
