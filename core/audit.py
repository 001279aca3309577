"""The audit log: a row for what somebody must answer for, written in the transaction that does it.

Sealing it in a chain is `workflows/audit_chain.py`'s; this is what everybody else calls.

What is read leaves one row for a list, with how much it was, never one for each line. A list that
pages ask for every few seconds leaves one row for each reader, list and ten minutes (`Readings`):
whoever stands in it had that list before them from then on, and what came to it meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Identity, Index, LargeBinary, func, insert, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.actor import Actor
from core.db import Base, BigId, Instant, after_commit

HEADS = "audit/heads/"  # where the object store keeps what was signed
AGAIN_AFTER = timedelta(minutes=10)
_MOST_READINGS = 10_000
_Reading = tuple[UUID | None, str, str]


class AuditEntry(Base):
    """Who (`actor_id`, kept also when their account is gone) did what to whom or what (`subject`,
    such as `report:…`), and why. Once it is sealed it has its place in the chain.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("(seq is null) = (hash is null)", name="sealed"),
        Index("ix_audit_log_unsealed", "id", postgresql_where=text("seq is null")),
        Index("ix_audit_log_subject", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.clock_timestamp())
    actor_id: Mapped[UUID | None]
    actor_role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[dict[str, Any]]
    seq: Mapped[int | None] = mapped_column(BigId, unique=True)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditHead(Base):
    """The end of the chain as it once was, signed; `stored` once the object store has it too."""

    __tablename__ = "audit_heads"
    __table_args__ = (Index("ix_audit_heads_unstored", "seq", postgresql_where=text("not stored")),)

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    stored: Mapped[bool] = mapped_column(server_default=text("false"))


async def note(
    session: AsyncSession, actor: Actor, action: str, subject: str, facts: dict[str, Any]
) -> None:
    """Note that `actor` does this to `subject` (`kind:id`), in the transaction that does it: both
    are committed, or neither. `facts` hold no personal data, which could not be erased here.
    """
    await session.execute(
        # Nothing is asked back: who writes here may not read here.
        insert(AuditEntry)
        .inline()
        .values(
            actor_id=actor.person_id,
            actor_role=actor.role.value,
            action=action,
            subject=subject,
            facts=facts,
        )
    )


@dataclass(slots=True)
class Readings:
    """What a process has noted of late, so that asking again and again is noted once in ten minutes.

    Another process knows nothing of it, nor does this one after a restart: each notes for itself,
    which leaves a row too many and never one too few.
    """

    _noted: dict[_Reading, datetime] = field(default_factory=dict[_Reading, datetime])

    async def note(
        self,
        session: AsyncSession,
        actor: Actor,
        action: str,
        subject: str,
        facts: dict[str, Any],
        *,
        now: datetime,
    ) -> None:
        """Note that `actor` reads this, as `note` does, unless that was noted of late. It counts as
        noted only once it is committed.
        """
        reading = (actor.person_id, action, subject)
        at = self._noted.get(reading)
        if at is not None and now < at + AGAIN_AFTER:
            return
        await note(session, actor, action, subject, facts)
        after_commit(session, lambda: self._keep(reading, now))

    def _keep(self, reading: _Reading, now: datetime) -> None:
        if len(self._noted) >= _MOST_READINGS:
            self._noted = {key: at for key, at in self._noted.items() if now < at + AGAIN_AFTER}
        self._noted[reading] = now
