"""Geometry literals of a filter: read in the filter's coordinate system, handed on in WGS84."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryCollection, MultiPolygon
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidInput
from gis.cql2_scan import FILTER
from gis.cql2_values import check_number
from gis.crs import WGS84_SRID, Crs, check_inside, split_box, to_wgs84
from gis.geometry import is_polygonal, polygon_parts

MAX_VERTICES = 5_000
# How deep the positions of each type lie in its coordinates.
_LEVELS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "Polygon": 2,
    "MultiLineString": 2,
    "MultiPolygon": 3,
}
# The edge of a projected box is a curve in WGS84: it is drawn with this many pieces per side.
_EDGE_PIECES = 21

Position = tuple[float, float]


def read_geometry(node: Mapping[str, Any], crs: Crs) -> BaseGeometry:
    """A GeoJSON geometry as a valid shape in WGS84, longitude first, without heights.

    Positions are in the axis order of `crs`. Polygons that cross themselves are mended; parts of
    a collection that are all points, all lines or all areas become one. Raises InvalidInput.
    """
    made = _to_wgs84(_mended(_collected(node, crs)), crs)
    if made.is_empty:
        raise InvalidInput.at(FILTER, "filter_geometry_invalid")
    _check_vertices(int(shapely.get_num_coordinates(made)))
    return made


def read_bbox(numbers: list[Any], crs: Crs) -> BaseGeometry:
    """A `BBOX` of 4 or 6 numbers as a polygon in WGS84, or as two across the antimeridian."""
    if not all(isinstance(number, int | float) for number in numbers):
        raise InvalidInput.at(FILTER, "bbox_numbers")
    boxes = [shapely.box(*box) for box in split_box(list(map(check_number, numbers)), crs, FILTER)]
    if crs.srid != WGS84_SRID:
        west, south, east, north = boxes[0].bounds
        longest = max(east - west, north - south)
        boxes = [
            shapely.segmentize(box, longest / _EDGE_PIECES) if longest else box for box in boxes
        ]
    return _to_wgs84(boxes[0] if len(boxes) == 1 else MultiPolygon(boxes), crs)


def is_mixed(geometry: BaseGeometry) -> bool:
    """Whether points, lines and areas stand side by side, which only S_INTERSECTS can handle."""
    return isinstance(geometry, GeometryCollection)


def _collected(node: Mapping[str, Any], crs: Crs) -> BaseGeometry:
    if node.get("type") != "GeometryCollection":
        return _single(node, crs)
    members = cast("list[Mapping[str, Any]]", node.get("geometries") or [])
    _check_vertices(len(members))
    parts = [_mended(_single(member, crs)) for member in members]
    if len({shapely.get_dimensions(part) for part in parts}) == 1:
        return shapely.union_all(parts)
    return GeometryCollection(parts)


def _single(node: Mapping[str, Any], crs: Crs) -> BaseGeometry:
    levels = _LEVELS.get(str(node.get("type")))
    if levels is None:
        raise InvalidInput.at(FILTER, "filter_geometry_invalid")
    coordinates = _flat(node.get("coordinates"), crs, levels)
    positions = list(_positions(coordinates))
    _check_vertices(len(positions))
    check_inside(crs, positions, FILTER)
    try:
        return shape({"type": node["type"], "coordinates": coordinates})
    except (ShapelyError, ValueError):
        # a ring of two points, a line of one
        raise InvalidInput.at(FILTER, "filter_geometry_invalid") from None


def _flat(coordinates: object, crs: Crs, levels: int) -> Any:
    """The coordinates with positions cut to two numbers, east before north."""
    if not isinstance(coordinates, list) or not coordinates:
        raise InvalidInput.at(FILTER, "filter_geometry_invalid")
    values = cast("list[Any]", coordinates)
    if levels:
        return [_flat(part, crs, levels - 1) for part in values]
    if not 2 <= len(values) <= 4 or not all(isinstance(one, int | float) for one in values):
        raise InvalidInput.at(FILTER, "filter_geometry_invalid")
    first, second = map(check_number, values[:2])
    return (second, first) if crs.swapped else (first, second)


def _positions(coordinates: Any) -> Iterator[Position]:
    if isinstance(coordinates, tuple):
        yield cast("Position", coordinates)
    else:
        for part in coordinates:
            yield from _positions(part)


def _mended(geometry: BaseGeometry) -> BaseGeometry:
    if not is_polygonal(geometry) or shapely.is_valid(geometry):
        return geometry
    return shapely.union_all(polygon_parts(shapely.make_valid(geometry)))


def _to_wgs84(geometry: BaseGeometry, crs: Crs) -> BaseGeometry:
    if crs.srid == WGS84_SRID:
        return geometry
    transformer = to_wgs84(crs.srid)

    def degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(geometry, degrees)


def _check_vertices(count: int) -> None:
    if count > MAX_VERTICES:
        raise InvalidInput.at(FILTER, "filter_too_many_vertices", limit=MAX_VERTICES)
