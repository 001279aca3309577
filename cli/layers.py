"""`hientruong layers import FILE --layer NAME`: roads, parks, assets, to route by, find and pick."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM
from core.db import WORKER, create_engine, create_session_factory, transaction
from core.errors import ConfigurationError, InvalidInput
from core.settings import DatabaseSettings
from gis.feature_files import FileRefused
from gis.layer_files import LayerFields, LayerRow, read_layer
from gis.layer_import import LayerNote, LayerReport, Outcome, import_layer
from gis.tables import LAYER_KINDS
from workflows.layers import check_categories, note_import

SHOWN = 50  # lines of a report, and problems of a refusal
_COLOURS = {Outcome.NEW: "green", Outcome.CHANGED: "yellow", Outcome.UNCHANGED: "dim"}


class _DryRun(Exception):
    """No error: leaving by it undoes the transaction."""

    def __init__(self, report: LayerReport) -> None:
        self.report = report
        super().__init__()


def import_file(  # the options of a command
    file: Path,
    *,
    layer: str,
    fields: LayerFields,
    file_layer: str | None = None,
    datum: str | None = None,
    replace: bool = False,
    note: LayerNote | None = None,
    dry_run: bool = False,
) -> None:
    """Import a file in one transaction and print what became of its features.

    Exits with 1, nothing written, when the file is refused.
    """
    console = Console()
    started = perf_counter()
    try:
        rows = read_layer(file, fields, file_layer=file_layer, datum=datum)
    except FileRefused as refusal:
        console.print(f"[red]Refused, nothing was written: {escape(str(file))}[/]")
        for problem in refusal.problems[:SHOWN]:
            console.print(f"  {problem}", markup=False, highlight=False)
        _print_more(console, len(refusal.problems))
        raise SystemExit(1) from None
    work = _import(layer, rows, replace=replace, note=note or LayerNote(), dry_run=dry_run)
    report = asyncio.run(work)
    print_report(console, layer, report, dry_run=dry_run)
    seconds = perf_counter() - started
    console.print(f"{len(rows):,} features in {seconds:.1f} s", highlight=False)


async def _import(
    layer: str, rows: list[LayerRow], *, replace: bool, note: LayerNote, dry_run: bool
) -> LayerReport:
    engine = create_engine(DatabaseSettings(), role=WORKER)  # pyright: ignore[reportCallIssue]
    try:
        async with transaction(create_session_factory(engine)) as session:
            await _check(session, note)
            report = await import_layer(session, layer, rows, replace=replace, note=note)
            await note_import(session, layer, report, actor=SYSTEM)
            _end(report, dry_run=dry_run)
        return report
    except _DryRun as ended:
        return ended.report
    finally:
        await engine.dispose()


async def _check(session: AsyncSession, note: LayerNote) -> None:
    if note.kind is not None and note.kind not in LAYER_KINDS:
        raise ConfigurationError(f"--layer-kind is one of {', '.join(LAYER_KINDS)}")
    try:
        await check_categories(session, note.categories or ())
    except InvalidInput as error:
        unknown = ", ".join(str(item.facts["value"]) for item in error.fields)
        raise ConfigurationError(f"--categories: the city has no {unknown}") from None


def _end(report: LayerReport, *, dry_run: bool) -> None:
    if dry_run:
        raise _DryRun(report)


def print_report(console: Console, layer: str, report: LayerReport, *, dry_run: bool) -> None:
    """A line per feature that is changed or repaired, then the counts, by kind too."""
    shown = [line for line in report.lines if line.row.repaired or line.outcome is Outcome.CHANGED]
    if shown:
        table = Table("code", "kind", "name", "what", "repair", title=f"Layer {escape(layer)}")
        for line in shown[:SHOWN]:
            table.add_row(
                escape(line.row.code),
                escape(line.row.kind),
                escape(line.row.name),
                f"[{_COLOURS[line.outcome]}]{line.outcome}[/]",
                f"mended {line.row.geometry.geom_type}" if line.row.repaired else "",
            )
        console.print(table)
        _print_more(console, len(shown))
    counts = [f"{report.count(outcome)} {outcome}" for outcome in Outcome if report.count(outcome)]
    console.print(", ".join(counts) + ("; dry run, nothing written" if dry_run else ""))
    _print_kinds(console, report)
    if report.missing:
        what = "removed" if report.removed else "left as they are"
        names = ", ".join(f"{code} {name}".strip() for code, name in report.missing[:SHOWN])
        line = f"Not in the file, {what} ({len(report.missing)}): {names}"
        console.print(line, markup=False, highlight=False)


def _print_kinds(console: Console, report: LayerReport) -> None:
    """The kinds of the file: what rules may ask for."""
    kinds = sorted({line.row.kind for line in report.lines} - {""})
    if kinds:
        line = f"kinds: {', '.join(kinds[:SHOWN])}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
        _print_more(console, len(kinds))


def _print_more(console: Console, count: int) -> None:
    if count > SHOWN:
        console.print(f"  … and {count - SHOWN:,} more", highlight=False)
