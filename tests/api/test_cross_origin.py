"""Pages of other sites may read the public layers, whoever filled the cache, and nothing else."""

from __future__ import annotations

import pytest

from tests.support.client import Api

ELSEWHERE = {"Origin": "https://ban-do.example"}
OPEN = (
    "/ogc",
    "/ogc/collections/open_cases/items",
    "/tiles/open_cases.json",
    "/tiles/open_cases/0/0/0.mvt",
    "/tiles/areas/0/0/0.mvt",
    "/v1/areas.geojson",
    "/v1/incidents.geojson",
    "/v1/layers",
)
CLOSED = (
    "/",
    "/healthz",
    "/openapi.json",
    "/tilesets",
    "/v1/areas/locate?lat=16.46&lon=107.585",
    "/v1/cases",
    "/v1/categories",
)


def preflight(header: str | None = None) -> dict[str, str]:
    asked = ELSEWHERE | {"Access-Control-Request-Method": "GET"}
    return asked if header is None else asked | {"Access-Control-Request-Headers": header}


@pytest.mark.parametrize("path", OPEN)
async def test_a_page_of_another_site_reads_a_public_layer(api: Api, path: str) -> None:
    answer = await api.http.get(path, headers=ELSEWHERE)
    assert answer.status_code in (200, 204), answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", OPEN)
async def test_what_a_cache_got_without_an_origin_serves_browsers_too(api: Api, path: str) -> None:
    answer = await api.http.get(path)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    varies = [name.strip() for name in answer.headers["Vary"].lower().split(",")]
    assert varies.count("authorization") == 1
    assert varies.count("cookie") == 1
    assert "origin" not in varies


@pytest.mark.parametrize("path", OPEN)
async def test_what_staff_see_under_their_cookie_stays_closed(api: Api, path: str) -> None:
    answer = await api.http.get(path, headers=ELSEWHERE | {"Cookie": "hientruong=x"})
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_it_reads_errors_and_unchanged_answers_as_well(api: Api) -> None:
    wrong = await api.http.get("/tiles/people.json", headers=ELSEWHERE)
    first = await api.http.get("/tiles/open_cases/0/0/0.mvt", headers=ELSEWHERE)
    unchanged = await api.http.get(
        "/tiles/open_cases/0/0/0.mvt",
        headers=ELSEWHERE | {"If-None-Match": first.headers["ETag"]},
    )
    assert (wrong.status_code, unchanged.status_code) == (404, 304)
    for answer in (wrong, unchanged):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", OPEN)
async def test_a_preflight_allows_to_read_and_to_ask_for_changes(api: Api, path: str) -> None:
    answer = await api.http.options(path, headers=preflight("if-none-match"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize("path", OPEN)
async def test_no_page_elsewhere_gets_to_use_a_token(api: Api, path: str) -> None:
    asked = await api.http.options(path, headers=preflight("authorization"))
    assert "authorization" not in asked.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in asked.headers
    answer = await api.http.get(path, headers=ELSEWHERE | await api.staff("operator"))
    assert answer.status_code in (200, 204)
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", CLOSED)
async def test_the_rest_is_for_our_own_pages(api: Api, path: str) -> None:
    for answer in (
        await api.http.get(path, headers=ELSEWHERE),
        await api.http.options(path, headers=preflight()),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_options_without_a_preflight_says_which_methods_there_are(api: Api) -> None:
    answer = await api.http.options("/tiles/open_cases.json")
    assert answer.status_code == 405
