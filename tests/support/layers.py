"""A road and lamps of tests, around the middle of Hà Nội."""

from __future__ import annotations

from typing import Any

from tests.support.cities import CENTRE

HERE = CENTRE["ha_noi"]
METRE = 1 / 111_320  # degrees of latitude, good enough for distances of a street's width


def road(code: Any, *, north_m: float = 0.0, **properties: Any) -> dict[str, Any]:
    """A road of some 200 m from west to east, its middle `north_m` metres north of HERE."""
    lat = HERE.lat + north_m * METRE
    line = [[HERE.lon - 0.001, lat], [HERE.lon + 0.001, lat]]
    return {
        "type": "Feature",
        "properties": {"code": code, "kind": "national", "name": f"Quốc lộ {code}"} | properties,
        "geometry": {"type": "LineString", "coordinates": line},
    }


def lamp(code: str, *, north_m: float) -> dict[str, Any]:
    point = [HERE.lon, HERE.lat + north_m * METRE]
    feature = road(code, kind="lamp")
    return feature | {"geometry": {"type": "Point", "coordinates": point}}
