"""Routing: which department gets a report, how urgent it is and in how many working hours. Pure.

A city writes a typed grid (`Ruleset`): rows in order, the first that matches wins. The grid is
compiled to one ZEN decision table; what the table answers is the row's id, and the row says the
rest, so a cell can never be malformed and every answer has its reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast
from unicodedata import normalize

import zen
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.errors import ConfigurationError

_DECISION = "routing"

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Conditions(_Part):
    """All that are given must hold; within one, any value may. A category also stands for those
    below it; `words` are looked for as `Router.route` says.
    """

    category: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    source: tuple[str, ...] = ()


class Outcome(_Part):
    """`hours` are working hours until the promise to the citizen; priority 1 is the most urgent."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    department: str
    co_departments: tuple[str, ...] = ()
    priority: int = Field(ge=1, le=4)
    case_class: Literal["urgent", "normal", "complex"] = Field(alias="class")
    hours: float = Field(gt=0, le=2000)


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
    """What routing looks at. `text` is what the citizen wrote."""

    category: str
    area: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Routing:
    """The answer, with the row that gave it (None: the default)."""

    row: str | None
    outcome: Outcome
    reason: Reason
    words: tuple[str, ...]


class Router:
    """A compiled ruleset. Immutable; safe to share between requests.

    `descendants` maps each category to itself and all below it. Raises ConfigurationError for a row that names an unknown
    category or repeats an id.
    """

    def __init__(self, ruleset: Ruleset, descendants: dict[str, frozenset[str]]) -> None:
        self._ruleset = ruleset
        self._rows = {row.id: row for row in ruleset.rows}
        if len(self._rows) != len(ruleset.rows):
            raise ConfigurationError("two routing rows have the same id")
        self._words = sorted({folded(word) for row in ruleset.rows for word in row.when.words})
        table = _decision(ruleset, descendants)
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {_DECISION: table}}})

    def route(self, facts: Facts) -> Routing:
        """The first row that matches, else the default.

        Words count with their diacritics ("cháy" burns, "chạy" runs), unless the whole text was
        typed without any, as many do on a phone.
        """
        words = _words_in(facts.text, self._words)
        context = json.dumps(
            {
                "category": facts.category,
                "area": facts.area,
                "source": facts.source,
                "words": words,
            }
        )
        answer = cast("dict[str, str]", self._engine.evaluate(_DECISION, context)["result"])
        row = self._rows.get(answer.get("row", "")) if answer else None
        if row is None:
            fallback = self._ruleset.default
            return Routing(None, fallback.then, fallback.reason, ())
        used = {folded(word) for word in row.when.words}
        return Routing(row.id, row.then, row.reason, tuple(w for w in words if w in used))


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


def _decision(ruleset: Ruleset, descendants: dict[str, frozenset[str]]) -> dict[str, Any]:
    """The grid as a ZEN document (JDM) of one decision table between input and output."""
    rules = [_rule(row, descendants) for row in ruleset.rows]
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
            {"id": "category", "name": "category", "field": "category"},
            {"id": "area", "name": "area", "field": "area"},
            {"id": "source", "name": "source", "field": "source"},
            {"id": "words", "name": "words"},  # no field: its cells are whole expressions
        ],
        "outputs": [{"id": "row", "name": "row", "field": "row"}],
        "rules": rules,
    }


def _rule(row: Row, descendants: dict[str, frozenset[str]]) -> dict[str, str]:
    unknown = [code for code in row.when.category if code not in descendants]
    if unknown:
        raise ConfigurationError(f"routing row {row.id}: unknown category {unknown[0]}")
    categories = {leaf for code in row.when.category for leaf in descendants[code]}
    words = [folded(word) for word in row.when.words]
    return {
        "_id": row.id,
        "category": _any_of(sorted(categories)),
        "area": _any_of(row.when.area),
        "source": _any_of(row.when.source),
        "words": f"some(words, # in [{_any_of(words)}])" if words else "",
        "row": _quoted(row.id),
    }


def _any_of(values: list[str] | tuple[str, ...]) -> str:
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
