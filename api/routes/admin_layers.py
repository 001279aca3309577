"""Shaping the city: its layers of roads, parks and assets, feature by feature or by file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response, UploadFile

from api.deps import ActorDep, ServicesDep, SessionDep
from api.openapi import made
from api.schemas.base import Text
from api.schemas.layers import (
    FeatureCode,
    FeatureIn,
    FeatureOut,
    ImportLineOut,
    LayerCode,
    LayerImportOut,
    LayerIn,
    LayerRowOut,
    LayerRowsOut,
)
from api.uploaded_files import received_file
from core.db import AnyRow
from gis.layer_files import LayerFields
from gis.layer_import import LayerReport, Outcome
from gis.tables import Layer
from workflows import layers
from workflows.layers import FileOrder
from workflows.policies import Right, check_right

router = APIRouter(prefix="/v1/admin/layers", tags=["admin"])
CREATED, OK, NO_CONTENT = 201, 200, 204
SHOWN = 200  # lines of an answer
ColumnName = Annotated[Text | None, Form(max_length=200)]


@router.get("")
async def list_layers(session: SessionDep, actor: ActorDep) -> LayerRowsOut:
    """All layers with how many features they have, the hidden ones too."""
    rows = await layers.list_layers(session, actor=actor)
    return LayerRowsOut(items=[_layer(layer, counts) for layer, counts in rows])


@router.put("/{code}", responses=made(LayerIn))
async def put_layer(
    code: LayerCode, body: LayerIn, session: SessionDep, actor: ActorDep, response: Response
) -> LayerIn:
    """Add a layer (201) or change what is said of it; `public: false` hides it from everybody."""
    row, created = await layers.put_layer_settings(session, code, body.draft(), actor=actor)
    response.status_code = CREATED if created else OK
    return LayerIn.model_validate(row, from_attributes=True)


@router.post("/{code}/import")
async def import_file(
    code: LayerCode,
    file: UploadFile,
    services: ServicesDep,
    actor: ActorDep,
    datum: ColumnName = None,
    file_layer: ColumnName = None,
    code_field: ColumnName = None,
    kind_field: ColumnName = None,
    name_field: ColumnName = None,
    *,
    replace: Annotated[bool, Form()] = False,
    dry_run: Annotated[bool, Form()] = False,
) -> LayerImportOut:
    """Bring in a GeoJSON, GeoPackage, KML or zipped Shapefile, as `layers import` does."""
    check_right(actor, Right.CONFIGURE)
    fields = LayerFields(code=code_field, kind=kind_field, name=name_field)
    order = FileOrder(fields, file_layer, datum, replace=replace, dry_run=dry_run)
    async with received_file(file) as path:
        report = await layers.import_file(services.sessions, code, path, order, actor=actor)
    return _report(report, dry_run=dry_run)


@router.put("/{code}/features/{feature:path}", responses=made(FeatureOut))
async def put_feature(
    code: LayerCode,
    feature: FeatureCode,
    body: FeatureIn,
    session: SessionDep,
    actor: ActorDep,
    response: Response,
) -> FeatureOut:
    """Add one feature (201) or change it."""
    created = await layers.put_feature(session, code, feature, body.draft(), actor=actor)
    response.status_code = CREATED if created else OK
    return FeatureOut(layer=code, code=feature)


@router.delete("/{code}/features/{feature:path}", status_code=NO_CONTENT)
async def delete_feature(
    code: LayerCode, feature: FeatureCode, session: SessionDep, actor: ActorDep
) -> None:
    """Take one feature out of its layer; reports that name it keep its code."""
    await layers.delete_feature(session, code, feature, actor=actor)


def _layer(layer: Layer, counts: AnyRow | None) -> LayerRowOut:
    return LayerRowOut(
        code=layer.code,
        name=layer.name,
        name_en=layer.name_en,
        kind=layer.kind,  # pyright: ignore[reportArgumentType]  # the table's CHECK
        public=layer.public,
        categories=layer.categories,
        min_zoom=layer.min_zoom,
        features=counts.features if counts else 0,
        named=counts.named if counts else 0,
        kinds=[kind for kind in counts.kinds if kind] if counts else [],
    )


def _report(report: LayerReport, *, dry_run: bool) -> LayerImportOut:
    shown = [line for line in report.lines if line.row.repaired or line.outcome is Outcome.CHANGED]
    return LayerImportOut(
        dry_run=dry_run,
        features=len(report.lines),
        new=report.count(Outcome.NEW),
        changed=report.count(Outcome.CHANGED),
        unchanged=report.count(Outcome.UNCHANGED),
        missing=len(report.missing),
        removed=report.removed,
        kinds=sorted({line.row.kind for line in report.lines} - {""})[:SHOWN],
        lines=[
            ImportLineOut(
                code=line.row.code,
                kind=line.row.kind,
                name=line.row.name,
                outcome=line.outcome,
                repaired=line.row.repaired,
            )
            for line in shown[:SHOWN]
        ],
        missing_codes=[code for code, _ in report.missing[:SHOWN]],
    )
