"""Reading boundary files: what is found, repaired, transformed and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Geod, Transformer

from gis.boundary_files import Fields, read_boundaries
from gis.feature_files import FileRefused
from gis.geometry import area_m2, clean_multipolygon, misplaced, same_shape
from tests.support.boundaries import bow_tie, feature, square, write_geojson


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(FileRefused) as caught:
        read_boundaries(path, "ward", **options)
    return "; ".join(str(problem) for problem in caught.value.problems)


def test_the_usual_property_names_are_found(tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    (ward,) = read_boundaries(path, "ward")
    assert (ward.code, ward.name, ward.name_en) == ("19753", "Phường 19753", "19753 Ward")
    assert ward.parent_code == "46"
    assert not ward.repaired


def test_other_property_names_can_be_given(tmp_path):
    row = feature(None, square(0), id_no="19753", label="Phường X")
    path = write_geojson(tmp_path / "w.geojson", [row])
    (ward,) = read_boundaries(path, "ward", Fields(code="id_no", name="label", name_en="label"))
    assert (ward.code, ward.name, ward.name_en) == ("19753", "Phường X", "Phường X")


def test_a_property_that_is_not_there_is_named(tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    assert "no property 'ma'" in refusal(path, fields=Fields(code="ma"))


def test_codes_that_became_numbers_get_their_zeros_back(tmp_path):
    row = feature(None, square(0))
    row["properties"]["code"] = 4
    path = write_geojson(tmp_path / "w.geojson", [row])
    assert read_boundaries(path, "ward")[0].code == "00004"


def test_a_crossing_ring_is_repaired_and_reported(tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", bow_tie(0))])
    (ward,) = read_boundaries(path, "ward")
    assert ward.repaired
    assert shapely.is_valid(ward.geometry)
    assert area_m2(ward.geometry) == pytest.approx(
        area_m2(shapely.Polygon(square(0))) / 2, rel=1e-3
    )
    assert ward.area_change_m2 != 0


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "no geometry"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Point", "coordinates": [107.5, 16.5]}, "a Point is not a polygon"),
        ({"type": "Polygon", "coordinates": [[[y, x] for x, y in square(0)]]}, "swapped"),
        ({"type": "Polygon", "coordinates": [[[x, y + 400] for x, y in square(0)]]}, "outside"),
        (
            {"type": "Polygon", "coordinates": [[[107, 16], [107.1, 16.1], [107, 16]]]},
            "no area",
        ),
    ],
)
def test_what_cannot_be_a_ward_is_refused_by_name(tmp_path, geometry, reason):
    broken = feature("19777", square(1)) | {"geometry": geometry}
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0)), broken])
    told = refusal(path)
    assert "feature 1 (19777, Phường 19777)" in told
    assert reason in told


def test_missing_and_repeated_codes_are_refused_together(tmp_path):
    rows = [feature("19753", square(0)), feature("19753", square(1)), feature(None, square(2))]
    told = refusal(write_geojson(tmp_path / "w.geojson", rows))
    assert "feature 0 (19753" in told
    assert "feature 1 (19753" in told
    assert "2 times" in told
    assert "feature 2 (no code" in told


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "w.geojson"
    path.write_text("not a map")
    assert "cannot read w.geojson" in refusal(path)


def test_geojson_may_name_its_crs(tmp_path):
    """VN-2000 read as WGS84 would be some 225 m off."""
    to_vn2000 = Transformer.from_crs("EPSG:4326", "EPSG:3405", always_xy=True)
    ring = [list(to_vn2000.transform(x, y)) for x, y in square(0)]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3405"}}
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", ring)], crs=crs)
    corner = read_boundaries(path, "ward")[0].geometry.geoms[0].exterior.coords
    distances = [
        min(Geod(ellps="WGS84").inv(x, y, *other)[2] for other in corner) for x, y in square(0)
    ]
    assert max(distances) < 0.05


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_geopackage_without_crs_is_refused(tmp_path):
    path = tmp_path / "w.gpkg"
    write_geopackage(path, crs=None)
    assert "does not say its CRS" in refusal(path)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_geopackage_without_crs_can_be_told_its_datum(tmp_path):
    path = tmp_path / "w.gpkg"
    write_geopackage(path, crs=None)
    (ward,) = read_boundaries(path, "ward", datum="wgs84")
    assert same_shape(ward.geometry, clean_multipolygon(shapely.Polygon(square(0))))


def test_a_geopackage_brings_its_crs(tmp_path):
    path = tmp_path / "w.gpkg"
    write_geopackage(path, crs="EPSG:32648")
    (ward,) = read_boundaries(path, "ward")
    assert ward.code == "19753"
    assert area_m2(ward.geometry) == pytest.approx(area_m2(shapely.Polygon(square(0))), rel=1e-4)
    assert shapely.distance(ward.geometry.centroid, shapely.Polygon(square(0)).centroid) < 1e-5


def write_geopackage(path: Path, *, crs: str | None) -> None:
    shape = shapely.Polygon(square(0))
    if crs:
        transform = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
        shape = shapely.transform(shape, lambda c: np.column_stack(transform(c[:, 0], c[:, 1])))
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([shape])),
        field_data=[np.array(["19753"], object), np.array(["Phường A"], object)],
        fields=["ma_xa", "ten_xa"],
        geometry_type="Polygon",
        crs=crs,
    )


def test_cleaning_twice_is_cleaning_once():
    once = clean_multipolygon(shapely.Polygon(bow_tie(0)))
    assert same_shape(once, clean_multipolygon(once))


def test_lines_and_points_are_dropped_by_cleaning():
    mixed = shapely.GeometryCollection(
        [shapely.Point(107.5, 16.5), shapely.LineString([(107.5, 16.5), (107.6, 16.6)])]
    )
    assert clean_multipolygon(mixed).is_empty


def test_the_order_of_rings_does_not_matter():
    forth, back = shapely.Polygon(square(0)), shapely.Polygon(square(0)[::-1])
    assert same_shape(clean_multipolygon(forth), clean_multipolygon(back))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy notices too
def test_numbers_that_are_none_are_misplaced():
    assert misplaced(shapely.Polygon([(0, 0), (1, float("nan")), (1, 1)]))


def test_the_area_is_that_of_the_ground():
    """A tenth of a degree near the equator, from the length of a degree on WGS84."""
    box = shapely.box(107.0, 0.0, 107.1, 0.1)
    assert area_m2(box) == pytest.approx(11_131.9 * 11_057.4, rel=1e-4)
    assert area_m2(shapely.MultiPolygon([box])) == area_m2(shapely.reverse(box))
