"""OGC API – Features at `/ogc`: public layers for QGIS, ArcGIS Pro, GDAL and whoever asks.

Parameters are read by `gis/ogc/query.py`, which knows all that there are: the standard refuses
unknown ones, with 400. The service describes itself at `/ogc/api`, so it is not in our `/docs`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.deps import ServicesDep
from api.ogc_answers import (
    CURRENT,
    ROOT,
    Asked,
    answer,
    answer_document,
    answer_page,
    etag_of,
    read_asked,
)
from core.clock import utc_now
from core.errors import NotFound
from gis.ogc import documents, openapi
from gis.ogc.collections import COLLECTIONS, Collection
from gis.ogc.extents import find_extent
from gis.ogc.geojson import feature, feature_collection, stamped
from gis.ogc.items import fetch_page, find_feature
from gis.ogc.links import GEOJSON, OPENAPI, SCHEMA
from gis.ogc.page import Page
from gis.ogc.query import check_names, crs_of, read_items_query, to_id

router = APIRouter(prefix=ROOT, include_in_schema=False)
AskedDep = Annotated[Asked, Depends(read_asked)]
READ = ["GET", "HEAD"]
PAGE_ROWS = 200  # of a web page, however many are asked for


async def get_layer(collection_id: str) -> Collection:
    """The collection of this id, or NotFound."""
    if collection_id not in COLLECTIONS:
        raise NotFound("collection_unknown", collection=collection_id[:100])
    return COLLECTIONS[collection_id]


LayerDep = Annotated[Collection, Depends(get_layer)]


@router.api_route("", methods=READ)
@router.api_route("/", methods=READ)
async def get_landing(asked: AskedDep) -> Response:
    """What there is, and where."""
    return answer_document(asked, documents.landing(asked.site), page="landing")


@router.api_route("/api", methods=READ)
async def get_api(asked: AskedDep) -> Response:
    """The OpenAPI document."""
    return answer_document(
        asked, openapi.describe(asked.site), "api", page="api", media_type=OPENAPI
    )


@router.api_route("/conformance", methods=READ)
async def get_conformance(asked: AskedDep) -> Response:
    """Which parts of the standards hold."""
    document = documents.conformance(asked.site)
    return answer_document(asked, document, "conformance", page="conformance")


@router.api_route("/collections", methods=READ)
async def list_collections(asked: AskedDep, services: ServicesDep) -> Response:
    """All collections."""
    extents = {
        name: await find_extent(services.feature_pool, layer) for name, layer in COLLECTIONS.items()
    }
    document = documents.collections(asked.site, extents)
    return answer_document(asked, document, "collections", page="collections")


@router.api_route("/collections/{collection_id}", methods=READ)
async def get_collection(asked: AskedDep, services: ServicesDep, layer: LayerDep) -> Response:
    """One collection."""
    extent = await find_extent(services.feature_pool, layer)
    document = documents.collection(asked.site, layer, extent)
    return answer_document(asked, document, "collections", layer.id, page="collection")


@router.api_route("/collections/{collection_id}/queryables", methods=READ)
async def get_queryables(asked: AskedDep, layer: LayerDep) -> Response:
    """What filters may name."""
    return _properties(asked, layer, "queryables", documents.queryables(asked.site, layer))


@router.api_route("/collections/{collection_id}/schema", methods=READ)
async def get_schema(asked: AskedDep, layer: LayerDep) -> Response:
    """What features have."""
    return _properties(asked, layer, "schema", documents.schema(asked.site, layer))


@router.api_route("/collections/{collection_id}/items", methods=READ)
async def list_items(asked: AskedDep, services: ServicesDep, layer: LayerDep) -> Response:
    """A page of features."""
    query = read_items_query(layer, asked.given)
    if asked.html:
        query = replace(query, limit=min(query.limit, PAGE_ROWS))
    page = await fetch_page(services.feature_pool, layer, query)
    if asked.html:
        return _items_page(asked, layer, page)
    links = documents.items_links(asked.site, layer, asked.query, page.after)
    text = feature_collection(page, links)
    return answer(
        asked,
        stamped(text, utc_now()),
        GEOJSON,
        etag=etag_of(text),
        cache=CURRENT,
        headers={"Content-Crs": f"<{query.crs.uri}>"},
    )


@router.api_route("/collections/{collection_id}/items/{feature_id}", methods=READ)
async def get_item(
    asked: AskedDep, services: ServicesDep, layer: LayerDep, feature_id: str
) -> Response:
    """One feature."""
    crs = crs_of(check_names(asked.given, ("f", "crs")))
    found = to_id(layer, feature_id)
    text = found is not None and await find_feature(services.feature_pool, layer, found, crs)
    if not text:
        raise NotFound("feature_unknown")
    text = feature(text, documents.item_links(asked.site, layer, feature_id, asked.query))
    if asked.html:
        return _item_page(asked, layer, json.loads(text))
    headers = {"Content-Crs": f"<{crs.uri}>"}
    return answer(asked, text, GEOJSON, etag=etag_of(text), cache=CURRENT, headers=headers)


def _properties(
    asked: Asked, layer: Collection, name: str, document: documents.Document
) -> Response:
    path = ("collections", layer.id, name)
    return answer_document(
        asked, document, *path, page="properties", media_type=SCHEMA, **_of(asked, layer)
    )


def _items_page(asked: Asked, layer: Collection, page: Page) -> Response:
    links = documents.items_links(asked.site, layer, asked.query | {"f": "html"}, page.after)
    return answer_page(
        asked,
        "items",
        *("collections", layer.id, "items"),
        cache=CURRENT,
        title=asked.site.say(layer.title),
        columns=[asked.site.say(each.title) for each in layer.properties],
        features=json.loads(f"[{page.features}]"),
        matched=page.matched,
        next=next((link["href"] for link in links if link["rel"] == "next"), None),
        **_of(asked, layer),
    )


def _item_page(asked: Asked, layer: Collection, shown: dict[str, Any]) -> Response:
    geometry = shown["geometry"]
    values = shown["properties"]
    return answer_page(
        asked,
        "item",
        *("collections", layer.id, "items", str(shown["id"])),
        cache=CURRENT,
        title=next(iter(values.values())),
        properties=[(asked.site.say(each.title), values[each.name]) for each in layer.properties],
        place=geometry["coordinates"] if geometry["type"] == "Point" else None,
        **_of(asked, layer),
    )


def _of(asked: Asked, layer: Collection) -> dict[str, str]:
    return {"layer": layer.id, "layer_title": asked.site.say(layer.title)}
