"""Geometry of areas: pure functions on shapely polygons in WGS84 (EPSG:4326), lon/lat degrees."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from pyproj import Geod
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

GRID = 1e-7  # degrees, about a centimetre: what boundaries are stored with
MAX_LON, MAX_LAT = 180.0, 90.0
_GEOD = Geod(ellps="WGS84")


def polygon_parts(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons with an area in `geometry`; lines and points are dropped."""
    if isinstance(geometry, Polygon):
        return [] if geometry.area == 0 else [geometry]
    parts: Iterable[BaseGeometry] = getattr(geometry, "geoms", ())
    return [polygon for part in parts for polygon in polygon_parts(part)]


def is_polygonal(geometry: BaseGeometry) -> bool:
    """Whether `geometry` claims to be a polygon or several, valid or not."""
    return isinstance(geometry, (Polygon, MultiPolygon))


def clean_multipolygon(geometry: BaseGeometry) -> MultiPolygon:
    """A valid multipolygon on the storage grid, in one canonical order of rings and vertices.

    Self-intersections are resolved by `make_valid`, of which only polygons are kept. Empty when
    nothing with an area is left. Cleaning twice gives the same as cleaning once.
    """
    flat = shapely.force_2d(geometry)
    valid = flat if shapely.is_valid(flat) else shapely.make_valid(flat)
    snapped = shapely.set_precision(_gather(valid), GRID)
    return _gather(shapely.normalize(_gather(snapped)))


def clean_geometry(geometry: BaseGeometry) -> BaseGeometry:
    """A valid geometry of any type on the storage grid, in one canonical order of vertices.

    Polygons become multipolygons as `clean_multipolygon` says; empty when nothing is left.
    """
    if is_polygonal(geometry):
        return clean_multipolygon(geometry)
    flat = shapely.force_2d(geometry)
    valid = flat if shapely.is_valid(flat) else shapely.make_valid(flat)
    return shapely.normalize(shapely.set_precision(valid, GRID))


def area_m2(geometry: BaseGeometry) -> float:
    """Geodesic area on the WGS84 ellipsoid in square metres, whatever way the rings turn."""
    total = 0.0
    for polygon in polygon_parts(geometry):
        area, _ = _GEOD.geometry_area_perimeter(shapely.orient_polygons(polygon))
        total += abs(area)
    return total


def same_shape(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two cleaned multipolygons are equal vertex by vertex."""
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), 0.0))


def misplaced(geometry: BaseGeometry) -> str | None:
    """Why the coordinates cannot be lon/lat degrees, or None if they can."""
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        return "coordinates are not finite numbers"
    west, south, east, north = shapely.bounds(geometry)
    if _within(west, east, MAX_LON) and _within(south, north, MAX_LAT):
        return None
    if _within(west, east, MAX_LAT) and _within(south, north, MAX_LON):
        return "latitude and longitude are swapped"
    return f"outside longitude -180..180, latitude -90..90: {west:g} {south:g} {east:g} {north:g}"


def dissolve(geometries: list[BaseGeometry]) -> MultiPolygon:
    """The union of areas as one cleaned multipolygon."""
    return clean_multipolygon(shapely.union_all(geometries))


def _gather(geometry: BaseGeometry) -> MultiPolygon:
    return MultiPolygon(polygon_parts(geometry))


def _within(low: float, high: float, limit: float) -> bool:
    return -limit <= low and high <= limit
