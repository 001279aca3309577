"""Small boundary files for tests: squares of a made-up town at 16.5 N 107.5 E."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Ring = list[list[float]]


def square(column: int, row: int = 0, size: float = 0.01) -> Ring:
    """A closed ring [lon, lat] in a grid of squares of `size` degrees."""
    x, y = 107.5 + column * size, 16.5 + row * size
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def bow_tie(column: int) -> Ring:
    """A square whose sides cross in the middle: half its area is left after repair."""
    a, b, c, d, e = square(column)
    return [a, c, b, d, e]


def feature(code: str | None, ring: Ring, **properties: Any) -> dict[str, Any]:
    """A ward as a GeoJSON feature."""
    named = {"code": code, "fullName": f"Phường {code}", "fullNameEn": f"{code} Ward"}
    return {
        "type": "Feature",
        "properties": named | {"provinceCode": "46"} | properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def write_geojson(path: Path, features: list[dict[str, Any]], **members: Any) -> Path:
    """A FeatureCollection on disk; `members` such as `crs` stand beside the features."""
    document = {"type": "FeatureCollection", **members, "features": features}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
