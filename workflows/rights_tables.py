"""Tables for the rights of the person: consents, requests with their clocks, erasures, holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, Instant

CHANNELS = ("app", "web", "call", "paper")
KINDS = ("access", "correction", "withdrawal", "restriction", "erasure", "complaint")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return "{} in ({})".format(column, ", ".join(f"'{value}'" for value in values))


class Consent(Base):
    """One answer to one question, appended: `given` or refused, of a text that its version and
    hash name. The last one counts. Of an account, or of a report filed without one.
    """

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint(_one_of("channel", CHANNELS), name="channel"),
        CheckConstraint("num_nonnulls(person_id, report_id) >= 1", name="of_somebody"),
        Index("ix_consents_person_id", "person_id", "id"),
        Index("ix_consents_report_id", "report_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    version: Mapped[str]
    text_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    given: Mapped[bool]
    channel: Mapped[str]
    language: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class PersonRequest(Base):
    """What somebody asks of the data that the city holds about them.

    A running process like a case, on a document of its own (`definitions/person_request.json`) and
    on the same clocks, but in a table of its own: it has no place and is no field report, so no
    map, list or figure of those can ever show it. `requester` seals who asks on paper.
    """

    __tablename__ = "person_requests"
    __table_args__ = (
        CheckConstraint(_one_of("kind", KINDS), name="kind"),
        CheckConstraint(_one_of("source", CHANNELS), name="source"),
        Index("ix_person_requests_person_id", "person_id", "opened_at"),
        Index("ix_person_requests_wake_at", "wake_at", postgresql_where=sql("wake_at is not null")),
        Index("ix_person_requests_open", "due_at", "id", postgresql_where=sql("closed_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    text: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    requester: Mapped[bytes | None] = mapped_column(LargeBinary)
    department: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    source: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    status: Mapped[str]
    data: Mapped[dict[str, Any]]
    clocks: Mapped[dict[str, Any]]
    due_at: Mapped[datetime] = mapped_column(Instant)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    overdue: Mapped[bool] = mapped_column(server_default=sql("false"))
    rev: Mapped[int]
    answer: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class PersonRequestEvent(Base):
    """One appended row of a request's history, as `case_events` has them. Whoever is to hear of it
    is told by a worker, once.
    """

    __tablename__ = "person_request_events"
    __table_args__ = (
        CheckConstraint("kind in ('step', 'mark')", name="kind"),
        Index("ix_person_request_events_untold", "at", postgresql_where=sql("told_at is null")),
    )

    request_id: Mapped[UUID] = mapped_column(
        ForeignKey("person_requests.id", ondelete="CASCADE"), primary_key=True
    )
    rev: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    action: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    actor_role: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    form: Mapped[dict[str, Any]] = mapped_column(JSONB)
    public: Mapped[bool]
    told_at: Mapped[datetime | None] = mapped_column(Instant)


class Erasure(Base):
    """Somebody is to be forgotten: their account, or who filed one report.

    `person_id` is emptied when nothing of them is left; the row stays, and says only that and when
    it was done, and of how many reports.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        Index(
            "uq_erasures_person_id",
            "person_id",
            unique=True,
            postgresql_where=sql("person_id is not null"),
        ),
        Index("ix_erasures_pending", "id", postgresql_where=sql("finished_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("person_requests.id", ondelete="SET NULL")
    )
    asked_at: Mapped[datetime] = mapped_column(Instant)
    reports: Mapped[int] = mapped_column(server_default=sql("0"))
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ErasedReport(Base):
    """A report whose words and photos still have to go: when its case is closed and not held.
    Whose it was is forgotten already.
    """

    __tablename__ = "erased_reports"
    __table_args__ = (Index("ix_erased_reports_erasure_id", "erasure_id"),)

    report_id: Mapped[UUID] = mapped_column(
        ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True
    )
    erasure_id: Mapped[UUID] = mapped_column(ForeignKey("erasures.id", ondelete="CASCADE"))


class LegalHold(Base):
    """A case of which nothing is erased: a court, the police or an inspection needs it."""

    __tablename__ = "legal_holds"

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str]
    by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Instant)
