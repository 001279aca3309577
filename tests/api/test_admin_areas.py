"""Administrators' areas: listed, corrected, and imported as the command does."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.db import create_engine, create_session_factory, transaction
from gis.boundaries import ImportOrder, import_boundaries
from gis.boundary_files import read_boundaries
from tests.support.boundaries import bow_tie, feature, square, write_geojson
from tests.support.client import Api
from tests.support.rows import fetch, fetch_one

AREAS = "/v1/admin/areas"
WARD = "19777"  # Vỹ Dạ


async def listed(api: Api, **params: object) -> list[dict[str, Any]]:
    answer = await api.http.get(AREAS, params=params, headers=await api.staff("admin"))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def change(api: Api, code: str, body: dict[str, object]) -> httpx.Response:
    headers = await api.staff("admin")
    return await api.http.patch(f"{AREAS}/{code}", json=body, headers=headers)


async def bring(
    api: Api, folder: Path, features: list[dict[str, Any]], **form: str
) -> httpx.Response:
    path = write_geojson(folder / "w.geojson", features)
    return await api.http.post(
        f"{AREAS}/import",
        files={"file": ("wards of today.geojson", path.read_bytes())},
        data=form,
        headers=await api.staff("admin"),
    )


async def test_the_list_shows_what_is_known_of_each(api: Api) -> None:
    (ward,) = await listed(api, q="vy da")
    assert ward["code"] == WARD
    assert ward["kind"] == "ward"
    assert ward["parent_code"] == "46"
    assert ward["name"] == "Phường Vỹ Dạ"
    assert ward["approximate"] is True
    assert ward["valid_to"] is None
    assert 0 < ward["km2"] < 100
    assert "geom" not in ward


async def test_filters_of_the_list(api: Api) -> None:
    assert {area["kind"] for area in await listed(api, kind="province")} == {"province"}
    assert [area["code"] for area in await listed(api, q=WARD)] == [WARD]
    assert await listed(api, q="%") == []
    assert await listed(api, valid="past") == []


async def test_pages_of_the_list(api: Api) -> None:
    headers = await api.staff("admin")
    whole = [area["code"] for area in await listed(api, limit=200, valid="all")]
    pages: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 7, "valid": "all"} | ({"cursor": cursor} if cursor else {})
        page = (await api.http.get(AREAS, params=params, headers=headers)).json()
        assert len(page["items"]) <= 7
        pages += [area["code"] for area in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole == sorted(whole)


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "WzEsMV0", "WyJhIiwiYiJd", "WyJhIiwtMV0"])
async def test_a_cursor_of_others_is_refused(api: Api, cursor: str) -> None:
    headers = await api.staff("admin")
    answer = await api.http.get(AREAS, params={"cursor": cursor}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?cursor"


async def test_names_and_residents_change_and_everybody_hears_of_it(own_api: Api) -> None:
    before = await fetch_one(own_api, "select revision from city")
    answer = await change(own_api, WARD, {"name_en": "Vy Da", "population": 41_000})
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "Phường Vỹ Dạ"
    assert (answer.json()["name_en"], answer.json()["population"]) == ("Vy Da", 41_000)
    after = await fetch_one(own_api, "select revision from city")
    assert after.revision == before.revision + 1
    again = await change(own_api, WARD, {"population": None})
    assert again.json()["population"] is None


@pytest.mark.parametrize(
    "body",
    [{"population": -1}, {"population": "5"}, {"population": 1.5}, {"name": ""}, {"name": None},
     {"code": "1"}, {"geom": {}}],
)  # fmt: skip
async def test_what_an_area_cannot_be_is_refused(api: Api, body: dict[str, object]) -> None:
    assert (await change(api, WARD, body)).status_code == 422


async def test_an_area_that_is_not_there(api: Api) -> None:
    answer = await change(api, "99999", {"population": 1})
    assert answer.status_code == 404
    assert answer.json()["code"] == "area_not_found"
    assert "99999" in answer.json()["detail"]


async def test_an_import_tells_what_became_of_each_area(own_api: Api, tmp_path: Path) -> None:
    rows = [feature(WARD, square(0)), feature("99001", bow_tie(1))]
    answer = await bring(own_api, tmp_path, rows)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    corrected, new = report["areas"]
    assert (corrected["code"], corrected["outcome"]) == (WARD, "corrected")
    assert corrected["moved_km2"] > 0
    assert corrected["repaired_km2"] is None
    assert (new["outcome"], new["repaired_km2"] is None) == ("new", False)
    assert [line["code"] for line in report["provinces"]] == ["46"]
    assert len(report["missing"]) == 39
    assert (report["changed"], report["dry_run"], report["closed"]) == (True, False, [])
    row = await fetch_one(
        own_api, "select source, approximate from areas where code = %(code)s", code=WARD
    )
    assert (row.source, row.approximate) == ("wards of today.geojson", False)
    second = (await bring(own_api, tmp_path, rows)).json()
    assert second["changed"] is False


async def test_a_dry_run_writes_nothing(own_api: Api, tmp_path: Path) -> None:
    sql = "select md5(string_agg(code || ST_AsText(geom), '' order by id)) as sum from areas"
    before = await fetch_one(own_api, sql)
    answer = await bring(own_api, tmp_path, [feature(WARD, square(0))], dry_run="true")
    assert (answer.json()["dry_run"], answer.json()["changed"]) == (True, True)
    assert await fetch_one(own_api, sql) == before


async def test_missing_wards_are_closed_on_request(own_api: Api, tmp_path: Path) -> None:
    form = {"valid_from": "2026-01-01", "close_missing": "true"}
    answer = await bring(own_api, tmp_path, [feature(WARD, square(0))], **form)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["closed"]) == 39
    assert [area["code"] for area in await listed(own_api, kind="ward")] == [WARD]
    past = await listed(own_api, valid="past", limit=200)
    assert {area["valid_to"] for area in past} == {"2026-01-01"}


async def test_a_refused_file_names_its_features(own_api: Api, tmp_path: Path) -> None:
    rows = [feature(WARD, square(0)), feature(None, square(1))]
    answer = await bring(own_api, tmp_path, rows)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "file_refused"
    assert "feature 1 (no code" in json.dumps(problem["errors"], ensure_ascii=False)
    assert await fetch(own_api, "select 1 from areas where not approximate") == []


async def test_a_zip_that_is_no_shapefile_is_refused(api: Api) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("wards.vrt", "<OGRVRTDataSource/>")
    answer = await api.http.post(
        f"{AREAS}/import",
        files={"file": ("w.zip", packed.getvalue())},
        headers=await api.staff("admin"),
    )
    assert answer.status_code == 422


async def test_reports_are_filed_while_areas_are_imported(own_api: Api, tmp_path: Path) -> None:
    """An import that waits for its commit keeps nobody waiting: see `import_boundaries`."""
    assert own_api.settings.database is not None
    path = write_geojson(tmp_path / "w.geojson", [feature("19789", square(0))])
    order = ImportOrder(kind="ward", source="x", today=date(2026, 6, 1), province="46")
    engine = create_engine(own_api.settings.database)
    async with transaction(create_session_factory(engine)) as session:
        await import_boundaries(session, read_boundaries(path, "ward"), order)
        filed = await own_api.file()
    await engine.dispose()
    assert filed["area"]["code"] == "19789"
