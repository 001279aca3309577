"""Leaving a service alone that does not answer. Pure: `now` is a monotonic time in seconds."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 3
PAUSE_S = 30.0


@dataclass
class CircuitBreaker:
    """After FAILURES in a row nobody asks for PAUSE_S; then the next one finds out, and a failure
    of that one is enough for another pause.
    """

    _failed: int = 0
    _resting_until: float = float("-inf")

    def is_open(self, now: float) -> bool:
        """Whether nobody should ask."""
        return now < self._resting_until

    def note_success(self) -> None:
        """It answered."""
        self._failed = 0

    def note_failure(self, now: float) -> None:
        """It did not, or not in a way that can be understood."""
        self._failed += 1
        if self._failed >= FAILURES:
            self._resting_until = now + PAUSE_S
