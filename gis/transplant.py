"""Moving the places of one city into another, keeping their pattern. Pure.

A similarity (shift and uniform scale in local metres, no turn) keeps what clusters and what lies
beside what; distances shrink by its scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

METRES_PER_DEGREE = 111_320.0
_SCALES = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
Degrees = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Similarity:
    """Maps (lat, lon) around one centre to (lat, lon) around another; WGS84 degrees."""

    from_lat: float
    from_lon: float
    to_lat: float
    to_lon: float
    scale: float

    def apply(self, lat: float, lon: float) -> tuple[float, float]:
        """The transplanted (lat, lon) of one place."""
        squeeze = cos(radians(self.from_lat)) / cos(radians(self.to_lat))
        return (
            self.to_lat + (lat - self.from_lat) * self.scale,
            self.to_lon + (lon - self.from_lon) * squeeze * self.scale,
        )

    def __str__(self) -> str:
        return (
            f"({self.from_lat:.4f}, {self.from_lon:.4f}) -> ({self.to_lat:.4f}, {self.to_lon:.4f}),"
            f" scale {self.scale:g}"
        )


def fit_similarity(
    lats: Sequence[float],
    lons: Sequence[float],
    towns: Sequence[BaseGeometry],
    city: BaseGeometry,
    *,
    share: float = 0.995,
) -> tuple[Similarity, float]:
    """The similarity that lays the places over `towns`, and the share of them within `city`.

    The centre of the places (middle of the 2 % and 98 % quantiles, so that a few wild ones do not
    count) comes to the middle of the towns' centroids. The scale is the largest, at most 1, at
    which `share` of the places fall into the city. Polygons: EPSG:4326, lon/lat.
    """
    lat, lon = np.asarray(lats, dtype=np.float64), np.asarray(lons, dtype=np.float64)
    centroids = [town.centroid for town in towns]
    shapely.prepare(city)
    best: tuple[Similarity, float] | None = None
    for scale in _SCALES:
        similarity = Similarity(
            from_lat=_middle(lat),
            from_lon=_middle(lon),
            to_lat=float(np.mean([point.y for point in centroids])),
            to_lon=float(np.mean([point.x for point in centroids])),
            scale=scale,
        )
        inside = _share_inside(similarity, lat, lon, city)
        if best is None or inside > best[1]:
            best = similarity, inside
        if inside >= share:
            return similarity, inside
    assert best is not None
    return best


def smallest_quarter(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """The quarter of the areas with the smallest size, at least one: the towns of a city."""
    return sorted(shapes, key=lambda shape: shape.area)[: max(1, len(shapes) // 4)]


def _middle(values: Degrees) -> float:
    low, high = np.quantile(values, [0.02, 0.98])
    return float(low + high) / 2


def _share_inside(similarity: Similarity, lat: Degrees, lon: Degrees, city: BaseGeometry) -> float:
    squeeze = cos(radians(similarity.from_lat)) / cos(radians(similarity.to_lat))
    y = similarity.to_lat + (lat - similarity.from_lat) * similarity.scale
    x = similarity.to_lon + (lon - similarity.from_lon) * squeeze * similarity.scale
    return float(np.mean(shapely.contains_xy(city, x, y)))
