"""Boxes over what must not be shown, in fractions of the upright picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal["face", "plate", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_BOXES = 100
# Hair, ears and chin lie outside of what detectors call a face, and tell just as much.
MARGIN = 0.2
# Two boxes of one kind that share this much of the smaller one are about the same thing.
SAME_SHARE = 0.4
_ROUNDING = 1e-6  # pixels


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its left upper corner at `x`, `y`: shares of width and height, 0 to 1.

    `score` is the detector's confidence, 0 to 1; None for a box that a person drew.
    """

    kind: Kind
    x: float
    y: float
    w: float
    h: float
    score: float | None = None


@dataclass(frozen=True, slots=True)
class PixelBox:
    """The same in whole pixels; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int


def clamp(box: Box) -> Box | None:
    """The part of a box that lies in the picture; None if there is none."""
    left, top = max(0.0, box.x), max(0.0, box.y)
    right, bottom = min(1.0, box.x + box.w), min(1.0, box.y + box.h)
    if right <= left or bottom <= top:
        return None
    return replace(box, x=left, y=top, w=right - left, h=bottom - top)


def grow(box: Box, share: float = MARGIN) -> Box:
    """The box, wider and higher by `share` of its size on each side; it may leave the picture."""
    dx, dy = box.w * share, box.h * share
    return replace(box, x=box.x - dx, y=box.y - dy, w=box.w + 2 * dx, h=box.h + 2 * dy)


def merge(boxes: Sequence[Box]) -> list[Box]:
    """One box for each thing that several were found for, the surest first.

    Boxes of one kind that share SAME_SHARE of the smaller one's surface become the box around
    them, with the best score of them; again until no two do.
    """
    merged: list[Box] = []
    for box in sorted(boxes, key=_surest_first):
        joined = box
        while (other := _find_same(merged, joined)) is not None:
            merged.remove(other)
            joined = _around(other, joined)
        merged.append(joined)
    return sorted(merged, key=_surest_first)


def settle(found: Sequence[Box]) -> list[Box]:
    """What a person is shown of what detectors found: merged, with a margin, within the picture,
    MAX_BOXES at most and the surest first.
    """
    grown = (clamp(grow(box)) for box in merge(found))
    return [box for box in grown if box is not None][:MAX_BOXES]


def to_pixels(box: Box, width: int, height: int, *, grid: int) -> PixelBox | None:
    """The pixels of a picture that a box touches, grown outwards to whole squares of `grid`
    pixels (see `mosaic.BLOCK_PX`) or to the picture's edge; None for a box outside of it.
    """
    inside = clamp(box)
    if inside is None:
        return None
    left, right = _span(inside.x, inside.x + inside.w, width, grid)
    top, bottom = _span(inside.y, inside.y + inside.h, height, grid)
    return PixelBox(left, top, right, bottom)


def _surest_first(box: Box) -> tuple[float, float, float, float, float]:
    """An order that depends on nothing but the boxes: the same picture gives the same answer."""
    return (-(box.score or 0.0), box.y, box.x, box.w, box.h)


def _find_same(boxes: Sequence[Box], box: Box) -> Box | None:
    for other in boxes:
        smaller = min(other.w * other.h, box.w * box.h)
        if other.kind == box.kind and _shared(other, box) >= SAME_SHARE * smaller > 0:
            return other
    return None


def _shared(a: Box, b: Box) -> float:
    """The surface that two boxes have in common."""
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    return max(0.0, width) * max(0.0, height)


def _around(a: Box, b: Box) -> Box:
    left, top = min(a.x, b.x), min(a.y, b.y)
    right, bottom = max(a.x + a.w, b.x + b.w), max(a.y + a.h, b.y + b.h)
    score = max((box.score for box in (a, b) if box.score is not None), default=None)
    return Box(a.kind, left, top, right - left, bottom - top, score)


def _span(start: float, end: float, pixels: int, grid: int) -> tuple[int, int]:
    """From the first to behind the last pixel of the squares that a stretch touches: one at least,
    and what is off by less than _ROUNDING is rounding's fault.
    """
    last = (pixels - 1) // grid * grid
    first = min(last, int((start * pixels + _ROUNDING) // grid) * grid)
    behind = -int(-(end * pixels - _ROUNDING) // grid) * grid
    return first, min(pixels, max(behind, first + grid))
