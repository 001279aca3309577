"""The city's catalogue: departments, categories, calendars, process and ruleset.

`load_definitions` brings the data files of `definitions/` into the tables; it may run again at
every start. The `list_` functions are what the API shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import holidays
from pydantic import BaseModel
from sqlalchemy import ColumnElement, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict
from workflows.definition_check import check_definitions
from workflows.definition_files import (
    DEFINITIONS,
    Definitions,
    DefinitionsRefused,
    Document,
    read_definitions,
    read_document,
)
from workflows.tables import (
    Calendar,
    CalendarDay,
    Category,
    City,
    Department,
    ProcessVersion,
    RulesetVersion,
    SurgeRule,
)

__all__ = [
    "DEFINITIONS",
    "VERSION_KEY",
    "CategoryView",
    "DepartmentView",
    "Document",
    "Loaded",
    "document_hash",
    "holiday_days",
    "list_categories",
    "list_departments",
    "load_definitions",
    "put_definitions",
    "read_document",
]

VERSION_KEY = "default"
SURGE_RULES = DEFINITIONS / "surges.json"


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category as everybody may see it; `parent` is None for the six roots."""

    code: str
    parent: str | None
    name: str
    name_en: str
    questions: Document
    photo_required: bool
    after_photo_required: bool
    visibility: str
    target_on_time: int | None
    publish_check: bool
    photos_public: str
    active: bool


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """A department as everybody may see it."""

    code: str
    name: str
    name_en: str
    phone: str | None
    email: str | None
    deputy: str | None
    calendar: str | None
    active: bool


async def list_categories(session: AsyncSession) -> list[CategoryView]:
    """All categories in the order of the tree, the retired ones too (`active` tells)."""
    columns = [getattr(Category, name) for name in CategoryView.__dataclass_fields__]
    rows = await session.execute(select(*columns).order_by(Category.position, Category.code))
    return [CategoryView(*row) for row in rows]


async def list_departments(session: AsyncSession) -> list[DepartmentView]:
    """All departments by code, the retired ones too (`active` tells)."""
    columns = [getattr(Department, name) for name in DepartmentView.__dataclass_fields__]
    rows = await session.execute(select(*columns).order_by(Department.code))
    return [DepartmentView(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load changed: how many rows are new or differ now, and the numbers of new versions.

    `kept` are departments and categories of the city that the files do not name: they stay.
    """

    departments: int
    categories: int
    calendars: int
    process_version: int | None
    ruleset_version: int | None
    changed: bool
    kept: tuple[str, ...] = ()


async def load_definitions(session: AsyncSession, directory: Path, *, now: datetime) -> Loaded:
    """Make the tables say what the files of `directory` say; see `put_definitions`.

    Raises DefinitionsRefused, before anything is written, naming each file and place at fault.
    """
    return await put_definitions(session, read_definitions(directory), now=now)


async def put_definitions(
    session: AsyncSession, definitions: Definitions, *, now: datetime
) -> Loaded:
    """Make the tables say what `definitions` say. Safe to run again.

    Departments and categories follow the files (what a file leaves null of a contact, a deputy or
    a calendar stays). Calendars, their days and thresholds of surges are written once: afterwards the
    city's edits win.
    A process or ruleset document that no version has had yet becomes a new published version, and
    the city moves to it; one that was loaded before does not undo what was published since.
    `city.revision` grows when anything changed, and only then.

    Raises DefinitionsRefused if the files do not fit together, Conflict `other_city` in a database
    of another city; nothing is written then.
    """
    if problems := check_definitions(definitions):
        raise DefinitionsRefused(problems)
    await _check_same_city(session, definitions.city.code)
    calendars = sum(
        [await _add_calendar(session, row, now=now) for row in _rows(definitions.calendars)]
    )
    departments = await _put_departments(session, _rows(definitions.departments))
    categories = await _put_categories(session, _rows(definitions.categories))
    process = await _put_version(session, ProcessVersion, definitions.process_document, now=now)
    ruleset = await _put_version(session, RulesetVersion, definitions.ruleset_document, now=now)
    versions = {"process_id": process, "ruleset_id": ruleset}
    changed = await _put_city(
        session,
        definitions.city.model_dump(),
        {name: version.id for name, version in versions.items() if version},
        changed=calendars + departments + categories > 0,
    )
    await _add_surge_rules(session)
    return Loaded(
        departments=departments,
        categories=categories,
        calendars=calendars,
        process_version=process.version if process else None,
        ruleset_version=ruleset.version if ruleset else None,
        changed=changed,
        kept=await _list_kept(session, definitions),
    )


async def _add_surge_rules(session: AsyncSession) -> None:
    """The usual thresholds of surges, unless there are some: from then on they are the city's."""
    if not await session.scalar(select(exists(select(SurgeRule.id)))):
        await session.execute(insert(SurgeRule), read_document(SURGE_RULES)["rules"])


def document_hash(document: Document) -> str:
    """SHA-256 of a document whatever the order of its keys: `jsonb` does not keep that order."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def holiday_days(
    country: str, week: list[list[list[str]]], years: range
) -> dict[date, tuple[list[list[str]], str]]:
    """Days that differ from the normal week: day -> (open intervals, Vietnamese name).

    A holiday has no open interval; a day off on the weekend stands there too, so that a worked
    Saturday is told from it. A Saturday that the state swaps for a bridge day works a Monday's
    hours. Future years are the package's estimate until the yearly decree.
    """
    calendar = holidays.country_holidays(country, years=years, language="vi")
    days: dict[date, tuple[list[list[str]], str]] = {
        day: ([], name) for day, name in calendar.items()
    }
    worked: set[date] = getattr(calendar, "weekend_workdays", set())
    for day in worked:
        if day.year in years:
            days[day] = (week[0], "Làm việc bù")
    return days


def _rows(models: Sequence[BaseModel]) -> list[Document]:
    return [model.model_dump() for model in models]


async def _check_same_city(session: AsyncSession, code: str) -> None:
    """Also locks the city's row: changes of configuration queue there."""
    here = await session.scalar(select(City.code).with_for_update())
    if here is not None and here != code:
        raise Conflict("other_city", here=here, wanted=code)


async def _list_kept(session: AsyncSession, definitions: Definitions) -> tuple[str, ...]:
    """Codes of active departments and categories that the files do not name."""
    kept: list[str] = []
    for table, rows in (
        (Department, definitions.departments),
        (Category, definitions.categories),
    ):
        query = select(table.code).where(table.active, table.code.not_in([r.code for r in rows]))
        kept += await session.scalars(query.order_by(table.code))
    return tuple(kept)


async def _put_departments(session: AsyncSession, rows: list[Document]) -> int:
    new = insert(Department).excluded
    return await _upsert(
        session,
        Department,
        rows,
        {
            "name": new.name,
            "name_en": new.name_en,
            "phone": func.coalesce(new.phone, Department.phone),
            "email": func.coalesce(new.email, Department.email),
            "deputy": func.coalesce(new.deputy, Department.deputy),
            "calendar": func.coalesce(new.calendar, Department.calendar),
        },
    )


async def _put_categories(session: AsyncSession, rows: list[Document]) -> int:
    new = insert(Category).excluded
    names = [name for name in rows[0] if name != "code"]
    return await _upsert(session, Category, rows, {name: new[name] for name in names})


async def _upsert(
    session: AsyncSession,
    table: type[Department | Category],
    rows: list[Document],
    values: dict[str, ColumnElement[Any]],
) -> int:
    """Insert or update by `code`; the number of rows that are new or really differ."""
    statement = insert(table).values(rows)
    differs = or_(*(getattr(table, name).is_distinct_from(value) for name, value in values.items()))
    result = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[table.code], set_=values, where=differs
        ).returning(table.code)
    )
    return len(result.all())


async def _add_calendar(session: AsyncSession, row: Document, *, now: datetime) -> int:
    """Insert a calendar with its holidays, unless there is one with its code: 1 or 0."""
    country = row["holidays"]
    values = {name: row[name] for name in ("code", "name", "timezone", "week")}
    statement = insert(Calendar).values(values).on_conflict_do_nothing().returning(Calendar.code)
    if (await session.execute(statement)).scalar() is None:
        return 0
    if country:
        days = holiday_days(country, row["week"], range(now.year - 1, now.year + 3))
        rows = [
            {"calendar": row["code"], "day": day, "open": spans, "name": name}
            for day, (spans, name) in sorted(days.items())
        ]
        await session.execute(insert(CalendarDay).values(rows))
    return 1


@dataclass(frozen=True, slots=True)
class _NewVersion:
    id: int
    version: int


async def _put_version(
    session: AsyncSession,
    table: type[ProcessVersion | RulesetVersion],
    document: Document,
    *,
    now: datetime,
) -> _NewVersion | None:
    """A new version that holds `document`; None if it was loaded or published before."""
    known = (
        await session.execute(
            select(table.version, table.document).where(
                table.key == VERSION_KEY, table.state == "published"
            )
        )
    ).all()
    wanted = document_hash(document)
    if any(document_hash(row.document) == wanted for row in known):
        return None
    latest = await session.scalar(select(func.max(table.version)).where(table.key == VERSION_KEY))
    version = (latest or 0) + 1
    values = {
        "key": VERSION_KEY,
        "version": version,
        "document": document,
        "state": "published",
        "note": "definitions",
        "created_at": now,
        "published_at": now,
    }
    added = await session.execute(insert(table).values(values).returning(table.id))
    return _NewVersion(added.scalar_one(), version)


async def _put_city(
    session: AsyncSession, city: Document, versions: dict[str, int], *, changed: bool
) -> bool:
    """Write the city's row; whether it, or anything before it, changed."""
    names = ("code", "name", "name_en", "calendar", "default_department")
    values: Document = {name: city[name] for name in names} | versions
    differs = or_(
        literal(changed),
        *(getattr(City, name).is_distinct_from(value) for name, value in values.items()),
    )
    if await session.scalar(select(City.id)) is None:
        await session.execute(insert(City).values(id=1, revision=1, **values))
        return True
    result = await session.execute(
        update(City).where(differs).values(**values, revision=City.revision + 1).returning(City.id)
    )
    return result.first() is not None
