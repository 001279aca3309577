"""Tables of the notifications package."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, Instant

CHANNELS = ("inbox", "push", "sms", "email", "zalo", "webhook")


class Announcement(Base):
    """What a step of a case has to tell an audience, before anybody worked out who that is.

    Written in the transaction of the step; fanned out after commit into one `Notification` for
    each person and channel. `key` is `case:rev:seq:n`, so that a step repeated announces once.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        Index("ix_announcements_pending", "id", postgresql_where=text("fanned_out_at is null")),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    audience: Mapped[str]
    template: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(Instant)
    fanned_out_at: Mapped[datetime | None] = mapped_column(Instant)


class Notification(Base):
    """One message to one person by one channel. `key` is given to providers as idempotency key."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'sent', 'failed')", name="status"),
        CheckConstraint(
            "channel in ({})".format(", ".join(f"'{c}'" for c in CHANNELS)), name="channel"
        ),
        Index(
            "ix_notifications_pending",
            "next_attempt_at",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_notifications_inbox",
            "person_id",
            "id",
            postgresql_where=text("channel = 'inbox'"),
        ),
        Index(
            "ix_notifications_plain",  # numbers of the release before, not sealed yet
            "id",
            postgresql_where=text("channel = 'sms' and address like '+%'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    channel: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    data: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None]


class Webhook(Base):
    """Another system that actions of the process call, under the name that the process uses."""

    __tablename__ = "webhooks"

    name: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    secret: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
