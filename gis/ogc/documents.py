"""The documents of `/ogc` that describe it: OGC API – Features Parts 1 to 3. Pure.

Each is the JSON as a dict; the web pages show the same.
"""

from __future__ import annotations

from typing import Any

from gis.crs import CRS84, CRSES
from gis.ogc.collections import AFTER, COLLECTIONS, GEOMETRY, Collection, Extent, IdType, Property
from gis.ogc.conformance import CONFORMANCE
from gis.ogc.links import AS_HTML, GEOJSON, HTML, JSON, OGC_REL, OPENAPI, SCHEMA, Link, Site
from gis.ogc.words import Words
from gis.queryables import Kind

Document = dict[str, Any]

TITLE = Words("Dữ liệu mở Hiện Trường", "Hiện Trường open data")
ABOUT = Words(
    "Phản ánh hiện trường và ranh giới hành chính theo chuẩn OGC API – Features: mở thẳng bằng "
    "QGIS, ArcGIS Pro, GDAL. Không có thông tin của người phản ánh.",
    "Field reports and boundaries by OGC API – Features: opens in QGIS, ArcGIS Pro, GDAL. Nothing "
    "about those who reported.",
)
CONFORMS = Words("Các lớp tuân thủ", "Conformance classes")
LAYERS = Words("Các lớp dữ liệu", "Collections")
API = Words("Mô tả API", "API definition")
ITEMS = Words("Đối tượng", "Items")
ITEM = Words("Đối tượng", "Item")
QUERYABLES = Words("Thuộc tính lọc được", "Queryables")
_SCHEMA = Words("Cấu trúc dữ liệu", "Schema")
_NEXT = Words("Trang sau", "Next page")
_LAYER = Words("Lớp dữ liệu", "Collection")
_PLACE = Words("Vị trí", "Place")
_ID = Words("Mã định danh", "Id")
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
_JSON_TYPES: dict[Kind, Document] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
}


def landing(site: Site) -> Document:
    """The first page: what there is, and where."""
    return {
        "title": site.say(TITLE),
        "description": site.say(ABOUT),
        "links": [
            *site.here(JSON),
            site.link("service-desc", OPENAPI, API, site.url("api")),
            site.link("service-doc", HTML, API, site.url("api", query=AS_HTML)),
            site.link("conformance", JSON, CONFORMS, site.url("conformance")),
            site.link("data", JSON, LAYERS, site.url("collections")),
        ],
    }


def conformance(site: Site) -> Document:
    """Which parts of the standards hold."""
    return {"conformsTo": list(CONFORMANCE), "links": site.here(JSON, "conformance")}


def collections(site: Site, extents: dict[str, Extent]) -> Document:
    """All collections with the extents given by their id."""
    return {
        "links": site.here(JSON, "collections"),
        "collections": [collection(site, each, extents[each.id]) for each in COLLECTIONS.values()],
    }


def collection(site: Site, layer: Collection, extent: Extent) -> Document:
    """One collection."""
    path = ("collections", layer.id)
    items, queryables = (*path, "items"), (*path, "queryables")
    return {
        "id": layer.id,
        "title": site.say(layer.title),
        "description": site.say(layer.description),
        "itemType": "feature",
        "extent": _extent(extent),
        "crs": list(CRSES),
        "storageCrs": CRS84.uri,
        "links": [
            *site.here(JSON, *path),
            site.link("items", GEOJSON, ITEMS, site.url(*items)),
            site.link("items", HTML, ITEMS, site.url(*items, query=AS_HTML)),
            site.link(f"{OGC_REL}queryables", SCHEMA, QUERYABLES, site.url(*queryables)),
            site.link(f"{OGC_REL}schema", SCHEMA, _SCHEMA, site.url(*path, "schema")),
        ],
    }


def queryables(site: Site, layer: Collection) -> Document:
    """What filters of a collection may name, as JSON Schema."""
    return _json_schema(site, layer, "queryables") | {"additionalProperties": False}


def schema(site: Site, layer: Collection) -> Document:
    """What its features have, as JSON Schema."""
    document = _json_schema(site, layer, "schema")
    document["properties"] = {
        "id": {
            "title": site.say(_ID),
            "type": "integer" if layer.id_type is IdType.BIGINT else "string",
            "x-ogc-role": "id",
        },
        **document["properties"],
    }
    return document


def items_links(
    site: Site, layer: Collection, query: dict[str, str], after: str | None
) -> list[Link]:
    """The links of a page of items that `query` asked for; `after` begins the next one."""
    path = ("collections", layer.id, "items")
    links = site.here(GEOJSON, *path, query=query)
    if after is not None:
        href = site.url(*path, query=query | {AFTER: after})
        links.append(site.link("next", GEOJSON, _NEXT, href))
    links.append(_up(site, layer))
    return links


def item_links(site: Site, layer: Collection, feature_id: str, query: dict[str, str]) -> list[Link]:
    """The links of one feature."""
    path = ("collections", layer.id, "items", feature_id)
    return [*site.here(GEOJSON, *path, query=query), _up(site, layer)]


def json_type(queried: Property) -> Document:
    """What a property holds, in the words of JSON Schema and of OpenAPI."""
    choices: Document = {"enum": list(queried.choices)} if queried.choices else {}
    return _JSON_TYPES[queried.kind] | choices


def _up(site: Site, layer: Collection) -> Link:
    return site.link("collection", JSON, _LAYER, site.url("collections", layer.id))


def _extent(extent: Extent) -> Document:
    since = extent.since.isoformat() if extent.since else None
    found: Document = {"temporal": {"interval": [[since, None]], "trs": _GREGORIAN}}
    if extent.bounds:
        found["spatial"] = {"bbox": [list(extent.bounds)], "crs": CRS84.uri}
    return found


def _json_schema(site: Site, layer: Collection, name: str) -> Document:
    geometry = {
        "title": site.say(_PLACE),
        "format": f"geometry-{layer.geometry.lower()}",
        "x-ogc-role": "primary-geometry",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": site.url("collections", layer.id, name),
        "type": "object",
        "title": site.say(layer.title),
        "properties": {
            **{
                each.name: {"title": site.say(each.title), **json_type(each)}
                for each in layer.properties
            },
            GEOMETRY: geometry,
        },
    }
