"""Which rows of a routing grid hide others, and which category belongs to whom in which ward. Pure.

Sets of rows and of wards are bits of whole numbers: 2,000 rows over 168 wards and 60 categories
take a fraction of a second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Generic, TypeVar

from workflows.rules import Conditions, Hours, Near, Row, folded

V = TypeVar("V")
_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Tree:
    """Codes with everything that lies at or below each."""

    below: Mapping[str, frozenset[str]]
    _found: dict[tuple[str, ...], frozenset[str]] = field(
        default_factory=dict[tuple[str, ...], frozenset[str]], repr=False, compare=False
    )

    def under(self, codes: tuple[str, ...] = ()) -> frozenset[str]:
        """All that lies under one of `codes`; without any, all there is."""
        if codes not in self._found:
            chosen = [self.below.get(code, ()) for code in codes] if codes else self.below.values()
            self._found[codes] = frozenset[str]().union(*chosen)
        return self._found[codes]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a grid is laid over: the categories that people may choose, and the wards."""

    categories: Tree
    areas: Tree

    def leaves_of(self, row: Row) -> frozenset[str]:
        return self.categories.under(row.when.category)

    def wards_of(self, row: Row) -> frozenset[str]:
        return self.areas.under(row.when.area)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who has a category: the wards of each row, by its number, and the wards that nobody has."""

    rows: dict[int, frozenset[str]]
    nobody: frozenset[str]


def find_shadowed(rows: Sequence[Row], ground: Ground) -> dict[int, int]:
    """Rows that can never be reached, each with the first earlier one that takes all it would.

    A row hidden only by several others together is not found.
    """
    kinds = _kinds(rows, ground)
    found: dict[int, int] = {}
    for index, row in enumerate(rows):
        if never_matches(row, ground):
            continue
        earlier = (1 << index) - 1
        for kind in kinds:
            earlier &= kind.implied_by(index)
            if not earlier:
                break
        if earlier:
            found[index] = (earlier & -earlier).bit_length() - 1
    return found


def find_owners(rows: Sequence[Row], ground: Ground) -> dict[str, Ownership]:
    """Each category that people may choose with its owners.

    Only rows count that look at nothing but category and area: a report without the right word,
    answer or time of day has an owner too.
    """
    everywhere = ground.areas.under()
    left = dict.fromkeys(sorted(ground.categories.under()), everywhere)
    owned: dict[str, dict[int, frozenset[str]]] = {leaf: {} for leaf in left}
    for index, row in enumerate(rows):
        if looks_further(row):
            continue
        wards = ground.wards_of(row)
        for leaf in ground.leaves_of(row):
            if won := left[leaf] & wards:
                owned[leaf][index] = won
                left[leaf] -= won
    return {leaf: Ownership(owned[leaf], left[leaf]) for leaf in left}


def looks_further(row: Row) -> bool:
    """Whether a row looks at more than category and area."""
    when = row.when
    asked = (when.near, when.answers, when.words, when.source, when.weekdays, when.hours)
    return any(asked) or bool(when.review) or when.trust_below is not None


def never_matches(row: Row, ground: Ground) -> bool:
    """Whether no report can meet the conditions of `row`."""
    hours = row.when.hours
    return (
        not ground.leaves_of(row)
        or not ground.wards_of(row)
        or (hours is not None and hours.start == hours.end)
        or any(not values for values in row.when.answers.values())
    )


@dataclass(slots=True)
class _Kind(Generic[V]):
    """One kind of condition over all rows: `asked` holds the alternatives of each row, None where
    it asks nothing. `wider` names the alternatives that hold whenever the given one does.
    """

    asked: list[frozenset[V] | None]
    wider: Callable[[V], Iterable[V]] = lambda value: (value,)
    free: int = 0
    rows_with: dict[V, int] = field(default_factory=dict[V, int])
    accepting: dict[V, int] = field(default_factory=dict[V, int])

    def __post_init__(self) -> None:
        for index, values in enumerate(self.asked):
            if values is None:
                self.free |= 1 << index
            for value in values or ():
                self.rows_with[value] = self.rows_with.get(value, 0) | 1 << index

    def implied_by(self, index: int) -> int:
        """The rows whose condition holds whenever that of row `index` does."""
        values = self.asked[index]
        if values is None:
            return self.free
        rows = -1
        for value in values:
            rows &= self._accepting(value)
        return rows | self.free

    def _accepting(self, value: V) -> int:
        if value not in self.accepting:
            rows = 0
            for other in self.wider(value):
                rows |= self.rows_with.get(other, 0)
            self.accepting[value] = rows
        return self.accepting[value]


def _kinds(rows: Sequence[Row], ground: Ground) -> list[_Kind[Any]]:
    whens = [row.when for row in rows]
    nears = frozenset(near for when in whens for near in when.near)
    spans = frozenset(when.hours for when in whens if when.hours)
    questions = sorted({name for when in whens for name in when.answers})

    def wider_near(near: Near) -> list[Near]:
        return [other for other in nears if _holds(other, near)]

    scores = frozenset(when.trust_below for when in whens if when.trust_below is not None)

    def wider_trust(below: int) -> list[int]:
        return [other for other in scores if other >= below]

    def wider_hours(hours: Hours) -> list[Hours]:
        return [other for other in spans if _covers(other, hours)]

    return [
        # A row that names no category asks for any of them, which one that names all gives too.
        _Kind([ground.leaves_of(row) for row in rows]),
        _Kind([ground.wards_of(row) for row in rows]),
        _Kind([_asked(when.source) for when in whens]),
        _Kind([_asked(when.weekdays) for when in whens]),
        _Kind([_asked(map(folded, when.words)) for when in whens], _phrases_in),
        _Kind([_asked(when.near) for when in whens], wider_near),
        _Kind([_asked([when.hours] if when.hours else []) for when in whens], wider_hours),
        _Kind([_asked(when.review) for when in whens]),
        _Kind(
            [_asked([] if when.trust_below is None else [when.trust_below]) for when in whens],
            wider_trust,
        ),
        *(_Kind([_answers_to(name, when) for when in whens]) for name in questions),
    ]


def _asked(values: Iterable[V]) -> frozenset[V] | None:
    return frozenset(values) or None


def _answers_to(question: str, when: Conditions) -> frozenset[str] | None:
    """The answers that count; where none does, none is not the same as any."""
    if question not in when.answers:
        return None
    return frozenset(json.dumps(answer) for answer in when.answers[question])


def _phrases_in(phrase: str) -> list[str]:
    """Every run of whole words in `phrase`: a text that has it has these."""
    words = phrase.split(" ")
    ends = range(1, len(words) + 1)
    return [" ".join(words[start:end]) for end in ends for start in range(end)]


def _holds(wide: Near, narrow: Near) -> bool:
    """Whether `wide` is met wherever `narrow` is."""
    kinds = not wide.kind or (narrow.kind and set(narrow.kind) <= set(wide.kind))
    return wide.layer == narrow.layer and wide.metres >= narrow.metres and bool(kinds)


def _covers(wide: Hours, narrow: Hours) -> bool:
    return all(
        any(start <= begin and end <= finish for start, finish in _spans(wide))
        for begin, end in _spans(narrow)
    )


def _spans(hours: Hours) -> list[tuple[int, int]]:
    """The seconds of the day from and to."""
    start, end = _second(hours.start), _second(hours.end)
    return [(start, end)] if start <= end else [(start, _DAY_S), (0, end)]


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
