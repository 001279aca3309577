"""Tables of sign-ins at a provider that are under way. Secrets stand in them as hashes, but for the
two that must be sent on, which are worth nothing without the others.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Instant


class OidcTransaction(Base):
    """A sign-in between leaving for the provider and coming back: single use, ten minutes.

    `browser_hash` binds it to the browser that began it, `app_challenge` (S256) its result to the
    app that did.
    """

    __tablename__ = "oidc_transactions"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    provider: Mapped[str]
    nonce: Mapped[str]
    verifier: Mapped[str]
    max_age_s: Mapped[int | None]
    return_to: Mapped[str]
    app_challenge: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class OidcHandover(Base):
    """A citizen whom the provider has named, until their app fetches its tokens: one minute."""

    __tablename__ = "oidc_handovers"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    app_challenge: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
