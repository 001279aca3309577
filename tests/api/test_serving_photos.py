"""Photos as browsers and players ask for them: whole, in parts, again, and on a host of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from api.app import create_app
from core.errors import ConfigurationError
from core.settings import MediaSettings
from media.stores.local import LocalStore
from tests.support.casework import BUS, login, stage
from tests.support.client import Api, api_settings, serve
from tests.support.rows import execute

PICTURE = bytes(range(256)) * 40
MEDIA_URL = "https://media.example.vn"


async def ready_photo(api: Api) -> str:
    """A link to a picture whose bytes are PICTURE."""
    case = await stage(api, category=BUS, uploads=[await api.upload()])
    await execute(
        api,
        "update attachments set state = 'ready', small_key = %(key)s, large_key = %(key)s"
        " where case_id = %(id)s",
        key=f"derivatives/{case.id}/small.jpg",
        id=case.id,
    )
    store = LocalStore(api.settings.media.root)
    await store.put(f"derivatives/{case.id}/small.jpg", PICTURE, "image/jpeg")
    answer = await api.http.get(case.url, headers=await login(api, case, "staff"))
    return answer.json()["photos"][0]["small_url"]


@pytest_asyncio.fixture(loop_scope="session")
async def url(api: Api) -> str:
    return await ready_photo(api)


async def test_a_picture_is_served_whole(api: Api, url: str) -> None:
    answer = await api.http.get(url)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    headers = answer.headers
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Content-Disposition"] == "inline"
    assert headers["Cache-Control"].startswith("private, max-age=")
    assert headers["Content-Length"] == str(len(PICTURE))
    assert headers["ETag"].startswith('"')


@pytest.mark.parametrize(
    ("asked", "part", "told"),
    [
        ("bytes=0-99", PICTURE[:100], f"bytes 0-99/{len(PICTURE)}"),
        ("bytes=10000-", PICTURE[10000:], f"bytes 10000-{len(PICTURE) - 1}/{len(PICTURE)}"),
        ("bytes=-7", PICTURE[-7:], f"bytes {len(PICTURE) - 7}-{len(PICTURE) - 1}/{len(PICTURE)}"),
    ],
)
async def test_a_part_is_served(api: Api, url: str, asked: str, part: bytes, told: str) -> None:
    answer = await api.http.get(url, headers={"Range": asked, "Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["Content-Range"] == told
    assert answer.headers["Content-Length"] == str(len(part))


async def test_a_part_beyond_the_end(api: Api, url: str) -> None:
    answer = await api.http.get(url, headers={"Range": f"bytes={len(PICTURE)}-"})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(PICTURE)}"


async def test_several_parts_are_the_whole(api: Api, url: str) -> None:
    answer = await api.http.get(url, headers={"Range": "bytes=0-1,5-6"})
    assert (answer.status_code, answer.content) == (200, PICTURE)


async def test_who_has_it_is_not_sent_it_again(api: Api, url: str) -> None:
    etag = (await api.http.get(url)).headers["ETag"]
    again = await api.http.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    other = await api.http.get(url, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, PICTURE)


async def test_going_on_with_a_download_wants_the_same_version(api: Api, url: str) -> None:
    etag = (await api.http.get(url)).headers["ETag"]
    part = {"Range": "bytes=100-"}
    same = await api.http.get(url, headers=part | {"If-Range": etag})
    assert (same.status_code, same.content) == (206, PICTURE[100:])
    other = await api.http.get(url, headers=part | {"If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, PICTURE)


@pytest_asyncio.fixture(loop_scope="session")
async def apart(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with a host of its own for photos."""
    settings = api_settings(city_database, tmp_path)
    media = settings.media.model_copy(update={"url": f"{MEDIA_URL}/"})
    async with serve(replace(settings, media=media)) as made:
        yield made


async def test_photos_may_have_a_host_of_their_own(apart: Api) -> None:
    url = await ready_photo(apart)
    assert url.startswith(f"{MEDIA_URL}/media/")
    photo = await apart.http.get(url)
    assert (photo.status_code, photo.content) == (200, PICTURE)
    path = url.removeprefix(MEDIA_URL)
    elsewhere = await apart.http.get(path)
    assert (elsewhere.status_code, elsewhere.headers["Location"]) == (308, url)
    for other in ("/", "/desk", "/v1/categories", "/openapi.json", "/docs", "/tiles/areas.json"):
        answer = await apart.http.get(MEDIA_URL + other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), other
    assert (await apart.http.get(f"{MEDIA_URL}/healthz")).status_code == 200


async def test_pages_may_show_the_photos_of_the_other_host(apart: Api) -> None:
    policy = (await apart.http.get("/healthz")).headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert MEDIA_URL in parts["img-src"].split()
    assert MEDIA_URL in parts["media-src"].split()
    assert MEDIA_URL not in parts["default-src"] + parts["connect-src"]


@pytest.mark.parametrize("url", ["media.example.vn", "ftp://x", "https://x/path", "https://"])
def test_an_address_that_is_none_does_not_start(tmp_path: Path, url: str) -> None:
    settings = api_settings("postgresql://nobody@127.0.0.1/nothing", tmp_path)
    with pytest.raises(ConfigurationError):
        create_app(replace(settings, media=MediaSettings(url=url)))
