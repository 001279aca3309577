"""A sheet to draw small scenes on: coordinates of 1200 by 900, drawn large and reduced."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1200, 900
HORIZON = 470  # where houses stand
KERB = 560  # where the pavement ends and the road begins
_SCALE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one time of day."""

    sky: tuple[Colour, Colour]
    hills: Colour
    road: Colour
    pavement: Colour
    leaf: Colour
    window: Colour
    light: float  # 1 by day; everything painted is darkened by it


DAY = Palette(((126, 190, 226), (226, 240, 238)), (139, 176, 152), (104, 110, 118),
              (205, 196, 180), (76, 140, 84), (92, 126, 150), 1.0)  # fmt: skip
DUSK = Palette(((92, 96, 152), (246, 178, 128)), (112, 108, 128), (88, 88, 102),
               (176, 156, 146), (66, 104, 78), (255, 214, 138), 0.86)  # fmt: skip
NIGHT = Palette(((14, 22, 48), (44, 58, 96)), (30, 42, 66), (52, 56, 70),
                (94, 92, 100), (38, 70, 60), (255, 212, 120), 0.52)  # fmt: skip


class Canvas:
    """Draws in a palette, deterministic for a seed. Angles and sizes are in sheet units."""

    def __init__(self, seed: int, palette: Palette) -> None:
        self.rng = Random(seed)  # noqa: S311  # pictures, not secrets
        self.palette = palette
        self._image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE))
        self._draw = ImageDraw.Draw(self._image)
        self._gradient(*palette.sky, 0, HORIZON + 40)

    @property
    def night(self) -> bool:
        """Whether stars are out and lamps lit."""
        return self.palette is NIGHT

    def finish(self) -> Image.Image:
        """The picture at 1200 by 900."""
        return self._image.reduce(_SCALE)

    def shade(self, colour: Colour, factor: float | None = None) -> Colour:
        """`colour` as the light of this time of day shows it."""
        by = self.palette.light if factor is None else factor
        r, g, b = (max(0, min(255, round(part * by))) for part in colour)
        return (r, g, b)

    def box(  # place, size and look
        self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0
    ) -> None:
        """A rectangle with its corner at (x, y), rounded by `radius`."""
        where = self._scaled([(x, y), (x + width, y + height)])
        self._draw.rounded_rectangle(where, radius=radius * _SCALE, fill=colour)

    def disc(self, x: float, y: float, rx: float, colour: Colour, ry: float | None = None) -> None:
        """An ellipse around (x, y)."""
        ry = rx if ry is None else ry
        self._draw.ellipse(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), fill=colour)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon(self._scaled(points), fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A stroke along `points`."""
        self._draw.line(
            self._scaled(points), fill=colour, width=round(width * _SCALE), joint="curve"
        )

    def arc(
        self, x: float, y: float, r: float, angles: tuple[float, float], colour: Colour
    ) -> None:
        """A stroke of a circle around (x, y) between two angles in degrees, clockwise from east."""
        where = self._scaled([(x - r, y - r), (x + r, y + r)])
        self._draw.arc(where, *angles, fill=colour, width=7 * _SCALE)

    def blob(  # place, size and look
        self, x: float, y: float, rx: float, ry: float, colour: Colour, rough: float = 0.16
    ) -> None:
        """A rounded patch with an uneven edge, as puddles, holes and heaps have."""
        steps = 26
        phases = [self.rng.uniform(0, math.tau) for _ in range(3)]
        points: list[Point] = []
        for step in range(steps):
            angle = math.tau * step / steps
            waves = sum(math.sin(angle * (n + 2) + phase) for n, phase in enumerate(phases))
            reach = 1 + rough * waves / 2
            points.append((x + rx * reach * math.cos(angle), y + ry * reach * math.sin(angle)))
        self.shape(points, colour)

    def glow(
        self, x: float, y: float, radius: float, colour: Colour, strength: float = 0.6
    ) -> None:
        """Light that fades out around (x, y)."""
        size = round(radius * _SCALE)
        small = size // 8  # light is soft: a small mask, enlarged, is enough
        mask = Image.new("L", (small, small))
        edge = small * 0.3
        ImageDraw.Draw(mask).ellipse(
            (edge, edge, small - edge, small - edge), fill=round(255 * strength)
        )
        soft = mask.filter(ImageFilter.GaussianBlur(small / 10)).resize((size, size))
        corner = (round(x * _SCALE - size / 2), round(y * _SCALE - size / 2))
        self._image.paste(Image.new("RGB", (size, size), colour), corner, soft)

    def veil(self, top: float, colour: Colour, opacity: float) -> None:
        """A translucent sheet from `top` down: water, haze."""
        height = round((HEIGHT - top) * _SCALE)
        sheet = Image.new("RGB", (WIDTH * _SCALE, height), colour)
        mask = Image.new("L", sheet.size, round(255 * opacity))
        self._image.paste(sheet, (0, round(top * _SCALE)), mask)

    def _gradient(self, top: Colour, bottom: Colour, y0: float, y1: float) -> None:
        strip = Image.new("RGB", (1, 2))
        strip.putpixel((0, 0), top)
        strip.putpixel((0, 1), bottom)
        height = round((y1 - y0) * _SCALE)
        column = strip.resize((1, height), Image.Resampling.BILINEAR)
        sheet = column.resize((WIDTH * _SCALE, height), Image.Resampling.NEAREST)
        self._image.paste(sheet, (0, round(y0 * _SCALE)))

    @staticmethod
    def _scaled(points: Sequence[Point]) -> list[Point]:
        return [(x * _SCALE, y * _SCALE) for x, y in points]
