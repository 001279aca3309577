"""The asset that a report names: checked when it is filed, shown with the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import AnySelect
from core.errors import InvalidInput
from gis.assets import AssetRef, look_for_asset
from gis.locate import Place
from gis.tables import Layer, LayerFeature
from workflows.tables import Report

# Further from the pin than this it is another place that somebody means.
REACH_M = 500.0
COLUMNS: tuple[ColumnElement[Any], ...] = (
    Report.asset_layer.label("asset_layer"),
    Report.asset_code.label("asset_code"),
    LayerFeature.kind.label("asset_kind"),
    LayerFeature.name.label("asset_name"),
    Layer.name.label("layer_name"),
    Layer.name_en.label("layer_name_en"),
)


@dataclass(frozen=True, slots=True)
class AssetView:
    """An asset as a report named it. Kind and name are today's, None where it is gone since."""

    layer: str
    code: str
    kind: str | None
    name: str | None
    layer_name: str | None
    layer_name_en: str | None


async def check_asset(session: AsyncSession, asset: AssetRef, place: Place) -> None:
    """Raise InvalidInput unless the public sees this asset within REACH_M metres of the place.

    That its layer is meant for the category is not asked: a report that waited for a network must
    not fail because the layer was given to other categories meanwhile.
    """
    found = await look_for_asset(session, asset, place)
    if not found.layer_known:
        raise InvalidInput.at("/asset/layer", "layer_unknown", value=asset.layer)
    if found.distance_m is None:
        raise InvalidInput.at("/asset/code", "asset_unknown", value=asset.code)
    if found.distance_m > REACH_M:
        raise InvalidInput.at(
            "/asset", "asset_too_far", distance_m=round(found.distance_m), max_m=round(REACH_M)
        )


def with_asset(query: AnySelect) -> AnySelect:
    """A select from reports with COLUMNS added at its end."""
    return (
        query.add_columns(*COLUMNS)
        .outerjoin(
            LayerFeature,
            (LayerFeature.layer == Report.asset_layer) & (LayerFeature.code == Report.asset_code),
        )
        .outerjoin(Layer, Layer.code == Report.asset_layer)
    )


def asset_of(columns: tuple[Any, ...]) -> AssetView | None:
    """The asset in the last columns of a row of `with_asset`."""
    named = columns[-len(COLUMNS) :]
    return None if named[0] is None else AssetView(*named)
