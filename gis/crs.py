"""The coordinate systems of the map service: what they are called, and boxes read in them.

Data is stored in WGS84, longitude before latitude. On the wire a coordinate system brings its own
axis order (OGC API – Features, Part 2): EPSG:4326 is latitude first, CRS84 longitude first.
VN-2000 is shifted against WGS84 by about 225 m, with the national seven parameters that EPSG
and PostGIS both carry.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import pyproj
from pyproj import Transformer

from core.errors import InvalidInput

Bounds = tuple[float, float, float, float]
"""West, south, east, north; in WGS84 degrees unless a docstring says otherwise."""

WGS84_SRID = 4326
# VN-2000: degrees; UTM 48N and 49N; TM-3 of the national grid and Đà Nẵng; TM-3 of the provinces.
VN2000_SRIDS = (4756, 3405, 3406, *range(5896, 5900), *range(9205, 9219))

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_CURIE = re.compile(r"\[?(EPSG|OGC):(?:0:|1\.3:)?(\w+)\]?")
# How far outside its area of use a coordinate system is still taken: the islands of Hoàng Sa and
# Trường Sa lie outside what EPSG names for the mainland's zones.
_MARGIN_DEG = 10.0
# An edge is a curve in WGS84: so many points on it find its extremes to 1e-8 degrees per 100 km.
_EDGE_POINTS = 101


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate system. `swapped`: its own axis order is north before east, so that what is
    stored (east before north) is turned round on the wire.
    """

    uri: str
    srid: int
    swapped: bool


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84_SRID, swapped=False)


def _epsg(srid: int) -> Crs:
    first = pyproj.CRS.from_epsg(srid).axis_info[0]
    return Crs(f"{_EPSG}{srid}", srid, swapped=first.direction == "north")


CRSES: Mapping[str, Crs] = MappingProxyType(
    {crs.uri: crs for crs in (CRS84, *map(_epsg, (WGS84_SRID, 3857, *VN2000_SRIDS)))}
)


def get_crs(uri: str, pointer: str) -> Crs:
    """The coordinate system that `uri` names; `[EPSG:4326]` and `EPSG:4326` are taken too.

    Raises InvalidInput at `pointer` for one that is not offered.
    """
    if found := CRSES.get(uri) or CRSES.get(_written_out(uri)):
        return found
    raise InvalidInput.at(pointer, "crs_unknown", crs=uri[:100])


def to_bbox(text: str, crs: Crs, pointer: str) -> tuple[Bounds, ...]:
    """The WGS84 boxes that a parameter `bbox` means: 4 or 6 numbers in the axis order of `crs`.

    Heights are read and left aside. In degrees, a box whose west is east of its east crosses the
    antimeridian and comes back as two. Edges of a projected box are curves in WGS84: the result
    holds them whole, to a centimetre or so. Raises InvalidInput at `pointer`.
    """
    return tuple(box_to_wgs84(box, crs) for box in split_box(_numbers(text, pointer), crs, pointer))


def split_box(numbers: list[float], crs: Crs, pointer: str) -> tuple[Bounds, ...]:
    """One box, or two at the antimeridian, from 4 or 6 numbers in the axis order of `crs`.

    The result is in `crs`, but always east before north. Raises InvalidInput at `pointer`.
    """
    if len(numbers) not in (4, 6):
        raise InvalidInput.at(pointer, "bbox_numbers")
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if crs.swapped:
        west, south, east, north = south, west, north, east
    check_inside(crs, [(west, south), (east, north)], pointer)
    if south > north:
        raise InvalidInput.at(pointer, "bbox_upside_down", low=south, high=north)
    if west <= east:
        return ((west, south, east, north),)
    if crs.srid != WGS84_SRID:
        raise InvalidInput.at(pointer, "bbox_west_of_east", west=west, east=east)
    return ((west, south, 180.0, north), (-180.0, south, east, north))


def check_inside(crs: Crs, points: list[tuple[float, float]], pointer: str) -> None:
    """Refuse points (east before north, in `crs`) that lie where `crs` means nothing.

    Raises InvalidInput at `pointer`, with the first such coordinate.
    """
    west, south, east, north = valid_range(crs.srid)
    for x, y in points:
        if not (west <= x <= east and south <= y <= north):  # nan is outside too
            place = f"{x:g} {y:g}"
            limits = f"{west:g} {south:g} {east:g} {north:g}"
            raise InvalidInput.at(pointer, "coordinates_outside", place=place, limits=limits)


def box_to_wgs84(box: Bounds, crs: Crs) -> Bounds:
    """The WGS84 box that holds `box`, given in `crs` with east before north."""
    if crs.srid == WGS84_SRID:
        return box
    return to_wgs84(crs.srid).transform_bounds(*box, densify_pts=_EDGE_POINTS)


@lru_cache(maxsize=64)
def to_wgs84(srid: int) -> Transformer:
    """From an EPSG code to WGS84, east before north on both sides, never without the datum shift."""
    return Transformer.from_crs(srid, WGS84_SRID, always_xy=True, allow_ballpark=False)


@lru_cache(maxsize=64)
def valid_range(srid: int) -> Bounds:
    """Where coordinates of an EPSG code may lie, in its own units, east before north.

    Its area of use as EPSG publishes it; for a part of the world, a margin around it.
    """
    area = pyproj.CRS.from_epsg(srid).area_of_use
    assert area is not None, f"EPSG names an area of use for {srid}"
    west, south, east, north = area.bounds
    if east - west < 360:
        west, south = west - _MARGIN_DEG, south - _MARGIN_DEG
        east, north = east + _MARGIN_DEG, north + _MARGIN_DEG
    if srid == WGS84_SRID:
        return west, south, east, north
    back = Transformer.from_crs(WGS84_SRID, srid, always_xy=True, allow_ballpark=False)
    # Clients write the edge of the world with fewer digits than we know.
    x0, y0, x1, y1 = back.transform_bounds(west, south, east, north)
    return math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)


def _written_out(name: str) -> str:
    curie = _CURIE.fullmatch(name)
    if curie is None:
        return ""
    authority, code = curie.groups()
    if authority == "OGC":
        return CRS84.uri if code == "CRS84" else ""
    return f"{_EPSG}{code}"


def _numbers(text: str, pointer: str) -> list[float]:
    parts = text.split(",")
    if len(parts) not in (4, 6):
        raise InvalidInput.at(pointer, "bbox_numbers")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        raise InvalidInput.at(pointer, "bbox_numbers") from None
    if not all(map(math.isfinite, numbers)):
        raise InvalidInput.at(pointer, "bbox_numbers")
    return numbers
