"""The city's areas: brought in from files, listed and corrected by its administrators."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import SYSTEM, Actor
from core.audit import note
from core.db import AnyRow, transaction
from core.errors import NotFound
from core.paging import Page, decode_code_cursor, encode_cursor
from gis.boundaries import ImportOrder, ImportReport, Outcome, import_boundaries
from gis.boundary_files import AreaKind, Boundary, Fields, read_boundaries
from gis.tables import Area
from workflows.administration import begin_change, finish_change, note_change, put_values
from workflows.configuration import count_revision
from workflows.policies import Right, check_right
from workflows.rules import plain
from workflows.tables import City

Validity = Literal["current", "past", "all"]


@dataclass(frozen=True, slots=True)
class FileOrder:
    """How a file of areas is read and brought in; see `read_boundaries` and `ImportOrder`.

    `name` is what the file is called; `province` takes only its wards out of it.
    """

    kind: AreaKind
    name: str
    valid_from: date | None = None
    datum: str | None = None
    file_layer: str | None = None
    fields: Fields | None = None
    province: str | None = None
    close_missing: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class AreaFilter:
    """Filters of the list; None and '' do not filter. `q` is part of a name or a code."""

    kind: AreaKind | None = None
    valid: Validity = "current"
    q: str = ""


class _DryRun(Exception):
    """No error: leaving by it undoes the transaction."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        super().__init__()


async def import_file(
    sessions: async_sessionmaker[AsyncSession],
    file: Path,
    order: FileOrder,
    *,
    actor: Actor | None,
    now: datetime,
) -> ImportReport:
    """Bring the areas of a file in, in a transaction of its own; with `dry_run` only say what that
    would do. `actor` None is the command line, whose user owns the database.

    Raises FileRefused as `read_boundaries` and `import_boundaries` do.
    """
    if actor is not None:
        check_right(actor, Right.CONFIGURE)
    boundaries = await asyncio.to_thread(
        read_boundaries,
        file,
        order.kind,
        order.fields,
        layer=order.file_layer,
        datum=order.datum,
        province=order.province,
    )
    try:
        async with transaction(sessions, actor) as session:
            if actor is not None:
                await begin_change(session, actor)
            report = await _import(session, boundaries, order, now.date())
            if report.changed:
                await note(session, actor or SYSTEM, "area.import", "city", _facts(report, order))
            _end(report, dry_run=order.dry_run)
    except _DryRun as ended:
        return ended.report
    return report


def _end(report: ImportReport, *, dry_run: bool) -> None:
    if dry_run:
        raise _DryRun(report)


async def _import(
    session: AsyncSession, boundaries: list[Boundary], order: FileOrder, today: date
) -> ImportReport:
    city = await session.scalar(select(City))
    wanted = ImportOrder(
        kind=order.kind,
        source=order.name,
        today=today,
        valid_from=order.valid_from,
        province=city.code if city else None,
        province_name=(city.name, city.name_en) if city else None,
        close_missing=order.close_missing,
    )
    report = await import_boundaries(session, boundaries, wanted)
    if report.changed:
        await count_revision(session)
    return report


def _facts(report: ImportReport, order: FileOrder) -> dict[str, Any]:
    """What an import did, for the audit log."""
    counts = {outcome.value: report.count(outcome) for outcome in Outcome}
    return {"kind": order.kind, "closed": len(report.closed)} | counts


async def page_areas(
    session: AsyncSession, wanted: AreaFilter, *, actor: Actor, limit: int, cursor: str | None
) -> Page[AnyRow]:
    """One page of areas by code and age, without their geometry; `km2` is their surface."""
    check_right(actor, Right.CONFIGURE)
    query = select(Area.id).where(*_conditions(wanted)).order_by(Area.code, Area.id)
    if cursor is not None:
        query = query.where(tuple_(Area.code, Area.id) > decode_code_cursor(cursor))
    page = query.limit(limit + 1).subquery()
    # The surface costs the most: only that of areas which are shown is measured.
    shown = _rows().join(page, page.c.id == Area.id).order_by(Area.code, Area.id)
    rows = list(await session.execute(shown))
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor([last.code, last.id]))


async def change_area(
    session: AsyncSession, code: str, changes: dict[str, Any], *, actor: Actor
) -> AnyRow:
    """Give the current area with this code other names or another population; `changes` are
    columns of `Area`. Boundaries are changed by an import only. Raises NotFound.
    """
    city = await begin_change(session, actor)
    area = await session.scalar(select(Area).where(Area.code == code, Area.valid_to.is_(None)))
    if area is None:
        raise NotFound("area_not_found", value=code)
    if await put_values(session, area, changes):
        await note_change(session, actor, "area", code)
        await finish_change(session, city)
    return (await session.execute(_rows().where(Area.id == area.id))).one()


def _rows() -> Any:
    return select(
        Area.id, Area.kind, Area.code, Area.name, Area.name_en, Area.parent_code,
        Area.approximate, Area.source, Area.valid_from, Area.valid_to, Area.population,
        (func.ST_Area(func.geography(Area.geom)) / 1e6).label("km2"),
    )  # fmt: skip


def _conditions(wanted: AreaFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.kind:
        conditions.append(Area.kind == wanted.kind)
    if wanted.valid != "all":
        past = wanted.valid == "past"
        conditions.append(Area.valid_to.is_not(None) if past else Area.valid_to.is_(None))
    if words := plain(wanted.q.strip()):
        name = func.plain_text(Area.name)
        conditions.append(
            or_(name.contains(words, autoescape=True), Area.code.startswith(words, autoescape=True))
        )
    return conditions
