"""Signing in, and one's own account, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Labelled, Output, Text


class PhoneIn(Input):
    phone: Text = Field(max_length=30)


class CodeIn(PhoneIn):
    code: str = Field(pattern=r"^\d{6}$")


class RefreshIn(Input):
    refresh_token: Text = Field(max_length=200)


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
