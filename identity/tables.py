"""Tables of the identity package: people, what they sign in with, and their devices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
    column,
    func,
    table,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.actor import Role
from core.db import Base, Instant

_ACCOUNT_ROLES = ", ".join(
    f"'{role}'" for role in Role if role not in (Role.ANONYMOUS, Role.SYSTEM)
)


# A view of the database: the staff by name, for those who work with them.
COLLEAGUES = table("colleagues", column("id", Uuid), column("name", Text))


class Person(Base):
    """Somebody with an account: a citizen by phone number, or staff by username.

    The number is sealed and found by its blind index (`identity/numbers.py`). `phone` holds those
    that the release before wrote, until a worker has sealed them.
    """

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint(f"role in ({_ACCOUNT_ROLES})", name="role"),
        CheckConstraint("role = 'citizen' or username is not null", name="staff_have_username"),
        CheckConstraint(
            "role not in ('staff', 'supervisor') or department is not null",
            name="staff_have_department",
        ),
        Index(
            "ix_people_department_role",
            "department",
            "role",
            postgresql_where=text("department is not null and active"),
        ),
        Index("ix_people_merged_at", "merged_at", postgresql_where=text("merged_at is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    role: Mapped[str]
    phone: Mapped[str | None] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    username: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    name: Mapped[str]
    email: Mapped[str | None]
    department: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    language: Mapped[str] = mapped_column(default="vi", server_default="vi")
    preferences: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # Whose account this one went into, and when: it is closed since.
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    merged_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    assigned_at: Mapped[datetime | None] = mapped_column(Instant)  # whose turn it is on a rota


class OneTimeCode(Base):
    """The code last sent to a phone number: only its hash, with the tries made; of the number only
    its blind index. `phone` is of the release before, whose codes lasted five minutes.
    """

    __tablename__ = "one_time_codes"

    phone_index: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, server_default=text("uuid_send(gen_random_uuid())")
    )
    phone: Mapped[str | None] = mapped_column(unique=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    asked_by: Mapped[UUID | None]  # the account that must use it; no key, it lives five minutes
    expires_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    sent_at: Mapped[datetime] = mapped_column(Instant)


class RefreshToken(Base):
    """A refresh token by its hash; the rules are those of `identity/citizen_sessions.py`."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_family", "family"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    family: Mapped[UUID]
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class CitizenSession(Base):
    """A phone on which a citizen is signed in; its refresh tokens are the family of this id. `name`
    is what the phone calls itself, for its owner to recognise it.
    """

    __tablename__ = "citizen_sessions"
    __table_args__ = (
        CheckConstraint("method in ('device', 'otp', 'firebase', 'oidc')", name="method"),
        CheckConstraint("platform in ('android', 'ios', 'web')", name="platform"),
        Index(
            "ix_citizen_sessions_person_id", "person_id", postgresql_where=text("ended_at is null")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    method: Mapped[str]
    name: Mapped[str]
    platform: Mapped[str | None]
    app_version: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class DeviceKey(Base):
    """A phone's public key, which its account is opened by (`identity/device_proofs.py`)."""

    __tablename__ = "device_keys"

    thumbprint: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)


class SpentChallenge(Base):
    """A challenge that was used: it opens nothing again. Kept until it has expired anyway."""

    __tablename__ = "spent_challenges"

    nonce: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Device(Base):
    """A phone that push messages reach. `token` is FCM's registration token or installation id."""

    __tablename__ = "devices"
    __table_args__ = (CheckConstraint("platform in ('android', 'ios', 'web')", name="platform"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="vi")
    seen_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
