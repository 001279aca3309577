"""What happened in the demo city lately: made-up reports and what became of them. Pure.

A story is a report with the steps that people take on it later. All is drawn from one random
generator, so the same seed tells the same stories, shifted to the present.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry.base import BaseGeometry

from workflows.catalogue import Document

DAYS = 35
UNSORTED = "urban_order.other"  # the category that no routing rule knows
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_DEGREE_M = 111_320.0
# How often each hour of the day sends reports: flat by day, little at night.
_HOURS = [1, 0, 0, 0, 1, 3, 7, 9, 9, 8, 8, 7, 6, 6, 7, 8, 9, 10, 10, 9, 8, 6, 4, 2]
_FREQUENT = {
    "energy.street_light": 10, "waste.dumped": 10, "traffic.pothole": 9, "waste.collection": 8,
    "urban_order.pavement": 8, "environment.noise": 7, "environment.flooding": 7,
    "environment.tree": 6, "environment.drainage": 6, "urban_order.parking": 5,
    "urban_order.other": 8, "traffic.manhole": 4, "traffic.signal": 4, "traffic.congestion": 4, "energy.cable": 4,
}  # fmt: skip
# Those with more than one picture.
OFTEN_SEEN = frozenset(code for code, often in _FREQUENT.items() if often >= 9)
# What becomes of a report, and how often. Each step: (who, what, hours later at least, at most).
_Step = tuple[str, str, float, float]
_ACCEPT: _Step = ("staff", "accept", 0.5, 6)
_RESOLVE: _Step = ("staff", "resolve", 4, 40)
_APPROVE: _Step = ("supervisor", "approve", 0.5, 8)
_RATE: _Step = ("reporter", "rate", 2, 70)
# A report that no rule routes is read by the operators first.
_UNSORTED: list[tuple[int, list[_Step]]] = [
    (3, []),
    (9, [("operator", "reject", 1, 30)]),
    (3, [("operator", "reject", 1, 30), ("reporter", "reopen", 5, 60)]),
    (3, [("operator", "ask", 1, 12)]),
    (6, [("operator", "route", 1, 12), _ACCEPT, _RESOLVE, _APPROVE, _RATE]),
]
_COURSES: list[tuple[int, list[_Step]]] = [
    (34, [_ACCEPT, _RESOLVE, _APPROVE, _RATE]),
    (12, [_ACCEPT, _RESOLVE, _APPROVE]),
    (9, [("staff", "accept", 10, 40), ("staff", "resolve", 90, 320), _APPROVE, _RATE]),
    (7, []),
    (9, [_ACCEPT]),
    (7, [_ACCEPT, ("staff", "ask", 1, 10)]),
    (5, [_ACCEPT, ("staff", "ask", 1, 10), ("reporter", "answer", 3, 60), _RESOLVE, _APPROVE, _RATE]),
    (4, [_ACCEPT, _RESOLVE, ("supervisor", "send_back", 1, 8), _RESOLVE, _APPROVE, _RATE]),
    (5, [_ACCEPT, _RESOLVE, _APPROVE, ("reporter", "reopen", 10, 80), _ACCEPT, _RESOLVE, _APPROVE,
         _RATE]),
    (3, [_ACCEPT, _RESOLVE, _APPROVE, ("reporter", "reopen", 10, 80)]),
    (6, [("staff", "return", 1, 10), ("operator", "reject", 1, 12)]),
    (2, [("staff", "return", 1, 10)]),
    (2, [("staff", "return", 1, 10), ("operator", "ask", 1, 6)]),
    (2, [("reporter", "withdraw", 1, 12)]),
    (3, [("operator", "transfer", 1, 8), _ACCEPT, _RESOLVE, _APPROVE, _RATE]),
    (3, [_ACCEPT, ("leader", "direct", 20, 90), ("staff", "resolve", 30, 160), _APPROVE]),
    (4, [_ACCEPT, _RESOLVE]),
]  # fmt: skip

# The field that an action's form wants, and the list in the texts that fills it.
_TEXTS_OF = {
    "ask": ("question", "questions"),
    "answer": ("text", "clarifications"),
    "return": ("reason", "returns"),
    "transfer": ("reason", "transfers"),
    "send_back": ("reason", "send_backs"),
    "reopen": ("reason", "reopens"),
    "direct": ("directive", "directives"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does to a case. `photo`: an after-photo goes with it."""

    at: datetime
    who: str
    action: str
    form: dict[str, Any] = field(default_factory=dict[str, Any])
    photo: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A made-up report (WGS84 degrees) and its steps in order, none later than now."""

    number: int
    category: str
    lat: float
    lon: float
    filed_at: datetime
    description: str
    address: str
    source: str
    citizen: int
    photos: int
    answers: dict[str, Any]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward to tell stories of: its polygon (EPSG:4326), known points in it (lon, lat), streets."""

    code: str
    shape: BaseGeometry
    points: list[tuple[float, float]]
    streets: list[str]
    weight: int


class Storyteller:
    """Draws stories. `categories` are the leaves as the definitions hold them."""

    def __init__(
        self, seed: int, wards: list[Ward], categories: list[Document], texts: Document
    ) -> None:
        self._rng = Random(seed)  # noqa: S311  # stories, not secrets
        self._wards, self._texts = wards, texts
        self._categories = {row["code"]: row for row in categories}
        self._spots: list[tuple[Ward, str, float, float, float]] = []

    def tell(self, count: int, *, now: datetime) -> list[Story]:
        """`count` stories of the last five weeks, oldest first."""
        ages = sorted((DAYS * self._rng.random() ** 1.3 for _ in range(count)), reverse=True)
        return [self._story(number, age, now) for number, age in enumerate(ages)]

    def _story(self, number: int, age: float, now: datetime) -> Story:
        rng = self._rng
        filed_at = min(self._moment(now, age), now - timedelta(minutes=rng.uniform(4, 90)))
        ward, category, lat, lon = self._scene(age)
        row, words = self._categories[category], self._texts["texts"][category]
        source = rng.choices(("app", "web", "hotline"), (74, 16, 10))[0]
        wanted = row["photo_required"] or rng.random() < 0.55
        street = rng.choice(ward.streets)
        numbered = "đường " not in street and "lộ" not in street
        return Story(
            number=number,
            category=category,
            lat=lat,
            lon=lon,
            filed_at=filed_at,
            description=rng.choice(words["reports"]),
            address=f"{rng.randint(2, 260)} {street}" if numbered else street,
            source=source,
            citizen=rng.randrange(1_000),
            photos=0 if source == "hotline" or not wanted else self._photos(category),
            answers=self._answers(row["questions"]),
            steps=self._steps(filed_at, row, words, now, by_phone=source == "hotline"),
        )

    def _photos(self, category: str) -> int:
        return 2 if category in OFTEN_SEEN and self._rng.random() < 0.2 else 1

    def _answers(self, schema: Document) -> dict[str, Any]:
        """Answers that fit a category's questions; those that may be left out sometimes are."""
        answers: dict[str, Any] = {}
        for name, question in schema.get("properties", {}).items():
            if name not in schema["required"] and self._rng.random() < 0.5:
                continue
            if "oneOf" in question:
                answers[name] = self._rng.choice(question["oneOf"])["const"]
            elif question["type"] == "boolean":
                answers[name] = self._rng.random() < 0.5
            elif question["type"] == "integer":
                least = question["minimum"]
                answers[name] = self._rng.randint(least, min(question["maximum"], least + 40))
        return answers

    def _moment(self, now: datetime, age: float) -> datetime:
        day = (now - timedelta(days=age)).astimezone(_ZONE).date()
        hour = self._rng.choices(range(24), _HOURS)[0]
        clock = time(hour, self._rng.randrange(60), self._rng.randrange(60))
        return datetime.combine(day, clock, _ZONE)

    def _scene(self, age: float) -> tuple[Ward, str, float, float]:
        """Where and what: now and then what somebody reported nearby within three days."""
        rng = self._rng
        near = [spot for spot in self._spots if abs(spot[4] - age) < 3]
        if near and rng.random() < 0.14:
            ward, category, lat, lon, _ = rng.choice(near)
            return ward, category, lat + rng.gauss(0, 1.6e-4), lon + rng.gauss(0, 1.6e-4)
        ward = rng.choices(self._wards, [ward.weight for ward in self._wards])[0]
        codes = list(self._categories)
        category = rng.choices(codes, [_FREQUENT.get(code, 2) for code in codes])[0]
        lat, lon = self._place(ward)
        self._spots.append((ward, category, lat, lon, age))
        return ward, category, lat, lon

    def _place(self, ward: Ward) -> tuple[float, float]:
        """A place within the ward, near one of its points: people live together."""
        for _ in range(40):
            lon, lat = self._rng.choice(ward.points)
            lat += self._rng.gauss(0, 420) / _DEGREE_M
            lon += self._rng.gauss(0, 420) / _DEGREE_M
            if shapely.contains_xy(ward.shape, lon, lat):
                return lat, lon
        return ward.points[0][1], ward.points[0][0]

    def _steps(
        self, filed_at: datetime, row: Document, words: Document, now: datetime, *, by_phone: bool
    ) -> tuple[Step, ...]:
        rng = self._rng
        courses = _UNSORTED if row["code"] == UNSORTED else _COURSES
        course = rng.choices([steps for _, steps in courses], [often for often, _ in courses])[0]
        if filed_at < now - timedelta(days=25) and len(course) < 3 and courses is _COURSES:
            course = _COURSES[0][1]  # hardly anything lies untouched for a month
        steps: list[Step] = []
        at = filed_at
        for who, action, least, most in course:
            at += timedelta(hours=rng.uniform(least, most))
            if who != "reporter":
                at = _office_time(at, rng)
            if at >= now or (by_phone and who == "reporter"):
                break
            photo = action == "resolve" and (row["after_photo_required"] or rng.random() < 0.2)
            steps.append(Step(at, who, action, self._form(action, words), photo))
        return tuple(steps)

    def _form(self, action: str, words: Document) -> dict[str, Any]:
        texts, pick = self._texts, self._rng.choice
        if action == "resolve":
            return {"answer": pick(words["answers"])}
        if action == "reject":
            return dict(pick(texts["rejections"]))
        if action == "rate":
            score = self._rng.choices((1, 2, 3, 4, 5), (6, 7, 14, 33, 40))[0]
            return {"score": score, "comment": pick(texts["comments"][str(score)])}
        if action not in _TEXTS_OF:
            return {}
        name, source = _TEXTS_OF[action]
        return {name: pick(texts[source])}


def _office_time(at: datetime, rng: Random) -> datetime:
    """`at`, or the next morning when offices are closed then (Monday to Friday)."""
    local = at.astimezone(_ZONE)
    closed = local.weekday() > 4 or not time(7, 30) <= local.time() <= time(17)
    while closed:
        local = local if local.time() < time(7, 30) else local + timedelta(days=1)
        local = local.replace(hour=7, minute=rng.randrange(35, 59), second=rng.randrange(60))
        local += timedelta(minutes=rng.randrange(0, 150))
        closed = local.weekday() > 4
        if closed:
            local = local.replace(hour=18)
    return local
