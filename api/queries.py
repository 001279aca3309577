"""Query parameters that carry more than one value. Pure."""

from __future__ import annotations

import math

from core.errors import InvalidInput
from workflows.status import OPEN_STATUSES, Status

Bbox = tuple[float, float, float, float]


def split_codes(value: str | None) -> tuple[str, ...]:
    """`a,b` → `("a", "b")`."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def split_statuses(value: str | None) -> tuple[str, ...]:
    """The same for statuses; `open` stands for the four open ones."""
    codes = split_codes(value)
    allowed = {status.value for status in Status}
    if unknown := set(codes) - allowed - {"open"}:
        raise InvalidInput.at("?status", "not_a_choice", value=min(unknown))
    open_ones = tuple(status.value for status in OPEN_STATUSES) if "open" in codes else ()
    return tuple(dict.fromkeys((*open_ones, *(code for code in codes if code != "open"))))


def to_bbox(value: str | None) -> Bbox | None:
    """`west,south,east,north` in WGS84 degrees. InvalidInput at `?bbox` for anything else."""
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError as error:
        raise InvalidInput.at("?bbox", "bad_bbox") from error
    if not (
        all(math.isfinite(number) for number in (west, south, east, north))
        and -180 <= west <= east <= 180  # degrees
        and -90 <= south <= north <= 90
    ):
        raise InvalidInput.at("?bbox", "bad_bbox")
    return west, south, east, north
