"""Stores that fail in the middle: nothing half-written, nothing lost that was acknowledged."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.settings import MediaSettings
from media.stores.registry import open_store
from tests.support.client import Api, api_settings, serve
from tests.support.photos import make_noise
from tests.support.rows import fetch, fetch_one
from tests.support.tus import ask, begin, send

PHOTO = make_noise(1600, 1200)
DISK = 2_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own with room for DISK bytes."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system wants root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@asynccontextmanager
async def opened(database: str, folder: Path, media: MediaSettings) -> AsyncIterator[Api]:
    async with serve(replace(api_settings(database, folder), media=media)) as api:
        yield api


async def test_a_full_disk_takes_no_more_and_loses_nothing(
    city_database: str, tmp_path: Path, small_disk: Path
) -> None:
    media = MediaSettings(store="local", root=small_disk / "media")
    async with opened(city_database, tmp_path, media) as api:
        filler = small_disk / "filler"
        path = await begin(api, len(PHOTO))
        await send(api, path, PHOTO[:300_000], at=0)
        filler.write_bytes(bytes(DISK - 300_000 - 120_000))
        answer = await send(api, path, PHOTO[300_000:], at=300_000)
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        at = int((await ask(api, path)).headers["Upload-Offset"])
        assert 300_000 <= at < len(PHOTO)
        kept = await fetch(api, "select store_key, size from transfer_pieces")
        assert sum(piece.size for piece in kept) == at
        assert {(media.root / piece.store_key) for piece in kept} == set(files_below(media.root))
        plain = await api.http.post("/v1/media", files={"file": ("photo.jpg", PHOTO)})
        assert plain.status_code == 503
        assert len(files_below(media.root)) == len(kept)
        filler.unlink()
        assert (await send(api, path, PHOTO[at:], at=at)).status_code == 204
        row = await fetch_one(api, "select store_key from uploads")
        assert await open_store(media).get(row.store_key) == PHOTO
        assert files_below(media.root) == [media.root / row.store_key]


async def test_a_store_that_never_answers_holds_nobody_up(
    city_database: str, tmp_path: Path
) -> None:
    """It takes connections and says nothing."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    media = MediaSettings(
        store="s3",
        s3_endpoint=f"127.0.0.1:{server.sockets[0].getsockname()[1]}",
        s3_access_key=SecretStr("tester"),
        s3_secret_key=SecretStr("secret of the tester"),
        s3_secure=False,
        s3_region="us-east-1",
        s3_timeout_s=0.5,
    )
    try:
        async with opened(city_database, tmp_path, media) as api, asyncio.timeout(20):
            path = await begin(api, len(PHOTO))
            answers = [
                await send(api, path, PHOTO, at=0),
                await api.http.post("/v1/media", files={"file": ("photo.jpg", PHOTO)}),
                await api.http.post(
                    "/v1/uploads/presigned", json={"content_type": "image/jpeg", "size": 5}
                ),
            ]
            for answer in answers:
                assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
            assert (await ask(api, path)).headers["Upload-Offset"] == "0"
            assert await fetch(api, "select 1 from uploads") == []
            assert (await fetch_one(api, "select count(*) from transfers"))[0] == 1
    finally:
        server.close()
