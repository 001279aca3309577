"""What keeps a draft of a routing grid from being published. Pure.

Every name in it must be one of the city's, every row must have a chance to match, and every
category that people may choose must be ready: in each ward somebody owns it who works, can be
reached and has a deputy, and the category has its target. That there is a deadline is part of the
shape of a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jsonschema_rs

from core.validation import to_pointer
from workflows import review
from workflows.problems import Problem
from workflows.rules import Conditions, Outcome, Reason, Row, Ruleset
from workflows.ruleset_coverage import Ground, Tree, find_owners, find_shadowed, never_matches

_FEW = 5
REASONS = frozenset(review.Reason)


class CategoryFacts(Protocol):
    """What the check asks of a category; `catalogue.CategoryView` has it."""

    @property
    def parent(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def questions(self) -> dict[str, Any]: ...
    @property
    def target_on_time(self) -> int | None: ...
    @property
    def active(self) -> bool: ...


class DepartmentFacts(Protocol):
    """What the check asks of a department; `catalogue.DepartmentView` has it."""

    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def deputy(self) -> str | None: ...
    @property
    def active(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class RulesetSurroundings:
    """The city that a grid is for. `below` maps each category to itself and all below it, `wards`
    each ward to what lies above it; of unknown `layers` (None) any may be named.
    """

    categories: Mapping[str, CategoryFacts]
    below: Mapping[str, frozenset[str]]
    departments: Mapping[str, DepartmentFacts]
    wards: Mapping[str, str | None]
    layers: frozenset[str] | None


def check_ruleset(ruleset: Ruleset, city: RulesetSurroundings) -> list[Problem]:
    """Everything that speaks against publishing `ruleset`."""
    if not city.wards:
        return [Problem("areas_not_loaded", "")]  # without them nothing can be told
    ground = ground_of(city)
    return [
        *_row_problems(ruleset, city, ground),
        *_outcome_problems(ruleset.default.then, city, "/default/then"),
        *_reason_problems(ruleset.default.reason, "/default/reason"),
        *_shadow_problems(ruleset, ground),
        *_owner_problems(ruleset, city, ground),
    ]


def ground_of(city: RulesetSurroundings) -> Ground:
    """The categories that people may choose and the wards, each below what stands for it."""
    parents = {view.parent for view in city.categories.values()}
    leaves = frozenset(
        code for code, view in city.categories.items() if view.active and code not in parents
    )
    wards: dict[str, set[str]] = {}
    for ward in city.wards.keys() - set(city.wards.values()):
        above: str | None = ward
        while above is not None:
            wards.setdefault(above, set()).add(ward)
            above = city.wards.get(above)
    return Ground(
        Tree({code: codes & leaves for code, codes in city.below.items()}),
        Tree({code: frozenset(codes) for code, codes in wards.items()}),
    )


def _row_problems(ruleset: Ruleset, city: RulesetSurroundings, ground: Ground) -> Iterator[Problem]:
    seen: set[str] = set()
    questions = _Questions(city)
    for index, row in enumerate(ruleset.rows):
        place = f"/rows/{index}"
        if row.id in seen:
            yield Problem("routing_row_repeated", f"{place}/id", facts={"row": row.id})
        seen.add(row.id)
        unknown = [
            *_unknown_names(row.when, city, ground, f"{place}/when"),
            *_answer_problems(row, questions, ground, f"{place}/when/answers"),
            *_hours_problems(row.when, f"{place}/when/hours"),
            *_review_problems(row.when, f"{place}/when/review"),
        ]
        yield from unknown
        if not unknown and never_matches(row, ground):
            facts: dict[str, object] = {"row": row.id}
            yield Problem("routing_row_never_matches", place, facts=facts)
        yield from _quote_problems(row, place)
        yield from _outcome_problems(row.then, city, f"{place}/then")
        yield from _reason_problems(row.reason, f"{place}/reason")


def _unknown_names(
    when: Conditions, city: RulesetSurroundings, ground: Ground, place: str
) -> Iterator[Problem]:
    for index, code in enumerate(when.category):
        if code not in city.categories:
            where = f"{place}/category/{index}"
            yield Problem("routing_category_unknown", where, facts={"category": code})
    for index, code in enumerate(when.area):
        if code not in ground.areas.below:
            yield Problem("routing_area_unknown", f"{place}/area/{index}", facts={"area": code})
    for index, near in enumerate(when.near):
        if city.layers is not None and near.layer not in city.layers:
            where = f"{place}/near/{index}/layer"
            yield Problem("routing_layer_unknown", where, facts={"layer": near.layer})


def _review_problems(when: Conditions, place: str) -> Iterator[Problem]:
    for index, reason in enumerate(when.review):
        if reason not in REASONS:
            yield Problem("routing_review_unknown", f"{place}/{index}", facts={"reason": reason})


def _hours_problems(when: Conditions, place: str) -> Iterator[Problem]:
    if when.hours and when.hours.start == when.hours.end:
        yield Problem("routing_hours_empty", place)


class _Questions:
    """The questions of the categories, asked whether an answer is possible."""

    def __init__(self, city: RulesetSurroundings) -> None:
        self._schemas: dict[str, Mapping[str, Any]] = {
            code: view.questions.get("properties", {}) for code, view in city.categories.items()
        }
        self._known: dict[tuple[str, str, str], bool] = {}

    def asking(self, name: str, categories: Iterable[str]) -> list[str]:
        """Those of `categories` that ask the question `name`."""
        return [code for code in categories if name in self._schemas[code]]

    def allows(self, category: str, name: str, value: str | bool | float) -> bool:  # noqa: FBT001  # an answer
        """Whether `value` may be the answer there."""
        key = (category, name, repr(value))
        if key not in self._known:
            schema = self._schemas[category][name]
            self._known[key] = jsonschema_rs.Draft202012Validator(schema).is_valid(value)
        return self._known[key]


def _answer_problems(
    row: Row, questions: _Questions, ground: Ground, place: str
) -> Iterator[Problem]:
    leaves = ground.leaves_of(row)
    for name, values in row.when.answers.items():
        where = place + to_pointer([name])
        asking = questions.asking(name, leaves)
        if leaves and not asking:
            yield Problem("routing_question_unknown", where, facts={"question": name})
            continue
        for index, value in enumerate(values):
            if leaves and not any(questions.allows(code, name, value) for code in asking):
                facts: dict[str, object] = {"question": name, "value": value}
                yield Problem("routing_answer_impossible", f"{where}/{index}", facts=facts)


def _quote_problems(row: Row, place: str) -> Iterator[Problem]:
    """Values that the table could not hold: they stand between quotes there."""
    when = row.when
    texts = [
        row.id,
        *when.category,
        *when.area,
        *when.source,
        *when.words,
        *(text for near in when.near for text in (near.layer, *near.kind)),
        *(value for values in when.answers.values() for value in values if isinstance(value, str)),
    ]
    for text in texts:
        if "'" in text or "\\" in text:
            yield Problem("routing_quote_not_allowed", place, facts={"value": text})


def _outcome_problems(then: Outcome, city: RulesetSurroundings, place: str) -> Iterator[Problem]:
    named = [("department", then.department)]
    named += [(f"co_departments/{index}", code) for index, code in enumerate(then.co_departments)]
    for where, code in named:
        department = city.departments.get(code)
        if department is None:
            yield Problem(
                "routing_department_unknown", f"{place}/{where}", facts={"department": code}
            )
        elif not department.active:
            facts: dict[str, object] = {"department": department.name}
            yield Problem("routing_department_retired", f"{place}/{where}", facts=facts)


def _reason_problems(reason: Reason, place: str) -> Iterator[Problem]:
    if not reason.vi.strip():
        yield Problem("label_missing_vi", f"{place}/vi")
    if not reason.en.strip():
        yield Problem("label_missing_en", f"{place}/en")


def _shadow_problems(ruleset: Ruleset, ground: Ground) -> Iterator[Problem]:
    for index, earlier in find_shadowed(ruleset.rows, ground).items():
        facts: dict[str, object] = {"row": ruleset.rows[index].id, "by": ruleset.rows[earlier].id}
        yield Problem("routing_row_shadowed", f"/rows/{index}", facts=facts)


def _owner_problems(
    ruleset: Ruleset, city: RulesetSurroundings, ground: Ground
) -> Iterator[Problem]:
    """What is not ready for the public: categories by their code, then departments."""
    owned: dict[str, set[str]] = {}
    first_row: dict[str, int] = {}
    for leaf, ownership in find_owners(ruleset.rows, ground).items():
        category = city.categories[leaf]
        if ownership.nobody:
            yield _unowned(category, ownership.nobody, whole=not ownership.rows)
        if category.target_on_time is None:
            yield Problem("routing_target_missing", "", facts={"category": category.name})
        for index in ownership.rows:
            code = ruleset.rows[index].then.department
            owned.setdefault(code, set()).add(category.name)
            first_row[code] = min(index, first_row.get(code, index))
    for code, names in sorted(owned.items(), key=lambda item: first_row[item[0]]):
        place = f"/rows/{first_row[code]}/then/department"
        yield from _department_problems(code, city, sorted(names), place)


def _unowned(category: CategoryFacts, wards: frozenset[str], *, whole: bool) -> Problem:
    facts: dict[str, object] = {"category": category.name}
    if whole:
        return Problem("routing_category_without_owner", "", facts=facts)
    facts |= {"count": len(wards), "wards": _some_of(sorted(wards))}
    return Problem("routing_wards_without_owner", "", facts=facts)


def _department_problems(
    code: str, city: RulesetSurroundings, categories: list[str], place: str
) -> Iterator[Problem]:
    department = city.departments.get(code)
    if department is None or not department.active:
        return  # which has been said of the row
    facts: dict[str, object] = {
        "department": department.name,
        "count": len(categories),
        "categories": _some_of(categories),
    }
    if not (department.phone or department.email):
        yield Problem("routing_owner_without_contact", place, facts=facts)
    if not department.deputy:
        yield Problem("routing_owner_without_deputy", place, facts=facts)
        return
    deputy = city.departments.get(department.deputy)
    if deputy is None or not deputy.active or department.deputy == code:
        facts["deputy"] = deputy.name if deputy else department.deputy
        yield Problem("routing_deputy_not_working", place, facts=facts)


def _some_of(names: list[str]) -> str:
    return ", ".join([*names[:_FEW], "…"] if len(names) > _FEW else names)
