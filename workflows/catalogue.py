"""The city's catalogue: departments, categories, calendars, process and ruleset.

`load_definitions` brings the data files of `definitions/` into the tables; it may run again at
every start. The `list_` functions are what the API shows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import holidays
from sqlalchemy import ColumnElement, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.tables import (
    Calendar,
    CalendarDay,
    Category,
    City,
    Department,
    ProcessVersion,
    RulesetVersion,
)

DEFINITIONS = Path(__file__).parent / "definitions"
VERSION_KEY = "default"

Document = dict[str, Any]


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


async def load_definitions(session: AsyncSession, directory: Path, *, now: datetime) -> None:
    """Make the tables say what the files of `directory` say.

    Departments and categories follow the files (what a file leaves null of a contact, a deputy or
    a calendar stays). Calendars and their days are written once: afterwards the city's edits win.
    A process (the default one, unless the directory has its own) or ruleset document that no
    version has had yet becomes a new published version, and the city moves to it; one that was
    loaded before does not undo what was published since. `city.revision` grows when anything
    changed, and only then.
    """
    city = read_document(directory / "city.json")
    departments = read_document(directory / "departments.json")["departments"]
    categories = read_document(directory / "categories.json")["categories"]
    calendars = read_document(directory / "calendar.json")["calendars"]
    changed = sum([await _add_calendar(session, calendar, now=now) for calendar in calendars])
    changed += await _put_departments(session, departments)
    changed += await _put_categories(session, categories)
    process = read_process(directory)
    ruleset = read_document(directory / "routing.json")
    versions = {
        "process_id": await _put_version(session, ProcessVersion, process, now=now),
        "ruleset_id": await _put_version(session, RulesetVersion, ruleset, now=now),
    }
    await _put_city(session, city, versions, changed=changed > 0)


def read_process(directory: Path) -> Document:
    """The process of the city in `directory`: its own, or the default."""
    own = directory / "process.json"
    return read_document(own if own.exists() else DEFINITIONS / "process.json")


def read_document(path: Path) -> Document:
    """The JSON object in a definition file."""
    return json.loads(path.read_text(encoding="utf-8"))


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


async def _put_version(
    session: AsyncSession,
    table: type[ProcessVersion | RulesetVersion],
    document: Document,
    *,
    now: datetime,
) -> int | None:
    """The id of a new version that holds `document`; None if it was loaded or published before."""
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
    values = {
        "key": VERSION_KEY,
        "version": (latest or 0) + 1,
        "document": document,
        "state": "published",
        "note": "definitions",
        "created_at": now,
        "published_at": now,
    }
    return (await session.execute(insert(table).values(values).returning(table.id))).scalar_one()


async def _put_city(
    session: AsyncSession, city: Document, versions: dict[str, int | None], *, changed: bool
) -> None:
    names = ("code", "name", "name_en", "calendar", "default_department")
    new = {name: value for name, value in versions.items() if value is not None}
    values: Document = {name: city[name] for name in names} | new
    differs = or_(
        literal(changed),
        *(getattr(City, name).is_distinct_from(value) for name, value in values.items()),
    )
    if await session.scalar(select(City.id)) is None:
        await session.execute(insert(City).values(id=1, revision=1, **values))
        return
    await session.execute(update(City).where(differs).values(**values, revision=City.revision + 1))
