"""The city's layers: shown, hidden and filled by its administrators."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import Actor
from core.audit import note
from core.db import AnyRow, transaction
from core.errors import FieldError, InvalidInput, NotFound
from gis.layer_files import LayerFields, clean_feature, read_layer
from gis.layer_import import (
    LayerReport,
    Outcome,
    import_layer,
    put_layer_feature,
    wait_for_turn,
)
from gis.tables import Layer, LayerFeature
from workflows.administration import begin_change, note_change, put_values
from workflows.policies import Right, check_right
from workflows.tables import Category


@dataclass(frozen=True, slots=True)
class LayerDraft:
    """A layer as its administrators want it; see `gis.tables.Layer`."""

    name: str
    name_en: str
    kind: str
    public: bool
    categories: list[str]
    min_zoom: int


@dataclass(frozen=True, slots=True)
class FeatureDraft:
    """A feature as an administrator draws it; `geometry` is GeoJSON, WGS84."""

    geometry: dict[str, Any]
    kind: str
    name: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileOrder:
    """How a file of features is read and brought in; see `read_layer` and `import_layer`."""

    fields: LayerFields
    file_layer: str | None = None
    datum: str | None = None
    replace: bool = False
    dry_run: bool = False


class _DryRun(Exception):
    """No error: leaving by it undoes the transaction."""

    def __init__(self, report: LayerReport) -> None:
        self.report = report
        super().__init__()


async def list_layers(session: AsyncSession, *, actor: Actor) -> list[tuple[Layer, AnyRow | None]]:
    """All layers by code, each with its numbers: `features`, `named`, `kinds`. None when empty."""
    check_right(actor, Right.CONFIGURE)
    counts = select(
        LayerFeature.layer,
        func.count().label("features"),
        func.count().filter(LayerFeature.name != "").label("named"),
        func.array_agg(LayerFeature.kind.distinct()).label("kinds"),
    ).group_by(LayerFeature.layer)
    of_layer = {row.layer: row for row in await session.execute(counts)}
    layers = await session.scalars(select(Layer).order_by(Layer.code))
    return [(layer, of_layer.get(layer.code)) for layer in layers]


async def put_layer_settings(
    session: AsyncSession, code: str, draft: LayerDraft, *, actor: Actor
) -> tuple[Layer, bool]:
    """Add a layer or change what is said of it; answers it and whether it is new. InvalidInput
    naming categories that there are not.
    """
    await begin_change(session, actor)
    await check_categories(session, draft.categories)
    row = await session.get(Layer, code)
    created = row is None
    row = row or Layer(code=code)
    if await put_values(session, row, asdict(draft)):
        await note_change(session, actor, "layer", code, created=created)
    return row, created


async def check_categories(session: AsyncSession, categories: Sequence[str]) -> None:
    """Raise InvalidInput naming each category that the city does not have."""
    known = set(await session.scalars(select(Category.code)))
    errors = [
        FieldError(f"/categories/{index}", "category_unknown", {"value": code})
        for index, code in enumerate(categories)
        if code not in known
    ]
    if errors:
        raise InvalidInput(fields=errors)


async def import_file(
    sessions: async_sessionmaker[AsyncSession],
    code: str,
    file: Path,
    order: FileOrder,
    *,
    actor: Actor,
) -> LayerReport:
    """Bring the features of a file into a layer, in a transaction of its own; with `dry_run`
    only say what that would do. Raises FileRefused as `read_layer` does.
    """
    check_right(actor, Right.CONFIGURE)
    rows = await asyncio.to_thread(
        read_layer, file, order.fields, file_layer=order.file_layer, datum=order.datum
    )
    try:
        async with transaction(sessions, actor) as session:
            await begin_change(session, actor)
            report = await import_layer(session, code, rows, replace=order.replace)
            await note_import(session, code, report, actor=actor)
            _end(report, dry_run=order.dry_run)
    except _DryRun as ended:
        return ended.report
    return report


async def note_import(
    session: AsyncSession, code: str, report: LayerReport, *, actor: Actor
) -> None:
    """Note in the audit log what an import wrote into a layer, if anything."""
    if not report.changed:
        return
    facts = {
        "added": report.count(Outcome.NEW),
        "changed": report.count(Outcome.CHANGED),
        "removed": len(report.missing) if report.removed else 0,
    }
    await note(session, actor, "layer.import", f"layer:{code}", facts)


def _end(report: LayerReport, *, dry_run: bool) -> None:
    if dry_run:
        raise _DryRun(report)


async def put_feature(
    session: AsyncSession, layer: str, code: str, draft: FeatureDraft, *, actor: Actor
) -> bool:
    """Add a feature of a layer or change it; whether it is new. InvalidInput for a geometry that
    is none, NotFound for a layer that there is not.
    """
    await _begin_feature(session, layer, actor)
    created = await put_layer_feature(
        session,
        layer,
        code,
        kind=draft.kind,
        name=draft.name,
        properties=draft.properties,
        geometry=_to_geometry(draft.geometry),
    )
    await note_change(session, actor, "feature", f"{layer}/{code}", created=created)
    return created


async def delete_feature(session: AsyncSession, layer: str, code: str, *, actor: Actor) -> None:
    """Take a feature out of its layer. NotFound if there is none."""
    await _begin_feature(session, layer, actor)
    gone = await session.scalar(
        delete(LayerFeature)
        .where(LayerFeature.layer == layer, LayerFeature.code == code)
        .returning(LayerFeature.id)
    )
    if gone is None:
        raise NotFound("feature_not_found")
    await note(session, actor, "feature.remove", f"feature:{layer}/{code}", {})


async def _begin_feature(session: AsyncSession, layer: str, actor: Actor) -> None:
    await begin_change(session, actor)
    if await session.get(Layer, layer) is None:
        raise NotFound("layer_absent")
    await wait_for_turn(session, layer)


def _to_geometry(geojson: dict[str, Any]) -> BaseGeometry:
    """A GeoJSON geometry as it is stored."""
    try:
        return clean_feature(shapely.from_geojson(json.dumps(geojson)))
    except (ValueError, GEOSException) as error:
        raise InvalidInput.at("/geometry", "geometry_unusable", reason=str(error)) from error
