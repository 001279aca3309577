"""What somebody decides about their own data, on the wire."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Flag, Input, Output, Text
from api.schemas.catalogue import Email
from api.schemas.identity import PhoneIn
from identity.preferences import MUTABLE, Preferences
from workflows.consents import Decision

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Muted = Literal["push", "sms", "zalo", "email"]


class ConsentIn(Input):
    """What was decided on one version of one text, by an act: nothing is decided by default."""

    purpose: Text = Field(min_length=1, max_length=40)
    version: Text = Field(min_length=1, max_length=20)
    given: Flag

    def decision(self) -> Decision:
        return Decision(self.purpose, self.version, self.given)


class ConsentsIn(Input):
    consents: list[ConsentIn] = Field(min_length=1, max_length=20)


class ConsentTextOut(Output):
    """A text to decide on; with the basis `duty` it only tells what is done by law."""

    purpose: str
    basis: Literal["duty", "consent"]
    version: str
    text: str
    sha256: str


class ConsentTextsOut(Output):
    items: list[ConsentTextOut]


class ConsentOut(Output):
    """One decision of the past; the last one of a purpose counts."""

    purpose: str
    version: str
    given: bool
    at: datetime
    channel: str
    report_id: UUID | None
    sha256: str


class ConsentsOut(Output):
    """The texts of today, what counts for each (null: nothing was decided), and the history."""

    texts: list[ConsentTextOut]
    current: dict[str, bool | None]
    history: list[ConsentOut]


class ProfileIn(Input):
    """Only what is sent is changed; the number has a route of its own, for it is to be proven."""

    name: Annotated[Text, Field(max_length=120)] | None = None
    email: Email | None = None
    language: Literal["vi", "en"] | None = None


class PhoneCodeIn(PhoneIn):
    """A number, and the code that was sent to it."""

    code: Text = Field(pattern=r"^\d{6}$")


class PreferencesIn(Input):
    """How I want to be told. The inbox is always filled; quiet hours may go past midnight."""

    muted: list[Muted] = Field(max_length=len(MUTABLE))
    quiet_from: Clock | None
    quiet_to: Clock | None

    def preferences(self) -> Preferences:
        return Preferences(
            frozenset(self.muted),
            time.fromisoformat(self.quiet_from) if self.quiet_from else None,
            time.fromisoformat(self.quiet_to) if self.quiet_to else None,
        )


class PreferencesOut(Output):
    muted: list[str]
    quiet_from: str | None
    quiet_to: str | None


class ErasureOut(Output):
    """The account is closed; what it left is forgotten from now on, and what is still worked on
    when that is done.
    """

    id: UUID
    asked_at: datetime
