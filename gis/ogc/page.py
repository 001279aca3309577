"""A page of features."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """Features as JSON texts with commas between; `matched` is None where counting would cost.

    `after` is the id to go on from, None on the last page.
    """

    features: str
    returned: int
    matched: int | None
    after: str | None
