"""`hientruong areas import FILE`: real boundaries for the city's wards or provinces."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from core.settings import DatabaseSettings
from gis.boundaries import ImportLine, ImportOrder, ImportReport, Outcome, import_boundaries
from gis.boundary_files import AreaKind, Boundary, Fields, read_boundaries
from gis.feature_files import FileRefused
from workflows.configuration import note_change
from workflows.tables import City

KINDS: dict[str, AreaKind] = {"ward": "ward", "province": "province"}
_COLOURS = {
    Outcome.NEW: "green",
    Outcome.CORRECTED: "yellow",
    Outcome.SUCCEEDED: "yellow",
    Outcome.UNCHANGED: "dim",
    Outcome.KEPT: "dim",
}


class _DryRun(Exception):
    """No error: leaving by it undoes the transaction."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        super().__init__()


def import_file(  # the options of a command
    file: Path,
    *,
    kind: str,
    valid_from: date | None,
    dry_run: bool,
    fields: Fields | None = None,
    layer: str | None = None,
    datum: str | None = None,
) -> None:
    """Import a GIS file in one transaction and print what became of each area.

    Exits with 1, nothing written, when the file is refused.
    """
    console = Console()
    if kind not in KINDS:
        console.print(f"[red]unknown kind {escape(kind)}: ward or province[/]")
        raise SystemExit(1)
    try:
        boundaries = read_boundaries(file, KINDS[kind], fields, layer=layer, datum=datum)
        work = _import(boundaries, KINDS[kind], file.name, valid_from, dry_run=dry_run)
        report = asyncio.run(work)
    except FileRefused as refusal:
        console.print(f"[red]Refused, nothing was written: {escape(str(file))}[/]")
        for problem in refusal.problems:
            console.print(f"  {problem}", markup=False, highlight=False)
        raise SystemExit(1) from None
    print_report(console, report, dry_run=dry_run)


async def _import(
    boundaries: list[Boundary],
    kind: AreaKind,
    source: str,
    valid_from: date | None,
    *,
    dry_run: bool,
) -> ImportReport:
    engine = create_engine(DatabaseSettings())  # pyright: ignore[reportCallIssue]
    try:
        async with transaction(create_session_factory(engine)) as session:
            order = await _order(session, kind, source, valid_from)
            report = await import_boundaries(session, boundaries, order)
            if report.changed:
                await note_change(session)
            _end(report, dry_run=dry_run)
        return report
    except _DryRun as ended:
        return ended.report
    finally:
        await engine.dispose()


def _end(report: ImportReport, *, dry_run: bool) -> None:
    if dry_run:
        raise _DryRun(report)


async def _order(
    session: AsyncSession, kind: AreaKind, source: str, valid_from: date | None
) -> ImportOrder:
    city = await session.scalar(select(City))
    return ImportOrder(
        kind=kind,
        source=source,
        today=utc_now().date(),
        valid_from=valid_from,
        province=city.code if city else None,
        province_name=(city.name, city.name_en) if city else None,
    )


def print_report(console: Console, report: ImportReport, *, dry_run: bool) -> None:
    """A line per area that is new, changed or repaired, then the counts."""
    table = Table("code", "name", "what", "km²", "moved km²", "repair", title="Areas")
    shown = [
        line
        for line in report.lines
        if line.boundary.repaired or line.outcome not in (Outcome.UNCHANGED, Outcome.KEPT)
    ]
    for line in [*shown, *([report.province] if report.province else [])]:
        table.add_row(*_cells(line))
    console.print(table)
    counts = [f"{report.count(outcome)} {outcome}" for outcome in Outcome if report.count(outcome)]
    console.print(", ".join(counts) + ("; dry run, nothing written" if dry_run else ""))
    if report.missing:
        names = ", ".join(f"{code} {name}" for code, name in report.missing)
        console.print(f"Not in the file, left as they are ({len(report.missing)}): {escape(names)}")


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
