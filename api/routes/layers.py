"""Layers beside the areas that everybody sees, and the assets in them that a report may name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.conditional import has_etag
from api.deps import CityDep, LatQuery, LonQuery, ServicesDep
from api.queries import to_bbox
from api.schemas.base import Names, Position, Text
from api.schemas.layers import (
    LayerCode,
    LayerOut,
    LayersOut,
    NearbyAssetOut,
    NearbyAssetsOut,
)
from core.errors import InvalidInput
from gis import public_layers
from gis.assets import NearbyAsset, list_nearby_assets
from gis.locate import Place
from workflows.assets import REACH_M

router = APIRouter(prefix="/v1", tags=["map"])
NOT_MODIFIED = 304


@router.get("/layers")
async def list_layers(services: ServicesDep) -> LayersOut:
    """The public layers: roads, parks, lamp posts."""
    layers = await public_layers.list_public_layers(services.read_pool)
    return LayersOut(
        items=[
            LayerOut(
                code=layer.code,
                name=Names(vi=layer.name, en=layer.name_en),
                kind=layer.kind,  # pyright: ignore[reportArgumentType]  # the table's CHECK
                categories=layer.categories,
                min_zoom=layer.min_zoom,
            )
            for layer in layers
        ]
    )


@router.get("/layers/{layer}/features", response_class=Response)
async def get_features(
    layer: LayerCode,
    services: ServicesDep,
    bbox: Annotated[Text | None, Query(max_length=100)] = None,
    limit: Annotated[
        int, Query(ge=1, le=public_layers.MAX_FEATURES)
    ] = public_layers.DEFAULT_FEATURES,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Features of a public layer as GeoJSON; `complete` is false where there are more."""
    box = to_bbox(bbox)
    version = await public_layers.get_features_version(services.read_pool, layer)
    etag = f'"{version}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=60"}
    if has_etag(if_none_match, etag):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    body = await public_layers.layer_geojson(services.read_pool, layer, box, limit=limit)
    return Response(body, media_type="application/geo+json", headers=headers)


@router.get("/assets/nearby")
async def list_nearby(
    lat: LatQuery,
    lon: LonQuery,
    services: ServicesDep,
    city: CityDep,
    category: Annotated[Text, Query(max_length=80)],
    radius_m: Annotated[float, Query(ge=0.1, le=REACH_M)] = 100,
) -> NearbyAssetsOut:
    """Assets around the pin that a report of this category may name, nearest first."""
    if category not in city.categories:
        raise InvalidInput.at("?category", "category_unknown", value=category)
    found = await list_nearby_assets(
        services.read_pool, Place(lat, lon), city.lineage_of(category), radius_m=radius_m
    )
    return NearbyAssetsOut(items=[_asset(asset) for asset in found])


def _asset(asset: NearbyAsset) -> NearbyAssetOut:
    return NearbyAssetOut(
        layer=asset.layer,
        code=asset.code,
        name=asset.name,
        kind=asset.kind,
        distance_m=round(asset.distance_m, 1),
        location=Position(lat=asset.lat, lon=asset.lon),
    )
