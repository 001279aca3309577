"""Reading areas from GeoJSON and GeoPackage files.

Properties are found by their usual spellings, the CRS is brought to WGS84, invalid polygons are
repaired. What cannot be repaired is named; nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyogrio.errors import (
    DataLayerError,
    DataSourceError,
)
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidInput
from gis.geometry import area_m2, clean_multipolygon, is_polygonal, misplaced

AreaKind = Literal["ward", "province"]

# Spellings seen in Vietnamese boundary files, best first; compared without case and underscores.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "ward_code": ("wardcode", "maxa", "maphuongxa", "madvhc", "maphuong", "code", "ma", "gsocode"),
    "province_code": ("provincecode", "matinh", "matinhthanh", "code", "ma", "gsocode"),
    "name": ("fullname", "wardfullname", "tenxa", "tenphuongxa", "tendvhc", "name", "ten"),
    "name_en": ("fullnameen", "wardfullnameen", "nameen", "tenen", "englishname"),
    "parent_code": ("provincecode", "matinh", "parentcode", "parent"),
    "parent_name": ("provincename", "provincefullname", "tentinh"),
}
_CODE_DIGITS = {"ward": 5, "province": 2}  # the official codes of Decision 19/2025/QĐ-TTg


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the properties to read, where the usual spellings do not fit."""

    code: str | None = None
    name: str | None = None
    name_en: str | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """One area as read. `geometry` is a clean multipolygon, EPSG:4326, lon/lat.

    `area_change_m2` is what a repair added (or took, if negative).
    """

    index: int
    code: str
    name: str
    name_en: str
    geometry: MultiPolygon
    parent_code: str | None = None
    parent_name: str | None = None
    repaired: bool = False
    area_change_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a feature is refused.

    `index` counts from 0 as in the file's `features`; -1 stands for the file as a whole.
    """

    index: int
    code: str | None
    name: str | None
    reason: str

    def __str__(self) -> str:
        if self.index < 0:
            return self.reason
        named = f"{self.code or 'no code'}, {self.name or 'no name'}"
        return f"feature {self.index} ({named}): {self.reason}"


class BoundariesRefused(InvalidInput):
    """The whole file is refused; `problems` names each feature at fault."""

    default_code = "boundaries_refused"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(problems=[str(problem) for problem in problems])


@dataclass(frozen=True, slots=True)
class _Table:
    """A file's layer as columns; `geometries` hold None where the file has none."""

    columns: dict[str, Any]
    geometries: list[BaseGeometry | None]
    crs: str | None
    kind: AreaKind
    fields: Fields

    def values(self, role: str) -> list[str | None]:
        """The column for `role` as text; Nones when the file has no such column."""
        column = self._column(role)
        if column is None:
            return [None] * len(self.geometries)
        return [_text(value) for value in self.columns[column]]

    def _column(self, role: str) -> str | None:
        given = getattr(self.fields, role, None)
        if given is not None:
            if given not in self.columns:
                raise _whole_file(f"no property {given!r}")
            return given
        key = f"{self.kind}_code" if role == "code" else role
        plain = {name.lower().replace("_", ""): name for name in reversed(list(self.columns))}
        return next((plain[name] for name in _SPELLINGS[key] if name in plain), None)


def read_boundaries(
    path: Path, kind: AreaKind, fields: Fields | None = None, *, layer: str | None = None
) -> list[Boundary]:
    """The areas in a GeoJSON or GeoPackage file (also as `.gz`).

    GeoJSON is WGS84 unless its `crs` member says otherwise; a GeoPackage carries its CRS and is
    transformed. Raises BoundariesRefused, naming every feature at fault, for: an unreadable file,
    an unknown CRS, no or empty geometry, not a polygon, coordinates that cannot be degrees, no
    code or one that comes twice.
    """
    table = _read_table(path, kind, fields or Fields(), layer)
    columns = {
        role: table.values(role) for role in ("name", "name_en", "parent_code", "parent_name")
    }
    codes = [_official(code, kind) for code in table.values("code")]
    seen = Counter(codes)
    boundaries: list[Boundary] = []
    problems: list[Problem] = []
    for index, (code, shape) in enumerate(zip(codes, _to_wgs84(table), strict=True)):
        row = {role: values[index] for role, values in columns.items()}
        try:
            if code and seen[code] > 1:
                raise ValueError(f"code {code} stands {seen[code]} times in the file")  # noqa: TRY301
            boundaries.append(_boundary(index, code, row, _polygonal(shape), kind))
        except ValueError as error:
            problems.append(Problem(index, code, row["name"], str(error)))
    if problems:
        raise BoundariesRefused(problems)
    return boundaries


def _boundary(
    index: int, code: str | None, row: dict[str, str | None], shape: BaseGeometry, kind: AreaKind
) -> Boundary:
    """One area with its polygon cleaned; ValueError says why it cannot be used."""
    if code is None:
        raise ValueError("the code is missing")
    clean = clean_multipolygon(shape)
    if clean.is_empty:
        raise ValueError("the polygon has no area")
    repaired = not shapely.is_valid(shape)
    return Boundary(
        index=index,
        code=code,
        name=row["name"] or code,
        name_en=row["name_en"] or row["name"] or code,
        geometry=clean,
        parent_code=row["parent_code"] if kind == "ward" else None,
        parent_name=row["parent_name"] if kind == "ward" else None,
        repaired=repaired,
        area_change_m2=area_m2(clean) - area_m2(shape) if repaired else 0.0,
    )


def _read_table(path: Path, kind: AreaKind, fields: Fields, layer: str | None) -> _Table:
    source = f"/vsigzip/{path}" if path.suffix == ".gz" else str(path)
    read = cast("Callable[..., Any]", pyogrio.raw.read)
    try:
        meta, _, wkb, columns = read(source, layer=layer)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise _whole_file(f"cannot read {path.name}: {error}") from error
    if wkb is None or len(wkb) == 0:
        raise _whole_file(f"{path.name} holds no features")
    decode = cast("Callable[..., list[BaseGeometry | None]]", shapely.from_wkb)
    shapes = list(decode(wkb, on_invalid="ignore"))
    names = [str(name) for name in meta["fields"]]
    return _Table(dict(zip(names, columns, strict=True)), shapes, meta["crs"], kind, fields)


def _to_wgs84(table: _Table) -> list[BaseGeometry | None]:
    if table.crs is None:
        raise _whole_file("the file does not say its CRS")
    try:
        crs = CRS.from_user_input(table.crs)
        if crs.equals("EPSG:4326", ignore_axis_order=True):
            return table.geometries
        # without a known datum shift the result could be hundreds of metres off: refuse instead
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True, allow_ballpark=False)
        return [shape and _transform(shape, transformer) for shape in table.geometries]
    except (CRSError, ProjError) as error:
        raise _whole_file(f"cannot use the CRS: {error}") from error


def _transform(shape: BaseGeometry, transformer: Transformer) -> BaseGeometry:
    def degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(shapely.force_2d(shape), degrees)


def _whole_file(reason: str) -> BoundariesRefused:
    return BoundariesRefused([Problem(-1, None, None, reason)])


def _polygonal(geometry: BaseGeometry | None) -> BaseGeometry:
    """`geometry` itself if it is a polygon in degrees; ValueError says why not."""
    if geometry is None:
        raise ValueError("no geometry")
    if geometry.is_empty:
        raise ValueError("the geometry is empty")
    if not is_polygonal(geometry):
        raise ValueError(f"a {geometry.geom_type} is not a polygon")
    if reason := misplaced(geometry):
        raise ValueError(reason)
    return geometry


def _text(value: object) -> str | None:
    """A property as text: GIS programs like to turn codes into numbers, and gaps into NaN."""
    if value is None:
        return None
    if isinstance(value, float):  # NumPy's doubles are floats too
        if isnan(value):
            return None
        value = int(value) if value.is_integer() else value
    return str(value).strip() or None


def _official(code: str | None, kind: AreaKind) -> str | None:
    """An official code with the leading zeros that a number would have lost."""
    return code.zfill(_CODE_DIGITS[kind]) if code and code.isdigit() else code
