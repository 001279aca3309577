"""Tables of how staff sign in: sessions, and what they prove themselves with beside a password."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Instant


class StaffSession(Base):
    """Somebody of staff who is signed in. One with a cookie is found by the cookie's hash and ends
    when nothing was heard of it for a while; one without belongs to an access token.
    """

    __tablename__ = "staff_sessions"
    __table_args__ = (
        CheckConstraint("method in ('password', 'totp', 'passkey', 'oidc')", name="method"),
        Index(
            "ix_staff_sessions_person_id", "person_id", postgresql_where=text("ended_at is null")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    cookie_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    method: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    strong_at: Mapped[datetime | None] = mapped_column(Instant)
    # Opens nothing but the setting up of a second factor.
    limited: Mapped[bool] = mapped_column(server_default=text("false"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Totp(Base):
    """The secret of somebody's authenticator app, sealed. It counts once a code has confirmed it;
    `last_step` is the time step of the last code that was used, none before it is taken again.
    """

    __tablename__ = "totp_secrets"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class RecoveryCode(Base):
    """A code for the day on which the phone is gone: only its hash; removed when used."""

    __tablename__ = "recovery_codes"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class Passkey(Base):
    """A passkey's public half. `sign_count` tells copies: it never goes back."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[Any]]
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyChallenge(Base):
    """What a passkey was asked to sign: for one purpose, by one person unless they are signing in;
    single use, five minutes.
    """

    __tablename__ = "passkey_challenges"
    __table_args__ = (
        CheckConstraint("purpose in ('register', 'sign_in', 'step_up')", name="purpose"),
    )

    challenge: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
