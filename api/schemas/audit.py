"""The audit log as administrators read it, and who may know reporters."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.schemas.base import Input, Output


class AuditEntryOut(Output):
    """`seq` is its place in the sealed chain, null for the second until it is sealed."""

    id: int
    at: datetime
    actor_id: UUID | None
    actor_role: str
    action: str
    subject: str
    facts: dict[str, Any]
    seq: int | None


class PrivacyIn(Input):
    """Who beside operators may know who filed a report: nobody, or the department in charge."""

    reporter_visible_to: Literal["nobody", "department"]


class PrivacyOut(Output):
    reporter_visible_to: Literal["nobody", "department"]


class CaseReporterOut(Output):
    """Who filed a report; what they did not say is null. `restricted`: they had the processing of
    their data restricted; nothing of it is for the public.
    """

    report_id: UUID
    name: str | None
    phone: str | None
    email: str | None
    restricted: bool


class CaseReportersOut(Output):
    items: list[CaseReporterOut]
