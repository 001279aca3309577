"""Shared limits: how often somebody may do something, counted for all processes together.

A taking is a transaction of its own that commits at once: what it was taken for may fail or be
rolled back and counts all the same. Several budgets are taken together or not at all. A refused
taking costs nothing, so whoever keeps asking is let in again when the time has come.

The table holds no personal data: a key is an HMAC of whose budget it is. It is UNLOGGED, so that
a taking writes no WAL and waits neither for the disk nor for a standby; after a crash or a failover
everybody's budgets are full, which lets nobody have more than one budget too much.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Instant, transaction
from core.errors import TooManyRequests
from core.fence import Errand
from core.gcra import step_of, wait_for
from core.statements import fetch, load_statement

_TAKE = load_statement(Path(__file__).parent / "sql" / "take_budgets.sql")
_GIVE_BACK = load_statement(Path(__file__).parent / "sql" / "give_back_budgets.sql")
_BATCH = 5000


class RateLimit(Base):
    """A budget that is not full: the instant at which it will be. A missing row is a full one."""

    __tablename__ = "rate_limits"
    __table_args__ = (
        {
            "prefixes": ["UNLOGGED"],
            # A row is changed again and again, mostly in place: its index never names `full_at`.
            "postgresql_with": {"fillfactor": "70"},
        },
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `amount` in any moment and evenly refilled within `per`.

    `name` says what is counted, `of` whose it is (a number, an address, an account: kept only as
    an HMAC); "" is everybody's. `cost` is how much one taking costs, such as the bytes of a file.
    """

    name: str
    of: str
    amount: int
    per: timedelta
    cost: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.cost <= self.amount or self.step <= timedelta(0):
            raise ValueError(f"budget {self.name} can never be taken, or never ends")

    @property
    def step(self) -> timedelta:
        """What one taking moves the instant of `core/gcra.py` by."""
        return step_of(self.amount, self.per, cost=self.cost)


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets of this installation; `key` is what their owners are hidden by."""

    sessions: async_sessionmaker[AsyncSession]
    key: bytes

    async def take(
        self, *budgets: Budget, now: datetime, code: str = TooManyRequests.default_code
    ) -> None:
        """Take each of the budgets, or none: TooManyRequests (`code`, with `retry_after_s`).

        Call it before the transaction that does the work is begun: a request that holds one
        connection and waits for a second can starve all others of them.
        """
        wanted = {self._key_of(budget): budget for budget in budgets}
        keys = sorted(wanted)  # all take their rows in this order: nobody waits in a circle
        async with transaction(self.sessions, Errand.LIMITS) as session:
            taken = await fetch(
                session,
                _TAKE,
                {
                    "keys": keys,
                    "steps": [wanted[key].step for key in keys],
                    "pers": [wanted[key].per for key in keys],
                    "now": now,
                },
            )
            refused = set(wanted) - {row["key"] for row in taken}
            if refused:  # raised within the transaction: what was taken beside it is given back
                wait = await _longest_wait(session, {key: wanted[key] for key in refused}, now)
                raise TooManyRequests(code, retry_after_s=max(math.ceil(wait.total_seconds()), 1))

    async def give_back(self, *budgets: Budget) -> None:
        """Undo a taking: what it was for had been paid for already."""
        wanted = {self._key_of(budget): budget.step for budget in budgets}
        keys = sorted(wanted)
        async with transaction(self.sessions, Errand.LIMITS) as session:
            await fetch(session, _GIVE_BACK, {"keys": keys, "steps": [wanted[key] for key in keys]})

    def _key_of(self, budget: Budget) -> str:
        digest = hmac.new(self.key, f"{budget.name}\n{budget.of}".encode(), hashlib.sha256)
        return f"{budget.name}:{digest.hexdigest()[:32]}"


async def _longest_wait(
    session: AsyncSession, refused: dict[str, Budget], now: datetime
) -> timedelta:
    """How long until every refused budget can be taken. Their rows are locked already."""
    rows = await session.execute(
        select(RateLimit.key, RateLimit.full_at).where(RateLimit.key.in_(list(refused)))
    )
    waits = (
        wait_for(full_at, now, step=refused[key].step, per=refused[key].per)
        for key, full_at in rows
    )
    return max(waits)


async def forget_full_budgets(session: AsyncSession, *, now: datetime) -> int:
    """Remove some rows of budgets that are full again; how many. 0 when there are no more.

    Rows that somebody is taking are left out: to wait for them could end in a circle.
    """
    full = (
        select(RateLimit.key)
        .where(RateLimit.full_at <= now)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    removed = await session.scalars(
        delete(RateLimit).where(RateLimit.key.in_(full)).returning(RateLimit.key)
    )
    return len(removed.all())
