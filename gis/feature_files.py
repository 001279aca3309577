"""Reading features from GIS files: GeoJSON, GeoPackage, Shapefile (zipped or not), KML.

Columns are found by their usual spellings, coordinates are brought to WGS84. Whoever reads decides
which shapes are wanted; nothing is guessed about where a file's coordinates lie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from core.errors import FieldError, InvalidInput
from gis.geometry import MAX_LAT, MAX_LON

WGS84 = "EPSG:4326"
# What a person may call a datum; anything else is asked of PROJ ("EPSG:9210").
DATUMS = {"wgs84": WGS84, "vn2000": "EPSG:4756"}
MAX_TOLD = 100  # problems that an answer names; the refusal itself holds them all
_ARCHIVES = {".gz": "/vsigzip/", ".zip": "/vsizip/"}


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


class FileRefused(InvalidInput):
    """The whole file is refused; `problems` names each feature at fault."""

    default_code = "file_refused"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        told = [
            FieldError("/file", "feature_refused", {"problem": str(problem)})
            for problem in problems[:MAX_TOLD]
        ]
        super().__init__(fields=told, count=len(problems))

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))

    @classmethod
    def whole(cls, reason: str) -> FileRefused:
        """Refused for a reason that no single feature has."""
        return cls([Problem(-1, None, None, reason)])


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """A file's layer as columns; `geometries` are EPSG:4326, lon/lat, None where there is none."""

    columns: dict[str, Any]
    geometries: list[BaseGeometry | None]

    def find_column(self, spellings: tuple[str, ...], given: str | None = None) -> str | None:
        """The column `given`, else the first of `spellings` that there is, compared without case
        and underscores. Raises FileRefused if `given` is not there.
        """
        if given is not None:
            if given not in self.columns:
                raise FileRefused.whole(f"no property {given!r}; there are: {self.names()}")
            return given
        plain = {name.lower().replace("_", ""): name for name in reversed(list(self.columns))}
        return next((plain[name] for name in spellings if name in plain), None)

    def texts(self, column: str | None) -> list[str | None]:
        """The values of a column as text; Nones for no column."""
        if column is None:
            return [None] * len(self.geometries)
        return [to_text(value) for value in self.columns[column]]

    def names(self) -> str:
        """The columns, for people."""
        return ", ".join(self.columns) or "none"


def read_features(
    path: Path, *, layer: str | None = None, datum: str | None = None
) -> FeatureTable:
    """All features of a file, or of one `layer` of it.

    GeoJSON and KML are WGS84 unless something else is said; other formats bring their CRS, or it
    is given as `datum`: one of DATUMS, or any name that PROJ knows. A file that says one thing
    when `datum` says another is refused. Raises FileRefused.
    """
    source = f"{_ARCHIVES.get(path.suffix.lower(), '')}{path}"
    layer = layer or _only_layer(path, source)
    read = cast("Callable[..., Any]", pyogrio.raw.read)
    try:
        meta, _, wkb, columns = read(source, layer=layer)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise FileRefused.whole(f"cannot read {path.name}: {error}") from error
    if wkb is None or len(wkb) == 0:
        raise FileRefused.whole(f"{path.name} holds no features")
    decode = cast("Callable[..., list[BaseGeometry | None]]", shapely.from_wkb)
    shapes = list(decode(wkb, on_invalid="ignore"))
    names = [str(name) for name in meta["fields"]]
    return FeatureTable(
        dict(zip(names, columns, strict=True)), _to_wgs84(shapes, _crs(meta["crs"], datum))
    )


def to_text(value: object) -> str | None:
    """A property as text: GIS programs like to turn codes into numbers, and gaps into NaN."""
    if value is None:
        return None
    if isinstance(value, float):  # NumPy's doubles are floats too
        if isnan(value):
            return None
        value = int(value) if value.is_integer() else value
    return str(value).strip() or None


def _only_layer(path: Path, source: str) -> str:
    list_layers = cast("Callable[[str], Any]", pyogrio.list_layers)
    try:
        names = [str(name) for name, _ in list_layers(source)]
    except (DataSourceError, ValueError) as error:
        raise FileRefused.whole(f"cannot read {path.name}: {error}") from error
    if len(names) != 1:
        reason = f"{path.name} has {len(names)} layers, name one: {', '.join(names)}"
        raise FileRefused.whole(reason)
    return names[0]


def _crs(said: str | None, datum: str | None) -> CRS:
    """What the coordinates are in, from what the file says and what a person says."""
    if said is None and datum is None:
        raise FileRefused.whole("the file does not say its CRS, and no datum was given")
    try:
        ours = CRS.from_user_input(DATUMS.get(datum.lower(), datum)) if datum else None
        theirs = CRS.from_user_input(said) if said else None
    except CRSError as error:
        raise FileRefused.whole(f"cannot use the CRS: {error}") from error
    if theirs is None or (ours is not None and _is_wgs84(theirs)):
        assert ours is not None
        return ours  # a file without CRS, or one that is WGS84 for want of another
    if ours is not None and _datum_name(ours) != _datum_name(theirs):
        reason = f"the file says {_datum_name(theirs)}, but {_datum_name(ours)} was given"
        raise FileRefused.whole(reason)
    return theirs


def _is_wgs84(crs: CRS) -> bool:
    return crs.equals(WGS84, ignore_axis_order=True)


def _datum_name(crs: CRS) -> str:
    geodetic = crs.geodetic_crs
    return geodetic.name if geodetic else crs.name


def _to_wgs84(shapes: list[BaseGeometry | None], crs: CRS) -> list[BaseGeometry | None]:
    if _is_wgs84(crs):
        return shapes
    if crs.is_projected and _are_degrees(shapes):
        # read as metres, a whole country would shrink to a point that is a valid place
        raise FileRefused.whole(f"the coordinates are degrees, but {crs.name} is in metres")
    try:
        # without a known datum shift the result could be hundreds of metres off: refuse instead
        transformer = Transformer.from_crs(crs, WGS84, always_xy=True, allow_ballpark=False)
        return [shape and _transform(shape, transformer) for shape in shapes]
    except ProjError as error:
        raise FileRefused.whole(f"cannot use the CRS: {error}") from error


def _are_degrees(shapes: list[BaseGeometry | None]) -> bool:
    west, south, east, north = shapely.total_bounds([shape for shape in shapes if shape])
    return west >= -MAX_LON and east <= MAX_LON and south >= -MAX_LAT and north <= MAX_LAT


def _transform(shape: BaseGeometry, transformer: Transformer) -> BaseGeometry:
    def degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(shapely.force_2d(shape), degrees)
