"""Signing in, and one's own account, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Flag, Input, Labelled, Output, Text


class PhoneIn(Input):
    phone: Text = Field(max_length=30)


class DeviceNameIn(Input):
    """`device_name` is what the owner will know this phone by among their sessions."""

    device_name: Text = Field(default="", max_length=100)


class CodeIn(PhoneIn, DeviceNameIn):
    code: str = Field(pattern=r"^\d{6}$")


class PublicKeyIn(Input):
    """A P-256 key as SubjectPublicKeyInfo (DER), base64url."""

    public_key: Text = Field(min_length=100, max_length=400)


class DeviceProofIn(PublicKeyIn, DeviceNameIn):
    """`signature`: ECDSA with SHA-256 over the text of `sign`, base64url of either form: ASN.1 DER,
    or R and S of 32 bytes each.
    """

    challenge: Text = Field(max_length=200)
    signature: Text = Field(max_length=200)


class RefreshIn(Input):
    refresh_token: Text = Field(max_length=200)


class FirebaseIn(DeviceNameIn):
    """`id_token` is what the app got from Firebase."""

    id_token: Text = Field(min_length=1, max_length=4096)


class ClaimIn(Input):
    report_id: UUID
    track_token: Text = Field(max_length=200)


class LogoutIn(RefreshIn):
    everywhere: Flag = False


class PersonOut(Output):
    id: UUID
    name: str
    role: str
    phone: str | None = None
    department: Labelled | None


class CitizenSessionOut(Output):
    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the name of a scheme
    expires_in: int


class SentOut(Output):
    status: Literal["sent"] = "sent"


class ChallengeOut(Output):
    """`sign` is the text to sign (UTF-8, as it stands); `expires_in` seconds."""

    challenge: str
    sign: str
    expires_in: int


class SessionOut(Output):
    """A phone that one is signed in on; `current` is the one that asks."""

    id: UUID
    name: str
    method: Literal["device", "otp", "firebase", "oidc"]
    platform: Literal["android", "ios", "web"] | None
    app_version: str | None
    created_at: datetime
    seen_at: datetime
    current: bool


class SessionsOut(Output):
    items: list[SessionOut]


class DeviceIn(Input):
    platform: Literal["android", "ios", "web"]
    language: Literal["vi", "en"] = "vi"


class NotificationOut(Output):
    id: int
    title: str
    body: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None
