"""By which names others know our people: an account may be linked to many, each to one account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Instant
from core.errors import Conflict
from identity.tables import Person


class Identity(Base):
    """A person as `provider` names them."""

    __tablename__ = "identities"

    provider: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime] = mapped_column(Instant)


async def find_person(session: AsyncSession, provider: str, subject: str) -> Person | None:
    """The account that is linked to it, closed ones too."""
    return await session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.provider == provider, Identity.subject == subject)
    )


async def link_identity(
    session: AsyncSession, person_id: UUID, provider: str, subject: str, *, now: datetime
) -> None:
    """Let an account be opened by this name too. Conflict `identity_taken` if another is."""
    linked = await session.scalar(
        insert(Identity)
        .values(provider=provider, subject=subject, person_id=person_id, linked_at=now)
        .on_conflict_do_update(
            index_elements=[Identity.provider, Identity.subject],
            set_={"linked_at": Identity.linked_at},
            where=Identity.person_id == person_id,
        )
        .returning(Identity.person_id)
    )
    if linked is None:
        raise Conflict("identity_taken")
