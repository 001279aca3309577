"""Tables about areas: old wards to new ones, residents, and the wards of many places."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.areas import Sessions, refusals, with_sessions
from core.db import transaction
from gis.locate import LocatedArea, Place, locate_many
from gis.locate_files import read_places
from gis.populations import PopulationReport, put_populations, read_populations
from gis.succession import Takeover, list_mapping
from workflows.configuration import count_revision

MAPPING = ("old_code", "old_name", "valid_from", "valid_to", "new_code", "new_name", "share", "km2")
LOCATED = ("area_code", "area_name", "distance_m")


def show_mapping(target: Path | None) -> None:
    """Which current ward took over which share of each closed one; as CSV into `target`."""

    async def read(sessions: Sessions) -> list[Takeover]:
        async with transaction(sessions) as session:
            return await list_mapping(session, "ward")

    takeovers = asyncio.run(with_sessions(read))
    rows = [_mapping_cells(each) for each in takeovers]
    if target is not None:
        _write_csv(target, MAPPING, rows)
    else:
        _print_table("Old wards and new ones", MAPPING, rows)


def import_populations(file: Path, *, dry_run: bool) -> None:
    """Write residents by code from a CSV; exits with 1, nothing written, when it is refused."""
    console = Console()
    with refusals(file):
        populations = read_populations(file)
        report = asyncio.run(
            with_sessions(lambda sessions: _populate(sessions, populations, dry_run=dry_run))
        )
    changes = [
        (code, name, "" if before is None else f"{before:,}", f"{after:,}")
        for code, name, before, after in report.changed
    ]
    _print_table("Residents", ("code", "name", "before", "after"), changes)
    ending = "; dry run, nothing written" if dry_run else ""
    console.print(f"{len(report.changed)} changed, {report.unchanged} unchanged{ending}")
    if report.unknown:
        console.print(f"No current area has these codes: {escape(', '.join(report.unknown))}")
    if report.without:
        names = ", ".join(f"{code} {name}" for code, name in report.without)
        console.print(f"Wards without a number ({len(report.without)}): {escape(names)}")


async def _populate(
    sessions: Sessions, populations: dict[str, int], *, dry_run: bool
) -> PopulationReport:
    async with sessions() as session, session.begin() as begun:
        report = await put_populations(session, populations)
        if dry_run:
            await begun.rollback()
        elif report.changed:
            await count_revision(session)
    return report


def locate_file(file: Path, target: Path | None) -> None:
    """Add the ward of each place to a CSV of places: to `target`, else to the standard output."""
    with refusals(file):
        places = read_places(file)
        started = perf_counter()
        found = asyncio.run(with_sessions(lambda sessions: _locate(sessions, places.places)))
    seconds = perf_counter() - started
    rows = [[*row, *_located_cells(area)] for row, area in zip(places.rows, found, strict=True)]
    _write_csv(target, (*places.header, *LOCATED), rows)
    outside = sum(area is not None and area.distance_m > 0 for area in found)
    console = Console(stderr=True)
    console.print(f"{len(found):,} places in {seconds:.1f} s, {outside:,} of them in no ward")


async def _locate(sessions: Sessions, places: Sequence[Place]) -> list[LocatedArea | None]:
    async with transaction(sessions) as session:
        return await locate_many(session, places)


def _located_cells(area: LocatedArea | None) -> tuple[str, str, str]:
    return (area.code, area.name, f"{area.distance_m:.1f}") if area else ("", "", "")


def _mapping_cells(each: Takeover) -> tuple[str, ...]:
    return (
        each.old_code, each.old_name, str(each.valid_from), str(each.valid_to),
        each.new_code or "", each.new_name or "",
        "" if each.share is None else f"{each.share:.4f}", f"{each.km2:.3f}",
    )  # fmt: skip


def _write_csv(target: Path | None, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with (
        nullcontext(sys.stdout)
        if target is None
        else target.open("w", encoding="utf-8", newline="") as file
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(*header, title=title)
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
