"""The clients that apps use, over real HTTP whose connections break: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from core.db import driver_url
from tests.support.cutting_proxy import CuttingProxy, cutting
from tests.support.photos import make_noise
from tests.support.programs import find_program, without_proxies
from tests.support.server import ServerProcess, serving

ROOT = Path(__file__).parents[2]
PHOTO = make_noise(3200, 2400)
RESENT = 1.2  # times its size
PIECE = 64 * 1024  # may be under way to the disk while the client asks how far it has come
TRIES = 200
pytestmark = pytest.mark.xdist_group("tus_clients")


@pytest.fixture(scope="module")
def server(
    databases, city_template: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    name = f"tus_{worker_id}"
    url = databases.clone(name, template=city_template)
    with serving(url, tmp_path_factory.mktemp("tus")) as made:
        yield made
    databases.drop(name)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    path.write_bytes(PHOTO)
    return path


def check_kept(server: ServerProcess, path: str) -> None:
    """The upload at `path` is ready, and the very bytes of PHOTO."""
    state = httpx.get(f"{server.url}{path}").json()
    assert state["state"] == "ready", state
    with psycopg.connect(driver_url(server.database_url, "")) as connection:
        [row] = connection.execute(
            "select store_key, sha256 from uploads where id = %s", [path.rpartition("/")[2]]
        ).fetchall()
    assert row[1] == hashlib.sha256(PHOTO).digest()
    assert (server.folder / "media" / row[0]).read_bytes() == PHOTO


def tell(name: str, proxy: CuttingProxy, started: float) -> None:
    print(
        f"\n{name}: {len(PHOTO):,} bytes, {proxy.cuts} cuts, sent {proxy.sent / len(PHOTO):.3f} times,"
        f" {time.monotonic() - started:.1f} s"
    )


def upload_by_tuspy(endpoint: str, photo: Path, *, chunk: int, checksum: bool) -> str:
    """As an app does it: try, and go on where the server says; the path of the upload."""
    with photo.open("rb") as file:
        uploader = TusClient(endpoint).uploader(
            file_stream=file,
            chunk_size=chunk,
            retries=20,
            retry_delay=0.05,
            upload_checksum=checksum,
        )
        for _ in range(TRIES):
            try:
                if uploader.url is not None:
                    uploader.offset = uploader.get_offset()
                uploader.upload()
            except (TusCommunicationError, requests.RequestException):
                time.sleep(0.05)
            else:
                return urlsplit(uploader.url).path
    raise AssertionError("it never arrived")


@pytest.mark.parametrize(("chunk", "checksum"), [(10**9, False), (500_000, False), (300_000, True)])
async def test_tuspy_through_cuts(
    server: ServerProcess, photo: Path, chunk: int, *, checksum: bool
) -> None:
    started = time.monotonic()
    with cutting(server.port, seed=3, probability=0.9) as proxy:
        endpoint = f"{proxy.url}/v1/uploads"
        path = await asyncio.to_thread(
            upload_by_tuspy, endpoint, photo, chunk=chunk, checksum=checksum
        )
    tell(
        f"tuspy, chunks of {min(chunk, len(PHOTO)):,}{' with checksum' * checksum}", proxy, started
    )
    check_kept(server, path)
    assert proxy.cuts > 1
    # A chunk with a checksum counts as a whole or not at all.
    assert proxy.sent < len(PHOTO) * RESENT + proxy.cuts * (chunk if checksum else PIECE)


async def run_tus_js(endpoint: str, photo: Path, *chunk: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        find_program("node"), ROOT / "web" / "e2e" / "tus-upload.mjs", endpoint, photo, *chunk,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=without_proxies(),
    )  # fmt: skip
    out, error = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, out.decode().strip(), error.decode()


@pytest.mark.parametrize("chunk", [(), ("400000",)])
async def test_tus_js_client_through_cuts(
    server: ServerProcess, photo: Path, chunk: tuple[str, ...]
) -> None:
    started = time.monotonic()
    with cutting(server.port, seed=7) as proxy:
        code, path, error = await run_tus_js(f"{proxy.url}/v1/uploads", photo, *chunk)
    assert code == 0, error
    tell(f"tus-js-client, chunks of {(chunk or ('any size',))[0]}", proxy, started)
    check_kept(server, path)
    assert proxy.cuts > 1
    assert proxy.sent < len(PHOTO) * RESENT + proxy.cuts * PIECE


async def test_tus_js_client_hears_the_verdict_and_gives_up(
    server: ServerProcess, tmp_path: Path
) -> None:
    page = tmp_path / "photo.jpg"
    page.write_text("<!doctype html><script>alert(1)</script>" * 100, encoding="utf-8")
    code, _, error = await run_tus_js(f"{server.url}/v1/uploads", page)
    assert code == 3, error
    assert "photo_type_unsupported" in error


async def test_the_server_is_killed_in_the_middle(server: ServerProcess, photo: Path) -> None:
    """SIGKILL while bytes come, three times: what was kept is still there, the rest comes again."""
    started = time.monotonic()
    with cutting(server.port, seed=1, probability=0.0) as proxy:
        client = asyncio.create_task(run_tus_js(f"{proxy.url}/v1/uploads", photo, "600000"))
        for share in (0.2, 0.5, 0.8):
            while proxy.sent < len(PHOTO) * share and not client.done():
                await asyncio.sleep(0.002)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        code, path, error = await client
    assert code == 0, error
    tell("tus-js-client, the server killed three times", proxy, started)
    check_kept(server, path)
