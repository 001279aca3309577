"""Coordinate systems: names, axis order, boxes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from core.errors import InvalidInput
from gis.crs import CRS84, CRSES, get_crs, to_bbox, to_wgs84, valid_range

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
HUE = (107.585, 16.468)


def code_of(error: pytest.ExceptionInfo[InvalidInput]) -> str:
    (field,) = error.value.fields
    assert field.pointer == "?bbox"
    return field.code


def test_what_is_offered() -> None:
    assert next(iter(CRSES)) == CRS84.uri
    codes = {int(uri.rsplit("/", 1)[1]) for uri in CRSES if "EPSG" in uri}
    assert codes >= {4326, 3857, 4756, 3405, 3406, *range(9205, 9219)}


def test_axis_order_follows_the_authority() -> None:
    swapped = {crs.srid for crs in CRSES.values() if crs.swapped}
    assert swapped == {4326, 4756}
    assert not CRS84.swapped


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        (CRS84.uri, CRS84.uri),
        ("[OGC:CRS84]", CRS84.uri),
        ("OGC:1.3:CRS84", CRS84.uri),
        ("[EPSG:4326]", f"{EPSG}4326"),
        ("EPSG:3405", f"{EPSG}3405"),
    ],
)
def test_names_are_understood(name: str, uri: str) -> None:
    assert get_crs(name, "?crs").uri == uri


@pytest.mark.parametrize("name", ["", "EPSG:1", "EPSG:5514", "epsg", f"{EPSG}32648", "x" * 5000])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as error:
        get_crs(name, "?bbox")
    assert code_of(error) == "crs_unknown"


@pytest.mark.parametrize("srid", sorted({crs.srid for crs in CRSES.values()} - {4326, 3857}))
def test_vn2000_comes_with_its_shift(srid: int) -> None:
    """There and back is the same place, and the same numbers without the shift are not."""
    west, south, east, north = valid_range(srid)
    x, y = (west + east) / 2, (south + north) / 2
    lon, lat = to_wgs84(srid).transform(x, y)
    back = to_wgs84(srid).transform(lon, lat, direction="INVERSE")
    assert math.dist(back, (x, y)) < 0.01
    unshifted = Transformer.from_crs(srid, 4756, always_xy=True).transform(x, y)
    _, _, metres = Geod(ellps="WGS84").inv(*unshifted, lon, lat)
    assert 200 < metres < 250


def test_vn2000_read_as_wgs84_is_off_by_225_m() -> None:
    lon, lat = to_wgs84(4756).transform(*HUE)
    _, _, metres = Geod(ellps="WGS84").inv(*HUE, lon, lat)
    assert metres == pytest.approx(225, abs=3)


def test_a_box_in_degrees() -> None:
    assert to_bbox("107,16,108,17", CRS84, "?bbox") == ((107, 16, 108, 17),)
    assert to_bbox("16,107,17,108", get_crs("[EPSG:4326]", "?crs"), "?bbox") == (
        (107, 16, 108, 17),
    )
    assert to_bbox(" 107, 16,-50,108 ,17,9000", CRS84, "?bbox") == ((107, 16, 108, 17),)


def test_a_box_across_the_antimeridian_is_two() -> None:
    assert to_bbox("170,-10,-170,10", CRS84, "?bbox") == (
        (170, -10, 180, 10),
        (-180, -10, -170, 10),
    )


def test_a_box_in_web_mercator_holds_its_corners() -> None:
    ((west, south, east, north),) = to_bbox(
        "11975000,1850000,11980000,1855000", CRSES[f"{EPSG}3857"], "?bbox"
    )
    assert west == pytest.approx(11975000 / 20037508.342789244 * 180)
    assert east == pytest.approx(11980000 / 20037508.342789244 * 180)
    assert 16 < south < north < 17


@given(lon=st.floats(104, 110), lat=st.floats(9, 22), size=st.floats(1, 200_000))
def test_a_projected_box_holds_what_is_in_it(lon: float, lat: float, size: float) -> None:
    crs = CRSES[f"{EPSG}3405"]
    x, y = to_wgs84(3405).transform(lon, lat, direction="INVERSE")
    ((west, south, east, north),) = to_bbox(f"{x},{y},{x + size},{y + size}", crs, "?bbox")
    for part in (0, 0.25, 0.5, 1):
        for other in (0, 0.5, 1):
            at = to_wgs84(3405).transform(x + part * size, y + other * size)
            assert west - 1e-7 <= at[0] <= east + 1e-7
            assert south - 1e-7 <= at[1] <= north + 1e-7


@pytest.mark.parametrize(
    ("bbox", "crs", "code"),
    [
        ("", CRS84.uri, "bbox_numbers"),
        ("1,2,3", CRS84.uri, "bbox_numbers"),
        ("1,2,3,4,5", CRS84.uri, "bbox_numbers"),
        ("1,2,3,4,5,6,7", CRS84.uri, "bbox_numbers"),
        ("a,2,3,4", CRS84.uri, "bbox_numbers"),
        ("nan,2,3,4", CRS84.uri, "bbox_numbers"),
        ("1,2,inf,4", CRS84.uri, "bbox_numbers"),
        ("1,2,1e999,4", CRS84.uri, "bbox_numbers"),
        ("1,4,3,2", CRS84.uri, "bbox_upside_down"),
        ("1,2,181,4", CRS84.uri, "coordinates_outside"),
        ("1,-91,3,4", CRS84.uri, "coordinates_outside"),
        ("107,16,108,17", f"{EPSG}4326", "coordinates_outside"),
        ("107,16,108,17", f"{EPSG}4756", "coordinates_outside"),
        ("30000000,0,30000001,1", f"{EPSG}3857", "coordinates_outside"),
        ("600000,1800000,500000,1900000", f"{EPSG}3405", "bbox_west_of_east"),
    ],
)
def test_boxes_that_are_refused(bbox: str, crs: str, code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        to_bbox(bbox, CRSES[crs], "?bbox")
    assert code_of(error) == code


@given(text=st.text(max_size=40) | st.lists(st.floats(), max_size=7).map(repr))
def test_any_text_is_a_box_or_refused(text: str) -> None:
    for crs in (CRS84, CRSES[f"{EPSG}4756"], CRSES[f"{EPSG}3857"], CRSES[f"{EPSG}9214"]):
        try:
            boxes = to_bbox(text.strip("[]"), crs, "?bbox")
        except InvalidInput:
            continue
        for west, south, east, north in boxes:
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90
