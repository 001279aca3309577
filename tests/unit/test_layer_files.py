"""Reading layers from the usual files: what is found, transformed, mended and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Geod, Transformer

from gis.feature_files import FileRefused
from gis.layer_files import LayerFields, LayerRow, read_layer
from tests.support.boundaries import bow_tie, write_geojson
from tests.support.layers import HERE, road


def write_shapefile(folder: Path, *, crs: str | None, shift: bool = False) -> Path:
    """A zipped shapefile with one road, in `crs`; without `crs` it has no .prj."""
    line = shapely.LineString(road("1")["geometry"]["coordinates"])
    if shift:
        to_vn2000 = Transformer.from_crs("EPSG:4326", "EPSG:4756", always_xy=True).transform
        line = shapely.transform(line, lambda c: np.column_stack(to_vn2000(c[:, 0], c[:, 1])))
    folder.mkdir()
    pyogrio.raw.write(
        folder / "roads.shp",
        geometry=shapely.to_wkb(np.array([line])),
        field_data=[np.array([1]), np.array(["national"], object)],
        fields=["ma_duong", "cap"],
        geometry_type="LineString",
        crs=crs,
    )
    with ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for part in folder.iterdir():
            if crs or part.suffix != ".prj":
                archive.write(part, part.name)
    return folder.with_suffix(".zip")


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(FileRefused) as caught:
        read_layer(path, **options)
    return "; ".join(str(problem) for problem in caught.value.problems)


def test_the_usual_property_names_are_found_and_the_rest_is_kept(tmp_path):
    path = write_geojson(tmp_path / "r.geojson", [road("1", lanes=4, width=7.5, gone=None)])
    (row,) = read_layer(path)
    assert (row.code, row.kind, row.name) == ("1", "national", "Quốc lộ 1")
    assert row.properties == {"lanes": 4, "width": 7.5}
    assert (row.geometry.geom_type, row.repaired) == ("LineString", False)


def test_other_property_names_can_be_given(tmp_path):
    path = write_geojson(tmp_path / "r.geojson", [road("1", ref="QL1", rank="A")])
    (row,) = read_layer(path, LayerFields(code="ref", kind="rank", name="ref"))
    assert (row.code, row.kind, row.name) == ("QL1", "A", "QL1")
    assert "no property 'ma'; there are: code, kind" in refusal(path, fields=LayerFields(code="ma"))


def test_a_zipped_shapefile_brings_its_datum(tmp_path):
    (row,) = read_layer(write_shapefile(tmp_path / "roads", crs="EPSG:4326"))
    assert (row.code, row.kind) == ("1", "national")
    assert shapely.distance(row.geometry, shapely.Point(HERE.lon, HERE.lat)) < 1e-6


def test_a_file_that_does_not_say_its_datum_needs_one(tmp_path):
    """VN-2000 read as WGS84 lies some 225 m away: on the next street."""
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        path = write_shapefile(tmp_path / "roads", crs=None, shift=True)
    assert "does not say its CRS, and no datum was given" in refusal(path)
    (right,), (wrong,) = read_layer(path, datum="vn2000"), read_layer(path, datum="wgs84")
    assert metres_from_here(right) < 1
    assert 150 < metres_from_here(wrong) < 300


def test_what_the_file_says_and_what_is_given_must_agree(tmp_path):
    path = write_shapefile(tmp_path / "roads", crs="EPSG:3405")
    assert "the file says VN-2000, but WGS 84 was given" in refusal(path, datum="wgs84")
    assert "cannot use the CRS" in refusal(path, datum="EPSG:0")


def test_degrees_are_not_taken_for_metres(tmp_path):
    """As metres of a projection they would all lie in one valid place far away."""
    path = write_geojson(tmp_path / "r.geojson", [road("1")])
    assert "the coordinates are degrees, but" in refusal(path, datum="EPSG:9210")


def test_metres_without_a_crs_can_be_told_theirs(tmp_path):
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:9210", always_xy=True)
    line = [list(to_metres.transform(*place)) for place in road("1")["geometry"]["coordinates"]]
    row = road("1") | {"geometry": {"type": "LineString", "coordinates": line}}
    path = write_geojson(tmp_path / "r.geojson", [row])
    assert "outside longitude" in refusal(path)
    (read,) = read_layer(path, datum="EPSG:9210")
    assert metres_from_here(read) < 1


def test_degrees_of_vn2000_in_a_geojson_file_can_be_named(tmp_path):
    """The format stands for WGS84; who knows better says so."""
    path = write_geojson(tmp_path / "r.geojson", [road("1")])
    plain, told = read_layer(path)[0], read_layer(path, datum="vn2000")[0]
    assert 150 < metres_from_here(told) < 300
    assert metres_from_here(plain) < 1


def test_a_kml_file_can_be_read(tmp_path):
    path = tmp_path / "parks.kml"
    ring = " ".join(f"{x},{y},0" for x, y in _square(0.001))
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark id="p1">'
        f"<name>Công viên Thống Nhất</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>",
        encoding="utf-8",
    )
    (row,) = read_layer(path, LayerFields(code="id"))
    assert (row.code, row.name) == ("p1", "Công viên Thống Nhất")
    assert row.geometry.geom_type == "MultiPolygon"
    assert not shapely.has_z(row.geometry)


def test_a_file_of_several_layers_is_asked_which(tmp_path):
    path = tmp_path / "city.gpkg"
    for name in ("roads", "lakes"):
        pyogrio.raw.write(
            path,
            layer=name,
            append=path.exists(),
            geometry=shapely.to_wkb(np.array([shapely.Point(HERE.lon, HERE.lat)])),
            field_data=[np.array([name], object)],
            fields=["code"],
            geometry_type="Point",
            crs="EPSG:4326",
        )
    assert "has 2 layers, name one: roads, lakes" in refusal(path)
    assert read_layer(path, file_layer="lakes")[0].code == "lakes"


def test_what_crosses_itself_is_mended_and_said(tmp_path):
    rows = [road("1"), road("2") | {"geometry": {"type": "Polygon", "coordinates": [bow_tie(0)]}}]
    read = read_layer(write_geojson(tmp_path / "r.geojson", rows))
    assert [row.repaired for row in read] == [False, True]
    assert all(shapely.is_valid(row.geometry) for row in read)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"geometry": None}, "feature 1 (2, Quốc lộ 2): no geometry"),
        ({"geometry": {"type": "LineString", "coordinates": []}}, "the geometry is empty"),
        (
            {"geometry": {"type": "Polygon", "coordinates": [[[105, 21], [106, 22], [105, 21]]]}},
            "nothing is left of the Polygon after repair",
        ),
        ({"geometry": {"type": "Point", "coordinates": [21.0, 105.8]}}, "swapped"),
        ({"properties": {"code": None, "name": "Ngõ"}}, "feature 1 (no code, Ngõ)"),
        ({"properties": {"code": "1"}}, "code 1 stands 2 times in the file"),
        ({"properties": {"code": "x" * 301}}, "more than 300 characters"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path, changes, reason):
    path = write_geojson(tmp_path / "r.geojson", [road("1"), road("2") | changes])
    assert reason in refusal(path)


def test_a_file_without_codes_is_refused_with_what_it_has(tmp_path):
    row = road("1") | {"properties": {"label": "Ngõ", "lanes": 1}}
    told = refusal(write_geojson(tmp_path / "r.geojson", [row]))
    assert told == "no property with codes; there are: label, lanes"
    (tmp_path / "no.geojson").write_text("not a map", encoding="utf-8")
    assert "cannot read no.geojson" in refusal(tmp_path / "no.geojson")


def metres_from_here(row: LayerRow) -> float:
    """How far the middle of a road is from HERE, where it ought to be."""
    middle = row.geometry.interpolate(0.5, normalized=True)
    return Geod(ellps="WGS84").inv(middle.x, middle.y, HERE.lon, HERE.lat)[2]


def _square(half: float) -> list[tuple[float, float]]:
    west, south = HERE.lon - half, HERE.lat - half
    east, north = HERE.lon + half, HERE.lat + half
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]
