"""Covering boxes of a picture so that nothing of what was there is left. Pure: pixels to pixels.

An ordinary mosaic keeps the mean colour of each of its cells: some hundred numbers about a face or
a plate, from which either has been recognised again. The cells of this one are coloured by what
lies *around* the box, which everybody sees anyway: no pixel under a box is ever read, so two
photos that differ only there become the same picture, to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw, ImageStat

from media.privacy.boxes import Box, PixelBox, to_pixels

CELLS = 7  # along the longer side of a box
# JPEG and WebP code squares of up to 16 pixels: what stood in a box has coloured the whole of each
# square that it touches. Boxes grow to whole ones.
BLOCK_PX = 16
_RIM_PX = 16
_GREY = (128, 128, 128)
_CONTRAST = 14  # levels of 255 by which neighbouring cells differ, so that one sees a cover


def cover(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """A new RGB picture of the same size with a mosaic over each box."""
    areas = [
        area
        for box in boxes
        if (area := to_pixels(box, picture.width, picture.height, grid=BLOCK_PX)) is not None
    ]
    covered = picture.convert("RGB").copy()
    seen = _seen(covered.size, areas)
    # All colours are taken before the first cell is painted: no cover depends on another.
    painted = [(area, _rims(covered, seen, area)) for area in areas]
    for area, rims in painted:
        _paint(covered, area, rims)
    return covered


def cells_of(area: PixelBox) -> list[PixelBox]:
    """The cells of a covered area, row by row: nearly square, CELLS along its longer side."""
    width, height = area.right - area.left, area.bottom - area.top
    size = max(1.0, max(width, height) / CELLS)
    columns, rows = max(1, round(width / size)), max(1, round(height / size))
    xs = [area.left + width * i // columns for i in range(columns + 1)]
    ys = [area.top + height * i // rows for i in range(rows + 1)]
    return [
        PixelBox(left, top, right, bottom)
        for top, bottom in pairwise(ys)
        for left, right in pairwise(xs)
    ]


Colour = tuple[float, float, float]
_Rims = tuple[Colour, Colour, Colour, Colour]


def _seen(size: tuple[int, int], areas: Sequence[PixelBox]) -> Image.Image:
    """A mask of the pixels that stay visible: those in no area."""
    mask = Image.new("L", size, 255)
    draw = ImageDraw.Draw(mask)
    for area in areas:
        draw.rectangle((area.left, area.top, area.right - 1, area.bottom - 1), fill=0)
    return mask


def _rims(picture: Image.Image, seen: Image.Image, area: PixelBox) -> _Rims:
    """The mean colours of what is seen left of, above, right of and below an area; where nothing
    is (an edge, another area), the mean of the other sides, and grey if there are none.
    """
    left, top, right, bottom = area.left, area.top, area.right, area.bottom
    strips = (
        (left - _RIM_PX, top, left, bottom),
        (left, top - _RIM_PX, right, top),
        (right, top, right + _RIM_PX, bottom),
        (left, bottom, right, bottom + _RIM_PX),
    )
    means = [_mean(picture, seen, strip) for strip in strips]
    known = [mean for mean in means if mean is not None]
    rest = _average(known) if known else _GREY
    a, b, c, d = (mean or rest for mean in means)
    return a, b, c, d


def _mean(
    picture: Image.Image, seen: Image.Image, strip: tuple[int, int, int, int]
) -> Colour | None:
    box = (
        max(0, strip[0]),
        max(0, strip[1]),
        min(picture.width, strip[2]),
        min(picture.height, strip[3]),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    mask = seen.crop(box)
    if mask.getbbox() is None:
        return None
    red, green, blue = ImageStat.Stat(picture.crop(box), mask).mean
    return red, green, blue


def _average(colours: Sequence[Colour]) -> Colour:
    red, green, blue = (sum(parts) / len(colours) for parts in zip(*colours, strict=True))
    return red, green, blue


def _paint(picture: Image.Image, area: PixelBox, rims: _Rims) -> None:
    """Fill the cells, each by the rims as they are near, and every other one a little darker."""
    draw = ImageDraw.Draw(picture)
    for number, cell in enumerate(cells_of(area)):
        across = ((cell.left + cell.right) / 2 - area.left) / (area.right - area.left)
        down = ((cell.top + cell.bottom) / 2 - area.top) / (area.bottom - area.top)
        weights = (1 - across, 1 - down, across, down)
        shade = _CONTRAST * (1 if number * 7 % 3 else -1)
        red, green, blue = (
            max(0, min(255, round(_blend(rims, weights, channel) - shade))) for channel in range(3)
        )
        draw.rectangle(
            (cell.left, cell.top, cell.right - 1, cell.bottom - 1), fill=(red, green, blue)
        )


def _blend(rims: _Rims, weights: Sequence[float], channel: int) -> float:
    return (
        sum(rim[channel] * weight for rim, weight in zip(rims, weights, strict=True)) / 2
    )  # the weights of two opposite sides make one
