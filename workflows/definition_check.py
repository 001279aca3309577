"""Whether the files of a city fit together: what one names, another must have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import ConfigurationError
from core.i18n import translate
from workflows.calendars import ALWAYS, parse_spans
from workflows.definition_files import (
    ROOTS,
    CalendarRow,
    CategoryRow,
    Definitions,
    DepartmentRow,
    FileProblem,
    consent_problems,
)
from workflows.questions import check_questions
from workflows.rules import Outcome, Router, Row, Ruleset

MAX_DEPTH = 10


def check_definitions(definitions: Definitions) -> list[FileProblem]:
    """Every name that is not declared or comes twice, questions that are no schema, hours that
    are none; empty when the folder can be loaded.
    """
    return [
        *_city_problems(definitions),
        *_department_problems(definitions),
        *_category_problems(definitions.categories),
        *_calendar_problems(definitions.calendars),
        *_routing_problems(definitions),
        *_answer_problems(definitions),
        *consent_problems(definitions.consents),
    ]


def _city_problems(definitions: Definitions) -> Iterator[FileProblem]:
    city = definitions.city
    if city.default_department not in _codes(definitions.departments):
        yield _unknown("city.json", "/default_department", "department", city.default_department)
    if city.calendar not in _codes(definitions.calendars):
        yield _unknown("city.json", "/calendar", "calendar", city.calendar)


def _department_problems(definitions: Definitions) -> Iterator[FileProblem]:
    file, rows = "departments.json", definitions.departments
    yield from _repeated(file, "/departments", rows)
    departments, calendars = _codes(rows), _codes(definitions.calendars)
    for index, row in enumerate(rows):
        at = f"/departments/{index}"
        if row.deputy == row.code:
            yield FileProblem(file, f"{at}/deputy", "a department cannot stand in for itself")
        elif row.deputy and row.deputy not in departments:
            yield _unknown(file, f"{at}/deputy", "department", row.deputy)
        if row.calendar and row.calendar not in calendars:
            yield _unknown(file, f"{at}/calendar", "calendar", row.calendar)


def _category_problems(rows: Sequence[CategoryRow]) -> Iterator[FileProblem]:
    file = "categories.json"
    yield from _repeated(file, "/categories", rows)
    roots = {row.code for row in rows if row.parent is None}
    if roots != set(ROOTS):
        wanted = f"the roots must be {', '.join(ROOTS)}; they are {', '.join(sorted(roots))}"
        yield FileProblem(file, "/categories", wanted)
    parents = {row.code: row.parent for row in rows}
    for index, row in enumerate(rows):
        at = f"/categories/{index}"
        if row.parent and row.parent not in parents:
            yield _unknown(file, f"{at}/parent", "category", row.parent)
        elif _is_endless(parents, row.code):
            yield FileProblem(file, f"{at}/parent", "the category lies below itself")
        for fault in check_questions(row.questions, f"{at}/questions"):
            yield FileProblem(file, fault.pointer, translate(fault.code, "en", fault.facts))


def _is_endless(parents: dict[str, str | None], code: str) -> bool:
    """Whether the way up from `code` comes to no root."""
    above: str | None = code
    for _ in range(MAX_DEPTH):
        above = parents.get(above) if above else None
    return above is not None


def _calendar_problems(rows: Sequence[CalendarRow]) -> Iterator[FileProblem]:
    file = "calendar.json"
    yield from _repeated(file, "/calendars", rows)
    if ALWAYS not in _codes(rows):
        reason = f"there must be a calendar {ALWAYS!r} that is open day and night"
        yield FileProblem(file, "/calendars", reason)
    for index, row in enumerate(rows):
        at = f"/calendars/{index}"
        try:
            ZoneInfo(row.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            yield FileProblem(file, f"{at}/timezone", f"no time zone {row.timezone!r}")
        for day, spans in enumerate(row.week):
            try:
                parse_spans(spans)
            except (ConfigurationError, ValueError) as error:
                yield FileProblem(file, f"{at}/week/{day}", str(error))


def _routing_problems(definitions: Definitions) -> list[FileProblem]:
    file, ruleset = "routing.json", definitions.ruleset
    departments, categories = _codes(definitions.departments), _codes(definitions.categories)
    problems = [
        problem
        for index, row in enumerate(ruleset.rows)
        for problem in (
            *_unknown_categories(row, f"/rows/{index}/when", categories),
            *_unknown_departments(row.then, f"/rows/{index}/then", departments),
        )
    ]
    problems += _unknown_departments(ruleset.default.then, "/default/then", departments)
    return problems or _compile_problems(file, ruleset, definitions.categories)


def _compile_problems(
    file: str, ruleset: Ruleset, categories: Sequence[CategoryRow]
) -> list[FileProblem]:
    """What the rules' own compiler says once every name is known."""
    # Which leaves lie below a category makes no difference to whether the rules compile.
    try:
        Router(ruleset, {row.code: frozenset({row.code}) for row in categories})
    except ConfigurationError as error:
        return [FileProblem(file, "", str(error))]
    return []


def _unknown_categories(row: Row, at: str, known: set[str]) -> Iterator[FileProblem]:
    for index, code in enumerate(row.when.category):
        if code not in known:
            yield _unknown("routing.json", f"{at}/category/{index}", "category", code)


def _unknown_departments(outcome: Outcome, at: str, known: set[str]) -> Iterator[FileProblem]:
    if outcome.department not in known:
        yield _unknown("routing.json", f"{at}/department", "department", outcome.department)
    for index, code in enumerate(outcome.co_departments):
        if code not in known:
            yield _unknown("routing.json", f"{at}/co_departments/{index}", "department", code)


def _answer_problems(definitions: Definitions) -> Iterator[FileProblem]:
    known = {
        "category": _codes(definitions.categories),
        "state": set(definitions.process.states),
        "department": _codes(definitions.departments),
    }
    for index, row in enumerate(definitions.answers):
        for name, codes in known.items():
            code = getattr(row, name)
            if code is not None and code not in codes:
                yield _unknown("answers.json", f"/answers/{index}/{name}", name, code)


def _repeated(
    file: str, at: str, rows: Sequence[DepartmentRow | CategoryRow | CalendarRow]
) -> Iterator[FileProblem]:
    seen: set[str] = set()
    for index, row in enumerate(rows):
        if row.code in seen:
            yield FileProblem(file, f"{at}/{index}/code", f"{row.code!r} stands twice in the file")
        seen.add(row.code)


def _codes(rows: Iterable[DepartmentRow | CategoryRow | CalendarRow]) -> set[str]:
    return {row.code for row in rows}


def _unknown(file: str, pointer: str, kind: str, code: str) -> FileProblem:
    return FileProblem(file, pointer, f"there is no {kind} {code!r}")
