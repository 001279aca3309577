"""Nobody fills the store: budgets of files and bytes, and of what is left unfinished."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest_asyncio

from tests.support.client import Api, api_settings, serve
from tests.support.photos import make_jpeg
from tests.support.rows import fetch_one
from tests.support.tus import RESUMABLE, ask, begin, send

PHOTO = make_jpeg(64, 48)
LIMITS = {
    "account_files_hour": 4,
    "account_bytes_day": 1_000_000,
    "address_files_hour": 6,
    "address_bytes_day": 100_000_000,
    "open_transfers": 2,
}


@pytest_asyncio.fixture(loop_scope="session")
async def city(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    settings = api_settings(city_database, tmp_path)
    media = settings.media.model_copy(update=LIMITS)
    async with serve(replace(settings, media=media)) as made:
        # An inner network has no budget: these phones come from outside.
        transport = httpx.ASGITransport(made.app, client=("203.0.113.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield replace(made, http=http)


async def wish(api: Api, size: int = len(PHOTO), **headers: str) -> httpx.Response:
    length = {"Upload-Length": str(size)}
    return await api.http.post("/v1/uploads", headers=RESUMABLE | length | headers)


def check_refused(answer: httpx.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, code)
    assert int(answer.headers["Retry-After"]) > 0


async def test_an_account_sends_so_many_files_in_an_hour(city: Api) -> None:
    """Whichever way they come, and however it ends; another account is not held up by it."""
    mine, other = await city.citizen("+84905000001"), await city.citizen("+84905000002")
    for _ in range(3):
        path = await begin(city, len(PHOTO), **mine)
        await send(city, path, PHOTO, at=0, **mine)
    await city.upload(PHOTO, **mine)
    check_refused(await wish(city, **mine), "too_many_uploads")
    files = {"file": ("photo.jpg", PHOTO)}
    plain = await city.http.post("/v1/media", files=files, headers=mine)
    check_refused(plain, "too_many_uploads")
    body = {"content_type": "image/jpeg", "size": 5}
    form = await city.http.post("/v1/uploads/presigned", json=body, headers=mine)
    check_refused(form, "too_many_uploads")
    assert (await wish(city, **other)).status_code == 201


async def test_an_account_sends_so_many_bytes_in_a_day(city: Api) -> None:
    mine = await city.citizen("+84905000001")
    assert (await wish(city, 900_000, **mine)).status_code == 201
    check_refused(await wish(city, 900_000, **mine), "too_many_uploads")
    assert (await wish(city, 1000, **mine)).status_code == 201


async def test_an_address_has_a_budget_of_its_own(city: Api) -> None:
    for _ in range(6):
        assert (await wish(city)).status_code == 201
    check_refused(await wish(city), "too_many_uploads")
    assert (await fetch_one(city, "select count(*) from transfers"))[0] == 6


async def test_an_upload_that_was_begun_goes_on_when_the_budget_is_used_up(city: Api) -> None:
    path = await begin(city, len(PHOTO))
    for _ in range(5):
        await begin(city, len(PHOTO))
    check_refused(await wish(city), "too_many_uploads")
    assert (await ask(city, path)).status_code == 200
    assert (await send(city, path, PHOTO, at=0)).status_code == 204


async def test_what_is_unfinished_is_finished_or_ended_first(city: Api) -> None:
    mine = await city.citizen("+84905000001")
    first, _ = await begin(city, len(PHOTO), **mine), await begin(city, len(PHOTO), **mine)
    check_refused(await wish(city, **mine), "too_many_transfers")
    await send(city, first, PHOTO, at=0, **mine)
    assert (await wish(city, **mine)).status_code == 201
    assert (await wish(city)).status_code == 201
