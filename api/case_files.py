"""Cases as a table and as a map to be taken along, made while they are sent."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from api.csv_cells import BOM, csv_lines, text_cell
from api.presenter import Presenter
from core.db import AnyRow
from core.i18n import translate

COLUMNS = (
    "code", "category", "category_name", "department", "department_name", "area", "area_name",
    "status", "status_label", "state_label", "priority", "opened_at", "updated_at", "due_at",
    "overdue", "resolved_at", "closed_at", "rating", "lat", "lon", "summary",
)  # fmt: skip
_TIME = "%Y-%m-%d %H:%M:%S"  # which spreadsheets take for one
Batches = AsyncGenerator[list[AnyRow]]


async def to_csv(batches: Batches, presenter: Presenter) -> AsyncGenerator[str]:
    """A table with titles in the reader's language and times on the city's clocks."""
    titles = [translate(f"cases_export_{name}", presenter.language) for name in COLUMNS]
    yield BOM + csv_lines([titles])
    async for rows in batches:
        if rows:
            yield csv_lines(_cells(row, presenter) for row in rows)


async def to_geojson(batches: Batches, presenter: Presenter) -> AsyncGenerator[str]:
    """The same as one FeatureCollection, its times with their zone."""
    yield '{"type": "FeatureCollection", "features": ['
    before = "\n"
    async for rows in batches:
        if rows:
            yield before + ",\n".join(_feature(row, presenter) for row in rows)
            before = ",\n"
    yield "\n]}\n"


def _cells(row: AnyRow, presenter: Presenter) -> list[object]:
    return [_cell(value, presenter) for value in _fields(row, presenter).values()]


def _cell(value: object, presenter: Presenter) -> object:
    if isinstance(value, datetime):
        return value.astimezone(presenter.city.zone).strftime(_TIME)
    if isinstance(value, bool):
        return int(value)
    return text_cell(value) if isinstance(value, str) else value


def _feature(row: AnyRow, presenter: Presenter) -> str:
    fields = _fields(row, presenter)
    lat, lon = fields.pop("lat"), fields.pop("lon")
    feature = {
        "type": "Feature",
        "id": str(row.id),
        "geometry": None
        if lat is None or lon is None
        else {"type": "Point", "coordinates": [lon, lat]},
        "properties": fields,
    }
    return json.dumps(feature, ensure_ascii=False, default=datetime.isoformat)


def _fields(row: AnyRow, presenter: Presenter) -> dict[str, Any]:
    """What COLUMNS names: what the work list shows this reader, and how it ended."""
    case = presenter.case_item(row, [])
    values = (
        case.code, case.category.code, case.category.name, case.department.code,
        case.department.name, case.area.code, case.area.name, case.status, case.status_label,
        case.state_label, case.priority, case.opened_at, case.updated_at, case.due_at, case.overdue,
        row.resolved_at, row.closed_at, row.rating,
        case.location.lat if case.location else None,
        case.location.lon if case.location else None,
        case.summary,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
