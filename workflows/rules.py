"""Routing: which department gets a report, how urgent it is and in how many working hours. Pure.

A city writes a typed grid (`Ruleset`): rows in order, the first that matches wins. The grid is
compiled to one ZEN decision table; what the table answers is the row's id, and the row says the
rest, so a cell can never be malformed and every answer has its reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Annotated, Any, Literal, cast
from unicodedata import normalize

import zen
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from core.errors import ConfigurationError
from gis.nearby import NearbyFeature
from workflows.process_document import CaseClass
from workflows.trust_score import HIGHEST, START

MAX_METRES = 500
_DECISION = "routing"

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Near(_Part):
    """The place lies in a feature of `layer` (a park, a building site), or within `metres` of one
    (a road); with `kind` only features of these kinds count (a road's class).
    """

    layer: Word
    kind: tuple[Word, ...] = ()
    metres: float = Field(default=0, ge=0, le=MAX_METRES)

    @property
    def key(self) -> str:
        return f"{self.layer}/{'+'.join(sorted(self.kind))}/{self.metres:g}"

    def is_met_by(self, nearby: NearbyFeature) -> bool:
        return (
            nearby.layer == self.layer
            and nearby.distance_m <= self.metres
            and (not self.kind or nearby.kind in self.kind)
        )


class Hours(_Part):
    """A time of day, "22:00" to "06:00"; past midnight where `start` is the later one."""

    start: time
    end: time

    @field_validator("start", "end")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("a time of day in the city's own zone, without one")
        return value

    def covers(self, at: time) -> bool:
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    @property
    def key(self) -> str:
        return f"{self.start.isoformat()}-{self.end.isoformat()}"


class Conditions(_Part):
    """All that are given must hold; within one, any value may. A category and an area also stand
    for those below them; `words` are looked for as `Router.route` says; `answers` names questions
    with the answers that count; `weekdays` count from Monday, 1; `hours` are the city's time;
    `review` names reasons of `workflows/review.py`; `trust_below` holds for scores less than it.
    """

    category: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    answers: dict[Word, tuple[str | bool | int | float, ...]] = {}
    words: tuple[Word, ...] = ()
    source: tuple[str, ...] = ()
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = ()
    hours: Hours | None = None
    review: tuple[Word, ...] = ()
    trust_below: int | None = Field(default=None, ge=1, le=HIGHEST)


class Outcome(_Part):
    """`hours` are working hours until the promise to the citizen; priority 1 is the most urgent.

    `assign` gives the case to one of the department's staff at once: in turn, or to whom has the
    fewest. With `verify` an operator looks at the case before the department gets it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    department: str
    co_departments: tuple[str, ...] = ()
    priority: int = Field(ge=1, le=4)
    case_class: CaseClass = Field(alias="class")
    hours: float = Field(gt=0, le=2000)
    assign: Literal["rota", "least_load"] | None = None
    verify: bool = False


class Reason(_Part):
    vi: str
    en: str


class Row(_Part):
    id: str = Field(min_length=1, max_length=60)
    when: Conditions
    then: Outcome
    reason: Reason


class Fallback(_Part):
    then: Outcome
    reason: Reason


class Ruleset(_Part):
    """A city's routing grid. `default` answers when no row matches: no report stays unowned."""

    rows: tuple[Row, ...]
    default: Fallback


@dataclass(frozen=True, slots=True)
class Facts:
    """What routing looks at. `text` is what the citizen wrote, `areas` the ward and those above
    it, `at` the city's local time, `nearby` the features around the place that a rule may ask for
    (`Router.layers` says which), `review` why somebody should look at it (`workflows/review.py`),
    `trust` how far the report speaks for itself (`workflows/trust_score.py`).
    """

    category: str
    areas: tuple[str, ...]
    text: str
    source: str
    at: datetime
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nearby: tuple[NearbyFeature, ...] = ()
    review: tuple[str, ...] = ()
    trust: int = START


@dataclass(frozen=True, slots=True)
class Routing:
    """The answer, with the row that gave it (None: the default) and what the row looked at."""

    row: str | None
    outcome: Outcome
    reason: Reason
    words: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


class Router:
    """A compiled ruleset. Immutable; safe to share between requests.

    `descendants` maps each category to itself and all below it. Raises ConfigurationError for a
    row that names an unknown category or repeats an id.
    """

    def __init__(self, ruleset: Ruleset, descendants: dict[str, frozenset[str]]) -> None:
        self._ruleset = ruleset
        self._rows = {row.id: row for row in ruleset.rows}
        if len(self._rows) != len(ruleset.rows):
            raise ConfigurationError("two routing rows have the same id")
        self._words = sorted({folded(word) for row in ruleset.rows for word in row.when.words})
        self._near = {near.key: near for row in ruleset.rows for near in row.when.near}
        self._hours = {row.when.hours.key: row.when.hours for row in ruleset.rows if row.when.hours}
        self._questions = sorted({name for row in ruleset.rows for name in row.when.answers})
        table = _decision(ruleset, descendants, self._questions)
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {_DECISION: table}}})

    @property
    def layers(self) -> dict[str, float]:
        """The layers that rules ask for, each with the farthest distance in metres."""
        layers: dict[str, float] = {}
        for near in self._near.values():
            layers[near.layer] = max(near.metres, layers.get(near.layer, 0))
        return layers

    def route(self, facts: Facts) -> Routing:
        """The first row that matches, else the default.

        Words count with their diacritics ("cháy" burns, "chạy" runs), unless the whole text was
        typed without any, as many do on a phone.
        """
        words = _words_in(facts.text, self._words)
        near = [
            key
            for key, wanted in self._near.items()
            if any(wanted.is_met_by(feature) for feature in facts.nearby)
        ]
        context: dict[str, Any] = {
            "category": facts.category,
            "areas": facts.areas,
            "source": facts.source,
            "words": words,
            "near": near,
            "weekday": facts.at.isoweekday(),
            "review": facts.review,
            "trust": facts.trust,
            "hours": [key for key, hours in self._hours.items() if hours.covers(facts.at.time())],
            "answers": {
                f"q{index}": _answer_key(facts.answers.get(name))
                for index, name in enumerate(self._questions)
            },
        }
        evaluated = self._engine.evaluate(_DECISION, json.dumps(context))
        answer = cast("dict[str, str]", evaluated["result"])
        row = self._rows.get(answer.get("row", "")) if answer else None
        if row is None:
            fallback = self._ruleset.default
            return Routing(None, fallback.then, fallback.reason)
        used = {folded(word) for word in row.when.words}
        asked = {item.key for item in row.when.near}
        return Routing(
            row.id,
            row.then,
            row.reason,
            tuple(word for word in words if word in used),
            tuple(key for key in near if key in asked),
        )


def folded(value: str) -> str:
    """Lower case with composed diacritics: some phones type them as separate marks."""
    return normalize("NFC", value.lower())


def plain(value: str) -> str:
    """Lower case without Vietnamese diacritics, for comparing words: "Đèn đường" → "den duong"."""
    return value.lower().translate(_PLAIN)


def _words_in(text: str, words: list[str]) -> list[str]:
    text = folded(text)
    if plain(text) == text:
        return [word for word in words if _has_word(text, plain(word))]
    return [word for word in words if word in text and _has_word(text, word)]


def _has_word(text: str, word: str) -> bool:
    """Whether `word` stands in `text` as whole words."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            return True
        start = text.find(word, start + 1)
    return False


def _decision(
    ruleset: Ruleset, descendants: dict[str, frozenset[str]], questions: list[str]
) -> dict[str, Any]:
    """The grid as a ZEN document (JDM) of one decision table between input and output."""
    rules = [_rule(row, descendants, questions) for row in ruleset.rows]
    nodes: list[dict[str, Any]] = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": _table(rules)},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    return {"nodes": nodes, "edges": edges}


def _table(rules: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "hitPolicy": "first",
        "inputs": [
            *({"id": name, "name": name, "field": name} for name in ("category", "source")),
            {"id": "other", "name": "other"},  # no field: its cells are whole expressions
        ],
        "outputs": [{"id": "row", "name": "row", "field": "row"}],
        "rules": rules,
    }


def _rule(row: Row, descendants: dict[str, frozenset[str]], questions: list[str]) -> dict[str, str]:
    when = row.when
    unknown = [code for code in when.category if code not in descendants]
    if unknown:
        raise ConfigurationError(f"routing row {row.id}: unknown category {unknown[0]}")
    categories = {leaf for code in when.category for leaf in descendants[code]}
    other = [
        *_one_of("areas", when.area),
        *_one_of("words", [folded(word) for word in when.words]),
        *_one_of("near", [near.key for near in when.near]),
        *_one_of("hours", [when.hours.key] if when.hours else []),
        *_one_of("review", when.review),
        *([f"trust < {when.trust_below}"] if when.trust_below is not None else []),
        *([f"weekday in [{', '.join(map(str, when.weekdays))}]"] if when.weekdays else []),
        *(
            f"answers.q{questions.index(name)} in [{_any_of([_answer_key(v) for v in values])}]"
            for name, values in when.answers.items()
        ),
    ]
    return {
        "_id": row.id,
        "category": _any_of(sorted(categories)),
        "source": _any_of(when.source),
        "other": " and ".join(other),
        "row": _quoted(row.id),
    }


def _one_of(name: str, values: Sequence[str]) -> list[str]:
    """The expression that one of the list `name` is among `values`, unless there are none."""
    return [f"some({name}, # in [{_any_of(values)}])"] if values else []


def _answer_key(value: object) -> str:
    """An answer as text, so that one table column takes answers of every type."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 3.0 is 3, as in JSON Schema
    return value if isinstance(value, str) else json.dumps(value)


def _any_of(values: Sequence[str]) -> str:
    return ", ".join(_quoted(value) for value in values)


def _quoted(value: str) -> str:
    if "'" in value or "\\" in value:
        raise ConfigurationError(f"quotes are not allowed in routing values: {value!r}")
    return f"'{value}'"


def _plain_table() -> dict[int, str]:
    groups = {
        "a": "àáảãạăằắẳẵặâầấẩẫậ",
        "e": "èéẻẽẹêềếểễệ",
        "i": "ìíỉĩị",
        "o": "òóỏõọôồốổỗộơờớởỡợ",
        "u": "ùúủũụưừứửữự",
        "y": "ỳýỷỹỵ",
        "d": "đ",
    }
    table = {ord(letter): base for base, letters in groups.items() for letter in letters}
    combining = range(0x0300, 0x0370)  # text typed on some phones is decomposed
    return table | dict.fromkeys(combining, "")


_PLAIN = _plain_table()
