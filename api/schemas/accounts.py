"""Accounts of staff as administrators see and change them: never a password or what is kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Email, Flag, Input, Output, Text
from api.schemas.catalogue import Name
from identity.accounts import AccountDraft

AccountRole = Literal["staff", "supervisor", "operator", "leader", "analyst", "admin"]
Password = Annotated[Text, Field(min_length=10, max_length=200)]


class _Account(Input):
    name: Name
    role: AccountRole


class NewAccountIn(_Account):
    """Without a password the account opens by other ways of signing in only."""

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,59}$")
    department: Annotated[Text, Field(max_length=40)] | None = None
    email: Email | None = None
    language: Literal["vi", "en"] = "vi"
    password: Password | None = None

    def draft(self) -> AccountDraft:
        return AccountDraft(
            self.name, self.role, self.department, self.email, self.language, active=True
        )


class AccountIn(_Account):
    """The whole account; a `password` replaces the one it has."""

    department: Annotated[Text, Field(max_length=40)] | None
    email: Email | None
    language: Literal["vi", "en"]
    active: Flag
    password: Password | None = None

    def draft(self) -> AccountDraft:
        return AccountDraft(
            self.name, self.role, self.department, self.email, self.language, self.active
        )


class AccountOut(Output):
    id: UUID
    username: str
    name: str
    role: str
    department: str | None
    email: str | None
    language: str
    active: bool
    created_at: datetime
