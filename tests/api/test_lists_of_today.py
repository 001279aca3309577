"""The work list by today's wards: cases keep the ward of their day and are found under today's."""

from __future__ import annotations

import random
from pathlib import Path

import psycopg
import shapely

from core.db import driver_url
from gis.succession import AreaScope, SplitArea
from tests.support.boundaries import write_geojson
from tests.support.city import Draft
from tests.support.client import Api
from workflows.case_areas import in_areas

OLD = "19789"  # where the test city's centre is


def database_of(api: Api) -> str:
    assert api.settings.database is not None
    return driver_url(api.settings.database.url, "")


def outline(api: Api, code: str) -> shapely.Geometry:
    with psycopg.connect(database_of(api)) as connection:
        row = connection.execute(
            "select ST_AsBinary(geom) from areas where code = %s and valid_to is null", [code]
        ).fetchone()
    assert row is not None
    return shapely.from_wkb(row[0])


def halves(shape: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry]:
    west, south, east, north = shape.bounds
    middle = west + 0.4 * (east - west)
    left, right = shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)
    return shape.intersection(left), shape.intersection(right)


def ward(code: str, shape: shapely.Geometry) -> dict[str, object]:
    properties = {"code": code, "fullName": f"Phường {code}", "provinceCode": "46"}
    geometry = shapely.geometry.mapping(shape)
    return {"type": "Feature", "properties": properties, "geometry": geometry}


async def split_the_centre(api: Api, folder: Path) -> None:
    """The ward of the centre becomes 90001 (west) and 90002 (east); the others stay."""
    west, east = halves(outline(api, OLD))
    with psycopg.connect(database_of(api)) as connection:
        rows = connection.execute(
            "select code, ST_AsBinary(geom) from areas where kind = 'ward' and code <> %s", [OLD]
        ).fetchall()
    others = [ward(code, shapely.from_wkb(geom)) for code, geom in rows]
    path = write_geojson(folder / "n.geojson", [*others, ward("90001", west), ward("90002", east)])
    answer = await api.http.post(
        "/v1/admin/areas/import",
        files={"file": ("n.geojson", path.read_bytes())},
        data={"valid_from": "2026-01-01", "close_missing": "true"},
        headers=await api.staff("admin"),
    )
    assert answer.status_code == 200, answer.text
    assert [closed["code"] for closed in answer.json()["closed"]] == [OLD]


async def cases_in(api: Api, area: str) -> list[str]:
    answer = await api.http.get(
        "/v1/cases", params={"area": area, "limit": 200}, headers=await api.staff("operator")
    )
    assert answer.status_code == 200, answer.text
    return [case["id"] for case in answer.json()["items"]]


async def test_cases_of_a_split_ward_are_found_under_exactly_one_of_todays(own_api, tmp_path):
    inside = outline(own_api, OLD)
    chance, (west, south, east, north) = random.Random(5), inside.bounds
    filed: list[str] = []
    while len(filed) < 12:
        at = {"lat": chance.uniform(south, north), "lon": chance.uniform(west, east)}
        if inside.contains(shapely.Point(at["lon"], at["lat"])):
            report = await own_api.file(Draft().body(location=at))
            filed.append(report["code"])
    before = await cases_in(own_api, OLD)
    await split_the_centre(own_api, tmp_path)
    first, second = await cases_in(own_api, "90001"), await cases_in(own_api, "90002")
    assert first
    assert second
    assert sorted([*first, *second]) == sorted(before)
    assert sorted(await cases_in(own_api, "90001,90002")) == sorted(before)
    assert sorted(await cases_in(own_api, OLD)) == sorted(before)
    assert await cases_in(own_api, "19753") == []


async def test_a_case_keeps_the_ward_of_its_day(own_api, tmp_path):
    report = await own_api.file()
    await split_the_centre(own_api, tmp_path)
    later = await own_api.file(Draft(description="Biển báo khác bị mất").body(
        location={"lat": 16.4605, "lon": 107.5905}))  # fmt: skip
    headers = await own_api.staff("operator")
    answer = await own_api.http.get("/v1/cases", headers=headers)
    codes = {case["code"]: case["area"]["code"] for case in answer.json()["items"]}
    assert codes[report["code"]] == OLD
    assert codes[later["code"]] in {"90001", "90002"}


def test_only_split_wards_are_looked_at_by_place() -> None:

    whole = str(in_areas(AreaScope((1, 2))))
    split = str(in_areas(AreaScope((1,), (SplitArea(3, (1,), covered=True),))))
    assert "ST_Covers" not in whole
    assert "ST_Covers" in split
    assert str(in_areas(AreaScope((1, 3), (SplitArea(3, (1,), covered=True),)))) == whole
