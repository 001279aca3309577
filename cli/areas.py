"""`hientruong areas import FILE`: real boundaries for the city's wards or provinces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory
from core.settings import DatabaseSettings
from gis.boundaries import ImportLine, ImportReport, Outcome
from gis.boundary_files import AreaKind, Fields
from gis.feature_files import FileRefused
from workflows import areas
from workflows.areas import FileOrder

T = TypeVar("T")
Sessions = async_sessionmaker[AsyncSession]
KINDS: dict[str, AreaKind] = {"ward": "ward", "province": "province"}
_COLOURS = {
    Outcome.NEW: "green",
    Outcome.CORRECTED: "yellow",
    Outcome.SUCCEEDED: "yellow",
    Outcome.UNCHANGED: "dim",
    Outcome.KEPT: "dim",
}


def import_file(  # the options of a command
    file: Path,
    *,
    kind: str,
    valid_from: date | None,
    dry_run: bool,
    fields: Fields | None = None,
    layer: str | None = None,
    datum: str | None = None,
    province: str | None = None,
    close_missing: bool = False,
) -> None:
    """Import a GIS file in one transaction and print what became of each area.

    Exits with 1, nothing written, when the file is refused.
    """
    order = FileOrder(
        kind=_kind(kind),
        name=file.name,
        valid_from=valid_from,
        datum=datum,
        file_layer=layer,
        fields=fields,
        province=province,
        close_missing=close_missing,
        dry_run=dry_run,
    )
    with refusals(file):
        work = with_sessions(
            lambda sessions: areas.import_file(sessions, file, order, actor=None, now=utc_now())
        )
        report = asyncio.run(work)
    print_report(Console(), report, dry_run=dry_run)


def _kind(name: str) -> AreaKind:
    if name in KINDS:
        return KINDS[name]
    Console().print(f"[red]unknown kind {escape(name)}: ward or province[/]")
    raise SystemExit(1)


@contextmanager
def refusals(file: Path) -> Generator[None]:
    """Exit with 1, naming what is wrong with `file`, when it is refused."""
    try:
        yield
    except FileRefused as refusal:
        console = Console()
        console.print(f"[red]Refused, nothing was written: {escape(str(file))}[/]")
        for problem in refusal.problems:
            console.print(f"  {problem}", markup=False, highlight=False)
        raise SystemExit(1) from None


async def with_sessions(work: Callable[[Sessions], Awaitable[T]]) -> T:
    """What `work` makes of sessions of the database of DATABASE_URL."""
    engine = create_engine(DatabaseSettings(), role=WORKER)  # pyright: ignore[reportCallIssue]
    try:
        return await work(create_session_factory(engine))
    finally:
        await engine.dispose()


def print_report(console: Console, report: ImportReport, *, dry_run: bool) -> None:
    """A line per area that is new, changed or repaired, then the counts."""
    table = Table("code", "name", "what", "km²", "moved km²", "repair", title="Areas")
    shown = [
        line
        for line in report.lines
        if line.boundary.repaired or line.outcome not in (Outcome.UNCHANGED, Outcome.KEPT)
    ]
    for line in [*shown, *report.provinces]:
        table.add_row(*_cells(line))
    console.print(table)
    counts = [f"{report.count(outcome)} {outcome}" for outcome in Outcome if report.count(outcome)]
    console.print(", ".join(counts) + ("; dry run, nothing written" if dry_run else ""))
    if report.missing:
        names = ", ".join(f"{code} {name}" for code, name in report.missing)
        console.print(f"Not in the file, left as they are ({len(report.missing)}): {escape(names)}")
    if report.closed:
        names = ", ".join(f"{code} {name}" for code, name in report.closed)
        console.print(f"Not in the file, closed ({len(report.closed)}): {escape(names)}")


def _cells(line: ImportLine) -> list[str]:
    boundary = line.boundary
    repair = f"mended, {boundary.area_change_m2:+,.0f} m²" if boundary.repaired else ""
    return [
        boundary.code,
        escape(boundary.name),
        f"[{_COLOURS[line.outcome]}]{line.outcome}[/]",
        f"{line.area_m2 / 1e6:,.2f}",
        f"{line.moved_m2 / 1e6:,.2f}" if line.moved_m2 else "",
        repair,
    ]
