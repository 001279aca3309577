"""The OpenAPI 3.0 document of `/ogc`, written by hand. Pure.

The framework writes OpenAPI 3.1, which clients of OGC services cannot read. They look up literal
paths of collections, and `components.parameters.limit` for the largest page.
"""

from __future__ import annotations

from typing import Any

from gis.crs import CRS84, CRSES
from gis.ogc.collections import AFTER, COLLECTIONS, DEFAULT_LIMIT, MAX_LIMIT, Collection, IdType
from gis.ogc.documents import ABOUT, TITLE, Document, json_type
from gis.ogc.links import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Site
from gis.ogc.words import Words

PROBLEM = "application/problem+json"
_QUERIED = ("after", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs")


def describe(site: Site) -> Document:
    """The whole document."""
    return {
        "openapi": "3.0.3",
        "info": {"title": site.say(TITLE), "description": site.say(ABOUT), "version": "1.0.0"},
        "servers": [{"url": site.root}],
        "tags": [
            {"name": "ogc", "description": "OGC API – Features"},
            *(
                {"name": each.id, "description": site.say(each.title)}
                for each in COLLECTIONS.values()
            ),
        ],
        "paths": _paths(site),
        "components": {
            "parameters": _parameters(site),
            "schemas": _SCHEMAS,
            "responses": {
                "Problem": {
                    "description": site.say(_PROBLEM),
                    "content": {PROBLEM: {"schema": _ref("schemas", "problem")}},
                }
            },
        },
    }


def _paths(site: Site) -> Document:
    paths: Document = {
        "/": _get(site, "landingPage", "ogc", _LANDING, JSON, "landingPage"),
        "/api": _get(site, "apiDefinition", "ogc", _API, OPENAPI, "document"),
        "/conformance": _get(site, "conformance", "ogc", _CONFORMANCE, JSON, "confClasses"),
        "/collections": _get(site, "collections", "ogc", _COLLECTIONS, JSON, "collections"),
    }
    for layer in COLLECTIONS.values():
        paths |= _paths_of(site, layer)
    return paths


def _paths_of(site: Site, layer: Collection) -> Document:
    path, title = f"/collections/{layer.id}", layer.title

    def get(name: str, media_type: str, schema: str, *parameters: Document) -> Document:
        operation = f"{layer.id}.{name}"
        return _get(site, operation, layer.id, title, media_type, schema, *parameters)

    names = ("limit", *_QUERIED)
    queried = [
        _parameter(each.name, site.say(each.title), json_type(each)) for each in layer.properties
    ]
    feature_id: Document = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "schema": {"type": "integer"}
        if layer.id_type is IdType.BIGINT
        else {"type": "string", "format": "uuid"},
    }
    item = get("item", GEOJSON, "feature", _ref("parameters", "crs"), feature_id)
    return {
        path: get("describe", JSON, "collection"),
        f"{path}/queryables": get("queryables", SCHEMA, "document"),
        f"{path}/schema": get("schema", SCHEMA, "document"),
        f"{path}/items": get(
            "items",
            GEOJSON,
            "featureCollection",
            *(_ref("parameters", name) for name in names),
            *queried,
        ),
        f"{path}/items/{{featureId}}": item,
    }


def _get(
    site: Site,
    operation: str,
    tag: str,
    title: Words,
    media_type: str,
    schema: str,
    *parameters: Document,
) -> Document:
    content = {
        media_type: {"schema": _ref("schemas", schema)},
        HTML: {"schema": {"type": "string"}},
    }
    problem = _ref("responses", "Problem")
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "summary": site.say(title),
            "parameters": [_ref("parameters", "f"), *parameters],
            "responses": {
                "200": {"description": site.say(title), "content": content},
                "400": problem,
                "404": problem,
                "503": problem,
            },
        }
    }


def _parameters(site: Site) -> Document:
    say = site.say
    uri: Document = {"type": "string", "format": "uri", "default": CRS84.uri}
    crs: Document = uri | {"enum": list(CRSES)}
    bbox: Document = {
        "type": "array",
        "minItems": 4,
        "maxItems": 6,
        "items": {"type": "number"},
    }
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    found = [
        _parameter("f", say(_F), {"type": "string", "enum": ["json", "html"]}),
        _parameter("limit", say(_LIMIT), limit),
        _parameter(AFTER, say(_AFTER), {"type": "string"}),
        _parameter("bbox", say(_BBOX), bbox),
        _parameter("bbox-crs", say(_CRS), crs),
        _parameter("datetime", say(_DATETIME), {"type": "string"}),
        _parameter("crs", say(_CRS), crs),
        _parameter("filter", say(_FILTER), {"type": "string"}),
        _parameter(
            "filter-lang",
            say(_FILTER),
            {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
        ),
        _parameter("filter-crs", say(_CRS), crs),
    ]
    return {each["name"]: each for each in found}


def _parameter(name: str, description: str, schema: Document) -> Document:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _ref(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}


def _object(required: tuple[str, ...], **properties: Any) -> Document:
    return {"type": "object", "required": list(required), "properties": properties}


def _list(of: Document) -> Document:
    return {"type": "array", "items": of}


_LANDING = Words("Trang đầu", "Landing page")
_API = Words("Mô tả API", "API definition")
_CONFORMANCE = Words("Các lớp tuân thủ", "Conformance classes")
_COLLECTIONS = Words("Các lớp dữ liệu", "Collections")
_PROBLEM = Words("Yêu cầu sai ở đâu", "What was wrong with the request")
_F = Words("Dạng trả về", "Format of the answer")
_LIMIT = Words("Số đối tượng mỗi trang", "Features per page")
_AFTER = Words("Tiếp theo mã này, lấy từ liên kết next", "Go on after this id, see the next link")
_BBOX = Words("Khung: tây, nam, đông, bắc", "Box: west, south, east, north")
_CRS = Words("Hệ tọa độ", "Coordinate reference system")
_DATETIME = Words(
    "Thời điểm hoặc khoảng theo RFC 3339, hai đầu đều tính; .. là không giới hạn",
    "An instant or interval by RFC 3339, both ends included; .. is an open end",
)
_FILTER = Words("Bộ lọc CQL2", "CQL2 filter")

_TEXT: Document = {"type": "string"}
_ANY: Document = {"type": "object"}
_LINKS = _list(_ref("schemas", "link"))
_SCHEMAS: Document = {
    "document": _ANY,
    "link": _object(("href", "rel"), href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT),
    "landingPage": _object(("links",), title=_TEXT, description=_TEXT, links=_LINKS),
    "confClasses": _object(("conformsTo",), conformsTo=_list(_TEXT)),
    "collection": _object(
        ("id", "links"),
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        itemType=_TEXT,
        extent=_ANY,
        crs=_list(_TEXT),
        storageCrs=_TEXT,
        links=_LINKS,
    ),
    "collections": _object(
        ("links", "collections"),
        links=_LINKS,
        collections=_list(_ref("schemas", "collection")),
    ),
    "feature": _object(
        ("type", "geometry", "properties"),
        type={"type": "string", "enum": ["Feature"]},
        id={"oneOf": [{"type": "string"}, {"type": "integer"}]},
        geometry=_ANY,
        properties=_ANY,
        links=_LINKS,
    ),
    "featureCollection": _object(
        ("type", "features"),
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_list(_ref("schemas", "feature")),
        links=_LINKS,
        timeStamp={"type": "string", "format": "date-time"},
        numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
    ),
    "problem": _object(
        ("type", "title", "status", "code"),
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        code=_TEXT,
        detail=_TEXT,
        errors=_list(_object(("pointer", "code"), pointer=_TEXT, code=_TEXT, detail=_TEXT)),
    ),
}
