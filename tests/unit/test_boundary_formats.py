"""Datums and formats of boundary files: what VN-2000 costs, Shapefiles, KML, gzip, provinces."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

from gis.boundary_files import Boundary, read_boundaries
from gis.feature_files import FileRefused
from tests.support.boundaries import feature, square, write_geojson

HUE = (107.59, 16.46)
WARD = shapely.Polygon(square(0))
VN2000, TM3_HUE = "EPSG:4756", "EPSG:9213"  # geographic; zone of central meridian 107°


def metres_between(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return Geod(ellps="WGS84").inv(*one, *other)[2]


def furthest_corner_m(ward: Boundary) -> float:
    """How far the corner that moved most is from where it belongs."""
    corners = list(ward.geometry.geoms[0].exterior.coords)
    return max(min(metres_between(corner, at) for at in corners) for corner in WARD.exterior.coords)


def moved(shape: BaseGeometry, crs: str) -> BaseGeometry:
    to_crs = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    return shapely.transform(shape, lambda xy: np.column_stack(to_crs(xy[:, 0], xy[:, 1])))


def write(path: Path, shape: BaseGeometry, crs: str | None, driver: str | None = None) -> Path:
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([shape])),
        field_data=[np.array(["19753"], object), np.array(["Phường A"], object)],
        fields=["ma_xa", "ten_xa"],
        geometry_type="Polygon",
        crs=crs,
        driver=driver,
    )
    return path


def zipped_shapefile(folder: Path, crs: str | None, shape: BaseGeometry) -> Path:
    write(folder / "wards.shp", shape, crs)
    path = folder / "wards.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.glob("wards.*")):
            if part != path:
                archive.write(part, part.name)
    return path


def test_vn2000_taken_for_wgs84_is_225_m_off_in_hue():
    """EPSG's transformation 6960 (VN-2000 to WGS 84), as PROJ does it."""
    to_wgs84 = Transformer.from_crs(VN2000, "EPSG:4326", always_xy=True, allow_ballpark=False)
    there = to_wgs84.transform(*HUE)
    assert metres_between(HUE, there) == pytest.approx(225, abs=2)


def test_a_file_in_vn2000_that_is_read_as_wgs84_would_show_it(tmp_path):
    path = write_geojson(
        tmp_path / "w.geojson", [feature("1", moved(WARD, VN2000).exterior.coords[:])]
    )
    (wrong,) = read_boundaries(path, "ward")
    assert furthest_corner_m(wrong) == pytest.approx(225, abs=2)
    (right,) = read_boundaries(path, "ward", datum="vn2000")
    assert furthest_corner_m(right) < 0.05


@pytest.mark.parametrize("crs", [VN2000, TM3_HUE, "EPSG:3405"])
@pytest.mark.parametrize("make", ["shapefile", "geopackage"])
def test_vn2000_is_known_from_the_file(tmp_path, crs, make):
    shape = moved(WARD, crs)
    if make == "shapefile":
        path = zipped_shapefile(tmp_path, crs, shape)
    else:
        path = write(tmp_path / "w.gpkg", shape, crs)
    (ward,) = read_boundaries(path, "ward")
    assert (ward.code, ward.name) == ("19753", "Phường A")
    assert furthest_corner_m(ward) < 0.05


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_shapefile_without_prj_is_refused_until_somebody_says_its_datum(tmp_path):
    path = zipped_shapefile(tmp_path, None, moved(WARD, TM3_HUE))
    with pytest.raises(FileRefused) as refused:
        read_boundaries(path, "ward")
    assert "does not say its CRS" in str(refused.value.problems[0])
    (ward,) = read_boundaries(path, "ward", datum=TM3_HUE)
    assert furthest_corner_m(ward) < 0.05


def test_kml_with_extended_data(tmp_path):
    ring = " ".join(f"{x},{y}" for x, y in square(0))
    path = tmp_path / "w.kml"
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
        <kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Wards</name>
        <Schema name="w" id="w"><SimpleField type="string" name="ma_xa"/></Schema>
        <Placemark><name>Phường A</name><ExtendedData><SchemaData schemaUrl="#w">
        <SimpleData name="ma_xa">19753</SimpleData></SchemaData></ExtendedData>
        <Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>
        </outerBoundaryIs></Polygon></Placemark></Document></kml>""",
        encoding="utf-8",
    )
    (ward,) = read_boundaries(path, "ward")
    assert (ward.code, ward.name) == ("19753", "Phường A")
    assert furthest_corner_m(ward) < 0.01


def country(path: Path) -> Path:
    """Two provinces' wards; Hà Nội's code became a number on the way."""
    rows = [
        feature("19753", square(0)),
        feature("19777", square(1)),
        feature("4", square(9), provinceCode=1),
    ]
    return write_geojson(path, rows)


def test_one_province_is_taken_out_of_a_file_of_several(tmp_path):
    path = country(tmp_path / "vn.geojson")
    assert [ward.code for ward in read_boundaries(path, "ward", province="46")] == [
        "19753",
        "19777",
    ]
    (ward,) = read_boundaries(path, "ward", province="01")
    assert (ward.code, ward.parent_code) == ("00004", "01")


def test_faults_of_other_provinces_do_not_matter(tmp_path):
    path = country(tmp_path / "vn.geojson")
    document = json.loads(path.read_text())
    document["features"][2]["geometry"] = None
    path.write_text(json.dumps(document))
    assert len(read_boundaries(path, "ward", province="46")) == 2
    with pytest.raises(FileRefused):
        read_boundaries(path, "ward")


def test_a_province_that_the_file_does_not_have_is_named(tmp_path):
    with pytest.raises(FileRefused) as refused:
        read_boundaries(country(tmp_path / "vn.geojson"), "ward", province="48")
    assert "no ward of province 48; the file names: 01, 46" in str(refused.value.problems[0])


def test_gzip(tmp_path):
    plain = country(tmp_path / "vn.geojson")
    path = tmp_path / "vn.geojson.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert [ward.code for ward in read_boundaries(path, "ward")] == ["19753", "19777", "00004"]


def test_the_whole_country_is_in_order(data_dir):
    wards = read_boundaries(data_dir / "wards_vn_2025_simplified8.geojson.gz", "ward")
    assert len(wards) == 3321
    assert len({ward.parent_code for ward in wards}) == 34
    of_hue = read_boundaries(
        data_dir / "wards_vn_2025_simplified8.geojson.gz", "ward", province="46"
    )
    assert len(of_hue) == 40
