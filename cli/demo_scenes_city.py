"""Scenes of water, trees, waste, houses and people: each with its problem, or put right."""

from __future__ import annotations

import math

from cli.demo_canvas import HORIZON, Canvas, Colour
from cli.demo_street import cone, draw_street, motorbike, person, tree

RED: Colour = (206, 62, 54)
BLUE: Colour = (58, 110, 170)
WATER: Colour = (112, 128, 118)


def flood(c: Canvas, *, after: bool) -> None:
    """A street under water in the rain; puddles."""
    draw_street(c)
    if after:
        for _ in range(5):
            c.blob(c.rng.uniform(100, 1100), c.rng.uniform(640, 850), c.rng.uniform(40, 90), 14,
                   c.shade((146, 158, 160), c.palette.light))  # fmt: skip
        motorbike(c, 700, 690, BLUE)
        return
    person(c, 380, 700, (84, 128, 170), 1.1)
    motorbike(c, 520, 696, RED, 1.1)
    water = c.shade(WATER, max(0.6, c.palette.light))
    c.veil(HORIZON + 30, water, 0.9)
    for _ in range(60):
        x, y = c.rng.uniform(0, 1150), c.rng.uniform(HORIZON + 60, 890)
        length = 20 + (y - HORIZON) * c.rng.uniform(0.1, 0.28)
        c.line([(x, y), (x + length, y)], c.shade(water, 1.14), 3)
    person(c, 380, 642, (84, 128, 170), 1.1)
    c.box(300, 600, 170, 60, water)
    c.line([(310, 604), (450, 604)], c.shade(water, 1.2), 3)
    for _ in range(9):
        x, y = c.rng.uniform(60, 1140), c.rng.uniform(600, 860)
        c.blob(x, y, 13, 5, c.palette.leaf)
    for _ in range(70):
        x, y = c.rng.uniform(0, 1200), c.rng.uniform(0, 880)
        c.line([(x, y), (x - 7, y + 26)], c.shade((206, 218, 226), 0.95), 2)


def fallen_tree(c: Canvas, *, after: bool) -> None:
    """A tree across the road; a stump and a young tree."""
    draw_street(c, trees=False)
    if after:
        tree(c, 900, HORIZON + 60, 1.0)
        c.disc(470, 548, 44, c.shade((146, 108, 74)), 17)
        c.disc(470, 546, 34, c.shade((206, 168, 122)), 12)
        return
    bark = c.shade((112, 80, 58))
    c.shape([(250, 470), (300, 560), (880, 770), (900, 730)], bark)
    c.blob(236, 512, 80, 60, c.shade((128, 94, 66)), 0.3)
    for _ in range(34):
        x, y = c.rng.gauss(880, 120), c.rng.gauss(700, 60)
        c.disc(x, y, c.rng.uniform(28, 64), c.shade(c.palette.leaf, c.rng.uniform(0.78, 1.15)))
    cone(c, 430, 800)
    cone(c, 640, 850)


def park(c: Canvas, *, after: bool) -> None:
    """A broken bench in a park; a mended one."""
    draw_street(c, trees=False)
    c.box(0, HORIZON, 1200, 430, c.shade((124, 170, 104)))
    c.shape([(480, HORIZON), (720, HORIZON), (1020, 900), (180, 900)], c.shade((214, 200, 172)))
    for x, size in ((150, 1.2), (1040, 1.25), (330, 0.8)):
        tree(c, x, HORIZON + 90, size)
    wood = c.shade((164, 112, 70))
    for k in range(3):
        drop = 0 if after or k != 1 else 66
        c.shape([(420, 640 + k * 26), (780, 640 + k * 26 + drop), (780, 658 + k * 26 + drop),
                 (420, 658 + k * 26)], wood)  # fmt: skip
    for k in range(2):
        c.box(430, 560 + k * 30, 340, 18, c.shade(wood, 0.9 if after or k else 0.6), 4)
    for x in (450, 740):
        c.line([(x, 560), (x, 776)], c.shade((70, 74, 80)), 12)
    if not after:
        for _ in range(12):
            c.blob(
                c.rng.uniform(320, 880), c.rng.uniform(790, 860), 15, 8, c.shade((226, 220, 206))
            )


def loudspeaker(c: Canvas, *, after: bool) -> None:
    """Karaoke on the pavement at night; a closed shutter."""
    draw_street(c)
    c.box(430, 250, 350, 320, c.shade((226, 190, 150)))
    c.box(400, 230, 410, 34, c.shade((196, 74, 66)), 6)
    c.box(470, 320, 270, 250, c.shade((96, 74, 66)) if after else c.shade((255, 214, 146), 0.96))
    if after:
        for k in range(12):
            c.line([(470, 332 + k * 20), (740, 332 + k * 20)], c.shade((126, 104, 92)), 5)
        return
    person(c, 560, 572, (188, 70, 120), 0.95)
    person(c, 650, 572, (70, 110, 160), 0.95)
    c.box(800, 356, 134, 226, (40, 40, 48), 12)
    for y, r in ((422, 42), (518, 54)):
        c.disc(867, y, r, (86, 88, 98))
        c.disc(867, y, r * 0.5, (28, 28, 34))
    for r in (110, 150, 190, 230):
        c.arc(880, 470, r, (-38, 38), c.shade((250, 214, 110), 1.0))


def smoke(c: Canvas, *, after: bool) -> None:
    """A smoking chimney; a clear sky."""
    draw_street(c)
    c.box(700, 250, 330, 320, c.shade((176, 170, 164)))
    c.shape([(700, 250), (755, 200), (810, 250), (865, 200), (920, 250), (975, 200), (1030, 250)],
            c.shade((150, 144, 140)))  # fmt: skip
    c.box(880, 90, 46, 150, c.shade((150, 92, 80)))
    for k in range(3):
        c.box(730 + k * 96, 330, 62, 62, c.palette.window, 4)
    c.box(760, 460, 110, 110, c.shade((96, 90, 88)))
    puffs = 3 if after else 20
    for k in range(puffs):
        grey = 232 if after else 120 + k * 3
        c.disc(900 - k * 34 + c.rng.uniform(-14, 14), 74 - k * 2 + c.rng.uniform(-20, 30),
               24 + k * (2 if after else 4.5), c.shade((grey, grey, grey)))  # fmt: skip
    if not after:
        c.veil(0, (150, 146, 140), 0.2)


def river(c: Canvas, *, after: bool) -> None:
    """Litter and a foul outlet in the water; lotus."""
    draw_street(c)
    clean, dirty = (108, 160, 178), (96, 104, 84)
    water = c.shade(clean if after else dirty)
    c.shape([(0, 560), (1200, 540), (1200, 900), (0, 900)], c.shade((122, 150, 96)))
    c.shape([(0, 600), (1200, 570), (1200, 900), (0, 900)], water)
    for _ in range(40):
        x, y = c.rng.uniform(0, 1120), c.rng.uniform(620, 890)
        c.line([(x, y), (x + 24 + (y - 600) * 0.2, y)], c.shade(water, 1.16), 3)
    if after:
        for x in (220, 300, 930):
            c.disc(x, 800, 42, c.shade((84, 146, 92)), 14)
            c.disc(x + 6, 792, 13, c.shade((230, 130, 170)), 10)
        return
    litter: list[Colour] = [(236, 234, 226), (92, 146, 196), (224, 120, 90), (240, 210, 110)]
    for _ in range(46):
        x, y = c.rng.gauss(520, 230), c.rng.uniform(640, 860)
        c.blob(x, y, c.rng.uniform(9, 24), c.rng.uniform(5, 11), c.shade(c.rng.choice(litter)))
    c.disc(1010, 590, 50, c.shade((150, 150, 148)), 44)
    c.disc(1010, 592, 38, (26, 28, 26), 33)
    c.shape([(982, 600), (1038, 600), (1080, 720), (930, 720)], c.shade((74, 70, 54)))


def garbage(c: Canvas, *, after: bool) -> None:
    """A heap of rubbish bags; a swept pavement."""
    draw_street(c)
    c.box(860, 452, 120, 128, c.shade((70, 140, 98)), 10)
    c.box(850, 436, 140, 26, c.shade((52, 110, 78)), 8)
    if after:
        c.blob(560, 590, 240, 26, c.shade(c.palette.pavement, 0.94), 0.1)
        tree(c, 420, HORIZON + 60, 0.7)
        return
    bags: list[Colour] = [
        (46, 48, 56),
        (66, 70, 84),
        (214, 208, 196),
        (92, 132, 176),
        (196, 96, 84),
    ]
    for row, count in ((0, 9), (1, 7), (2, 4)):
        for k in range(count):
            x = 560 + (k - count / 2) * 64 + c.rng.uniform(-14, 14)
            y = 606 - row * 46 + c.rng.uniform(-8, 8)
            colour = c.shade(c.rng.choice(bags))
            c.blob(x, y, c.rng.uniform(40, 58), c.rng.uniform(32, 46), colour, 0.14)
            c.shape([(x - 9, y - 38), (x, y - 54), (x + 11, y - 37)], c.shade(colour, 0.8))
    c.box(330, 560, 90, 66, c.shade((190, 150, 104)), 4)
    for _ in range(14):
        c.blob(c.rng.uniform(260, 900), c.rng.uniform(630, 680), 12, 6, c.shade((232, 226, 210)))


def animal(c: Canvas, *, after: bool) -> None:
    """A loose dog on the road; on a lead."""
    draw_street(c)
    person(c, 900, 640, (120, 150, 96), 0.95)
    if after:
        c.line([(860, 560), (740, 640)], c.shade(RED), 5)
    x, y = (690, 668) if after else (480, 700)
    coat = c.shade((176, 128, 82))
    c.disc(x, y - 54, 78, coat, 40)
    for dx in (-56, -32, 32, 56):
        c.line([(x + dx, y - 44), (x + dx, y)], coat, 15)
    c.disc(x + 84, y - 92, 36, coat)
    c.disc(x + 112, y - 82, 20, c.shade((206, 166, 122)), 13)
    c.shape([(x + 58, y - 112), (x + 62, y - 148), (x + 84, y - 122)], c.shade((130, 90, 58)))
    c.line([(x - 74, y - 70), (x - 112, y - 118)], coat, 11)
    c.disc(x + 92, y - 98, 5, (24, 22, 22))
    if not after:
        motorbike(c, 200, 690, BLUE)


def posters(c: Canvas, *, after: bool) -> None:
    """A wall covered with bills; a clean one."""
    draw_street(c, trees=False)
    wall = c.shade((224, 206, 170))
    c.box(60, 240, 1080, 330, wall)
    c.box(40, 216, 1120, 36, c.shade((176, 84, 62)), 6)
    for k in range(1, 6):
        c.line([(60 + k * 180, 252), (60 + k * 180, 570)], c.shade(wall, 0.9), 5)
    if after:
        tree(c, 180, HORIZON + 80, 0.9)
        return
    inks: list[Colour] = [(250, 232, 120), (250, 250, 244), (246, 170, 150), (176, 214, 236)]
    for _ in range(22):
        x, y = c.rng.uniform(80, 1010), c.rng.uniform(270, 470)
        w, h = c.rng.uniform(62, 116), c.rng.uniform(46, 84)
        c.box(x, y, w, h, c.shade(c.rng.choice(inks)), 2)
        c.box(x + 8, y + 9, w - 16, 13, c.shade(RED), 2)
        for k in range(2):
            c.box(
                x + 8, y + 29 + k * 12, (w - 16) * c.rng.uniform(0.5, 1), 5, c.shade((90, 90, 96))
            )
    points = [(180 + k * 26, 520 + 30 * math.sin(k * 1.5)) for k in range(14)]
    c.line(points, c.shade((60, 110, 190)), 10)


def building(c: Canvas, *, after: bool) -> None:
    """A cracked house in scaffolding; a repaired one."""
    draw_street(c, trees=False)
    wall = c.shade((206, 176, 146) if not after else (232, 220, 196))
    c.box(380, 150, 420, 420, wall)
    c.box(360, 128, 460, 30, c.shade(wall, 0.82), 4)
    for row in range(2):
        for k in range(3):
            c.box(420 + k * 130, 210 + row * 130, 76, 82, c.palette.window, 4)
    c.box(540, 460, 100, 110, c.shade((110, 84, 70)), 4)
    if after:
        return
    dark = c.shade((92, 66, 54))
    for x in (470, 690):
        points = [(x + c.rng.uniform(-34, 34), 160 + k * 46) for k in range(9)]
        c.line(points, dark, 7)
    c.blob(744, 520, 60, 46, c.shade((150, 96, 74)), 0.3)
    for x in (300, 340, 860, 900):
        c.line([(x, 90), (x, 572)], c.shade((190, 150, 92)), 8)
    for y in (200, 330, 460):
        c.line([(280, y), (360, y)], c.shade((190, 150, 92)), 7)
        c.line([(840, y), (920, y)], c.shade((190, 150, 92)), 7)
    for _ in range(30):
        c.blob(c.rng.uniform(600, 960), c.rng.uniform(572, 640), 22, 13, c.shade((168, 118, 94)))


def gate(c: Canvas, *, after: bool) -> None:
    """A painted-over citadel gate; a clean one."""
    draw_street(c, trees=False)
    stone = c.shade((150, 128, 108))
    c.box(150, 300, 900, 270, stone)
    for row in range(8):
        for k in range(16):
            c.box(
                154 + k * 58 + (row % 2) * 26,
                304 + row * 34,
                52,
                28,
                c.shade(stone, c.rng.uniform(0.9, 1.08)),
                3,
            )
    c.disc(600, 446, 96, (46, 42, 46))
    c.box(504, 446, 192, 124, (46, 42, 46))
    for level, (width, y) in enumerate(((520, 300), (360, 214))):
        c.box(600 - width * 0.36, y - 70, width * 0.72, 76, c.shade((168, 66, 52)))
        c.shape([(600 - width * 0.62, y - 60), (600 - width * 0.42, y - 108), (600 + width * 0.42, y - 108),
                 (600 + width * 0.62, y - 60)], c.shade((214, 160, 66) if level else (206, 148, 58)))  # fmt: skip
    if after:
        return
    for x, colour in ((220, BLUE), (790, (40, 150, 90))):
        points = [(x + k * 17, 480 + 34 * math.sin(k * 1.7)) for k in range(10)]
        c.line(points, c.shade(colour), 10)
    c.blob(900, 566, 70, 22, c.shade((120, 150, 84)), 0.3)


def food_stall(c: Canvas, *, after: bool) -> None:
    """A dirty food stall with flies; a glazed one."""
    draw_street(c)
    c.shape([(340, 300), (860, 300), (900, 364), (300, 364)], c.shade((84, 140, 96)))
    for x in (320, 880):
        c.line([(x, 364), (x, 580)], c.shade((150, 150, 150)), 9)
    c.box(340, 470, 520, 112, c.shade((196, 200, 204)), 8)
    for k in range(4):
        c.disc(410 + k * 120, 462, 42, c.shade((120, 124, 130)), 22)
        c.disc(410 + k * 120, 456, 34, c.shade([(214, 150, 84), (170, 96, 60)][k % 2]), 15)
    person(c, 640, 480, (214, 214, 206) if after else (150, 110, 90), 0.9)
    if after:
        c.box(346, 390, 508, 62, c.shade((214, 232, 238)), 4)
        return
    c.blob(420, 650, 150, 30, c.shade((116, 108, 92)), 0.3)
    for _ in range(26):
        c.disc(c.rng.uniform(360, 860), c.rng.uniform(390, 640), 4, (30, 30, 30))
    for _ in range(9):
        c.blob(c.rng.uniform(560, 900), c.rng.uniform(610, 670), 19, 10, c.shade((222, 214, 198)))


def fire_hazard(c: Canvas, *, after: bool) -> None:
    """Gas bottles and a fire in a garage; an extinguisher."""
    draw_street(c)
    c.box(380, 230, 460, 340, c.shade((212, 206, 196)))
    c.box(430, 320, 360, 250, c.shade((84, 80, 82)))
    if after:
        c.box(850, 430, 40, 120, c.shade(RED), 14)
        c.box(858, 410, 24, 26, (40, 40, 44), 4)
        c.box(470, 380, 120, 130, c.shade((190, 150, 104)), 4)
        return
    for k in range(5):
        c.box(
            446 + k * 66,
            430,
            54,
            140,
            c.shade([(92, 132, 176), (206, 92, 70), (150, 154, 160)][k % 3]),
            20,
        )
    for k in range(5):
        c.box(450 + k * 62, 350 + (k % 2) * 12, 56, 74, c.shade((196, 154, 104)), 3)
    c.glow(700, 520, 300, (255, 150, 60), 0.65)
    for r, colour in ((54, (236, 96, 40)), (36, (250, 170, 60)), (18, (255, 236, 150))):
        c.shape([(700 - r, 560), (700 - r * 0.5, 560 - r * 1.5), (700, 560 - r * 2.7), (700 + r * 0.5, 560 - r * 1.4),
                 (700 + r, 560)], colour)  # fmt: skip
