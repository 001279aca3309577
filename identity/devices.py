"""Phones that push messages reach."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from identity.tables import Device


async def put_device(
    session: AsyncSession,
    token: str,
    person_id: UUID,
    *,
    platform: str,
    language: str,
    now: datetime,
) -> None:
    """Register a device, or move it to the person who is signed in on it now."""
    # Its row may still be somebody else's, which this person does not see otherwise.
    await session.execute(select(func.set_config("app.device", token, True)))  # noqa: FBT003
    values = {"person_id": person_id, "platform": platform, "language": language, "seen_at": now}
    await session.execute(
        insert(Device)
        .values(token=token, **values)
        .on_conflict_do_update(index_elements=[Device.token], set_=values)
    )


async def delete_device(session: AsyncSession, token: str, person_id: UUID) -> None:
    """Forget a device of this person."""
    await session.execute(
        delete(Device).where(Device.token == token, Device.person_id == person_id)
    )


async def forget_token(session: AsyncSession, token: str) -> None:
    """Forget a device that the push provider says is gone."""
    await session.execute(delete(Device).where(Device.token == token))
