"""Bringing boundaries into the areas table: corrected in place, or succeeded at a given day.

Surveyed boundaries replace approximate ones, never the other way round. Afterwards a province is
the union of its current wards: the outlines that are published apart from them do not agree. What
became of closed areas is worked out anew (`gis/succession.py`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gis.boundary_files import AreaKind, Boundary
from gis.feature_files import FileRefused, Problem
from gis.geometry import area_m2, dissolve, same_shape
from gis.succession import put_successors
from gis.tables import Area


class Outcome(StrEnum):
    """What an import did with one area."""

    NEW = "new"
    CORRECTED = "corrected"
    SUCCEEDED = "succeeded"  # the old row was closed at `valid_from`, a new one follows it
    UNCHANGED = "unchanged"
    KEPT = "kept"  # surveyed already, so an approximate boundary does not touch it


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """How to import: `valid_from` None corrects the current boundaries in place.

    `close_missing` closes the areas that are not among the boundaries, at `valid_from`. Wards of
    `several_provinces` are for trials: a city is one, and routes what lies in its wards.
    """

    kind: AreaKind
    source: str
    today: date
    valid_from: date | None = None
    approximate: bool = False
    province: str | None = None
    province_name: tuple[str, str] | None = None
    close_missing: bool = False
    several_provinces: bool = False


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of one area, and by how many square metres it grew or shrank."""

    boundary: Boundary
    outcome: Outcome
    area_m2: float
    moved_m2: float


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: a line per area and per province that was made of them, and (code, name)
    of the areas that are not in the file, whether they stay (`missing`) or were `closed`.
    """

    lines: list[ImportLine]
    missing: list[tuple[str, str]]
    closed: list[tuple[str, str]]
    provinces: list[ImportLine]

    def count(self, outcome: Outcome) -> int:
        """How many areas had this outcome."""
        return sum(line.outcome is outcome for line in self.lines)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        still = (Outcome.UNCHANGED, Outcome.KEPT)
        written = (line.outcome not in still for line in [*self.lines, *self.provinces])
        return bool(self.closed) or any(written)


async def import_boundaries(
    session: AsyncSession, boundaries: list[Boundary], order: ImportOrder
) -> ImportReport:
    """Write `boundaries` into the session's transaction; a second run changes nothing.

    One import at a time; reports are filed meanwhile. Raises FileRefused, before anything is
    written, when `order.valid_from` lies in the future or before the row that it would close, or
    when wards of several provinces come together.
    """
    await session.execute(text("lock table areas in share row exclusive mode"))
    current = await _current_areas(session, order.kind)
    codes = {boundary.code for boundary in boundaries}
    absent = [current[code] for code in sorted(set(current) - codes)]
    _check_order(boundaries, current, order, absent if order.close_missing else [])
    if order.close_missing:
        await _close(session, absent, order)
    lines = [await _put(session, current.get(one.code), one, order) for one in boundaries]
    await session.flush()
    named = [(area.code, area.name) for area in absent]
    missing, closed = ([], named) if order.close_missing else (named, [])
    provinces = await _put_provinces(session, boundaries, order) if order.kind == "ward" else []
    report = ImportReport(lines, missing, closed, provinces)
    if report.changed:
        await put_successors(session, order.kind)
        if provinces:
            await put_successors(session, "province")
    return report


async def _current_areas(session: AsyncSession, kind: AreaKind) -> dict[str, Area]:
    """By code. Not locked row by row: that would keep reports waiting which refer to them."""
    query = select(Area).where(Area.kind == kind, Area.valid_to.is_(None))
    return {area.code: area for area in await session.scalars(query)}


def _check_order(
    boundaries: list[Boundary], current: dict[str, Area], order: ImportOrder, closing: list[Area]
) -> None:
    problems: list[Problem] = []
    if order.valid_from and order.valid_from > order.today:
        reason = f"valid from {order.valid_from}, which is to come: import on that day"
        problems.append(Problem(-1, None, None, reason))
    provinces = {one.parent_code or order.province for one in boundaries} | {order.province}
    provinces.discard(None)
    if order.kind == "ward" and len(provinces) > 1 and not order.several_provinces:
        names = ", ".join(sorted(filter(None, provinces)))
        reason = f"wards of several provinces: {names}; say which one (province)"
        problems.append(Problem(-1, None, None, reason))
    for boundary in boundaries:
        area = current.get(boundary.code)
        if area and order.valid_from and order.valid_from < area.valid_from:
            reason = f"its current boundary begins later, on {area.valid_from}"
            problems.append(Problem(boundary.index, boundary.code, boundary.name, reason))
    problems += _closing_problems(order, closing)
    if problems:
        raise FileRefused(problems)


def _closing_problems(order: ImportOrder, closing: list[Area]) -> list[Problem]:
    if not closing:
        return []
    if order.valid_from is None:
        return [Problem(-1, None, None, "areas are closed at a day: say which (valid_from)")]
    return [
        Problem(-1, None, None, f"cannot close {area.code} {area.name}: begins {area.valid_from}")
        for area in closing
        if area.valid_from >= order.valid_from
    ]


async def _close(session: AsyncSession, areas: list[Area], order: ImportOrder) -> None:
    for area in areas:
        area.valid_to = order.valid_from
    await session.flush()


async def _put(
    session: AsyncSession, area: Area | None, boundary: Boundary, order: ImportOrder
) -> ImportLine:
    """Bring one boundary in; `area` is the current row with its code, if there is one.

    Geometry is worked on in a thread: the server that imports answers others meanwhile.
    """
    size = await asyncio.to_thread(area_m2, boundary.geometry)
    if area is None:
        session.add(_row(boundary, order, order.valid_from or order.today))
        return ImportLine(boundary, Outcome.NEW, size, 0.0)
    if order.approximate and not area.approximate:
        return ImportLine(boundary, Outcome.KEPT, size, 0.0)
    shape = to_shape(area.geom)
    facts = (boundary.name, boundary.name_en, boundary.parent_code or area.parent_code)
    before = (area.name, area.name_en, area.parent_code)
    surveyed_alike = area.approximate == order.approximate
    if facts == before and surveyed_alike and same_shape(shape, boundary.geometry):
        return ImportLine(boundary, Outcome.UNCHANGED, size, 0.0)
    moved = await asyncio.to_thread(_difference_m2, shape, boundary.geometry)
    if order.valid_from and order.valid_from > area.valid_from:
        area.valid_to = order.valid_from
        await session.flush()  # the index of current areas allows one row per code
        session.add(_row(boundary, order, order.valid_from))
        return ImportLine(boundary, Outcome.SUCCEEDED, size, moved)
    area.name, area.name_en, area.parent_code = facts
    area.geom = from_shape(boundary.geometry, srid=4326)
    area.approximate, area.source = order.approximate, order.source
    return ImportLine(boundary, Outcome.CORRECTED, size, moved)


def _row(boundary: Boundary, order: ImportOrder, valid_from: date) -> Area:
    return Area(
        kind=order.kind,
        code=boundary.code,
        name=boundary.name,
        name_en=boundary.name_en,
        parent_code=boundary.parent_code or (order.province if order.kind == "ward" else None),
        geom=from_shape(boundary.geometry, srid=4326),
        approximate=order.approximate,
        source=order.source,
        valid_from=valid_from,
    )


def _difference_m2(one: BaseGeometry, other: BaseGeometry) -> float:
    return area_m2(one.symmetric_difference(other))


async def _put_provinces(
    session: AsyncSession, boundaries: list[Boundary], order: ImportOrder
) -> list[ImportLine]:
    """Make provinces the union of their current wards; none if nobody says which province."""
    codes = {one.parent_code or order.province for one in boundaries}
    wards = list((await _current_areas(session, "ward")).values())
    provinces = await _current_areas(session, "province")
    lines: list[ImportLine] = []
    for code in sorted(filter(None, codes)):
        mine = [area for area in wards if area.parent_code == code]
        name, name_en = _province_name(provinces.get(code), boundaries, order, code)
        union = await asyncio.to_thread(dissolve, [to_shape(area.geom) for area in mine])
        whole = Boundary(-1, code, name, name_en, union)
        lines.append(await _put_province(session, provinces.get(code), whole, mine, order))
    await session.flush()
    return lines


async def _put_province(
    session: AsyncSession,
    province: Area | None,
    boundary: Boundary,
    wards: list[Area],
    order: ImportOrder,
) -> ImportLine:
    whole = ImportOrder(
        kind="province",
        source="union of the current wards",
        today=order.today,
        valid_from=order.valid_from,
        approximate=any(area.approximate for area in wards),
    )
    if province and whole.approximate and not province.approximate:
        province.approximate = True  # a ward that is approximate makes the whole so
    return await _put(session, province, boundary, whole)


def _province_name(
    province: Area | None, boundaries: list[Boundary], order: ImportOrder, code: str
) -> tuple[str, str]:
    if province:
        return province.name, province.name_en
    if order.province_name and code == order.province:
        return order.province_name
    names = (one.parent_name for one in boundaries if one.parent_code == code and one.parent_name)
    name = next(names, code)
    return name, name
