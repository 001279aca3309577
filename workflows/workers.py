"""Which workers are alive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.tables import Worker


async def last_heartbeat(session: AsyncSession) -> datetime | None:
    """When any worker last said that it is alive."""
    return await session.scalar(select(func.max(Worker.seen_at)))
