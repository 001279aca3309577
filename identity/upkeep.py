"""Rows of signing in that are over: removed now and then."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from identity.oidc.transactions import forget_expired
from identity.passkeys import forget_challenges
from identity.staff_sessions import forget_ended


async def forget_sign_ins(session: AsyncSession, *, now: datetime) -> None:
    """Sign-ins that nobody finished, challenges that nobody answered, sessions long over."""
    await forget_expired(session, now=now)
    await forget_challenges(session, now=now)
    await forget_ended(session, now=now)
