"""Who is whom is decided by one at a time: locks on names that may have no row yet."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def lock_name(session: AsyncSession, provider: str, name: str) -> None:
    """Wait until nobody else decides whose name this is; holds until the transaction ends."""
    key = func.hashtextextended(f"{provider}\n{name}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
