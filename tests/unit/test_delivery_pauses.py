"""How long a notification waits for its next try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery import LONGEST_PAUSE, MAX_ATTEMPTS, pause_after

ATTEMPTS = st.integers(1, MAX_ATTEMPTS)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (9, 1280), (10, 2560), (11, 3600), (12, 3600)],
)
def test_doubling_up_to_an_hour(attempts: int, seconds: float) -> None:
    assert pause_after(attempts, None, 0) == timedelta(seconds=seconds)
    assert pause_after(attempts, None, 1) == timedelta(seconds=seconds * 1.5)


def test_the_provider_may_ask_for_more_and_never_gets_less() -> None:
    assert pause_after(1, 90, 1) == timedelta(seconds=90)
    assert pause_after(1, 1, 0) == timedelta(seconds=5)
    assert pause_after(1, 0, 0) == timedelta(seconds=5)
    assert pause_after(1, 86_400, 0) == timedelta(days=1)


@given(attempts=ATTEMPTS, asked=st.none() | st.floats(0, 1e6), chance=st.floats(0, 1))
def test_bounds(attempts: int, asked: float | None, chance: float) -> None:
    pause = pause_after(attempts, asked, chance).total_seconds()
    assert pause >= 5
    assert pause >= (asked or 0) - 1e-6
    assert pause <= max(LONGEST_PAUSE.total_seconds() * 1.5, asked or 0) + 1e-6


def test_it_tries_for_hours_before_it_gives_up() -> None:
    shortest = sum((pause_after(n, None, 0) for n in range(1, MAX_ATTEMPTS)), timedelta())
    assert timedelta(hours=2) < shortest < timedelta(days=1)
