"""`areas import` against PostGIS: in place or succeeded, repeated, refused, rolled back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select, text

from cli.demo_city import read_wards
from gis.boundaries import ImportOrder, ImportReport, Outcome, import_boundaries
from gis.boundary_files import read_boundaries
from gis.demo_boundaries import approximate_wards
from gis.feature_files import FileRefused
from gis.geometry import same_shape
from gis.tables import Area
from tests.support.boundaries import bow_tie, feature, square, write_geojson

pytestmark = pytest.mark.asyncio(loop_scope="session")
TODAY = date(2026, 6, 1)


def order(**changes: Any) -> ImportOrder:
    given = {"kind": "ward", "source": "test", "today": TODAY, "province": "46"}
    return ImportOrder(**(given | {"province_name": ("Thành phố Huế", "Hue City")} | changes))


async def bring(session, path: Path, **changes: Any) -> ImportReport:
    report = await import_boundaries(session, read_boundaries(path, "ward"), order(**changes))
    await session.flush()
    return report


async def areas(session, kind: str = "ward") -> list[Area]:
    query = select(Area).where(Area.kind == kind).order_by(Area.code, Area.valid_from)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def test_a_second_run_changes_nothing(session, tmp_path):
    path = write_geojson(
        tmp_path / "w.geojson", [feature("19753", square(0)), feature("19777", bow_tie(1))]
    )
    first = await bring(session, path)
    second = await bring(session, path)
    assert (first.count(Outcome.NEW), first.changed) == (2, True)
    assert (second.count(Outcome.UNCHANGED), second.changed) == (2, False)
    assert len(await areas(session)) == 2


async def test_what_is_stored_is_valid_for_postgis(session, tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("19777", bow_tie(1))])
    await bring(session, path)
    (ward,) = await areas(session)
    assert shapely.is_valid(to_shape(ward.geom))
    assert to_shape(ward.geom).geom_type == "MultiPolygon"


async def test_the_province_is_the_union_of_its_wards(session, tmp_path):
    path = write_geojson(
        tmp_path / "w.geojson", [feature("19753", square(0)), feature("19777", square(1))]
    )
    await bring(session, path)
    (province,) = await areas(session, "province")
    assert (province.code, province.name, province.name_en) == ("46", "Thành phố Huế", "Hue City")
    whole = shapely.union_all([shapely.Polygon(square(0)), shapely.Polygon(square(1))])
    assert to_shape(province.geom).symmetric_difference(whole).area < 1e-12


async def test_without_a_date_a_boundary_is_corrected_in_place(session, tmp_path):
    made = write_geojson(tmp_path / "old.geojson", [feature("19753", square(0))])
    await bring(session, made, approximate=True)
    (before,) = await areas(session)
    row_id, valid_from = before.id, before.valid_from
    better = write_geojson(tmp_path / "new.geojson", [feature("19753", square(3))])
    report = await bring(session, better, source="new.geojson")
    (after,) = await areas(session)
    assert report.count(Outcome.CORRECTED) == 1
    assert (after.id, after.valid_from, after.valid_to) == (row_id, valid_from, None)
    assert (after.approximate, after.source) == (False, "new.geojson")
    assert not (await areas(session, "province"))[0].approximate


async def test_with_a_date_a_boundary_is_succeeded(session, tmp_path):
    path = write_geojson(tmp_path / "old.geojson", [feature("19753", square(0))])
    await bring(session, path, today=date(2025, 7, 1))
    redrawn = write_geojson(tmp_path / "new.geojson", [feature("19753", square(3))])
    day = date(2026, 4, 30)
    report = await bring(session, redrawn, valid_from=day)
    old, new = await areas(session)
    assert report.count(Outcome.SUCCEEDED) == 1
    assert (old.valid_to, new.valid_from, new.valid_to) == (day, day, None)
    assert len(await areas(session, "province")) == 2
    again = await bring(session, redrawn, valid_from=day)
    assert not again.changed


@pytest.mark.parametrize(
    ("day", "reason"),
    [(date(2026, 7, 1), "to come"), (date(2025, 1, 1), "begins later, on 2025-07-01")],
)
async def test_dates_that_cannot_be_are_refused(session, tmp_path, day, reason):
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    await bring(session, path, today=date(2025, 7, 1))
    redrawn = write_geojson(tmp_path / "n.geojson", [feature("19753", square(3))])
    with pytest.raises(FileRefused, match=reason):
        await bring(session, redrawn, valid_from=day)


async def test_an_approximate_boundary_never_replaces_a_surveyed_one(session, tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    await bring(session, path)
    guess = write_geojson(tmp_path / "g.geojson", [feature("19753", square(3))])
    report = await bring(session, guess, approximate=True)
    assert report.count(Outcome.KEPT) == 1
    (ward,) = await areas(session)
    assert not ward.approximate
    assert to_shape(ward.geom).equals(shapely.Polygon(square(0)))


async def test_wards_that_the_file_does_not_hold_stay_and_are_named(session, tmp_path):
    both = [feature("19753", square(0)), feature("19777", square(1))]
    await bring(session, write_geojson(tmp_path / "two.geojson", both))
    report = await bring(session, write_geojson(tmp_path / "one.geojson", both[:1]))
    assert report.missing == [("19777", "Phường 19777")]
    assert len(await areas(session)) == 2


async def test_wards_of_another_province_are_refused(session, tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("00004", square(0), provinceCode="01")])
    with pytest.raises(FileRefused, match="01, 46"):
        await bring(session, path)
    assert await areas(session) == []


async def test_the_real_wards_replace_the_made_up_ones(session, data_dir):
    made = approximate_wards(read_wards(), "46")
    await import_boundaries(session, made, order(approximate=True))
    path = data_dir / "wards_46_hue_full.geojson"
    first, second = await bring(session, path), await bring(session, path)
    assert first.count(Outcome.CORRECTED) == 40
    assert first.missing == []
    assert second.count(Outcome.UNCHANGED) == 40
    assert not any(area.approximate for area in await areas(session))


async def test_every_ward_of_the_country_is_read_and_valid(session, data_dir):
    wards = read_boundaries(data_dir / "wards_vn_2025_simplified8.geojson.gz", "ward")
    assert len(wards) == 3321
    assert all(shapely.is_valid([ward.geometry for ward in wards]))
    query = text("select ST_IsValid(ST_GeomFromWKB(:wkb, 4326))")
    for ward in wards[::50]:  # PostGIS has a GEOS of its own and must agree
        assert await session.scalar(query, {"wkb": shapely.to_wkb(ward.geometry)})


async def test_a_real_ward_with_a_crossing_ring_is_repaired(session, tmp_path, data_dir):
    document = json.loads((data_dir / "wards_46_hue_full.geojson").read_text(encoding="utf-8"))
    ring = document["features"][0]["geometry"]["coordinates"][0][0]
    ring[10], ring[40] = ring[40], ring[10]
    path = tmp_path / "broken.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    report = await bring(session, path)
    repaired = [line.boundary for line in report.lines if line.boundary.repaired]
    assert [ward.code for ward in repaired] == [document["features"][0]["properties"]["code"]]
    assert repaired[0].area_change_m2 != 0


async def test_a_geopackage_comes_back_as_it_went(session, tmp_path, data_dir):
    wards = read_boundaries(data_dir / "wards_46_hue_full.geojson", "ward")
    path = tmp_path / "wards.gpkg"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([ward.geometry for ward in wards])),
        field_data=[
            np.array([getattr(ward, name) for ward in wards], dtype=object)
            for name in ("code", "name", "name_en", "parent_code")
        ],
        fields=["ward_code", "ten_xa", "name_en", "ma_tinh"],
        geometry_type="MultiPolygon",
        crs="EPSG:4326",
    )
    again = read_boundaries(path, "ward")
    assert [ward.code for ward in again] == [ward.code for ward in wards]
    assert all(same_shape(a.geometry, b.geometry) for a, b in zip(again, wards, strict=True))
