"""Shaping the city: its wards and their boundaries."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Form, Query, UploadFile

from api.deps import ActorDep, CursorQuery, LimitQuery, ServicesDep, SessionDep
from api.schemas.areas import (
    AreaChange,
    AreaCode,
    AreaImportOut,
    AreaKind,
    AreaLineOut,
    AreaNameOut,
    AreaRowOut,
)
from api.schemas.base import PageOut, Text
from api.uploaded_files import received_file
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from core.text import is_storable
from gis.boundaries import ImportLine, ImportReport
from workflows import areas
from workflows.areas import AreaFilter, FileOrder, Validity
from workflows.policies import Right, check_right

router = APIRouter(prefix="/v1/admin/areas", tags=["admin"])
NAMELESS = "upload"
FormText = Annotated[Text | None, Form(max_length=200)]


@router.get("")
async def list_areas(
    session: SessionDep,
    actor: ActorDep,
    kind: AreaKind | None = None,
    valid: Validity = "current",
    q: Annotated[Text, Query(max_length=200, description="Part of a name or a code")] = "",
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[AreaRowOut]:
    """Areas by code, today's or those that are no more, without their geometry."""
    wanted = AreaFilter(kind=kind, valid=valid, q=q)
    page = await areas.page_areas(session, wanted, actor=actor, limit=limit, cursor=cursor)
    items = [AreaRowOut.model_validate(row) for row in page.items]
    return PageOut(items=items, next_cursor=page.next_cursor)


@router.patch("/{code}")
async def change_area(
    code: AreaCode, body: AreaChange, session: SessionDep, actor: ActorDep
) -> AreaRowOut:
    """Change the names or the population of a current area."""
    changes = body.model_dump(exclude_unset=True)
    row = await areas.change_area(session, code, changes, actor=actor)
    return AreaRowOut.model_validate(row)


@router.post("/import")
async def import_file(
    file: UploadFile,
    services: ServicesDep,
    actor: ActorDep,
    *,
    kind: Annotated[AreaKind, Form()] = "ward",
    valid_from: Annotated[date | None, Form()] = None,
    datum: FormText = None,
    file_layer: FormText = None,
    province: FormText = None,
    close_missing: Annotated[bool, Form()] = False,
    dry_run: Annotated[bool, Form()] = False,
) -> AreaImportOut:
    """Bring in a GeoJSON, GeoPackage, KML or zipped Shapefile, as `areas import` does."""
    check_right(actor, Right.CONFIGURE)
    order = FileOrder(
        kind=kind,
        name=_name_of(file),
        valid_from=valid_from,
        datum=datum,
        file_layer=file_layer,
        province=province,
        close_missing=close_missing,
        dry_run=dry_run,
    )
    async with received_file(file) as path:
        report = await areas.import_file(services.sessions, path, order, actor=actor, now=utc_now())
    return _report(report, dry_run=dry_run)


def _name_of(file: UploadFile) -> str:
    """What the file is called, as far as that can be kept."""
    name = PurePath(file.filename or "").name[:200]
    return name if name and is_storable(name) else NAMELESS


def _report(report: ImportReport, *, dry_run: bool) -> AreaImportOut:
    return AreaImportOut(
        dry_run=dry_run,
        changed=report.changed,
        areas=[_line(line) for line in report.lines],
        missing=[AreaNameOut(code=code, name=name) for code, name in report.missing],
        closed=[AreaNameOut(code=code, name=name) for code, name in report.closed],
        provinces=[_line(line) for line in report.provinces],
    )


def _line(line: ImportLine) -> AreaLineOut:
    boundary = line.boundary
    return AreaLineOut(
        code=boundary.code,
        name=boundary.name,
        outcome=line.outcome.value,
        km2=round(line.area_m2 / 1e6, 6),
        moved_km2=round(line.moved_m2 / 1e6, 6),
        repaired_km2=round(boundary.area_change_m2 / 1e6, 6) if boundary.repaired else None,
    )
