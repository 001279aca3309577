"""Budgets shared by all processes, on a real database: counted once, taken together or not at all."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import create_engine, create_session_factory, transaction
from core.errors import TooManyRequests
from core.fence import Errand
from core.gcra import full_after, step_of, wait_for
from core.limits import Budget, Limits, RateLimit, forget_full_budgets

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
Sessions = async_sessionmaker[AsyncSession]


@pytest_asyncio.fixture(loop_scope="session")
async def sessions(committed_database: str) -> AsyncIterator[Sessions]:
    engine = create_engine(committed_database, role="hientruong_app")
    yield create_session_factory(engine)
    await engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def limits(sessions: Sessions) -> Limits:
    return Limits(sessions, b"a key of these tests")


async def try_to_take(limits: Limits, *budgets: Budget, now: datetime = NOW) -> int:
    """0 when taken, else the seconds to wait."""
    try:
        await limits.take(*budgets, now=now)
    except TooManyRequests as error:
        return int(str(error.facts["retry_after_s"]))
    return 0


async def rows(limits: Limits) -> dict[str, datetime]:
    async with transaction(limits.sessions, Errand.LIMITS) as session:
        found = await session.execute(select(RateLimit.key, RateLimit.full_at))
        return {row.key: row.full_at for row in found}


async def test_of_fifty_at_once_ten_get_what_ten_may_have(limits: Limits) -> None:
    budget = Budget("test", "somebody", 10, HOUR)
    waits = await asyncio.gather(*(try_to_take(limits, budget) for _ in range(50)))
    assert waits.count(0) == 10
    assert {wait for wait in waits if wait} == {360}


async def test_two_budgets_are_taken_together_or_not_at_all(limits: Limits) -> None:
    narrow, wide = Budget("narrow", "me", 2, HOUR), Budget("wide", "", 100, HOUR)
    waits = await asyncio.gather(*(try_to_take(limits, narrow, wide) for _ in range(20)))
    assert waits.count(0) == 2
    assert sorted((await rows(limits)).values()) == [NOW + 2 * wide.step, NOW + 2 * narrow.step]


async def test_a_refused_taking_leaves_no_row_of_a_budget_that_was_full(limits: Limits) -> None:
    empty = Budget("b", "me", 1, HOUR)
    assert await try_to_take(limits, empty) == 0
    assert await try_to_take(limits, Budget("a", "me", 5, HOUR), empty) == 3600
    assert [key.split(":")[0] for key in await rows(limits)] == ["b"]


async def test_the_longest_wait_is_told(limits: Limits) -> None:
    short, long = Budget("short", "", 60, HOUR, cost=60), Budget("long", "", 1, timedelta(days=1))
    await limits.take(short, long, now=NOW)
    later = NOW + timedelta(minutes=59)
    wait = await try_to_take(limits, Budget("short", "", 60, HOUR, cost=2), long, now=later)
    assert wait == 23 * 3600 + 60


async def test_budgets_in_any_order_never_wait_in_a_circle(limits: Limits) -> None:
    budgets = [Budget("test", str(n), 100_000, HOUR) for n in range(8)]

    async def take_some(seed: int) -> None:
        mixed = random.Random(seed)
        for _ in range(10):
            await limits.take(*mixed.sample(budgets, 5), now=NOW)

    await asyncio.gather(*(take_some(seed) for seed in range(16)), sweep_until_empty(limits, 10))
    taken = sum(((at - NOW) / budgets[0].step for at in (await rows(limits)).values()), 0.0)
    assert taken == pytest.approx(16 * 10 * 5)


async def sweep_until_empty(limits: Limits, rounds: int) -> None:
    for _ in range(rounds):
        async with transaction(limits.sessions, Errand.LIMITS) as session:
            await forget_full_budgets(session, now=NOW)


async def test_what_was_taken_stays_taken_when_the_work_fails(limits: Limits) -> None:
    budget = Budget("test", "me", 1, HOUR)

    async def fail_after_taking() -> None:
        await limits.take(budget, now=NOW)
        async with transaction(limits.sessions):
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await fail_after_taking()
    assert await try_to_take(limits, budget) == 3600


async def test_no_owner_is_written_down(limits: Limits) -> None:
    await limits.take(Budget("otp:number", "+84905123456", 5, HOUR), now=NOW)
    [key] = await rows(limits)
    name, _, owner = key.rpartition(":")
    assert name == "otp:number"
    assert re.fullmatch("[0-9a-f]{32}", owner)
    other = Limits(limits.sessions, b"another key")
    await other.take(Budget("otp:number", "+84905123456", 5, HOUR), now=NOW)
    assert len(await rows(limits)) == 2  # nobody without the key can look for a number


async def test_full_budgets_are_swept_and_others_kept(limits: Limits) -> None:
    await limits.take(
        Budget("gone", "", 60, HOUR), Budget("kept", "", 1, timedelta(days=1)), now=NOW
    )
    async with transaction(limits.sessions, Errand.LIMITS) as session:
        assert await forget_full_budgets(session, now=NOW + timedelta(minutes=1)) == 1
        assert await forget_full_budgets(session, now=NOW + timedelta(minutes=1)) == 0
    assert [key.split(":")[0] for key in await rows(limits)] == ["kept"]


async def test_a_taking_writes_no_wal_worth_waiting_for(sessions: Sessions) -> None:
    async with transaction(sessions, Errand.LIMITS) as session:
        kind = await session.scalar(
            text("select relpersistence from pg_class where relname = 'rate_limits'")
        )
    assert kind in ("u", b"u")


@pytest.mark.parametrize(
    "wrong", [{"amount": 0}, {"cost": 0}, {"cost": 11}, {"per": timedelta(0)}, {"amount": 10**12}]
)
def test_a_budget_that_can_never_be_taken_or_never_ends_is_a_mistake(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="budget test"):
        Budget(**{"name": "test", "of": "", "amount": 10, "per": HOUR} | wrong)


async def test_the_statement_counts_as_the_pure_rule_does(limits: Limits) -> None:
    chance = random.Random(20261130)
    for owner in range(12):
        amount = chance.randint(4, 13)
        full_at = now = NOW
        for _ in range(25):
            now += timedelta(seconds=chance.randint(0, 400), microseconds=chance.randint(0, 3))
            cost = chance.randint(1, 4)
            step = step_of(amount, HOUR, cost=cost)
            expected = wait_for(full_at, now, step=step, per=HOUR)
            budget = Budget("test", str(owner), amount, HOUR, cost=cost)
            wait = await try_to_take(limits, budget, now=now)
            assert wait == (max(-(-expected // timedelta(seconds=1)), 1) if expected else 0)
            if not wait:
                full_at = full_after(full_at, now, step=step)
