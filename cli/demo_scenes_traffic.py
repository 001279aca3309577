"""Scenes of the street and its lights: each with its problem, or (`after`) put right."""

from __future__ import annotations

import math

from cli.demo_canvas import KERB, Canvas, Colour
from cli.demo_street import car, cone, draw_street, lamp, motorbike, person

RED: Colour = (206, 62, 54)
BLUE: Colour = (58, 110, 170)
YELLOW: Colour = (236, 178, 62)
GREEN: Colour = (72, 146, 92)


def pothole(c: Canvas, *, after: bool) -> None:
    """A hole in the road with water in it; a fresh patch."""
    draw_street(c)
    road = c.palette.road
    if after:
        c.blob(600, 728, 290, 86, c.shade(road, 0.74), 0.08)
        for _ in range(80):
            x, y = c.rng.uniform(370, 830), c.rng.uniform(670, 786)
            c.disc(x, y, 3, c.shade(road, 0.86), 1.6)
        return
    c.blob(600, 728, 280, 84, c.shade(road, 0.72), 0.26)
    c.blob(606, 738, 226, 60, c.shade(road, 0.46), 0.26)
    c.blob(626, 746, 150, 34, c.shade((132, 152, 160), c.palette.light), 0.2)
    for _ in range(16):
        angle, reach = c.rng.uniform(0, math.tau), c.rng.uniform(0.95, 1.35)
        x, y = 600 + 280 * reach * math.cos(angle), 728 + 84 * reach * math.sin(angle)
        c.blob(x, y, c.rng.uniform(5, 16), c.rng.uniform(4, 9), c.shade(road, 1.25))
    motorbike(c, 1010, 640, RED, 0.9)


def manhole(c: Canvas, *, after: bool) -> None:
    """An open shaft marked with a branch; a new cover."""
    draw_street(c)
    c.disc(600, 726, 176, c.shade(c.palette.road, 0.72), 66)
    if after:
        steel = c.shade((128, 130, 132))
        c.disc(600, 724, 150, steel, 54)
        for k in range(-4, 5):
            half = 140 * math.sqrt(max(0.0, 1 - (k / 5) ** 2))
            c.line([(600 - half, 724 + k * 11), (600 + half, 724 + k * 11)], c.shade(steel, 0.8), 4)
        return
    c.disc(600, 724, 150, (20, 20, 26), 54)
    c.disc(600, 738, 128, (38, 46, 50), 36)
    c.shape([(790, 770), (850, 740), (980, 762), (920, 798)], c.shade((120, 122, 124)))
    c.line([(560, 746), (520, 520)], c.shade((126, 96, 62)), 9)
    for dx, dy in ((-34, -214), (-60, -180), (-10, -190), (-44, -150)):
        c.disc(552 + dx, 720 + dy, 34, c.palette.leaf, 20)


def signal(c: Canvas, *, after: bool) -> None:
    """Dark traffic lights over a crossing; green ones."""
    draw_street(c)
    for k in range(7):
        c.shape([(120 + k * 140, 780), (196 + k * 140, 780), (176 + k * 146, 890), (84 + k * 146, 890)],
                c.shade((226, 224, 214)))  # fmt: skip
    steel = c.shade((88, 96, 104))
    c.line([(760, KERB), (760, 190)], steel, 14)
    c.line([(760, 200), (520, 190)], steel, 11)
    for x, y in ((470, 150), (724, 250)):
        c.box(x, y, 72, 186, (34, 38, 44), 16)
        lights: list[Colour] = [RED, YELLOW, GREEN]
        for k, colour in enumerate(lights):
            on = after and k == 2
            if on:
                c.glow(x + 36, y + 36 + k * 57, 130, (110, 236, 150), 0.7)
            c.disc(x + 36, y + 36 + k * 57, 22, (96, 226, 138) if on else c.shade(colour, 0.3))
    if not after:
        car(c, 300, 700, BLUE, 0.9)
        car(c, 900, 720, (226, 226, 222), 0.95)
        motorbike(c, 596, 760, RED, 0.9)


def sign(c: Canvas, *, after: bool) -> None:
    """A bent and scratched sign; an upright one."""
    draw_street(c)
    lean = 0 if after else 130
    c.line([(600, 640), (600 + lean, 250)], c.shade((132, 138, 144)), 13)
    x, y = 600 + lean, 236 + lean * 0.2
    c.disc(x, y, 96, c.shade((250, 248, 244)))
    c.disc(x, y, 90, c.shade(RED))
    c.disc(x, y, 66, c.shade((250, 248, 244)))
    c.box(x - 46, y - 12, 92, 24, c.shade((40, 40, 46)), 4)
    if not after:
        for k in range(5):
            c.line(
                [(x - 70 + k * 30, y - 60), (x - 40 + k * 26, y + 50)], c.shade((150, 104, 76)), 4
            )
        cone(c, 470, 660)
    for k in range(6):
        c.box(40 + k * 70, 590, 50, 14, c.shade((240, 236, 226)) if k % 2 else c.shade(RED), 3)


def traffic(c: Canvas, *, after: bool) -> None:
    """A road full of cars and motorbikes; an open one."""
    draw_street(c)
    colours: list[Colour] = [RED, BLUE, (230, 230, 226), YELLOW, (70, 74, 84), GREEN]
    rows = (
        ((600, 0.7, 2), (690, 0.85, 1), (800, 1.0, 1))
        if after
        else ((600, 0.7, 6), (690, 0.85, 5), (800, 1.0, 4))
    )
    for base, size, count in rows:
        for k in range(count):
            x = 60 + k * 1150 / count + c.rng.uniform(0, 50)
            if c.rng.random() < 0.55:
                car(c, x + 80, base, c.rng.choice(colours), size * 0.82)
            else:
                motorbike(c, x + 60, base, c.rng.choice(colours), size)
                person(c, x + 50, base - 34, c.rng.choice(colours), size * 0.62)


def bus_stop(c: Canvas, *, after: bool) -> None:
    """A shelter with a broken pane; a whole one and its bus."""
    draw_street(c)
    steel = c.shade((120, 132, 142))
    c.box(330, 300, 440, 22, steel, 6)
    for x in (346, 748):
        c.line([(x, 310), (x, 566)], steel, 11)
    c.box(360, 330, 374, 150, c.shade((190, 212, 220)))
    c.box(370, 506, 340, 18, c.shade((164, 112, 70)), 4)
    if not after:
        for k in range(5):
            c.line([(520, 400), (430 + k * 56, 334 + (k % 2) * 140)], c.shade((240, 246, 248)), 4)
        person(c, 820, 566, (140, 120, 160), 0.9)
        return
    c.box(820, 470, 360, 190, c.shade((228, 168, 62)), 22)
    for k in range(4):
        c.box(842 + k * 80, 500, 64, 62, c.palette.window, 6)
    for x in (890, 1100):
        c.disc(x, 662, 30, (36, 38, 44))


def parking(c: Canvas, *, after: bool) -> None:
    """Cars on the pavement under a no-parking sign; none."""
    draw_street(c)
    if after:
        person(c, 620, 556, (90, 140, 180), 0.85)
        return
    car(c, 330, 566, (226, 226, 222), 1.0)
    car(c, 680, 570, (70, 82, 110), 1.05)
    c.line([(960, KERB), (960, 300)], c.shade((140, 144, 150)), 11)
    c.disc(960, 290, 62, c.shade(RED))
    c.disc(960, 290, 48, c.shade(BLUE))
    c.line([(922, 252), (998, 328)], c.shade(RED), 13)
    person(c, 1080, 690, (206, 150, 90), 0.95)


def pavement(c: Canvas, *, after: bool) -> None:
    """Motorbikes and a stall on the pavement; people walking there."""
    draw_street(c)
    if after:
        person(c, 420, 552, (90, 140, 180), 0.85)
        person(c, 800, 548, (206, 120, 110), 0.8)
        return
    for k in range(6):
        motorbike(c, 130 + k * 112, 556, [RED, BLUE, (70, 74, 84), YELLOW][k % 4], 0.84)
    c.shape([(760, 350), (1150, 350), (1110, 290), (800, 290)], c.shade((212, 92, 74)))
    for x in (776, 1134):
        c.line([(x, 350), (x, 562)], c.shade((150, 150, 150)), 8)
    c.box(800, 470, 310, 92, c.shade((176, 128, 84)), 6)
    for k in range(7):
        c.disc(
            826 + k * 44, 462, 19, c.shade([(232, 150, 60), (120, 170, 80), (214, 74, 62)][k % 3])
        )
    person(c, 960, 470, (130, 96, 150), 0.72)


def street_light(c: Canvas, *, after: bool) -> None:
    """Two dark lamps at night; all lit."""
    draw_street(c)
    lamp(c, 240, lit=True)
    lamp(c, 560, lit=after)
    lamp(c, 880, lit=after)
    if not after:
        person(c, 760, 690, (150, 150, 170), 0.95)


def wires(c: Canvas, *, after: bool) -> None:
    """Tangled, torn wires between poles; tidy ones."""
    draw_street(c, trees=False)
    concrete = c.shade((172, 170, 164), max(0.55, c.palette.light))
    for x in (180, 1010):
        c.shape([(x - 17, KERB), (x - 10, 80), (x + 10, 80), (x + 17, KERB)], concrete)
        c.box(x - 76, 118, 152, 13, concrete, 4)
    black = (30, 30, 36)
    sags = [40, 52, 46, 60] if after else [60, 120, 190, 250, 330, 150, 96]
    for k, sag in enumerate(sags):
        y = 128 + k * 13
        points = [(180 + 830 * t / 24, y + sag * 4 * (t / 24) * (1 - t / 24)) for t in range(25)]
        c.line(points, black, 5)
    if not after:
        c.line([(180, 230), (260, 430), (330, 690), (420, 742), (520, 736)], black, 6)
        for r in (30, 24, 18):
            c.arc(192, 270, r + 26, (20, 330), black)
        cone(c, 360, 790)
        cone(c, 560, 800)


def junction(c: Canvas, *, after: bool) -> None:
    """Anything else: a street corner with somebody who points at it."""
    draw_street(c)
    person(c, 520, 640, (90, 140, 180))
    person(c, 660, 640, (206, 120, 110) if after else (130, 130, 150))
    if not after:
        c.line([(560, 560), (650, 500)], c.shade((222, 178, 142)), 13)
