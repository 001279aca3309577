"""Making pictures of attached photos: once, whatever is repeated, killed or missing."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import create_engine, create_session_factory, transaction
from core.settings import MediaSettings
from media.attachments import get_derivative, list_attachments
from media.derivatives import make_derivatives
from media.stores.local import LocalStore
from media.tables import Attachment
from tests.integration.test_media_uploads import add_case, claim, photo, receive
from tests.support.decoders import next_decoder, running_decoders

Sessions = async_sessionmaker[AsyncSession]
SETTINGS = MediaSettings()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "media")


@pytest_asyncio.fixture(loop_scope="session")
async def sessions(committed_database: str) -> AsyncIterator[Sessions]:
    engine = create_engine(committed_database)
    yield create_session_factory(engine)
    await engine.dispose()


async def attach(sessions: Sessions, store: LocalStore, *photos: bytes) -> list[UUID]:
    async with transaction(sessions) as session:
        case_id = await add_case(session)
        ids = [(await receive(session, store, each)).upload_id for each in photos]
        return await claim(session, ids, case_id)


async def state(sessions: Sessions, attachment_id: UUID) -> tuple[str, str | None, int]:
    query = select(Attachment.state, Attachment.failure, Attachment.attempts)
    async with sessions() as session:
        row = (await session.execute(query.where(Attachment.id == attachment_id))).one()
    return row.state, row.failure, row.attempts


async def kept(sessions: Sessions, attachment_id: UUID, size: str) -> tuple[bytes, int]:
    """What the row says of the bytes of a picture."""
    columns = [getattr(Attachment, f"{size}_{name}") for name in ("sha256", "size")]
    async with sessions() as session:
        row = (await session.execute(select(*columns).where(Attachment.id == attachment_id))).one()
    return row[0], row[1]


def files(store_root: Path) -> dict[str, int]:
    """Every kept file with the instant of its last writing."""
    return {
        str(path.relative_to(store_root)): path.stat().st_mtime_ns
        for path in store_root.rglob("*")
        if path.is_file()
    }


def big_photo() -> bytes:
    target = io.BytesIO()
    Image.effect_noise((4000, 3000), 80).save(target, "PNG", compress_level=1)
    return target.getvalue()


async def test_pictures_are_made_once(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    [one, two] = await attach(sessions, store, photo((2000, 1000)), photo((30, 20)))
    assert await make_derivatives(sessions, store, [one, two], settings=SETTINGS) == []
    assert await state(sessions, one) == ("ready", None, 0)
    sizes = {}
    async with sessions() as session:
        for size in ("small", "large"):
            key, content_type = await get_derivative(session, one, size)
            picture = await store.get(key)
            assert content_type == "image/webp"
            assert b"EXIF" not in picture
            assert await kept(sessions, one, size) == (sha256(picture).digest(), len(picture))
            sizes[key] = Image.open(io.BytesIO(picture), formats=("WEBP",)).size
    assert sizes == {
        f"derivatives/{one}/small.webp": (400, 200),
        f"derivatives/{one}/large.webp": (1600, 800),
    }
    before = files(tmp_path / "media")
    assert await make_derivatives(sessions, store, [one, two], settings=SETTINGS) == []
    assert files(tmp_path / "media") == before


async def test_the_hashes_are_kept_beside_the_pictures(
    sessions: Sessions, store: LocalStore
) -> None:
    target = io.BytesIO()
    Image.linear_gradient("L").rotate(270).save(target, "PNG")  # darker to the right, everywhere
    [shaded, empty] = await attach(sessions, store, target.getvalue(), photo())
    assert await make_derivatives(sessions, store, [shaded, empty], settings=SETTINGS) == []
    query = select(Attachment.id, Attachment.phash, Attachment.blurhash)
    async with sessions() as session:
        rows = (await session.execute(query)).all()
        [case_id] = await session.scalars(select(Attachment.case_id).distinct())
        views = (await list_attachments(session, [case_id]))[case_id]
    assert {row.id: row.phash for row in rows} == {shaded: -1, empty: None}
    hashes = {row.id: row.blurhash for row in rows}
    assert len(hashes[shaded]) == 28
    assert hashes[shaded] != hashes[empty]
    assert {view.id: view.blurhash for view in views} == hashes


async def test_a_cut_photo_fails_for_good_and_alone(sessions: Sessions, store: LocalStore) -> None:
    whole = photo((900, 900))
    [cut, good] = await attach(sessions, store, whole[: len(whole) // 2], whole)
    assert await make_derivatives(sessions, store, [cut, good], settings=SETTINGS) == [cut]
    assert await state(sessions, cut) == ("failed", "photo_unreadable", 0)
    assert (await state(sessions, good))[0] == "ready"
    assert await make_derivatives(sessions, store, [cut, good], settings=SETTINGS) == []


async def test_a_missing_file_fails_at_the_third_attempt(
    sessions: Sessions, store: LocalStore
) -> None:
    [lost] = await attach(sessions, store, photo())
    async with sessions() as session:
        key = await session.scalar(select(Attachment.original_key))
    assert key is not None
    await store.delete(key)
    for attempt in (1, 2):
        assert await make_derivatives(sessions, store, [lost], settings=SETTINGS) == []
        assert await state(sessions, lost) == ("pending", None, attempt)
    assert await make_derivatives(sessions, store, [lost], settings=SETTINGS) == [lost]
    assert await state(sessions, lost) == ("failed", "photo_file_missing", 3)


async def test_an_outage_of_the_store_costs_no_photo(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    [waiting] = await attach(sessions, store, photo())
    (tmp_path / "file").touch()
    broken = LocalStore(tmp_path / "file")
    for _ in range(4):
        assert await make_derivatives(sessions, broken, [waiting], settings=SETTINGS) == []
    assert await state(sessions, waiting) == ("pending", None, 0)
    assert await make_derivatives(sessions, store, [waiting], settings=SETTINGS) == []
    assert await state(sessions, waiting) == ("ready", None, 0)


async def test_a_killed_decoder_is_tried_again(sessions: Sessions, store: LocalStore) -> None:
    [attachment] = await attach(sessions, store, big_photo())
    before = running_decoders()
    task = asyncio.create_task(make_derivatives(sessions, store, [attachment], settings=SETTINGS))
    os.kill(await asyncio.to_thread(next_decoder, before), signal.SIGKILL)
    assert await task == []
    assert await state(sessions, attachment) == ("pending", None, 1)
    assert await make_derivatives(sessions, store, [attachment], settings=SETTINGS) == []
    assert await state(sessions, attachment) == ("ready", None, 1)


async def test_two_workers_share_the_work(sessions: Sessions, store: LocalStore) -> None:
    [attachment] = await attach(sessions, store, big_photo())
    before = running_decoders()
    first = asyncio.create_task(make_derivatives(sessions, store, [attachment], settings=SETTINGS))
    await asyncio.to_thread(next_decoder, before)
    assert await make_derivatives(sessions, store, [attachment], settings=SETTINGS) == []
    assert not first.done()
    assert await first == []
    assert await state(sessions, attachment) == ("ready", None, 0)
