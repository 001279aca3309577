"""Layers: what everybody sees of them, and how administrators fill and change them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyogrio.raw
import pytest
import shapely

from tests.support.assets import LAYER, bring, collection, post, street
from tests.support.boundaries import bow_tie
from tests.support.city import CENTRE, LIGHT
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one

BBOX = "107.58,16.45,107.59,16.47"
FEATURES = "/v1/layers/lamps/features"
ADMIN = "/v1/admin/layers"


@pytest.fixture
async def lamps(own_api: Api) -> Api:
    await bring(own_api, "lamps", post("1", name="Một"), post("2", north_m=50))
    return own_api


async def upload(api: Api, data: bytes, layer: str = "lamps", **fields: str) -> httpx.Response:
    return await api.http.post(
        f"{ADMIN}/{layer}/import",
        files={"file": ("anything.bin", data)},
        data=fields,
        headers=await api.staff("admin"),
    )


async def codes(api: Api, layer: str = "lamps") -> list[str]:
    rows = await fetch(
        api, "select code from layer_features where layer = %(layer)s order by code", layer=layer
    )
    return [row.code for row in rows]


# What everybody sees ------------------------------------------------------------------------------


async def test_public_layers_are_listed_and_others_are_not(lamps: Api) -> None:
    await bring(lamps, "secret", post("1"), settings={"public": False})
    assert (await lamps.http.get("/v1/layers")).json() == {
        "items": [
            {
                "code": "lamps",
                "name": {"vi": "Cột đèn", "en": "Lamp posts"},
                "kind": "asset",
                "categories": [LIGHT],
                "min_zoom": 15,
            }
        ]
    }
    assert (await lamps.http.get("/v1/layers/secret/features")).status_code == 404
    assert (await lamps.http.get("/v1/layers/none/features")).status_code == 404


async def test_features_are_geojson_of_a_box(lamps: Api) -> None:
    body = (await lamps.http.get(FEATURES, params={"bbox": BBOX})).json()
    assert body["complete"] is True
    assert [item["id"] for item in body["features"]] == ["1", "2"]
    assert body["features"][0] == {
        "type": "Feature",
        "id": "1",
        "geometry": {"type": "Point", "coordinates": [CENTRE["lon"], CENTRE["lat"]]},
        "properties": {"code": "1", "kind": "lamp", "name": "Một"},
    }
    elsewhere = (await lamps.http.get(FEATURES, params={"bbox": "106,16,107,17"})).json()
    assert (elsewhere["features"], elsewhere["complete"]) == ([], True)
    first = (await lamps.http.get(FEATURES, params={"limit": 1})).json()
    assert ([item["id"] for item in first["features"]], first["complete"]) == (["1"], False)
    assert (await lamps.http.get(FEATURES, params={"bbox": "1,2,3"})).status_code == 422
    assert (await lamps.http.get(FEATURES, params={"limit": 5001})).status_code == 422


async def test_what_an_owner_keeps_beside_name_and_kind_is_not_shown(lamps: Api) -> None:
    await bring(lamps, "lamps", post("3", owner_phone="0905000111"))
    shown = await lamps.http.get(FEATURES)
    assert '"id" : "3"' in shown.text
    assert "0905000111" not in shown.text


async def test_the_etag_changes_with_features_and_settings(lamps: Api) -> None:
    etag = (await lamps.http.get(FEATURES)).headers["ETag"]
    same = await lamps.http.get(FEATURES, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    await bring(lamps, "lamps", post("9"))
    changed = await lamps.http.get(FEATURES, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    await execute(lamps, "update layers set public = false")
    hidden = await lamps.http.get(FEATURES, headers={"If-None-Match": changed.headers["ETag"]})
    assert hidden.status_code == 404


# What administrators do ---------------------------------------------------------------------------


async def test_layers_are_counted(lamps: Api) -> None:
    admin = await lamps.staff("admin")
    assert (await lamps.http.put(f"{ADMIN}/empty", json=LAYER, headers=admin)).status_code == 201
    items = (await lamps.http.get(ADMIN, headers=admin)).json()["items"]
    assert [(i["code"], i["features"], i["named"], i["kinds"]) for i in items] == [
        ("empty", 0, 0, []),
        ("lamps", 2, 1, ["lamp"]),
    ]


async def test_a_category_that_is_none_is_named(lamps: Api) -> None:
    answer = await lamps.http.put(
        f"{ADMIN}/lamps",
        json=LAYER | {"categories": [LIGHT, "traffic.nothing"]},
        headers=await lamps.staff("admin"),
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/categories/1"
    assert answer.json()["errors"][0]["code"] == "category_unknown"


async def test_an_import_answers_what_it_did(lamps: Api) -> None:
    bow = {"type": "Polygon", "coordinates": [bow_tie(0)]}
    file = collection(post("1", name="Một"), post("2", north_m=51), post("3") | {"geometry": bow})
    report = (await upload(lamps, file)).json()
    assert {name: report[name] for name in ("features", "new", "changed", "unchanged")} == {
        "features": 3, "new": 1, "changed": 1, "unchanged": 1,
    }  # fmt: skip
    assert [(line["code"], line["outcome"], line["repaired"]) for line in report["lines"]] == [
        ("2", "changed", False),
        ("3", "new", True),
    ]
    assert await codes(lamps) == ["1", "2", "3"]


async def test_a_dry_run_says_the_same_and_writes_nothing(lamps: Api) -> None:
    file = collection(post("7"))
    report = (await upload(lamps, file, dry_run="true", replace="true")).json()
    assert (report["dry_run"], report["new"], report["missing_codes"]) == (True, 1, ["1", "2"])
    assert await codes(lamps) == ["1", "2"]
    report = (await upload(lamps, file, replace="true")).json()
    assert (report["missing"], report["removed"]) == (2, True)
    assert await codes(lamps) == ["7"]
    assert (await upload(lamps, file, layer="new", dry_run="true")).status_code == 200
    assert await fetch(lamps, "select from layers where code = 'new'") == []


async def test_a_new_layer_is_seen_by_nobody_until_it_is_opened(lamps: Api) -> None:
    assert (await upload(lamps, collection(post("1")), layer="fresh")).status_code == 200
    assert (await lamps.http.get("/v1/layers/fresh/features")).status_code == 404
    row = await fetch_one(lamps, "select * from layers where code = 'fresh'")
    assert (row.name, row.public, row.kind) == ("fresh", False, "other")


def written(path: Path, driver: str, **options: Any) -> Path:
    point = shapely.to_wkb(shapely.Point(CENTRE["lon"], CENTRE["lat"]))
    pyogrio.raw.write(
        path, np.array([point], dtype=object), fields=["code", "name"],
        field_data=[np.array(["8"], dtype=object), np.array(["Tám"], dtype=object)],
        geometry_type="Point", crs="EPSG:4326", driver=driver, **options,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("format_", ["gpkg", "kml", "zip"])
async def test_other_formats_are_told_by_what_they_hold(
    lamps: Api, tmp_path: Path, format_: str
) -> None:
    fields = {"code_field": "code"}
    if format_ == "gpkg":
        data = written(tmp_path / "a.gpkg", "GPKG").read_bytes()
    elif format_ == "kml":
        data = written(tmp_path / "a.kml", "KML").read_bytes()
        fields = {"code_field": "Name"}
    else:
        written(tmp_path / "a.shp", "ESRI Shapefile")
        data = zipped_folder(tmp_path)
    answer = await upload(lamps, data, layer="other", **fields)
    assert answer.status_code == 200, answer.text
    # KML has one name for each, and that is what it is known by.
    assert await codes(lamps, "other") == ["Tám" if format_ == "kml" else "8"]


def zipped_folder(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in folder.glob("a.*"):
            archive.write(part, part.name)
    return packed.getvalue()


VRT = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'


def zipped(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        VRT,
        VRT + b"<kml",
        zipped("a.vrt", VRT),
        zipped("a.shp.vrt", VRT),
        b"code,name",
        b"",
        b"PK\3\4",
    ],
    # A zip holds the time of its making: as a name it would be another one in each worker.
    ids=["vrt", "like_kml", "zip", "like_shape", "csv", "empty", "cut_zip"],
)
async def test_a_file_that_could_name_others_is_not_read(lamps: Api, data: bytes) -> None:
    answer = await upload(lamps, data)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] in ("gis_file_unknown", "file_empty")
    assert await codes(lamps) == ["1", "2"]


async def test_a_refused_file_names_each_feature(lamps: Api) -> None:
    answer = await upload(lamps, collection(post("5"), post("5"), post("6")))
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "file_refused"
    assert [error["pointer"] for error in body["errors"]] == ["/file"] * 2
    assert "code 5 stands 2 times" in body["errors"][0]["detail"]
    broken = await upload(lamps, b'{"type": "FeatureCollection", ')
    assert (broken.status_code, broken.json()["code"]) == (422, "file_refused")
    metres = post("5") | {"geometry": {"type": "Point", "coordinates": [567_000.0, 1_820_000.0]}}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}
    assert (await upload(lamps, collection(metres))).status_code == 422
    shifted = await upload(lamps, collection(metres, crs=crs))
    assert shifted.status_code == 200, shifted.text
    assert await codes(lamps) == ["1", "2", "5"]


async def test_one_feature_is_put_changed_and_deleted(lamps: Api) -> None:
    admin = await lamps.staff("admin")
    url = f"{ADMIN}/lamps/features/12/034 B"
    line = street("x", "")["geometry"]
    body = {"geometry": line, "kind": "cable", "name": "Cáp", "properties": {"mm": 12}}
    assert (await lamps.http.put(url, json=body, headers=admin)).status_code == 201
    assert (await lamps.http.put(url, json=body, headers=admin)).status_code == 200
    row = await fetch_one(
        lamps,
        "select kind, name, search, properties, ST_GeometryType(geom) as type from layer_features"
        " where code = '12/034 B'",
    )
    assert tuple(row) == ("cable", "Cáp", "cap", {"mm": 12}, "ST_LineString")
    assert (await lamps.http.delete(url, headers=admin)).status_code == 204
    assert (await lamps.http.delete(url, headers=admin)).status_code == 404
    missing = f"{ADMIN}/none/features/1"
    assert (await lamps.http.put(missing, json=body, headers=admin)).status_code == 404


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [16.46, 107.585]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Polygon", "coordinates": [[[107.5, 16.4], [107.5, 16.4], [107.5, 16.4]]]},
        {"type": "Sphere", "coordinates": [1, 2]},
    ],
)
async def test_a_geometry_that_is_none_is_refused(lamps: Api, geometry: dict[str, Any]) -> None:
    answer = await lamps.http.put(
        f"{ADMIN}/lamps/features/8", json={"geometry": geometry}, headers=await lamps.staff("admin")
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/geometry"
