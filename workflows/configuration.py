"""The city's configuration as the rules want it: compiled, immutable, shared by all requests.

`city.revision` grows with every change of configuration. A statement that the request makes
anyway brings the revision along, so that a process notices a change without asking for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import utc_now
from core.errors import ConfigurationError, Unavailable
from core.statements import Statement, fetch_one
from gis.succession import NOWHERE, AreaScope, join_scopes, list_scopes
from workflows.calendars import ALWAYS, CalendarSpec, WorkingCalendar, build_calendar, parse_spans
from workflows.catalogue import CategoryView, DepartmentView, list_categories, list_departments
from workflows.consent_texts import ConsentTexts, built_in_texts
from workflows.definition_files import DefinitionsRefused, find_shipped, read_consents
from workflows.process_document import Process
from workflows.rules import Router, Ruleset
from workflows.tables import Calendar, CalendarDay, City, ProcessVersion, RulesetVersion

_REVISION = Statement("select revision from city", ())
# How far back and ahead working time is laid out: replayed history, and the longest deadline.
DAYS_BACK, DAYS_AHEAD = 800, 1200


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that routing and the process need to know about the city at one revision."""

    revision: int
    built_on: date
    city_code: str
    city_name: str
    city_name_en: str
    process_id: int
    ruleset_id: int
    ruleset_version: int
    calendar_version: int
    zone: ZoneInfo
    ruleset: Ruleset
    router: Router
    working: WorkingCalendar
    always: WorkingCalendar
    department_calendars: dict[str, WorkingCalendar]
    categories: dict[str, CategoryView]
    below: dict[str, frozenset[str]]
    departments: dict[str, DepartmentView]
    processes: dict[int, Process]
    process_versions: dict[int, int]
    area_scopes: dict[str, AreaScope]
    working_departments: frozenset[str]
    shows_reporters: bool  # to the department that has their case
    consent_texts: ConsentTexts

    @property
    def process(self) -> Process:
        """The process that new cases start on."""
        return self.processes[self.process_id]

    def is_leaf(self, category: str) -> bool:
        return all(view.parent != category for view in self.categories.values())

    def with_descendants(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """`codes` and all categories below them; unknown ones stay, and match nothing."""
        return tuple(sorted({leaf for code in codes for leaf in self.below.get(code, {code})}))

    def scope_of_areas(self, codes: tuple[str, ...]) -> AreaScope | None:
        """Where the cases of these areas are, None for no codes; unknown codes have no cases."""
        if not codes:
            return None
        return join_scopes(self.area_scopes.get(code, NOWHERE) for code in codes)

    def root_of(self, category: str) -> str:
        """The root category (one of the letter's six fields) above `category`."""
        return self.lineage_of(category)[-1]

    def lineage_of(self, category: str) -> list[str]:
        """`category` and those above it, up to its root."""
        parent = self.categories[category].parent
        return [category] if parent is None else [category, *self.lineage_of(parent)]


class ConfigurationCache:
    """Holds the newest configuration of one database. Made once per process and passed down.

    `folder` has the city's definitions, if they do not come with the source: people are asked with
    its words. Raises ConfigurationError, naming what is wrong with those by file and place.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._current: Configuration | None = None
        self._texts = _texts_in(folder) if folder is not None else None

    def known(self, revision: int) -> Configuration | None:
        """The configuration of `revision` (or a newer one), if it is here already."""
        current = self._current
        if (
            current is not None
            and current.revision >= revision
            and current.built_on == utc_now().date()
        ):
            return current
        return None

    async def at(self, session: AsyncSession, revision: int) -> Configuration:
        """The configuration of `revision` (or a newer one), loading it if it is new here."""
        if (known := self.known(revision)) is not None:
            return known
        self._current = await load_configuration(session, self._texts)
        return self._current

    async def newest(self, session: AsyncSession) -> Configuration:
        """The configuration as of now, for callers that have no revision at hand."""
        row = await fetch_one(session, _REVISION, {})
        return await self.at(session, row["revision"] if row else 0)


async def load_configuration(
    session: AsyncSession, texts: ConsentTexts | None = None
) -> Configuration:
    """Read and compile everything, with the city's `texts` unless those come with the source.
    Raises Unavailable before a city was loaded.
    """
    city = await session.scalar(select(City).execution_options(populate_existing=True))
    if city is None:
        raise Unavailable("city_not_configured")
    ruleset = await session.get_one(RulesetVersion, city.ruleset_id, populate_existing=True)
    categories = {view.code: view for view in await list_categories(session)}
    departments = {view.code: view for view in await list_departments(session)}
    versions = (
        await session.scalars(select(ProcessVersion).where(ProcessVersion.state == "published"))
    ).all()
    below = descendants_of(categories)
    rules = Ruleset.model_validate(ruleset.document)
    today = utc_now().date()
    calendar = await session.get_one(Calendar, city.calendar, populate_existing=True)
    codes = {
        city.calendar,
        ALWAYS,
        *(view.calendar for view in departments.values() if view.calendar),
    }
    built = {code: await _build(session, code, today) for code in sorted(codes)}
    return Configuration(
        revision=city.revision,
        built_on=today,
        city_code=city.code,
        city_name=city.name,
        city_name_en=city.name_en,
        process_id=city.process_id,
        ruleset_id=city.ruleset_id,
        ruleset_version=ruleset.version,
        calendar_version=calendar.version,
        zone=ZoneInfo(calendar.timezone),
        ruleset=rules,
        router=Router(rules, below),
        working=built[city.calendar],
        always=built[ALWAYS],
        department_calendars={
            code: built[view.calendar] for code, view in departments.items() if view.calendar
        },
        categories=categories,
        below=below,
        departments=departments,
        processes={v.id: Process.model_validate(v.document) for v in versions},
        process_versions={v.id: v.version for v in versions},
        area_scopes=await list_scopes(session),
        working_departments=frozenset(code for code, view in departments.items() if view.active),
        shows_reporters=city.reporter_visible_to == "department",
        consent_texts=texts or shipped_texts(city.code),
    )


def _texts_in(folder: Path) -> ConsentTexts:
    try:
        return read_consents(folder)
    except DefinitionsRefused as refusal:
        problems = "; ".join(str(problem) for problem in refusal.problems)
        raise ConfigurationError(f"{folder}: {problems}") from None


@lru_cache(maxsize=8)
def shipped_texts(code: str) -> ConsentTexts:
    """The texts of a city that comes with the source, by its official code; else the built-in ones."""
    folder = find_shipped(code)
    return read_consents(folder) if folder is not None else built_in_texts()


async def _build(session: AsyncSession, code: str, today: date) -> WorkingCalendar:
    calendar = await session.get_one(Calendar, code, populate_existing=True)
    days = await session.execute(
        select(CalendarDay.day, CalendarDay.open).where(CalendarDay.calendar == code)
    )
    spec = CalendarSpec(
        timezone=calendar.timezone,
        week=tuple(parse_spans(spans) for spans in calendar.week),
        days={day: parse_spans(spans) for day, spans in days},
    )
    return build_calendar(
        spec, today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    )


async def count_revision(session: AsyncSession) -> None:
    """Count the city's revision: whoever keeps its configuration in memory reads it again."""
    await session.execute(update(City).values(revision=City.revision + 1))


def descendants_of(categories: dict[str, CategoryView]) -> dict[str, frozenset[str]]:
    """Each category with itself and all below it."""
    below: dict[str, set[str]] = {code: {code} for code in categories}
    for code, view in categories.items():
        parent = view.parent
        while parent is not None:
            below[parent].add(code)
            parent = categories[parent].parent
    return {code: frozenset(codes) for code, codes in below.items()}
