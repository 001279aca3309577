"""What the demo's pictures have in common: the street itself, and what stands on it."""

from __future__ import annotations

import math

from cli.demo_canvas import DAY, HEIGHT, HORIZON, KERB, WIDTH, Canvas, Colour, Point

WALLS: list[Colour] = [
    (238, 214, 160), (231, 190, 148), (214, 221, 205), (196, 214, 224), (240, 226, 200),
    (222, 176, 160), (206, 200, 220),
]  # fmt: skip
ROOF: Colour = (176, 84, 62)


def draw_street(c: Canvas, *, trees: bool = True) -> None:
    """The usual backdrop: sky, hills, a row of houses, pavement and road."""
    _sky(c)
    _hills(c)
    x = -c.rng.uniform(0, 120)
    while x < WIDTH:
        width = c.rng.uniform(130, 220)
        if c.rng.random() < 0.82:
            _house(c, x, width)
        x += width + c.rng.uniform(2, 26)
    p = c.palette
    c.box(0, HORIZON, WIDTH, KERB - HORIZON, p.pavement)
    for k in range(-14, 15):  # slabs run towards the eye
        c.line([(600 + k * 84, HORIZON), (600 + k * 112, KERB)], c.shade(p.pavement, 0.93), 2)
    c.box(0, KERB, WIDTH, HEIGHT - KERB, p.road)
    c.box(0, KERB - 6, WIDTH, 14, c.shade(p.pavement, 0.78))
    c.box(0, KERB + 8, WIDTH, 16, c.shade(p.road, 0.86))
    for k in range(-1, 6):
        left = k * 260 + 60
        c.shape([(left, 716), (left + 120, 716), (left + 132, 730), (left + 4, 730)],
                c.shade((236, 232, 214), max(p.light, 0.6)))  # fmt: skip
    if trees:
        for x in (c.rng.uniform(30, 130), c.rng.uniform(1070, 1170)):
            tree(c, x, HORIZON + 44, c.rng.uniform(0.8, 1.05))


def tree(c: Canvas, x: float, base: float, size: float = 1.0) -> None:
    """A street tree standing at (x, base)."""
    bark = c.shade((116, 84, 60))
    c.shape([(x - 11 * size, base), (x - 6 * size, base - 150 * size),
             (x + 6 * size, base - 150 * size), (x + 11 * size, base)], bark)  # fmt: skip
    leaf = c.palette.leaf
    for dx, dy, r in ((-48, -170, 54), (46, -178, 58), (0, -220, 68), (-14, -164, 56)):
        c.disc(x + dx * size, base + dy * size, r * size, c.shade(leaf, 0.9 if dx < 0 else 1.0))
    c.disc(x + 18 * size, base - 236 * size, 36 * size, c.shade(leaf, 1.14))


def lamp(c: Canvas, x: float, *, lit: bool, base: float = KERB - 10, lean: float = 0.0) -> None:
    """A street lamp with its arm towards the road."""
    steel = c.shade((126, 134, 142), max(c.palette.light, 0.6))
    top = (x + lean, base - 400)
    c.line([(x, base), top], steel, 11)
    c.box(x - 15, base - 26, 30, 28, c.shade(steel, 0.8), 4)
    c.line([top, (top[0] + 46, top[1] - 22), (top[0] + 104, top[1] - 16)], steel, 8)
    head = (top[0] + 112, top[1] - 12)
    if lit:
        c.glow(*head, 420, (255, 222, 140), 0.55)
    c.box(head[0] - 34, head[1] - 10, 68, 18, steel, 7)
    c.box(
        head[0] - 26, head[1] + 6, 52, 9, (255, 240, 190) if lit else c.shade((70, 74, 82), 0.9), 4
    )
    if lit:
        c.glow(head[0], KERB + 130, 520, (255, 214, 130), 0.26)


def person(c: Canvas, x: float, base: float, shirt: Colour, size: float = 1.0) -> None:
    """Somebody standing, in a leaf hat."""
    skin = c.shade((222, 178, 142))
    for dx in (-10, 10):
        c.line(
            [(x + dx * size, base - 74 * size), (x + dx * size, base)],
            c.shade((66, 74, 96)),
            15 * size,
        )
    c.box(x - 25 * size, base - 156 * size, 50 * size, 92 * size, c.shade(shirt), 18 * size)
    c.disc(x, base - 178 * size, 20 * size, skin)
    c.shape([(x - 40 * size, base - 180 * size), (x, base - 222 * size), (x + 40 * size, base - 180 * size)],
            c.shade((236, 216, 160)))  # fmt: skip


def motorbike(c: Canvas, x: float, base: float, colour: Colour, size: float = 1.0) -> None:
    """A parked motorbike seen from its side, wheels on `base`."""
    dark = c.shade((44, 46, 54))
    for dx in (-58, 58):
        c.disc(x + dx * size, base - 28 * size, 28 * size, dark)
        c.disc(x + dx * size, base - 28 * size, 15 * size, c.shade((150, 154, 160)))
    body = c.shade(colour)
    c.shape([(x - 66 * size, base - 62 * size), (x - 20 * size, base - 42 * size),
             (x + 22 * size, base - 42 * size), (x + 44 * size, base - 98 * size),
             (x + 28 * size, base - 100 * size), (x + 4 * size, base - 66 * size),
             (x - 70 * size, base - 76 * size)], body)  # fmt: skip
    c.box(x - 72 * size, base - 88 * size, 78 * size, 15 * size, dark, 7)
    c.line([(x + 34 * size, base - 100 * size), (x + 54 * size, base - 30 * size)], body, 9 * size)
    c.line([(x + 16 * size, base - 112 * size), (x + 42 * size, base - 102 * size)], dark, 7 * size)


def car(c: Canvas, x: float, base: float, colour: Colour, size: float = 1.0) -> None:
    """A car seen from its side, its middle at x."""
    body = c.shade(colour)
    c.shape([(x - 92 * size, base - 72 * size), (x - 58 * size, base - 122 * size),
             (x + 42 * size, base - 122 * size), (x + 92 * size, base - 72 * size)], body)  # fmt: skip
    c.box(x - 142 * size, base - 78 * size, 284 * size, 56 * size, body, 20 * size)
    glass = c.shade(c.palette.window, 0.9)
    c.shape([(x - 76 * size, base - 76 * size), (x - 50 * size, base - 112 * size),
             (x - 6 * size, base - 112 * size), (x - 6 * size, base - 76 * size)], glass)  # fmt: skip
    c.shape([(x + 4 * size, base - 76 * size), (x + 4 * size, base - 112 * size),
             (x + 38 * size, base - 112 * size), (x + 74 * size, base - 76 * size)], glass)  # fmt: skip
    for dx in (-84, 84):
        c.disc(x + dx * size, base - 24 * size, 27 * size, c.shade((36, 38, 44)))
        c.disc(x + dx * size, base - 24 * size, 13 * size, c.shade((172, 176, 180)))
    c.box(x + 128 * size, base - 66 * size, 14 * size, 14 * size, (255, 238, 176), 4)


def cone(c: Canvas, x: float, base: float) -> None:
    """A traffic cone."""
    c.shape(
        [(x - 25, base), (x - 7, base - 66), (x + 7, base - 66), (x + 25, base)],
        c.shade((240, 112, 48)),
    )
    c.shape([(x - 18, base - 26), (x - 13, base - 44), (x + 13, base - 44), (x + 18, base - 26)],
            c.shade((250, 246, 238)))  # fmt: skip
    c.box(x - 33, base - 5, 66, 10, c.shade((206, 92, 40)), 3)


def _sky(c: Canvas) -> None:
    x = c.rng.uniform(160, 1040)
    if c.night:
        for _ in range(46):
            c.disc(
                c.rng.uniform(0, WIDTH),
                c.rng.uniform(0, 260),
                c.rng.uniform(0.8, 2.2),
                (214, 222, 240),
            )
        c.disc(x, 96, 36, (240, 236, 214))
        c.disc(x + 15, 86, 31, c.palette.sky[0])
        return
    c.glow(x, 110, 300, (255, 246, 214), 0.55)
    c.disc(x, 110, 40, (255, 244, 206))
    for _ in range(3):
        cx, cy = c.rng.uniform(80, 1120), c.rng.uniform(60, 200)
        for dx, r in ((-44, 22), (-12, 32), (26, 27), (54, 18)):
            c.disc(cx + dx, cy, r, c.shade((250, 250, 248), max(c.palette.light, 0.9)), r * 0.62)


def _hills(c: Canvas) -> None:
    for depth, height in ((1.12, 190), (1.0, 120)):
        phase = c.rng.uniform(0, math.tau)
        points: list[Point] = [(0, HORIZON + 10)]
        for x in range(0, WIDTH + 30, 30):
            wave = math.sin(x / 210 + phase) + 0.5 * math.sin(x / 83 + phase * 2)
            points.append((x, HORIZON - height * (0.62 + 0.26 * wave)))
        c.shape([*points, (WIDTH, HORIZON + 10)], c.shade(c.palette.hills, depth))


def _house(c: Canvas, x: float, width: float) -> None:
    storeys = c.rng.choice((1, 2, 2, 3))
    height = 92 + storeys * 68
    wall = c.shade(c.rng.choice(WALLS))
    top = HORIZON - height
    c.box(x, top, width, height + 4, wall)
    if storeys < 3:
        c.shape([(x - 12, top + 2), (x + 22, top - 46), (x + width - 22, top - 46), (x + width + 12, top + 2)],
                c.shade(ROOF))  # fmt: skip
    else:
        c.box(x - 5, top - 12, width + 10, 16, c.shade(wall, 0.86))
    for storey in range(storeys):
        y = top + 26 + storey * 68
        for k in range(2):
            lit = c.rng.random() < 0.6
            pane = c.palette.window if lit or c.palette is DAY else c.shade((60, 66, 84), 0.8)
            c.box(x + width * (0.16 + 0.42 * k), y, width * 0.26, 40, pane, 3)
    c.box(x + width * 0.12, HORIZON - 74, width * 0.76, 78, c.shade((122, 96, 78)), 3)
    awning = c.shade(c.rng.choice([(196, 74, 66), (62, 122, 150), (224, 168, 74), (84, 140, 96)]))
    c.shape([(x + 2, HORIZON - 66), (x + 14, HORIZON - 94), (x + width - 14, HORIZON - 94),
             (x + width - 2, HORIZON - 66)], awning)  # fmt: skip
