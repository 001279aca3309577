"""Layers, their features and assets on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field

from api.schemas.base import Flag, Input, Json, Names, Output, Position, Text
from api.schemas.catalogue import Name
from gis.layer_files import MAX_TEXT
from workflows.layers import FeatureDraft, LayerDraft

LayerKind = Literal["asset", "road", "place", "other"]
LayerCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
FeatureCode = Annotated[Text, Path(min_length=1, max_length=MAX_TEXT)]
Line = Annotated[Text, Field(max_length=MAX_TEXT)]


class LayerOut(Output):
    """A layer that everybody sees; for reports of `categories` an asset of it may be picked."""

    code: str
    name: Names
    kind: LayerKind
    categories: list[str]
    min_zoom: int


class LayersOut(Output):
    items: list[LayerOut]


class NearbyAssetOut(Output):
    """An asset near the pin; `layer` and `code` go into the report."""

    layer: str
    code: str
    name: str
    kind: str
    distance_m: float
    location: Position


class NearbyAssetsOut(Output):
    items: list[NearbyAssetOut]


class LayerIn(Input):
    """The whole layer, but for its features."""

    name: Name
    name_en: Name
    kind: LayerKind
    public: Flag
    categories: list[Annotated[Text, Field(max_length=80)]] = Field(max_length=200)
    min_zoom: Annotated[int, Field(strict=True, ge=0, le=22)]

    def draft(self) -> LayerDraft:
        return LayerDraft(**self.model_dump())


class LayerRowOut(Output):
    """A layer as its administrators see it; `kinds` are those that rules may ask for."""

    code: str
    name: str
    name_en: str
    kind: LayerKind
    public: bool
    categories: list[str]
    min_zoom: int
    features: int
    named: int
    kinds: list[str]


class LayerRowsOut(Output):
    items: list[LayerRowOut]


class FeatureIn(Input):
    """One feature; `geometry` is GeoJSON, WGS84."""

    geometry: Json
    kind: Line = ""
    name: Line = ""
    properties: Json = Field(default_factory=dict[str, Any])

    def draft(self) -> FeatureDraft:
        return FeatureDraft(**self.model_dump())


class FeatureOut(Output):
    """Which feature it was."""

    layer: str
    code: str


class ImportLineOut(Output):
    """A feature of the file that is changed or was mended."""

    code: str
    kind: str
    name: str
    outcome: str
    repaired: bool


class LayerImportOut(Output):
    """What an import did, or would do. `lines` and `missing` name the first of many; features that
    the file does not have are gone if `removed`.
    """

    dry_run: bool
    features: int
    new: int
    changed: int
    unchanged: int
    missing: int
    removed: bool
    kinds: list[str]
    lines: list[ImportLineOut]
    missing_codes: list[str]
