"""The checker of files: nothing that differs goes unnoticed, and nothing else is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from core.clock import utc_now
from core.db import create_engine, create_session_factory
from core.settings import MediaSettings
from media.stores.base import Store
from media.stores.registry import open_store
from media.verifying import GRACE, Tally, verify
from tests.support.client import Api, api_settings, serve
from tests.support.photos import make_noise
from tests.support.rows import execute, fetch, fetch_one
from tests.support.s3 import own_bucket, running_rclone
from tests.support.tus import begin, id_of, send

PHOTO = make_noise(64, 48)


@pytest.fixture(scope="session")
def s3_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaSettings]:
    with running_rclone(tmp_path_factory.mktemp("s3")) as settings:
        yield settings


@pytest.fixture(params=["local", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> MediaSettings:
    if request.param == "local":
        return MediaSettings(store="local", root=tmp_path / "media")
    return own_bucket(request.getfixturevalue("s3_settings"))


@pytest_asyncio.fixture(loop_scope="session")
async def city(city_database: str, tmp_path: Path, settings: MediaSettings) -> AsyncIterator[Api]:
    """Three photos and half of a fourth."""
    async with serve(replace(api_settings(city_database, tmp_path), media=settings)) as made:
        for _ in range(3):
            await send(made, await begin(made, len(PHOTO)), PHOTO, at=0)
        await send(made, await begin(made, len(PHOTO)), PHOTO[:500], at=0)
        yield made


@pytest.fixture
def store(settings: MediaSettings) -> Store:
    return open_store(settings)


async def found(
    api: Api, store: Store, *, hashes: bool = True, later: bool = True
) -> set[tuple[str, str]]:
    assert api.settings.database is not None
    engine = create_engine(api.settings.database)
    now = utc_now() + (GRACE + timedelta(minutes=1) if later else timedelta(0))
    sessions = create_session_factory(engine)
    findings = verify(sessions, store, now=now, tally=Tally(), hashes=hashes)
    told = {(finding.problem, finding.key) async for finding in findings}
    await engine.dispose()
    return told


async def originals(api: Api) -> list[str]:
    rows = await fetch(api, "select store_key from uploads order by store_key")
    return [row.store_key for row in rows]


async def test_a_store_as_it_should_be(city: Api, store: Store) -> None:
    assert await found(city, store) == set()


async def test_signed_ends_of_the_audit_log_are_no_strays(city: Api, store: Store) -> None:
    await store.put("audit/heads/000000000001.json", b"{}", "application/json")
    await store.put("audit/other.json", b"{}", "application/json")
    assert await found(city, store) == {("unknown", "audit/other.json")}


async def test_every_difference_is_told_and_nothing_else(city: Api, store: Store) -> None:
    gone, cut, changed = await originals(city)
    await store.delete(gone)
    await store.put(cut, PHOTO[:-1], "image/jpeg")
    await store.put(changed, PHOTO[:-1] + b"x", "image/jpeg")
    stray = ["originals/0", "pieces/x", "zzz", f"{changed}-copy"]
    for key in stray:
        await store.put(key, b"stray", "image/jpeg")
    unknown = {("unknown", key) for key in stray}
    wrong = {("missing", gone), ("wrong_size", cut)}
    assert await found(city, store) == wrong | unknown | {("wrong_hash", changed)}
    assert await found(city, store, hashes=False) == wrong | unknown
    assert await found(city, store, later=False) == wrong | {("wrong_hash", changed)}


async def test_a_piece_that_is_lost_is_told(city: Api, store: Store) -> None:
    piece = (await fetch_one(city, "select store_key from transfer_pieces")).store_key
    await store.delete(piece)
    assert await found(city, store) == {("missing", piece)}


async def test_a_file_without_any_row_left(city: Api, store: Store) -> None:
    keys = await originals(city)
    await execute(city, "delete from uploads")
    assert await found(city, store) == {("unknown", key) for key in keys}


async def test_what_is_put_by_a_form_may_be_there_or_not(city: Api, store: Store) -> None:
    path = await begin(city, 5)
    await execute(city, "update transfers set way = 'presigned' where id = %(id)s", id=id_of(path))
    assert await found(city, store) == set()
    await store.put(f"staging/{id_of(path)}", b"bytes", "image/jpeg")
    assert await found(city, store) == set()


def run(api: Api, *options: str) -> subprocess.CompletedProcess[str]:
    assert api.settings.database is not None
    media = api.settings.media
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HIENTRUONG_")} | {
        "DATABASE_URL": api.settings.database.url,
        "HIENTRUONG_MEDIA_STORE": media.store,
        "HIENTRUONG_MEDIA_ROOT": str(media.root),
        "HIENTRUONG_MEDIA_S3_ENDPOINT": media.s3_endpoint,
        "HIENTRUONG_MEDIA_S3_BUCKET": media.s3_bucket,
        "HIENTRUONG_MEDIA_S3_ACCESS_KEY": media.s3_access_key.get_secret_value(),
        "HIENTRUONG_MEDIA_S3_SECRET_KEY": media.s3_secret_key.get_secret_value(),
        "HIENTRUONG_MEDIA_S3_SECURE": "0",
        "HIENTRUONG_MEDIA_S3_REGION": media.s3_region,
    }
    program = Path(sys.executable).with_name("hientruong")
    return subprocess.run(
        [program, "media", "verify", *options],
        capture_output=True, text=True, check=False, env=environment, timeout=120,
    )  # fmt: skip


async def test_the_command_lists_and_exits_with_one(city: Api, settings: MediaSettings) -> None:
    done = run(city)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 files" in done.stdout
    [key, *_] = await originals(city)
    await open_store(settings).delete(key)
    done = run(city)
    assert done.returncode == 1
    assert f"{key} is missing" in done.stdout


async def test_the_command_deletes_what_nobody_knows_when_told_to(
    city: Api, tmp_path: Path
) -> None:
    if city.settings.media.store != "local":
        pytest.skip("a bucket's files cannot be made older")
    stray = city.settings.media.root / "originals" / "stray"
    stray.write_bytes(b"x")
    old = (utc_now() - GRACE - timedelta(minutes=1)).timestamp()
    os.utime(stray, (old, old))
    assert run(city, "--quick").returncode == 1
    assert stray.exists()
    assert run(city, "--quick", "--delete-unknown").returncode == 0
    assert not stray.exists()
    assert run(city).returncode == 0
