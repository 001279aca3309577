"""Every store keeps the same promises: a folder, and a bucket behind plain S3."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.errors import NotFound, Unavailable
from core.settings import MediaSettings
from media.stores.base import Store
from media.stores.local import LocalStore
from media.stores.registry import open_store
from media.stores.s3 import S3Store
from tests.support.s3 import own_bucket, running_rclone

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
def s3_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaSettings]:
    with running_rclone(tmp_path_factory.mktemp("s3")) as settings:
        yield settings


@pytest.fixture(params=["local", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> MediaSettings:
    if request.param == "local":
        return MediaSettings(store="local", root=tmp_path / "media")
    return own_bucket(request.getfixturevalue("s3_settings"))


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


async def test_a_file_of_this_machine_is_put_whole(store: Store, tmp_path: Path) -> None:
    data = secrets.token_bytes(21_000_000)  # in parts, the last of them a short one
    path = tmp_path / "video"
    path.write_bytes(data)
    await store.put_file(KEY, path, "video/mp4")
    assert await store.get(KEY) == data
    info = await store.stat(KEY)
    assert (info.key, info.size) == (KEY, len(data))
    assert abs(datetime.now(UTC) - info.modified_at) < timedelta(minutes=2)


@pytest.mark.parametrize(("start", "size"), [(0, 1), (5, 1000), (999_999, 1), (0, None), (7, None)])
async def test_a_part_of_a_file(store: Store, start: int, size: int | None) -> None:
    data = secrets.token_bytes(1_000_000)
    await store.put(KEY, data, "image/jpeg")
    wanted = data[start:] if size is None else data[start : start + size]
    async with await store.open(KEY, start, size) as file:
        assert file.size == len(wanted)
        assert b"".join([chunk async for chunk in file]) == wanted


async def test_a_tag_tells_versions_apart(store: Store) -> None:
    await store.put(KEY, b"first", "image/jpeg")
    first = (await store.stat(KEY)).tag
    async with await store.open(KEY) as file:
        assert file.tag == first
    assert (await store.stat(KEY)).tag == first
    await store.put(KEY, b"other", "image/jpeg")
    assert (await store.stat(KEY)).tag != first


async def test_files_are_listed_in_the_order_of_their_keys(store: Store) -> None:
    assert [info async for info in store.list()] == []
    keys = ["a/b", "a-b", "a.b", "a0", "a/b.c", "a/b-c/d", "b", "A", "a/c/d/e", "a/c/d/f"]
    for number, key in enumerate(keys):
        await store.put(key, bytes(number), "image/jpeg")
    listed = [info async for info in store.list()]
    assert [info.key for info in listed] == sorted(keys)
    assert {info.key: info.size for info in listed} == {key: n for n, key in enumerate(keys)}
    for prefix in ("a", "a/", "a/b", "a/c/", "a/c/d/e", "z", "a/b-c/d/"):
        found = [info.key async for info in store.list(prefix)]
        assert found == sorted(key for key in keys if key.startswith(prefix)), prefix


async def test_more_files_than_are_listed_at_once(store: Store) -> None:
    keys = [f"many/{number:04d}" for number in range(1100)]
    await store.check()
    for at in range(0, len(keys), 50):
        await asyncio.gather(*(store.put(key, b"x", "image/jpeg") for key in keys[at : at + 50]))
    assert [info.key async for info in store.list("many/")] == keys


async def test_what_is_missing_is_not_found(store: Store) -> None:
    await store.check()
    for read in (store.get, store.open, store.stat):
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
    for use in (store.get, store.open, store.stat, store.delete, store.exists):
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


async def test_a_folder_goes_with_its_last_file(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "root")
    for key in ("a/b/c/1", "a/b/c/2", "a/d"):
        await store.put(key, b"data", "image/jpeg")
    await store.delete("a/b/c/1")
    assert (tmp_path / "root" / "a" / "b" / "c").is_dir()
    await store.delete("a/b/c/2")
    assert [path.name for path in (tmp_path / "root" / "a").iterdir()] == ["d"]
    await store.delete("a/d")
    assert {path.name for path in (tmp_path / "root").iterdir()} <= {".partial"}
    await store.put("a/b/c/1", b"again", "image/jpeg")
    assert await store.get("a/b/c/1") == b"again"


async def test_a_file_is_put_while_its_folder_is_emptied_again_and_again(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "root")

    async def come_and_go(name: str) -> None:
        for _ in range(150):
            await store.put(f"pieces/x/{name}", b"data", "image/jpeg")
            assert await store.get(f"pieces/x/{name}") == b"data"
            await store.delete(f"pieces/x/{name}")

    await asyncio.gather(*(come_and_go(str(number)) for number in range(8)))
    assert {path.name for path in (tmp_path / "root").iterdir()} <= {".partial"}


async def test_a_listing_looks_at_nothing_beside_its_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload lists its own pieces; beside them are those of every other."""
    store = LocalStore(tmp_path / "root")
    for number in range(20):
        await store.put(f"pieces/{number:02d}/0", b"data", "image/jpeg")
    looked_at: list[str] = []
    scandir = os.scandir

    def note(path: Path) -> Any:
        looked_at.append(Path(path).name)
        return scandir(path)

    monkeypatch.setattr("media.stores.local.os.scandir", note)
    assert [info.key async for info in store.list("pieces/07/")] == ["pieces/07/0"]
    assert looked_at == ["07"]


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
    for call in (
        store.check(), store.get("a"), store.stat("a"), store.exists("a"), store.delete("a"),
        anext(store.list()),
    ):  # fmt: skip
        with pytest.raises(Unavailable, match="store_unavailable"):
            await call


async def test_a_wrong_secret_is_unavailable(s3_settings: MediaSettings) -> None:
    store = open_store(
        s3_settings.model_copy(update={"s3_secret_key": SecretStr(os.urandom(8).hex())})
    )
    with pytest.raises(Unavailable, match="store_unavailable"):
        await store.get("a")
