"""Reading areas from the GIS files of `feature_files`.

Properties are found by their usual spellings, invalid polygons are repaired. What cannot be
repaired is named; nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis.feature_files import FeatureTable, FileRefused, Problem, read_features
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


def read_boundaries(
    path: Path,
    kind: AreaKind,
    fields: Fields | None = None,
    *,
    layer: str | None = None,
    datum: str | None = None,
    province: str | None = None,
) -> list[Boundary]:
    """The areas in a file, or in one `layer` of it; see `read_features` for formats and `datum`.

    `province` takes only its wards out of a file that holds several provinces'. Raises FileRefused, naming every feature at fault, for: what `read_features` refuses, no or
    empty geometry, not a polygon, coordinates that cannot be degrees, no code or one that comes
    twice.
    """
    table = read_features(path, layer=layer, datum=datum)
    fields = fields or Fields()
    columns = {
        role: _values(table, role, fields)
        for role in ("name", "name_en", "parent_code", "parent_name")
    }
    columns["parent_code"] = [_official(code, "province") for code in columns["parent_code"]]
    codes = [_official(code, kind) for code in _values(table, "code", fields, kind)]
    seen = Counter(codes)
    wanted = _of_province(columns["parent_code"], province)
    boundaries: list[Boundary] = []
    problems: list[Problem] = []
    for index in wanted:
        code, shape = codes[index], table.geometries[index]
        row = {role: values[index] for role, values in columns.items()}
        try:
            if code and seen[code] > 1:
                raise ValueError(f"code {code} stands {seen[code]} times in the file")  # noqa: TRY301
            boundaries.append(_boundary(index, code, row, _polygonal(shape), kind))
        except ValueError as error:
            problems.append(Problem(index, code, row["name"], str(error)))
    if problems:
        raise FileRefused(problems)
    return boundaries


def _of_province(provinces: list[str | None], wanted: str | None) -> list[int]:
    """Which features are of the province `wanted`; all of them if it is None."""
    found = [index for index, code in enumerate(provinces) if wanted in (None, code)]
    if not found:
        named = ", ".join(sorted({code for code in provinces if code})) or "none"
        raise FileRefused.whole(f"no ward of province {wanted}; the file names: {named}")
    return found


def _values(
    table: FeatureTable, role: str, fields: Fields, kind: AreaKind | None = None
) -> list[str | None]:
    """The column for `role` as text; Nones when the file has no such column."""
    spellings = _SPELLINGS[f"{kind}_{role}" if kind else role]
    return table.texts(table.find_column(spellings, getattr(fields, role, None)))


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


def _official(code: str | None, kind: AreaKind) -> str | None:
    """An official code with the leading zeros that a number would have lost."""
    return code.zfill(_CODE_DIGITS[kind]) if code and code.isdigit() else code
