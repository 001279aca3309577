"""Query parameters that carry more than one value. Pure."""

from __future__ import annotations

import math
from uuid import UUID

from core.errors import InvalidInput
from workflows.cases import Assignee
from workflows.status import OPEN_STATUSES, Status

Bbox = tuple[float, float, float, float]


def split_codes(value: str | None) -> tuple[str, ...]:
    """`a,b` → `("a", "b")`."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def split_statuses(value: str | None, pointer: str = "?status") -> tuple[str, ...]:
    """The same for statuses; `open` stands for the four open ones. InvalidInput at `pointer`."""
    codes = split_codes(value)
    allowed = {status.value for status in Status}
    if unknown := set(codes) - allowed - {"open"}:
        raise InvalidInput.at(pointer, "not_a_choice", value=min(unknown))
    open_ones = tuple(status.value for status in OPEN_STATUSES) if "open" in codes else ()
    return tuple(dict.fromkeys((*open_ones, *(code for code in codes if code != "open"))))


def to_ratings(value: str | None, pointer: str = "?rating") -> tuple[int, ...]:
    """`4,5` → `(4, 5)`: ratings from 1 to 5. InvalidInput at `pointer` for anything else."""
    codes = split_codes(value)
    if unknown := set(codes) - set("12345"):
        raise InvalidInput.at(pointer, "not_a_choice", value=min(unknown))
    return tuple(int(code) for code in codes)


def to_assignee(value: str | None, pointer: str = "?assignee") -> Assignee | None:
    """A person's id, `me` or `none`. InvalidInput at `pointer` for anything else."""
    if value is None or value in ("me", "none"):
        return value
    try:
        return UUID(value)
    except ValueError as error:
        raise InvalidInput.at(pointer, "not_an_assignee") from error


def to_bbox(value: str | None, pointer: str = "?bbox") -> Bbox | None:
    """`west,south,east,north` in WGS84 degrees. InvalidInput at `pointer` for anything else."""
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError as error:
        raise InvalidInput.at(pointer, "bad_bbox") from error
    if not (
        all(math.isfinite(number) for number in (west, south, east, north))
        and -180 <= west <= east <= 180  # degrees
        and -90 <= south <= north <= 90
    ):
        raise InvalidInput.at(pointer, "bad_bbox")
    return west, south, east, north
