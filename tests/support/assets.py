"""Lamp posts and streets of tests around the middle of Huế, as features of layers."""

from __future__ import annotations

import json
from typing import Any

from tests.support.city import CENTRE, LIGHT
from tests.support.client import Api

METRE = 1 / 111_320  # degrees of latitude, good enough for distances of a street's width
LAYER: dict[str, object] = {
    "name": "Cột đèn",
    "name_en": "Lamp posts",
    "kind": "asset",
    "public": True,
    "categories": [LIGHT],
    "min_zoom": 15,
}


def post(code: str, *, north_m: float = 0.0, **properties: Any) -> dict[str, Any]:
    """A lamp post `north_m` metres north of CENTRE."""
    return feature(code, "Point", [CENTRE["lon"], CENTRE["lat"] + north_m * METRE], **properties)


def street(code: str, name: str, *, north_m: float = 0.0, east: float = 0.0) -> dict[str, Any]:
    """A street of some 200 m from west to east, its middle `north_m` metres north of CENTRE and
    `east` degrees to its side.
    """
    lat, lon = CENTRE["lat"] + north_m * METRE, CENTRE["lon"] + east
    line = [[lon - 0.001, lat], [lon + 0.001, lat]]
    return feature(code, "LineString", line, kind="street", name=name)


def feature(code: str, shape: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, "kind": "lamp", "name": ""} | properties,
        "geometry": {"type": shape, "coordinates": coordinates},
    }


def collection(*features: dict[str, Any], **members: Any) -> bytes:
    """The bytes of a GeoJSON file."""
    document = {"type": "FeatureCollection", **members, "features": list(features)}
    return json.dumps(document).encode()


async def bring(
    api: Api, layer: str, *features: dict[str, Any], settings: dict[str, object] | None = None
) -> None:
    """Import features into a layer of the city as its administrator, and say what it is."""
    admin = await api.staff("admin")
    answer = await api.http.post(
        f"/v1/admin/layers/{layer}/import",
        files={"file": ("features.geojson", collection(*features))},
        headers=admin,
    )
    assert answer.status_code == 200, answer.text
    said = await api.http.put(
        f"/v1/admin/layers/{layer}", json=LAYER | (settings or {}), headers=admin
    )
    assert said.status_code == 200, said.text
