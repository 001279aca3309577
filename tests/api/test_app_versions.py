"""The oldest app that is served; an older one may still hand in what it has queued."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import ValidationError

from core.settings import AppSettings
from tests.support.casework import BUS
from tests.support.city import Draft
from tests.support.client import Api, api_settings, serve
from tests.support.phones import PhoneApp
from tests.support.photos import make_jpeg

STORE = "https://play.google.com/store/apps/details?id=vn.hue.hientruong"


@pytest_asyncio.fixture(loop_scope="session")
async def picky(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """An API that serves Android from 1.4 on, and every other app."""
    settings = dataclasses.replace(
        api_settings(city_database, tmp_path),
        app=AppSettings(minimum_android="1.4", store_android=STORE),
    )
    async with serve(settings) as made:
        yield made


OLD = {"X-App-Version": "android/1.3.9"}


async def test_an_old_app_hears_where_a_newer_one_is(picky: Api) -> None:
    answer = await picky.http.get("/v1/categories", headers=OLD)
    assert answer.status_code == 426
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"]
    problem = answer.json()
    assert (problem["code"], problem["minimum_version"], problem["store_url"]) == (
        "app_too_old", "1.4", STORE,
    )  # fmt: skip
    assert problem["detail"] == "Ứng dụng đã cũ, hãy cập nhật lên phiên bản 1.4 trở lên"
    english = await picky.http.get("/v1/categories", headers=OLD | {"Accept-Language": "en"})
    assert english.json()["detail"] == "This app is too old; please update to version 1.4 or newer"


@pytest.mark.parametrize("app", ["android/1.4.0", "android/2", "ios/0.1", "web/0.1", None])
async def test_others_are_served(picky: Api, app: str | None) -> None:
    headers = {"X-App-Version": app} if app else {}
    assert (await picky.http.get("/v1/categories", headers=headers)).status_code == 200


async def test_what_an_old_app_has_queued_still_arrives(picky: Api) -> None:
    phone = PhoneApp(picky)
    picky.http.headers.update(OLD)
    await phone.sign_in()
    token = {"refresh_token": phone.session["refresh_token"]}
    renewed = await picky.http.post("/v1/auth/refresh", json=token)
    assert renewed.status_code == 200
    photo = await picky.http.post("/v1/media", files={"file": ("photo.jpg", make_jpeg())})
    assert photo.status_code == 201
    body = Draft(BUS).body(uploads=[photo.json()["upload_id"]])
    put = await picky.http.put(f"/v1/reports/{uuid4()}", json=body, headers=phone.headers)
    assert put.status_code == 201
    post = await picky.http.post("/v1/reports", json=Draft(BUS).body(id=str(uuid4())))
    assert post.status_code == 201
    for method, path in (
        ("GET", f"/v1/reports/{put.json()['id']}"),
        ("GET", "/v1/me/reports"),
        ("PUT", f"/v1/reports/{put.json()['id']}/follow"),
    ):
        answer = await picky.http.request(method, path, headers=phone.headers)
        assert answer.status_code == 426, path


async def test_health_pages_and_maps_ask_for_no_app(picky: Api) -> None:
    for path in ("/healthz", "/openapi.json", "/tiles/open_cases.json"):
        assert (await picky.http.get(path, headers=OLD)).status_code == 200, path


async def test_a_header_that_names_no_app_is_named(picky: Api) -> None:
    answer = await picky.http.get("/v1/categories", headers={"X-App-Version": "1.4"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "pointer": "#x-app-version",
            "code": "app_version_malformed",
            "detail": "X-App-Version phải có dạng android/1.4.0 hoặc ios/1.4.0",
        }
    ]
    # It does not stand in the way of a report.
    filed = await picky.http.put(
        f"/v1/reports/{uuid4()}", json=Draft(BUS).body(), headers={"X-App-Version": "?"}
    )
    assert filed.status_code == 201


@pytest.mark.parametrize("version", ["1.", "v1", "1.2.3.4.5", "latest"])
def test_a_minimum_that_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(ValidationError):
        AppSettings(minimum_ios=version)
