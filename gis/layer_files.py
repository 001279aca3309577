"""Reading the features of a layer from the GIS files of `feature_files`: roads, parks, lamp posts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry

from gis.feature_files import FeatureTable, FileRefused, Problem, read_features
from gis.geometry import clean_geometry, misplaced

# Spellings seen in such files, best first; compared without case and underscores.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "code": ("code", "ma", "maduong", "matuyen", "maso", "osmid", "id", "objectid", "fid", "gid"),
    "kind": ("kind", "class", "fclass", "highway", "loai", "loaiduong", "capduong", "cap", "type"),
    "name": ("name", "ten", "tenduong", "tentuyen", "tengoi", "namevi"),
}
MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class LayerFields:
    """Names of the properties to read, where the usual spellings do not fit."""

    code: str | None = None
    kind: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A feature as read. `geometry` is valid, EPSG:4326, lon/lat, two-dimensional; `properties`
    are the file's other columns.
    """

    index: int
    code: str
    kind: str
    name: str
    geometry: BaseGeometry
    properties: dict[str, Any]
    repaired: bool


def read_layer(
    path: Path,
    fields: LayerFields | None = None,
    *,
    file_layer: str | None = None,
    datum: str | None = None,
) -> list[LayerRow]:
    """The features in a file, or in one `file_layer` of it; formats and `datum` as in
    `read_features`.

    Raises FileRefused, naming every feature at fault, for: what `read_features` refuses, no
    property with codes, no code or one that comes twice, no geometry or none that is left after
    repair, coordinates that cannot be degrees.
    """
    table = read_features(path, layer=file_layer, datum=datum)
    used = _find_columns(table, fields or LayerFields())
    columns = {role: table.texts(column) for role, column in used.items()}
    others = {name: values for name, values in table.columns.items() if name not in used.values()}
    seen = Counter(columns["code"])
    rows: list[LayerRow] = []
    problems: list[Problem] = []
    valid = shapely.is_valid(table.geometries)  # all at once: one by one it is slow
    for index, shape in enumerate(table.geometries):
        code, kind, name = (columns[role][index] for role in ("code", "kind", "name"))
        try:
            geometry = clean_feature(shape)
            rows.append(
                LayerRow(
                    index=index,
                    code=_checked(code, seen),
                    kind=(kind or "")[:MAX_TEXT],
                    name=(name or "")[:MAX_TEXT],
                    geometry=geometry,
                    properties=_properties(others, index),
                    repaired=not valid[index],
                )
            )
        except ValueError as error:
            problems.append(Problem(index, code, name, str(error)))
    if problems:
        raise FileRefused(problems)
    return rows


def _find_columns(table: FeatureTable, fields: LayerFields) -> dict[str, str | None]:
    columns = {
        role: table.find_column(spellings, getattr(fields, role))
        for role, spellings in _SPELLINGS.items()
    }
    if columns["code"] is None:
        reason = f"no property with codes; there are: {table.names()}"
        raise FileRefused.whole(reason)
    return columns


def _checked(code: str | None, seen: Counter[str | None]) -> str:
    if code is None:
        raise ValueError("the code is missing")
    if len(code) > MAX_TEXT:
        raise ValueError(f"the code has more than {MAX_TEXT} characters")
    if seen[code] > 1:
        raise ValueError(f"code {code} stands {seen[code]} times in the file")
    return code


def clean_feature(shape: BaseGeometry | None) -> BaseGeometry:
    """`shape` repaired, on the storage grid; ValueError says why it cannot be used."""
    if shape is None:
        raise ValueError("no geometry")
    if shape.is_empty:
        raise ValueError("the geometry is empty")
    if reason := misplaced(shape):
        raise ValueError(reason)
    clean = clean_geometry(shape)
    if clean.is_empty:
        raise ValueError(f"nothing is left of the {shape.geom_type} after repair")
    return clean


def _properties(columns: dict[str, Any], index: int) -> dict[str, Any]:
    """The other columns of a feature as JSON has them; gaps are left out."""
    values = {name: _to_json(column[index]) for name, column in columns.items()}
    return {name: value for name, value in values.items() if value is not None}


def _to_json(value: Any) -> Any:
    plain = cast("object", value.item() if hasattr(value, "item") else value)  # NumPy's own types
    match plain:
        case None | bool() | int():
            return plain
        case float():
            return plain if isfinite(plain) else None
        case date():  # a datetime is one too
            return plain.isoformat()
        case _:
            return str(plain).replace("\x00", "").strip() or None
