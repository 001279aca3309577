"""The arithmetic of limits: a full budget at once, then evenly, and never one too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gcra import full_after, step_of, wait_for

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
HOUR = timedelta(hours=1)
amounts = st.integers(1, 1000)  # below the square root of the shortest span's microseconds
spans = st.timedeltas(timedelta(seconds=1), timedelta(days=40))


@given(amount=amounts, per=spans)
def test_the_whole_budget_can_be_taken_at_once_and_not_one_more(
    amount: int, per: timedelta
) -> None:
    step = step_of(amount, per)
    full_at = LONG_AGO
    for _ in range(amount):
        assert wait_for(full_at, NOW, step=step, per=per) == timedelta(0)
        full_at = full_after(full_at, NOW, step=step)
    assert wait_for(full_at, NOW, step=step, per=per) > timedelta(0)


@given(amount=amounts, per=spans)
def test_after_the_wait_exactly_one_is_allowed(amount: int, per: timedelta) -> None:
    step = step_of(amount, per)
    full_at = NOW + per
    wait = wait_for(full_at, NOW, step=step, per=per)
    assert wait == step
    later = NOW + wait
    assert wait_for(full_at, later, step=step, per=per) == timedelta(0)
    assert wait_for(full_at, later - timedelta(microseconds=1), step=step, per=per) > timedelta(0)
    again = full_after(full_at, later, step=step)
    assert wait_for(again, later, step=step, per=per) > timedelta(0)


def test_a_rest_is_not_saved_up() -> None:
    step = step_of(10, HOUR)
    assert full_after(LONG_AGO, NOW, step=step) == NOW + step
    assert full_after(NOW + HOUR / 2, NOW, step=step) == NOW + HOUR / 2 + step


@pytest.mark.parametrize(
    ("amount", "cost", "step"),
    [
        (10, 1, timedelta(minutes=6)),
        (10, 10, HOUR),
        (13, 1, timedelta(microseconds=276_923_076)),
        (7_200_000_000, 1, timedelta(0)),
    ],
)
def test_steps_are_rounded_down(amount: int, cost: int, step: timedelta) -> None:
    assert step_of(amount, HOUR, cost=cost) == step
