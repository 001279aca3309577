"""OGC API – Features at /ogc, as its clients meet it: documents, pages, filters, refusals."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio

from core.settings import DatabaseSettings
from gis.crs import CRSES
from gis.ogc.collections import COLLECTIONS, MAX_LIMIT
from gis.ogc.conformance import CONFORMANCE
from tests.support.casework import HIDDEN, NOISE, OTHER
from tests.support.city import CENTRE, SIGN, Draft
from tests.support.client import Api, api_settings, open_api, serve
from tests.support.databases import TestDatabases
from tests.support.rows import execute, fetch_one, url_of

CASES = "/ogc/collections/cases/items"
OPEN = "/ogc/collections/open_cases/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
HERE = f"{CENTRE['lon'] - 0.0001},{CENTRE['lat'] - 0.0001},{CENTRE['lon'] + 0.0001},{CENTRE['lat'] + 0.0001}"
DOCUMENTS = (
    "",
    "/",
    "/api",
    "/conformance",
    "/collections",
    *(f"/collections/{name}{part}" for name in COLLECTIONS for part in ("", "/queryables", "/schema", "/items")),
)  # fmt: skip


MANY = 12_000
FILL = (Path(__file__).parents[2] / "benchmarks" / "fill_cases.sql").read_text(encoding="utf-8")
FILL = FILL.replace("%", "%%").replace(":total", "%(total)s").replace(":open", "30")


async def get(api: Api, path: str, expected: int = 200, /, **params: Any) -> Any:
    answer = await api.http.get(path, params=params or None)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def file_at(api: Api, *, category: str = SIGN, east: float = 0.0) -> dict[str, Any]:
    place = {"lat": CENTRE["lat"], "lon": CENTRE["lon"] + east}
    return await api.file(Draft(category).body(location=place))


async def ids(api: Api, path: str = CASES, /, **params: Any) -> set[str]:
    found = await get(api, path, limit=MAX_LIMIT, **params)
    return {feature["id"] for feature in found["features"]}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def filed(api: Api) -> dict[str, dict[str, Any]]:
    """A case that everybody sees, one that is shown rounded and one that is hidden."""
    return {
        "exact": await file_at(api),
        "rounded": await file_at(api, category=NOISE),
        "hidden": await file_at(api, category=HIDDEN),
    }


# Documents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_every_document_in_both_forms_and_both_languages(api: Api, path: str) -> None:
    for language, word in (("vi", "Dữ liệu mở"), ("en", "open data")):
        headers = {"Accept-Language": language}
        data = await api.http.get(f"/ogc{path}", headers=headers)
        assert data.status_code == 200
        assert "json" in data.headers["Content-Type"]
        page = await api.http.get(
            f"/ogc{path}", headers=headers | {"Accept": "text/html,*/*;q=0.1"}
        )
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert f'<html lang="{language}">' in page.text
        assert word in page.text
        assert "<h1>" in page.text
        assert "undefined" not in page.text.lower()
        # nothing from outside, no script: what the policy of pages would refuse
        assert "<script" not in page.text
        for link in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert link.startswith(("http://test/", "#")), link
        for answer in (data, page):
            assert answer.headers["Content-Language"] == language
            assert {"Accept", "Accept-Language"} <= set(re.split(", *", answer.headers["Vary"]))
            assert answer.headers["Cache-Control"].startswith("public, max-age=")


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_head_is_get_without_the_body(api: Api, path: str) -> None:
    got = await api.http.get(f"/ogc{path}")
    head = await api.http.head(f"/ogc{path}")
    assert head.status_code == 200
    assert head.content == b""
    for name in ("ETag", "Content-Type", "Content-Language", "Cache-Control"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_what_the_reader_has_is_not_sent_again(api: Api, path: str) -> None:
    first = await api.http.get(f"/ogc{path}")
    again = await api.http.get(f"/ogc{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == first.headers["ETag"]


async def test_f_wins_over_accept(api: Api) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = await api.http.get("/ogc?f=json", headers=browser)
    assert answer.headers["Content-Type"] == "application/json"
    answer = await api.http.get("/ogc?f=html", headers={"Accept": "application/json"})
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_every_link_of_every_document_leads_somewhere(api: Api, filed: Any) -> None:
    seen: set[str] = set()
    waiting = ["http://test/ogc"]
    while waiting:
        href = waiting.pop()
        if href in seen:
            continue
        seen.add(href)
        answer = await api.http.get(href)
        assert answer.status_code == 200, href
        if "json" not in answer.headers["Content-Type"]:
            continue
        document = answer.json()
        found = [*document.get("links", [])]
        for inner in document.get("collections", []):
            found += inner["links"]
        for link in found:
            target = await api.http.head(link["href"])
            assert target.headers["Content-Type"].split(";")[0] == link["type"].split(";")[0], link
        waiting += [link["href"] for link in found if link["rel"] != "next"]
    assert len(seen) > 5 * len(COLLECTIONS)


async def test_links_speak_of_the_host_that_was_asked(api: Api) -> None:
    answer = await api.http.get("/ogc", headers={"Host": "data.hue.example:8443"})
    assert answer.json()["links"][0]["href"] == "http://data.hue.example:8443/ogc"


async def test_conformance_names_what_clients_switch_on(api: Api) -> None:
    declared = (await get(api, "/ogc/conformance"))["conformsTo"]
    assert declared == list(CONFORMANCE)
    assert len(set(declared)) == len(declared)
    for name in (
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/features-filter",
        "cql2/1.0/conf/basic-cql2",
    ):
        assert f"http://www.opengis.net/spec/{name}" in declared


async def test_a_collection_says_where_when_and_in_which_systems(api: Api, filed: Any) -> None:
    listed = {each["id"]: each for each in (await get(api, "/ogc/collections"))["collections"]}
    assert set(listed) == set(COLLECTIONS)
    for name in COLLECTIONS:
        alone = await get(api, f"/ogc/collections/{name}")
        assert {**alone, "links": 0} == {**listed[name], "links": 0}
        assert alone["crs"] == list(CRSES)
        west, south, east, north = alone["extent"]["spatial"]["bbox"][0]
        assert west < CENTRE["lon"] < east
        assert south < CENTRE["lat"] < north
    since, until = listed["cases"]["extent"]["temporal"]["interval"][0]
    assert datetime.fromisoformat(since).tzinfo
    assert until is None


async def test_queryables_and_schema_name_what_features_have(api: Api, filed: Any) -> None:
    for name in ("open_cases", "cases", "areas"):
        queryables = await get(api, f"/ogc/collections/{name}/queryables")
        schema = await get(api, f"/ogc/collections/{name}/schema")
        features = (await get(api, f"/ogc/collections/{name}/items", limit=1))["features"]
        assert set(queryables["properties"]) - {"geom"} == set(features[0]["properties"])
        assert set(schema["properties"]) == set(queryables["properties"]) | {"id"}
        assert queryables["$id"] == f"http://test/ogc/collections/{name}/queryables"
    status = (await get(api, "/ogc/collections/open_cases/queryables"))["properties"]["status"]
    assert "in_progress" in status["enum"]


# Features ----------------------------------------------------------------------------------------


async def test_a_case_shows_what_the_layer_offers_and_nothing_else(api: Api, filed: Any) -> None:
    case = filed["exact"]
    feature = await get(api, f"{CASES}/{case['id']}")
    assert feature["id"] == case["id"]
    assert feature["geometry"] == {
        "type": "Point",
        "coordinates": [CENTRE["lon"], CENTRE["lat"]],
    }
    assert set(feature["properties"]) == {each.name for each in COLLECTIONS["cases"].properties}
    assert feature["properties"]["code"] == case["code"]
    assert feature["properties"]["status"] == "assigned"
    row = await fetch_one(
        api, "select code from areas where id = (select area_id from cases where id = %(id)s)",
        id=case["id"],
    )  # fmt: skip
    assert feature["properties"]["area"] == row.code
    assert "Biển báo" not in json.dumps(feature, ensure_ascii=False)  # the description


async def test_a_rounded_case_appears_rounded_in_every_layer(api: Api, filed: Any) -> None:
    case = filed["rounded"]
    for path in (CASES, OPEN):
        feature = await get(api, f"{path}/{case['id']}")
        lon, lat = feature["geometry"]["coordinates"]
        assert (lon, lat) != (CENTRE["lon"], CENTRE["lat"])
        assert (round((lon - 0.0025) / 0.005, 6) % 1, round((lat - 0.0025) / 0.005, 6) % 1) == (
            0,
            0,
        )
        assert case["id"] not in await ids(api, path, bbox=HERE)
        point = f"POINT({CENTRE['lon']} {CENTRE['lat']})"
        assert case["id"] not in await ids(api, path, filter=f"S_INTERSECTS(geom, {point})")


async def test_a_hidden_case_appears_by_no_route_and_no_filter(api: Api, filed: Any) -> None:
    case = filed["hidden"]
    for path in (CASES, OPEN):
        assert (await api.http.get(f"{path}/{case['id']}")).status_code == 404
        assert case["id"] not in await ids(api, path)
        for params in (
            {"code": case["code"]},
            {"filter": f"code = '{case['code']}'"},
            {"filter": f"code LIKE '{case['code'][:3]}%'"},
            {"filter": f"code = '{case['code']}' OR 1 = 1"},
            {"category": HIDDEN},
            {"bbox": HERE},
            {"datetime": "../.."},
        ):
            assert case["id"] not in await ids(api, path, **params)
        await get(api, path, 400, filter=f"id = '{case['id']}'")
        await get(api, path, 400, filter="visibility = 'hidden'")
        await get(api, path, 400, visibility="hidden")
    staff = await api.staff("operator")
    answer = await api.http.get(f"{CASES}/{case['id']}", headers=staff)
    assert answer.status_code == 404


async def test_what_is_open_and_what_was(own_api: Api) -> None:
    case = await file_at(own_api)
    other = await file_at(own_api)
    await execute(
        own_api,
        "update cases set status = 'closed', state = 'closed', closed_at = now() where id = %(id)s",
        id=case["id"],
    )
    assert await ids(own_api, OPEN) == {other["id"]}
    assert await ids(own_api, CASES) == {case["id"], other["id"]}
    assert await ids(own_api, CASES, open="false") == {case["id"]}
    assert await ids(own_api, CASES, filter="closed_at IS NULL") == {other["id"]}
    assert (await own_api.http.get(f"{OPEN}/{case['id']}")).status_code == 404


async def test_unknown_features_and_collections(api: Api) -> None:
    for path in (
        f"{CASES}/{uuid4()}", f"{CASES}/1", f"{CASES}/x' or 1=1", "/ogc/collections/areas/items/0",
        f"/ogc/collections/areas/items/{10**30}",
        "/ogc/collections/people/items", "/ogc/collections/cases.x", "/ogc/nothing",
    ):  # fmt: skip
        problem = await get(api, path, 404)
        assert problem["code"] in ("feature_unknown", "collection_unknown", "not_found")


async def test_areas_are_the_current_ones_with_their_shape(api: Api) -> None:
    found = await get(api, "/ogc/collections/areas/items", kind="ward", limit=1000)
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"]) > 20
    assert {each["geometry"]["type"] for each in found["features"]} == {"MultiPolygon"}
    here = await get(
        api, "/ogc/collections/areas/items",
        filter=f"kind = 'ward' AND S_INTERSECTS(geom, POINT({CENTRE['lon']} {CENTRE['lat']}))",
    )  # fmt: skip
    assert here["numberReturned"] == 1
    before = await get(api, "/ogc/collections/areas/items", datetime="../1900-01-01T00:00:00Z")
    assert before["numberReturned"] == 0


# Pages -------------------------------------------------------------------------------------------


async def page_on(api: Api, href: str | None) -> tuple[list[dict[str, Any]], str | None]:
    answer = await api.http.get(href or "")
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["numberReturned"] == len(page["features"])
    links = {link["rel"]: link["href"] for link in page["links"]}
    return page["features"], links.get("next")


async def test_pages_neither_repeat_nor_lose_while_cases_come_and_change(own_api: Api) -> None:
    there = {(await file_at(own_api))["id"] for _ in range(25)}
    seen: list[str] = []
    href: str | None = f"{OPEN}?limit=4&status=assigned"
    while href:
        features, href = await page_on(own_api, href)
        seen += [feature["id"] for feature in features]
        await file_at(own_api)
        await execute(own_api, "update cases set updated_at = now(), priority = priority % 4 + 1")
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


async def test_next_may_be_followed_with_another_limit(own_api: Api) -> None:
    there = {(await file_at(own_api))["id"] for _ in range(9)}
    first, href = await page_on(own_api, f"{OPEN}?limit=2")
    assert href
    query = urlsplit(href).query
    assert all(part.count("=") == 1 for part in query.split("&"))
    rest, href = await page_on(own_api, href.replace("limit=2", "limit=100"))
    assert href is None
    assert {feature["id"] for feature in first + rest} == there
    assert len(first) == 2
    assert len(rest) == 7


async def test_a_page_that_is_just_full_has_no_next(own_api: Api) -> None:
    for _ in range(3):
        await file_at(own_api)
    features, href = await page_on(own_api, f"{OPEN}?limit=3")
    assert len(features) == 3
    assert href is None


async def test_matches_are_counted_over_all_pages(own_api: Api) -> None:
    for _ in range(5):
        await file_at(own_api)
    page = await get(own_api, OPEN, limit=2)
    assert (page["numberMatched"], page["numberReturned"]) == (5, 2)
    again = await own_api.http.get(next(x["href"] for x in page["links"] if x["rel"] == "next"))
    assert again.json()["numberMatched"] == 5
    assert datetime.fromisoformat(page["timeStamp"]).tzinfo


async def test_an_oversized_limit_is_capped(api: Api, filed: Any) -> None:
    page = await get(api, OPEN, limit=MAX_LIMIT + 1)
    assert page["numberReturned"] == page["numberMatched"]
    areas = await get(api, "/ogc/collections/areas/items", limit=10**17)
    assert areas["numberReturned"] <= COLLECTIONS["areas"].page_limit
    assert len((await get(api, "/ogc/collections/areas/items"))["features"]) == 10


async def test_the_web_page_of_items_leads_on_to_the_next(api: Api) -> None:
    page = await api.http.get("/ogc/collections/areas/items?f=html&limit=3")
    assert page.text.count("<tr>") == 4
    [href] = re.findall(r'rel="next" href="([^"]+)"', page.text)
    following = await api.http.get(href.replace("&amp;", "&"))
    assert following.headers["Content-Type"].startswith("text/html")
    assert following.text.count("<tr>") == 4
    assert following.text != page.text


# Parameters --------------------------------------------------------------------------------------


async def test_a_box_and_an_instant_choose(own_api: Api) -> None:
    here = await file_at(own_api)
    east = await file_at(own_api, east=0.01)
    assert await ids(own_api, bbox=HERE) == {here["id"]}
    wide = (
        f"{CENTRE['lon'] - 1},{CENTRE['lat'] - 1},-50,{CENTRE['lon'] + 1},{CENTRE['lat'] + 1},900"
    )
    assert await ids(own_api, bbox=wide) == {here["id"], east["id"]}
    assert await ids(own_api, bbox="1,1,2,2") == set()
    swapped = f"{CENTRE['lat'] - 0.0001},{CENTRE['lon'] - 0.0001},{CENTRE['lat'] + 0.0001},{CENTRE['lon'] + 0.0001}"
    given = {"bbox": swapped, "bbox-crs": f"{EPSG}4326"}
    assert await ids(own_api, **given) == {here["id"]}

    feature = await get(own_api, f"{CASES}/{here['id']}")
    at = datetime.fromisoformat(feature["properties"]["opened_at"])
    just, before, after = at.isoformat(), at - timedelta(seconds=1), at + timedelta(seconds=1)
    later = {east["id"]}
    assert await ids(own_api, datetime=just) == {here["id"]}
    assert here["id"] in await ids(own_api, datetime=f"{just}/..")
    assert await ids(own_api, datetime=f"../{just}") == {here["id"]}
    assert await ids(own_api, datetime=f"{before.isoformat()}/{just}") == {here["id"]}
    assert await ids(own_api, datetime=f"/{before.isoformat()}") == set()
    assert await ids(own_api, datetime=f"{after.isoformat()}/..") <= later


async def test_a_box_in_single_precision_lets_nobody_in(own_api: Api) -> None:
    case = await file_at(own_api)
    lon, lat = CENTRE["lon"], CENTRE["lat"]
    assert await ids(own_api, bbox=f"{lon},{lat},{lon},{lat}") == {case["id"]}
    beside = f"{lon + 1e-9},{lat - 1},{lon + 1},{lat + 1}"
    assert await ids(own_api, bbox=beside) == set()


async def test_every_queryable_is_a_parameter(own_api: Api) -> None:
    case = await file_at(own_api)
    shown = (await get(own_api, f"{CASES}/{case['id']}"))["properties"]
    for name, value in shown.items():
        if value is None:
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        assert await ids(own_api, **{name: text}) == {case["id"]}, name
    assert await ids(own_api, status="closed") == set()
    assert await ids(own_api, status="assigned", category=OTHER) == set()


async def test_a_filter_chooses_in_both_languages(own_api: Api) -> None:
    case = await file_at(own_api)
    other = await file_at(own_api, category=OTHER)
    assert await ids(own_api, filter=f"category = '{SIGN}'") == {case["id"]}
    as_json = {"op": "=", "args": [{"property": "category"}, OTHER]}
    given = {"filter": json.dumps(as_json), "filter-lang": "cql2-json"}
    assert await ids(own_api, **given) == {other["id"]}
    combined = {"filter": f"category LIKE 'traffic.%' AND code = '{case['code']}'", "bbox": HERE,
                "status": "assigned", "datetime": "2000-01-01T00:00:00Z/.."}  # fmt: skip
    assert await ids(own_api, **combined) == {case["id"]}
    swapped = {"filter": f"S_INTERSECTS(geom, BBOX({CENTRE['lat'] - 0.1},{CENTRE['lon'] - 0.1},"
               f"{CENTRE['lat'] + 0.1},{CENTRE['lon'] + 0.1}))", "filter-crs": f"{EPSG}4326"}  # fmt: skip
    assert await ids(own_api, **swapped) == {case["id"], other["id"]}


@pytest.mark.parametrize("uri", sorted(CRSES))
async def test_coordinates_come_in_the_system_that_was_asked_for(
    api: Api, filed: Any, uri: str
) -> None:
    path = f"{CASES}/{filed['exact']['id']}"
    answer = await api.http.get(path, params={"crs": uri})
    assert answer.headers["Content-Crs"] == f"<{uri}>"
    one, two = answer.json()["geometry"]["coordinates"]
    box = f"{one - 1e-6},{two - 1e-6},{one + 1e-6},{two + 1e-6}"
    if abs(one) > 180 or abs(two) > 180:  # metres
        box = f"{one - 1},{two - 1},{one + 1},{two + 1}"
    found = await ids(api, bbox=box, **{"bbox-crs": uri})
    assert filed["exact"]["id"] in found
    page = await api.http.get(CASES, params={"crs": uri, "code": filed["exact"]["code"]})
    assert page.headers["Content-Crs"] == f"<{uri}>"
    assert page.json()["features"][0]["geometry"]["coordinates"] == [one, two]


async def test_latitude_comes_first_where_the_system_says_so(api: Api, filed: Any) -> None:
    feature = await get(api, f"{CASES}/{filed['exact']['id']}", crs=f"{EPSG}4326")
    assert feature["geometry"]["coordinates"] == [CENTRE["lat"], CENTRE["lon"]]
    metres = await get(api, f"{CASES}/{filed['exact']['id']}", crs=f"{EPSG}3857")
    east, north = metres["geometry"]["coordinates"]
    assert east == pytest.approx(CENTRE["lon"] * 20037508.342789244 / 180, abs=0.01)
    assert north > 1_800_000


REFUSED = {
    "?x": {"x": "1"},
    "?Limit": {"Limit": "1"},
    "?geom": {"geom": "POINT(1 1)"},
    "?id": {"id": str(UUID(int=1))},
    "?f": {"f": "xml"},
    "?limit": {"limit": "abc"},
    "?after": {"after": "abc"},
    "?bbox": {"bbox": "abc"},
    "?bbox-crs": {"bbox": "1,1,2,2", "bbox-crs": "EPSG:99999"},
    "?crs": {"crs": "nothing"},
    "?datetime": {"datetime": "foo"},
    "?filter": {"filter": "nope = 1"},
    "?filter-lang": {"filter": "code = 'x'", "filter-lang": "sql"},
    "?filter-crs": {"filter": "code = 'x'", "filter-crs": "x"},
    "?priority": {"priority": "high"},
    "?overdue": {"overdue": "perhaps"},
    "?opened_at": {"opened_at": "yesterday"},
    "?code": {"code": "a\x00b"},
}


@pytest.mark.parametrize("pointer", REFUSED)
@pytest.mark.parametrize("path", [CASES, OPEN])
async def test_a_wrong_parameter_is_400_and_named(api: Api, path: str, pointer: str) -> None:
    answer = await api.http.get(path, params=REFUSED[pointer])
    problem = answer.json()
    assert answer.status_code == problem["status"] == 400, problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["errors"][0]["detail"] != problem["errors"][0]["code"]


@pytest.mark.parametrize(
    "params",
    [
        "limit=0", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2", "limit=%D9%A1",
        "limit=99999999999999999999999",
        "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=1,2,3,nan", "bbox=1,2,3,inf", "bbox=1,5,3,4",
        "bbox=", "bbox-crs=x&bbox=1,1,2,2", "bbox=500,1,600,2",
        "datetime=2026-01-01", "datetime=2026-13-01T00:00:00Z", "datetime=2026-01-01T00:00:00",
        "datetime=2026-02-01T00:00:00Z/2026-01-01T00:00:00Z", "datetime=a/b/c", "datetime=",
        "filter=", "filter=pg_sleep(5)%20IS%20NULL", "filter=pg_sleep(5)=1", "filter=((((",
        "filter=length(pg_read_file('/etc/hostname'))%3E1", "filter=rowid=1", "filter=code",
        "filter=%7B%7D&filter-lang=cql2-json", "status=a&status=b",
    ],
)  # fmt: skip
async def test_nonsense_is_400(api: Api, params: str) -> None:
    answer = await api.http.get(f"{CASES}?{params}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("?")


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_no_document_takes_an_unknown_parameter(api: Api, path: str) -> None:
    problem = await get(api, f"/ogc{path}", 400, **{"no-such": "1"})
    assert problem["errors"] == [
        {
            "pointer": "?no-such",
            "code": "parameter_unknown",
            "detail": "Không có tham số này",
        }
    ]


async def test_other_addresses_still_answer_422(api: Api) -> None:
    assert (await api.http.get("/v1/incidents.geojson?bbox=x")).status_code == 422


async def test_nothing_can_be_written(api: Api) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await api.http.request(method, CASES, json={})
        assert answer.status_code == 405


# OpenAPI -----------------------------------------------------------------------------------------


async def test_the_description_offers_what_is_accepted(api: Api) -> None:
    answer = await api.http.get("/ogc/api")
    assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    described = answer.json()
    parameters = described["components"]["parameters"]
    for name, layer in COLLECTIONS.items():
        asked = described["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        names = {each["$ref"].split("/")[-1] if "$ref" in each else each["name"] for each in asked}
        assert names == set(parameters) | {each.name for each in layer.properties}
    assert parameters["limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_LIMIT,
        "default": 10,
    }
    assert MAX_LIMIT >= 2500
    for name in ("bbox", "datetime", "limit"):
        assert (parameters[name]["style"], parameters[name]["explode"]) == ("form", False)
    bbox = parameters["bbox"]["schema"]
    assert (bbox["type"], bbox["minItems"], bbox["maxItems"]) == ("array", 4, 6)


async def test_every_described_path_answers(api: Api, filed: Any) -> None:
    described = await get(api, "/ogc/api")
    for path in described["paths"]:
        if "{" not in path:
            answer: httpx.Response = await api.http.get(described["servers"][0]["url"] + path)
            assert answer.status_code == 200, path


# Limits ------------------------------------------------------------------------------------------


async def test_what_takes_too_long_is_stopped_and_said(city_database: str, tmp_path: Path) -> None:
    settings = api_settings(city_database, tmp_path)
    hurried = DatabaseSettings.model_validate(
        {"DATABASE_URL": city_database, "HIENTRUONG_FEATURE_TIMEOUT_MS": "200"}
    )
    async with serve(dataclasses.replace(settings, database=hurried)) as api:
        async with await psycopg.AsyncConnection.connect(url_of(api)) as other:
            await other.execute("lock table areas")  # whoever reads them waits
            answer = await api.http.get("/ogc/collections/areas/items")
            assert answer.status_code == 503
            assert answer.json()["code"] == "query_too_slow"
            assert int(answer.headers["Retry-After"]) > 0
            left = "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock'"
            assert (await fetch_one(api, left)).n == 0
        assert (await api.http.get("/ogc/collections/areas/items")).status_code == 200


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def many_cases(
    databases: TestDatabases, city_template: str, worker_id: str, tmp_path_factory: Any
) -> AsyncIterator[Api]:
    """The API on a database with MANY cases, which the planner knows of."""
    url = databases.clone(f"ogc_{worker_id}", template=city_template)
    async with open_api(url, tmp_path_factory.mktemp("ogc")) as made:
        await execute(made, FILL, total=MANY)
        await execute(made, "analyze cases")
        yield made


async def test_few_are_counted_and_many_are_not(many_cases: Api) -> None:
    exact = await fetch_one(
        many_cases,
        "select count(*) as n, min(opened_at) as since from cases"
        " where opened_at > now() - interval '5 days'",
    )
    assert exact.n < 5000
    few = await get(many_cases, CASES, limit=3, datetime=f"{exact.since.isoformat()}/..")
    assert few["numberMatched"] == exact.n
    assert "numberMatched" not in await get(many_cases, CASES, limit=3)


async def test_all_pages_of_many_cases_hold_each_once(many_cases: Api) -> None:
    for chosen in (
        "",
        "&open=true",
        "&filter=priority%3E2%20AND%20category%20LIKE%20'traffic.%25'",
    ):
        seen: list[str] = []
        href: str | None = f"{CASES}?limit=1000{chosen}"
        while href:
            features, href = await page_on(many_cases, href)
            seen += [feature["id"] for feature in features]
        assert seen == sorted(set(seen))
        found = await ids(many_cases, **dict(parse_qsl(chosen)))
        assert set(seen) >= found
        if not chosen:
            assert len(seen) == MANY


@pytest.mark.parametrize("half", [0.0003, 0.003, 0.03, 0.3])
async def test_a_box_finds_the_same_whichever_plan_is_taken(many_cases: Api, half: float) -> None:
    lon, lat = CENTRE["lon"], CENTRE["lat"]
    box = f"{lon - half},{lat - half},{lon + half},{lat + half}"
    found = await ids(many_cases, bbox=box)
    exact = await fetch_one(
        many_cases,
        "select count(*) as n from cases where visibility <> 'hidden'"
        " and st_x(public_geom) between %(west)s and %(east)s"
        " and st_y(public_geom) between %(south)s and %(north)s",
        west=lon - half, east=lon + half, south=lat - half, north=lat + half,
    )  # fmt: skip
    assert len(found) == min(exact.n, MAX_LIMIT)
