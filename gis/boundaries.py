"""Bringing boundaries into the areas table: corrected in place, or succeeded at a given day.

Surveyed boundaries replace approximate ones, never the other way round. Afterwards the province
is the union of its current wards: the outlines that are published apart from them do not agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gis.boundary_files import AreaKind, Boundary
from gis.feature_files import FileRefused, Problem
from gis.geometry import area_m2, dissolve, same_shape
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
    """How to import: `valid_from` None corrects the current boundaries in place."""

    kind: AreaKind
    source: str
    today: date
    valid_from: date | None = None
    approximate: bool = False
    province: str | None = None
    province_name: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of one area, and by how many square metres it grew or shrank."""

    boundary: Boundary
    outcome: Outcome
    area_m2: float
    moved_m2: float


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: a line per area, (code, name) of those not in the file, the province."""

    lines: list[ImportLine]
    missing: list[tuple[str, str]]
    province: ImportLine | None

    def count(self, outcome: Outcome) -> int:
        """How many areas had this outcome."""
        return sum(line.outcome is outcome for line in self.lines)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        still = (Outcome.UNCHANGED, Outcome.KEPT)
        lines = [*self.lines, *([self.province] if self.province else [])]
        return any(line.outcome not in still for line in lines)


async def import_boundaries(
    session: AsyncSession, boundaries: list[Boundary], order: ImportOrder
) -> ImportReport:
    """Write `boundaries` into the session's transaction; a second run changes nothing.

    Areas of the same kind that are not among them stay and are listed. Raises FileRefused,
    before anything is written, when `order.valid_from` lies in the future or before the row that
    it would close, or when wards of several provinces come together.
    """
    await session.execute(text("lock table areas in share row exclusive mode"))
    current = await _current_areas(session, order.kind)
    _check_order(boundaries, current, order)
    lines = [await _put(session, current.get(one.code), one, order) for one in boundaries]
    await session.flush()
    codes = {boundary.code for boundary in boundaries}
    missing = [(code, current[code].name) for code in sorted(set(current) - codes)]
    province = None
    if order.kind == "ward":
        province = await _put_province(session, boundaries, order)
    return ImportReport(lines, missing, province)


async def _current_areas(session: AsyncSession, kind: AreaKind) -> dict[str, Area]:
    query = select(Area).where(Area.kind == kind, Area.valid_to.is_(None)).with_for_update()
    return {area.code: area for area in await session.scalars(query)}


def _check_order(boundaries: list[Boundary], current: dict[str, Area], order: ImportOrder) -> None:
    problems: list[Problem] = []
    if order.valid_from and order.valid_from > order.today:
        reason = f"valid from {order.valid_from}, which is to come: import on that day"
        problems.append(Problem(-1, None, None, reason))
    provinces = {one.parent_code or order.province for one in boundaries} | {order.province}
    if order.kind == "ward" and len(provinces - {None}) > 1:
        reason = f"wards of several provinces: {', '.join(sorted(filter(None, provinces)))}"
        problems.append(Problem(-1, None, None, reason))
    for boundary in boundaries:
        area = current.get(boundary.code)
        if area and order.valid_from and order.valid_from < area.valid_from:
            reason = f"its current boundary begins later, on {area.valid_from}"
            problems.append(Problem(boundary.index, boundary.code, boundary.name, reason))
    if problems:
        raise FileRefused(problems)


async def _put(
    session: AsyncSession, area: Area | None, boundary: Boundary, order: ImportOrder
) -> ImportLine:
    """Bring one boundary in; `area` is the current row with its code, if there is one."""
    size = area_m2(boundary.geometry)
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
    moved = area_m2(shape.symmetric_difference(boundary.geometry))
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


async def _put_province(
    session: AsyncSession, boundaries: list[Boundary], order: ImportOrder
) -> ImportLine | None:
    """Make the province the union of its current wards; None if nobody says which province."""
    code = next((one.parent_code for one in boundaries if one.parent_code), order.province)
    if code is None:
        return None
    wards = await _current_areas(session, "ward")
    mine = [area for area in wards.values() if area.parent_code == code]
    province = (await _current_areas(session, "province")).get(code)
    name, name_en = _province_name(province, boundaries, order, code)
    union = dissolve([to_shape(area.geom) for area in mine])
    boundary = Boundary(-1, code, name, name_en, union)
    whole = ImportOrder(
        kind="province",
        source="union of the current wards",
        today=order.today,
        valid_from=order.valid_from,
        approximate=any(area.approximate for area in mine),
    )
    if province and whole.approximate and not province.approximate:
        province.approximate = True  # a ward that is approximate makes the whole so
    line = await _put(session, province, boundary, whole)
    await session.flush()
    return line


def _province_name(
    province: Area | None, boundaries: list[Boundary], order: ImportOrder, code: str
) -> tuple[str, str]:
    if province:
        return province.name, province.name_en
    if order.province_name and code == order.province:
        return order.province_name
    name = next((one.parent_name for one in boundaries if one.parent_name), code)
    return name, name
