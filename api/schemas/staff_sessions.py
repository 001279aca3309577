"""Staff signing in and their sessions, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Input, Json, Output, Text
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


class StepUpIn(Input):
    """One of them: what `ways` of the session names."""

    password: Text | None = Field(default=None, max_length=200)
    otp: Text | None = Field(default=None, min_length=6, max_length=20)
    credential: Json | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = (self.password, self.otp, self.credential)
        if sum(item is not None for item in given) != 1:
            raise PydanticCustomError("missing", "wants one of password, otp and credential")
        return self


class CredentialIn(Input):
    """What `navigator.credentials.get()` gave, as its `toJSON()`."""

    credential: Json


class NewPasskeyIn(CredentialIn):
    """What `navigator.credentials.create()` gave, and how its owner calls the device."""

    name: Text = Field(min_length=1, max_length=60)


class CodeIn(Input):
    code: Text = Field(pattern=r"^\d{6}$")


class PasskeyOut(Output):
    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


class FactorsOut(Output):
    """`recovery_codes`: how many are left."""

    passkeys: list[PasskeyOut]
    totp: bool
    recovery_codes: int


class TotpOut(Output):
    """For an authenticator app: `url` as a QR code, or the secret typed by hand."""

    secret: str
    url: str


class RecoveryCodesOut(Output):
    """Told this once."""

    recovery_codes: list[str]
