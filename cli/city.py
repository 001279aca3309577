"""`hientruong city load FOLDER`: a city's process, rules, departments, categories and calendars."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory, transaction
from core.errors import ConfigurationError, Error
from core.i18n import translate
from core.settings import DatabaseSettings
from workflows import publishing
from workflows.administration import ask_for_recount
from workflows.canned_answers import add_first_answers
from workflows.catalogue import Loaded, put_definitions
from workflows.configuration import Configuration, load_configuration
from workflows.consent_texts import built_in_texts
from workflows.consents import list_agreed
from workflows.definition_files import (
    CONSENTS,
    DEFINITIONS,
    Definitions,
    DefinitionsRefused,
    FileProblem,
    list_shipped,
    read_definitions,
)

NOT_YET = frozenset({"areas_not_loaded", "routing_layer_unknown"})


@dataclass(frozen=True, slots=True)
class CityReport:
    """What a load did, and the city as it is then."""

    loaded: Loaded
    city: Configuration


class _DryRun(Exception):
    """No error: leaving by it undoes the transaction."""

    def __init__(self, report: CityReport) -> None:
        self.report = report
        super().__init__()


def load_city(folder: str, *, dry_run: bool) -> None:
    """Load a folder of definitions in one transaction and print what it changed.

    Exits with 1, nothing written, when the folder is refused.
    """
    console = Console()
    try:
        definitions = read_definitions(find_folder(folder))
        report = asyncio.run(_load(definitions, dry_run=dry_run))
    except DefinitionsRefused as refusal:
        _refuse(console, folder, [str(problem) for problem in refusal.problems])
    except Error as error:
        _refuse(console, folder, [translate(error.code, "en", error.facts)])
    except ConfigurationError as error:
        _refuse(console, folder, [str(error)])
    else:
        print_report(console, report, dry_run=dry_run)
        if definitions.consents.purposes and folder not in list_shipped():
            where = f"HIENTRUONG_CITY_FOLDER={Path(folder).resolve()}"
            told = f"consents.json is read where it lies: start API and workers with {where}"
            console.print(told, markup=False, highlight=False, soft_wrap=True)


def find_folder(folder: str) -> Path:
    """The folder that a name (`hue`) or a path stands for. Raises ConfigurationError."""
    shipped = list_shipped()
    if folder in shipped:
        return DEFINITIONS / folder
    if Path(folder).is_dir():
        return Path(folder)
    raise ConfigurationError(f"no folder {folder}, and none of {', '.join(shipped)}")


async def check(
    session: AsyncSession, definitions: Definitions, city: Configuration
) -> list[FileProblem]:
    """What speaks against a city that has just been loaded into the transaction of `session`.

    The same as speaks against publishing. Wards and layers are imported after a city's first load:
    what asks for them waits until there are any.
    """
    problems = {
        "process.json": await publishing.check_process_of(session, city, definitions.process),
        "routing.json": await publishing.check_ruleset_of(session, city, definitions.ruleset),
    }
    return [
        FileProblem(file, problem.pointer, translate(problem.code, "en", problem.facts))
        for file, found in problems.items()
        for problem in found
        if problem.severity == "error" and problem.code not in NOT_YET
    ]


async def _load(definitions: Definitions, *, dry_run: bool) -> CityReport:
    engine = create_engine(DatabaseSettings(), role=WORKER)  # pyright: ignore[reportCallIssue]
    try:
        async with transaction(create_session_factory(engine)) as session:
            now = utc_now()
            loaded = await put_definitions(session, definitions, now=now)
            if definitions.answers:
                rows = [row.model_dump() for row in definitions.answers]
                await add_first_answers(session, rows, now=now)
            city = await load_configuration(session)  # what cannot be compiled is not committed
            problems = await check(session, definitions, city)
            problems += await _lost_texts(session, definitions)
            if problems:
                raise DefinitionsRefused(problems)
            if loaded.departments:  # one of them may work by another calendar now
                await ask_for_recount(session, city.revision)
            report = CityReport(loaded, city)
            _end(report, dry_run=dry_run)
        return report
    except _DryRun as ended:
        return ended.report
    finally:
        await engine.dispose()


async def _lost_texts(session: AsyncSession, definitions: Definitions) -> list[FileProblem]:
    """Whatever somebody agreed to must be there to be shown, word by word."""
    texts = built_in_texts().with_own(definitions.consents)
    agreed = await list_agreed(session)
    return [
        FileProblem(
            CONSENTS,
            f"/purposes/{purpose}/versions/{version}",
            "people have decided on this version: it must stay, as it was",
        )
        for purpose, version, sha256 in agreed
        if (text := texts.find(purpose, version)) is None or text.sha256 != sha256
    ]


def _end(report: CityReport, *, dry_run: bool) -> None:
    if dry_run:
        raise _DryRun(report)


def _refuse(console: Console, folder: str, reasons: list[str]) -> None:
    console.print(f"[red]Refused, nothing was written: {escape(folder)}[/]")
    for reason in reasons:
        console.print(f"  {reason}", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(1)


def print_report(console: Console, report: CityReport, *, dry_run: bool) -> None:
    """What is new or differs, then what the files leave as it is."""
    loaded, city = report.loaded, report.city
    lines = [
        f"{loaded.departments} of {len(city.departments)} departments new or changed",
        f"{loaded.categories} of {len(city.categories)} categories new or changed",
        f"{loaded.calendars} new calendars",
        _version("process", loaded.process_version),
        _version("routing", loaded.ruleset_version),
    ]
    console.print(f"{city.city_name} ({city.city_code})", markup=False)
    for line in lines:
        console.print(f"  {line}", markup=False, highlight=False)
    if loaded.kept:
        kept = f"Not in the files, left as they are: {', '.join(loaded.kept)}"
        console.print(kept, markup=False, highlight=False, soft_wrap=True)
    done = f"revision {city.revision}" if loaded.changed else "nothing has changed"
    console.print(f"{done}; dry run, nothing written" if dry_run else done, highlight=False)


def _version(document: str, version: int | None) -> str:
    return f"{document}: unchanged" if version is None else f"{document}: new version {version}"
