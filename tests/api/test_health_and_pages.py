"""What every answer carries, whether the process can work, and what caches may keep."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from core.migrations import head
from tests.support.casework import BUS, press, stage
from tests.support.city import CENTRE, Draft
from tests.support.client import Api, api_settings, serve
from tests.support.rows import execute, fetch_one

SECURITY_HEADERS = (
    "X-Content-Type-Options",
    "Referrer-Policy",
    "X-Frame-Options",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Content-Security-Policy",
)
BEAT = (
    "insert into workers (name, seen_at) values ('test', now() - %(ago)s * interval '1 second')"
    " on conflict (name) do update set seen_at = excluded.seen_at"
)


async def ready(api: Api) -> tuple[int, list[str]]:
    answer = await api.http.get("/readyz")
    return answer.status_code, answer.json()["failing"]


async def test_the_process_is_up(api: Api) -> None:
    answer = await api.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_names_each_part_that_fails(own_api: Api) -> None:
    api = own_api
    assert await ready(api) == (503, ["worker"])  # none has ever run
    await execute(api, BEAT, ago=60)
    assert await ready(api) == (503, ["worker"])  # it has fallen silent
    await execute(api, BEAT, ago=0)
    assert await ready(api) == (200, [])

    await execute(api, "update alembic_version set version_num = '0001'")
    assert await ready(api) == (503, ["migrations"])
    await execute(api, "update alembic_version set version_num = %(r)s", r=head())

    root = api.settings.media.root
    shutil.rmtree(root)
    root.write_text("a file where the store's folder should be")
    assert await ready(api) == (503, ["store"])
    root.unlink()
    root.mkdir()
    assert await ready(api) == (200, [])

    await execute(api, "drop table alembic_version")
    await execute(api, BEAT, ago=600)
    assert await ready(api) == (503, ["migrations", "worker"])


async def test_metrics_count_by_route_and_not_by_address(api: Api) -> None:
    unknown = f"/nowhere/{uuid4()}"
    await api.http.get(f"/v1/reports/{uuid4()}")
    await api.http.get(unknown)
    answer = await api.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    counted = [
        line for line in answer.text.splitlines() if line.startswith("hientruong_requests_total{")
    ]
    assert any(
        'route="/v1/reports/{report_id}"' in line and 'status="404"' in line for line in counted
    )
    assert any('route="unmatched"' in line for line in counted)
    assert unknown not in answer.text
    assert "hientruong_request_seconds_bucket" in answer.text


# Errors and headers ------------------------------------------------------------------------------


async def answers_of_every_kind(api: Api) -> dict[str, httpx.Response]:
    case = await stage(api)
    http, staff = api.http, await api.staff("operator")
    etag = (await http.get("/v1/categories")).headers["ETag"]
    return {
        "200": await http.get("/healthz"),
        "201": await http.put(f"/v1/reports/{uuid4()}", json=Draft(BUS).body()),
        "204": await http.post("/v1/auth/logout", json={"refresh_token": "x"}),
        "304": await http.get("/v1/categories", headers={"If-None-Match": etag}),
        "401": await http.get("/v1/cases"),
        "403": await http.get("/v1/me/reports", headers=staff),
        "404": await http.get("/nowhere"),
        "404 of ours": await http.get(f"/v1/reports/{uuid4()}"),
        "405": await http.delete("/healthz"),
        "409": await press(api, case, "explode", {}),
        "413": await http.put(f"/v1/reports/{uuid4()}", json={"x": "x" * 300_000}),
        "415": await http.post("/v1/media", files={"file": ("x", b"no photo at all")}),
        "422": await http.put(f"/v1/reports/{uuid4()}", json={}),
        "428": await http.post(f"{case.url}/actions/route", json={}, headers=staff),
        "503": await http.get("/readyz"),
        "page": await http.get("/ioc"),
        "openapi": await http.get("/openapi.json"),
    }


async def test_every_answer_carries_an_id_and_the_security_headers(api: Api) -> None:
    ids: set[str] = set()
    for name, answer in (await answers_of_every_kind(api)).items():
        assert name[:3] == str(answer.status_code) or not name[:3].isdigit(), name
        missing = [header for header in SECURITY_HEADERS if header not in answer.headers]
        assert not missing, (name, missing)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "'unsafe-eval'" not in answer.headers["Content-Security-Policy"]
        ids.add(answer.headers["X-Request-Id"])
        if answer.status_code >= 400 and name != "503":
            assert answer.headers["Content-Type"] == "application/problem+json", name
            problem = answer.json()
            assert problem["status"] == answer.status_code
            assert problem["type"] == f"urn:hientruong:error:{problem['code']}"
            assert problem["title"]
            assert " " in problem["detail"]
            assert answer.headers["Cache-Control"] == "no-store"
    assert len(ids) == 17


async def test_even_an_error_of_ours_is_answered_with_all_of_it(own_api: Api) -> None:
    await execute(own_api, "alter table reports rename to gone")
    transport = httpx.ASGITransport(own_api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get(f"/v1/reports/{uuid4()}", headers={"X-Request-Id": "look-me-up"})
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == "look-me-up"
    assert not [header for header in SECURITY_HEADERS if header not in answer.headers]
    problem = answer.json()
    assert problem["code"] == "internal_error"
    assert "look-me-up" in problem["detail"]
    assert "reports" not in answer.text  # not a word of what went wrong


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 64])
async def test_a_request_id_is_echoed(api: Api, given: str) -> None:
    answer = await api.http.get("/healthz", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "<script>", "đ", "a\x7f"])
async def test_a_request_id_that_could_harm_is_replaced(api: Api, given: str) -> None:
    answer = await api.http.get("/healthz", headers={"X-Request-Id": given.encode()})
    assert len(answer.headers["X-Request-Id"]) == 32


async def test_requests_at_once_keep_their_own_ids(api: Api) -> None:
    given = [f"request-{n}" for n in range(20)]
    answers = await asyncio.gather(
        *(api.http.get("/v1/categories", headers={"X-Request-Id": name}) for name in given)
    )
    assert [answer.headers["X-Request-Id"] for answer in answers] == given


async def test_an_unknown_path_is_a_problem_in_both_languages(api: Api) -> None:
    vietnamese = await api.http.get("/v1/nowhere")
    english = await api.http.get("/v1/nowhere", headers={"Accept-Language": "en-GB,vi;q=0.2"})
    assert (vietnamese.status_code, vietnamese.json()["code"]) == (404, "not_found")
    assert vietnamese.json()["detail"] == "Không tìm thấy"
    assert english.json()["detail"] == "Not found"


async def test_a_wrong_method_says_which_are_right(api: Api) -> None:
    answer = await api.http.delete("/v1/categories")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"


# What caches may keep ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["/v1/categories", "/v1/areas.geojson", "/v1/areas.geojson?kind=province"]
)
async def test_what_has_not_changed_is_not_sent_again(api: Api, url: str) -> None:
    first = await api.http.get(url)
    assert first.status_code == 200
    etag = first.headers["ETag"]
    again = await api.http.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == etag
    assert "public" in again.headers["Cache-Control"]
    other = await api.http.get(url, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_incidents_are_new_after_a_step_and_not_before(own_api: Api) -> None:
    empty = await own_api.http.get("/v1/incidents.geojson")
    assert empty.json() == {"type": "FeatureCollection", "features": []}
    assert empty.headers["Content-Type"] == "application/geo+json"
    case = await stage(own_api)
    filed = await own_api.http.get("/v1/incidents.geojson")
    etags = {empty.headers["ETag"], filed.headers["ETag"]}
    assert len(etags) == 2
    unchanged = await own_api.http.get(
        "/v1/incidents.geojson", headers={"If-None-Match": filed.headers["ETag"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await press(own_api, case, "accept", {})
    changed = await own_api.http.get(
        "/v1/incidents.geojson", headers={"If-None-Match": filed.headers["ETag"]}
    )
    assert changed.status_code == 200
    assert changed.json()["features"][0]["properties"]["status"] == "in_progress"


async def test_incidents_are_filtered_like_the_list(own_api: Api) -> None:
    bus = await stage(own_api, "in_progress")
    lamp = await stage(own_api, category="energy.street_light")

    async def found(**params: str) -> set[str]:
        answer = await own_api.http.get("/v1/incidents.geojson", params=params)
        assert answer.status_code == 200, answer.text
        return {feature["id"] for feature in answer.json()["features"]}

    assert await found() == {bus.id, lamp.id}
    assert await found(category="energy") == {lamp.id}
    assert await found(category="energy,traffic.bus") == {bus.id, lamp.id}
    assert await found(department="hepco") == {lamp.id}
    assert await found(status="in_progress") == {bus.id}
    assert await found(overdue="true") == set()
    assert await found(bbox="107.58,16.45,107.59,16.47") == {bus.id, lamp.id}
    assert await found(bbox="0,0,1,1") == set()
    for bad in ({"bbox": "1,2"}, {"status": "bogus"}, {"overdue": "x"}, {"category": "a\0"}):
        answer = await own_api.http.get("/v1/incidents.geojson", params=bad)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(bad))}"


async def test_categories_change_with_the_citys_revision(own_api: Api) -> None:
    first = await own_api.http.get("/v1/categories")
    roots = first.json()["items"]
    assert [root["code"] for root in roots] == [
        "traffic", "environment", "energy", "waste", "security", "urban_order",
    ]  # fmt: skip
    leaves = [leaf for root in roots for leaf in root["children"]]
    assert len(leaves) >= 30
    assert all(leaf["name"]["vi"] and leaf["name"]["en"] for leaf in leaves)
    await execute(own_api, "update categories set active = false where code = 'traffic.bus'")
    await execute(own_api, "update city set revision = revision + 1")
    second = await own_api.http.get(
        "/v1/categories", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert second.status_code == 200
    assert "traffic.bus" not in second.text
    refused = await own_api.http.put(f"/v1/reports/{uuid4()}", json=Draft(BUS).body())
    assert refused.json()["errors"][0]["code"] == "category_unknown"


async def test_areas_are_features_of_the_city(api: Api) -> None:
    wards = (await api.http.get("/v1/areas.geojson")).json()["features"]
    assert len(wards) == 40
    assert all(ward["properties"]["approximate"] for ward in wards)
    assert {ward["geometry"]["type"] for ward in wards} <= {"Polygon", "MultiPolygon"}
    wrong = await api.http.get("/v1/areas.geojson?kind=galaxy")
    assert wrong.json()["errors"][0]["pointer"] == "?kind"


async def test_a_place_has_a_province_and_a_ward(api: Api) -> None:
    areas = (await api.http.get("/v1/areas/locate", params=CENTRE)).json()["areas"]
    assert [(area["kind"], area["code"], area["distance_m"]) for area in areas] == [
        ("province", "46", 0),
        ("ward", "19789", 0),
    ]
    for bad in ({"lat": "x"}, {"lat": "nan"}, {"lat": 91}, {"lon": -181}, {"lon": ""}):
        answer = await api.http.get("/v1/areas/locate", params={**CENTRE, **bad})
        assert answer.status_code == 422, bad
        assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(bad))}"


# Documentation and pages -------------------------------------------------------------------------


async def test_the_openapi_document_explains_every_operation(api: Api) -> None:
    document = (await api.http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    operations = {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert len(operations) > 25
    for name, operation in operations.items():
        assert operation.get("summary"), name
        assert operation.get("description"), name
        assert operation.get("tags"), name
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)


PAGES = {"/": "index"} | {f"/{name}": name for name in ("app", "desk", "ioc", "admin")}


async def test_pages_that_are_not_built_say_how_to_build_them(api: Api) -> None:
    for path in PAGES:
        answer = await api.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "pages_not_built")


async def test_pages_are_served_with_their_assets(city_database: str, tmp_path: Path) -> None:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    for name in PAGES.values():
        (root / f"{name}.html").write_text(f"<title>{name}</title>")
    (root / "assets" / "main-1a2b.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    settings = api_settings(city_database, tmp_path)
    settings = dataclasses.replace(
        settings, server=settings.server.model_copy(update={"web_root": root})
    )
    async with serve(settings) as api:
        for path, name in PAGES.items():
            answer = await api.http.get(path)
            assert answer.text == f"<title>{name}</title>"
            assert answer.headers["Cache-Control"] == "no-cache"
            assert (await api.http.head(path)).status_code == 200
        asset = await api.http.get("/assets/main-1a2b.js")
        assert "immutable" in asset.headers["Cache-Control"]
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
        for outside in ("/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"):
            assert (await api.http.get(outside)).status_code == 404


async def test_the_database_behind_the_test_is_at_head(api: Api) -> None:
    row = await fetch_one(api, "select version_num from alembic_version")
    assert row.version_num == head()
