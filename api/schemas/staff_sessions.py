"""Staff signing in and their sessions, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Output, Text
from api.schemas.identity import PersonOut

Way = Literal["passkey", "totp", "password", "sign_in"]


class StaffLoginIn(Input):
    """`otp`: six digits of the authenticator app, or a recovery code."""

    username: Text = Field(max_length=100)
    password: Text = Field(max_length=200)
    otp: Text | None = Field(default=None, min_length=6, max_length=20)


class StaffTokenOut(Output):
    """For programs. `limited`: nothing opens before a second factor is set up."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the name of a scheme
    expires_in: int
    person: PersonOut
    limited: bool


class OwnSessionOut(Output):
    """For pages, which hold a cookie. `ways`: how this person can prove anew who they are;
    `strong_until`: until when they need not, null when they must already.
    """

    id: UUID
    person: PersonOut
    limited: bool
    ways: list[Way]
    strong_until: datetime | None


class StaffSessionOut(Output):
    id: UUID
    method: Literal["password", "totp", "passkey", "oidc"]
    user_agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class StaffSessionsOut(Output):
    items: list[StaffSessionOut]
