"""Reading vector tiles as GDAL does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyogrio.raw
import shapely


@dataclass(frozen=True)
class TileFeature:
    """A feature of a tile: its position in EPSG:3857, and what it carries."""

    geometry: Any
    properties: dict[str, Any]


def decode(body: bytes, z: int, x: int, y: int, layer: str = "open_cases") -> list[TileFeature]:
    """The features of one layer of a tile; none in an empty one."""
    if not body:
        return []
    with TemporaryDirectory() as folder:
        path = Path(folder) / str(z) / str(x) / f"{y}.mvt"  # GDAL takes the place from the name
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
        meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer)
    names = meta["fields"]
    return [
        TileFeature(shapely.from_wkb(shape), _without_id(dict(zip(names, row, strict=True))))
        for shape, *row in zip(shapes, *columns, strict=True)
    ]


def _without_id(properties: dict[str, Any]) -> dict[str, Any]:
    """Without the column that GDAL adds."""
    return {name: value for name, value in properties.items() if name != "mvt_id"}
