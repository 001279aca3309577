"""The only place that reads the clock; rules take `now` as an argument."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, with its zone."""
    return datetime.now(UTC)
