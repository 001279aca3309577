"""Boundaries made up from points: Voronoi cells within an outline, labelled approximate.

They let a demo city work without a boundary file. A ward is the union of the cells of the points
that are known to lie inside it.
"""

from __future__ import annotations

from math import cos, radians
from typing import Any

import numpy as np
import shapely
from shapely import MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from gis.boundary_files import Boundary
from gis.geometry import clean_multipolygon


def approximate_wards(document: dict[str, Any], province: str) -> list[Boundary]:
    """One boundary per ward of `document`; together they fill its outline without overlap.

    `document` holds `outline`, a ring of [lon, lat], and `wards` with `code`, `name`, `name_en`
    and `points`, a list of [lon, lat] (EPSG:4326).
    """
    wards: list[dict[str, Any]] = document["wards"]
    points = np.array([point for ward in wards for point in ward["points"]])
    owners = [index for index, ward in enumerate(wards) for _ in ward["points"]]
    outline = Polygon(document["outline"])
    # nearest on the ground, not in degrees: a degree of longitude is the shorter one
    scale = np.array([cos(radians(outline.centroid.y)), 1.0])
    flat_outline = shapely.transform(outline, lambda c: c * scale)
    cells = shapely.voronoi_polygons(
        MultiPoint(points * scale), extend_to=flat_outline, ordered=True
    )
    parts: list[list[BaseGeometry]] = [[] for _ in wards]
    for owner, cell in zip(owners, cells.geoms, strict=True):
        parts[owner].append(shapely.intersection(cell, flat_outline))
    boundaries: list[Boundary] = []
    for index, (ward, own) in enumerate(zip(wards, parts, strict=True)):
        shape = shapely.transform(shapely.union_all(own), lambda c: c / scale)
        boundaries.append(
            Boundary(
                index=index,
                code=ward["code"],
                name=ward["name"],
                name_en=ward["name_en"],
                geometry=clean_multipolygon(shape),
                parent_code=province,
            )
        )
    return boundaries
