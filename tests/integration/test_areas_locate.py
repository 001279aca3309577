"""Finding wards: many places at once as one by one, and the islands far out."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from gis.boundaries import ImportOrder, Outcome, import_boundaries
from gis.boundary_files import read_boundaries
from gis.locate import BATCH, Place, find_ward, list_areas_at, locate_many
from tests.support.boundaries import feature, square, write_geojson

pytestmark = pytest.mark.asyncio(loop_scope="session")
DAY = date(2025, 7, 1)


async def bring(session, path: Path, province: str) -> None:
    order = ImportOrder(kind="ward", source="test", today=DAY, province=province)
    await import_boundaries(session, read_boundaries(path, "ward", province=province), order)


@pytest_asyncio.fixture(loop_scope="session")
async def three_wards(session, tmp_path):
    rows = [feature(f"0000{n}", square(n)) for n in (1, 2, 4)]
    await bring(session, write_geojson(tmp_path / "w.geojson", rows), "46")


@pytest.mark.usefixtures("three_wards")
async def test_many_places_are_found_as_one_is(session):
    chance = random.Random(7)
    places = [
        Place(16.5 + chance.uniform(-0.02, 0.03), 107.5 + chance.uniform(-0.02, 0.08))
        for _ in range(400)
    ]
    places += [Place(16.505, 107.52), Place(16.505, 107.515)]  # on a border, and well inside
    one_by_one = [await find_ward(session, place) for place in places]
    assert await locate_many(session, places) == one_by_one
    outside = [ward for ward in one_by_one if ward and ward.distance_m]
    assert 0 < len(outside) < len(places)


@pytest.mark.usefixtures("three_wards")
async def test_more_places_than_a_statement_takes_keep_their_order(session):
    places = [Place(16.505, 107.515), Place(16.505, 107.545)] * (BATCH // 2 + 3)
    found = await locate_many(session, places)
    assert [ward.code for ward in found if ward] == ["00001", "00004"] * (BATCH // 2 + 3)


@pytest.mark.usefixtures("three_wards")
async def test_no_places(session):
    assert await locate_many(session, []) == []


async def test_places_in_a_city_without_wards(session):
    assert await locate_many(session, [Place(16.5, 107.5)]) == [None]


ISLANDS = {
    ("20333", "48", "Đặc khu Hoàng Sa"): [(16.5333, 111.6083), (16.8333, 112.3333)],
    ("22736", "56", "Đặc khu Trường Sa"): [(8.6449, 111.9197), (11.4283, 114.3306)],
}


@pytest.mark.parametrize("zone", ISLANDS)
async def test_the_island_zones_are_wards_of_their_provinces(session, data_dir, zone):
    """Hoàng Sa and Phú Lâm; Trường Sa Lớn and Song Tử Tây: the simplified outlines, which are
    coarser than an island, miss some by a few kilometres.
    """
    code, province, name = zone
    await bring(session, data_dir / "wards_vn_2025_simplified8.geojson.gz", province)
    for lat, lon in ISLANDS[zone]:
        ward = await find_ward(session, Place(lat, lon))
        assert ward is not None
        assert (ward.code, ward.name, ward.parent_code) == (code, name, province)
        assert ward.distance_m < 5000
    inside = text(
        "select ST_Y(p), ST_X(p) from (select ST_PointOnSurface(geom) as p from areas"
        " where code = :code and valid_to is null) as inside"
    )
    lat, lon = (await session.execute(inside, {"code": code})).one()
    found = await list_areas_at(session, Place(lat, lon))
    assert [(area.kind, area.code) for area in found] == [("province", province), ("ward", code)]
    assert found[1].distance_m == 0


async def test_the_whole_country(session, data_dir):
    path = data_dir / "wards_vn_2025_simplified8.geojson.gz"
    order = ImportOrder(kind="ward", source="test", today=DAY, several_provinces=True)
    report = await import_boundaries(session, read_boundaries(path, "ward"), order)
    assert (report.count(Outcome.NEW), len(report.provinces)) == (3321, 34)
    inside = text(
        "select code, ST_Y(p), ST_X(p) from (select code, ST_PointOnSurface(geom) as p from areas"
        " where kind = 'ward') as wards"
    )
    rows = (await session.execute(inside)).all()
    found = await locate_many(session, [Place(lat, lon) for _, lat, lon in rows])
    right = sum(
        ward is not None and ward.code == code for ward, (code, *_) in zip(found, rows, strict=True)
    )
    assert right >= 3300  # simplified outlines overlap a little
