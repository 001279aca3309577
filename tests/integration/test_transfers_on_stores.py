"""Transfers on every store: cut, raced, killed in the middle of judging, forgotten."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from core.settings import MediaSettings
from media.stores.base import Store
from media.stores.registry import open_store
from media.transfers import collect_transfers
from media.uploads import collect_unclaimed
from tests.support.client import Api, api_settings, serve
from tests.support.photos import make_noise
from tests.support.rows import execute, fetch, fetch_one
from tests.support.s3 import own_bucket, running_rclone
from tests.support.tus import ask, begin, checksum, id_of, send

PHOTO = make_noise(1000, 700)


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
    """The API on a database and a store of this test's own."""
    async with serve(replace(api_settings(city_database, tmp_path), media=settings)) as made:
        yield made


@pytest.fixture
def store(settings: MediaSettings) -> Store:
    return open_store(settings)


@pytest_asyncio.fixture(loop_scope="session")
async def sessions(city_database: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    engine = create_engine(city_database, role="hientruong_worker")
    yield create_session_factory(engine)
    await engine.dispose()


async def keys_of(store: Store) -> list[str]:
    return [info.key async for info in store.list()]


async def test_a_photo_in_random_pieces_arrives_byte_by_byte(city: Api, store: Store) -> None:
    chance = random.Random(7)
    path, at = await begin(city, len(PHOTO)), 0
    while at < len(PHOTO):
        size = chance.choice((1, 1000, 70_000, 150_000))
        answer = await send(city, path, PHOTO[at : at + size], at=at)
        assert answer.status_code == 204, answer.text
        at = int(answer.headers["Upload-Offset"])
    row = await fetch_one(city, "select store_key, sha256 from uploads")
    assert bytes(row.sha256) == hashlib.sha256(PHOTO).digest()
    assert await store.get(row.store_key) == PHOTO
    assert await keys_of(store) == [row.store_key]


async def test_a_cut_connection_keeps_what_came(city: Api) -> None:
    """The body ends early, as it does for the API when a connection breaks."""
    path = await begin(city, len(PHOTO))

    async def cut() -> AsyncIterator[bytes]:
        yield PHOTO[:100_000]
        yield PHOTO[100_000:123_456]

    answer = await send(city, path, cut(), at=0)
    assert answer.headers["Upload-Offset"] == "123456"
    assert (await ask(city, path)).headers["Upload-Offset"] == "123456"


async def test_whoever_dies_while_judging_is_taken_over(city: Api, store: Store) -> None:
    """All bytes are here, a judge had taken it and was killed: the next question finishes it."""
    path = await begin(city, len(PHOTO))
    await send(city, path, PHOTO[:-1], at=0)
    await execute(
        city,
        """
        update transfers set state = 'judging', received = size,
            leased_until = clock_timestamp() + interval '1 second'
        """,
    )
    await store.put(f"pieces/{id_of(path)}/999999999-last", PHOTO[-1:], "image/jpeg")
    await execute(
        city,
        "insert into transfer_pieces select id, size - 1, 1, %(key)s from transfers",
        key=f"pieces/{id_of(path)}/999999999-last",
    )
    told = await ask(city, path)
    assert (told.status_code, told.headers["Upload-Offset"]) == (200, str(len(PHOTO)))
    row = await fetch_one(city, "select store_key from uploads")
    assert await store.get(row.store_key) == PHOTO
    assert await keys_of(store) == [row.store_key]


async def test_many_that_ask_at_once_have_it_judged_once(city: Api, store: Store) -> None:
    path = await begin(city, len(PHOTO))
    await send(city, path, PHOTO[:-1], at=0)
    answers = await asyncio.gather(
        send(city, path, PHOTO[-1:], at=len(PHOTO) - 1), *(ask(city, path) for _ in range(8))
    )
    assert answers[0].status_code == 204
    assert {answer.status_code for answer in answers[1:]} == {200}
    assert len(await fetch(city, "select 1 from uploads")) == 1
    assert len(await keys_of(store)) == 1


async def test_a_piece_that_nobody_counted_goes_with_its_transfer(
    city: Api, store: Store, sessions: async_sessionmaker[AsyncSession]
) -> None:
    """Killed between the store and the row: the offset tells the truth, the file is whole."""
    path = await begin(city, len(PHOTO))
    await send(city, path, PHOTO[:1000], at=0)
    await store.put(f"pieces/{id_of(path)}/000001000-lost", b"rubbish", "image/jpeg")
    assert (await ask(city, path)).headers["Upload-Offset"] == "1000"
    await send(city, path, PHOTO[1000:], at=1000)
    row = await fetch_one(city, "select store_key from uploads")
    assert await store.get(row.store_key) == PHOTO
    assert await keys_of(store) == [row.store_key]


async def test_what_is_never_finished_is_collected(
    city: Api, store: Store, sessions: async_sessionmaker[AsyncSession]
) -> None:
    half, whole, kept = [await begin(city, len(PHOTO)) for _ in range(3)]
    for path, size in ((half, 5000), (whole, len(PHOTO)), (kept, 5000)):
        await send(city, path, PHOTO[:size], at=0)
    for path in (half, whole):
        for table in ("transfers", "uploads"):
            await execute(
                city,
                f"update {table} set expires_at = now() - interval '1 s' where id = %(id)s",
                id=id_of(path),
            )
    for collect, expected in ((collect_transfers, 2), (collect_unclaimed, 1)):
        async with transaction(sessions) as session:
            assert await collect(session, store, utc_now()) == expected
        async with transaction(sessions) as session:
            assert await collect(session, store, utc_now()) == 0
    assert [key.split("/")[1] for key in await keys_of(store)] == [id_of(kept)]
    assert (await fetch_one(city, "select id from transfers")).id == UUID(id_of(kept))
    assert (await fetch_one(city, "select count(*) from transfer_pieces"))[0] == 1


SMALL = make_noise(64, 48)
STEPS = st.lists(
    st.tuples(
        st.integers(0, len(SMALL)),  # where the client believes to be
        st.integers(0, len(SMALL)),  # how much it sends
        st.sampled_from(["none", "right", "wrong"]),  # checksum
        st.booleans(),  # it asks first
    ),
    max_size=12,
)


@given(steps=STEPS)
@hypothesis_settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_sent_in_whatever_order(
    city: Api, store: Store, steps: list[tuple[int, int, str, bool]]
) -> None:
    """Offsets, repetitions, reorderings and checksum errors against a model: one number."""
    path, stands = await begin(city, len(SMALL)), 0
    for believed, amount, kind, asks in steps:
        start = stands if asks else believed
        data = SMALL[start : start + amount]
        sums = {"none": {}, "right": checksum(data), "wrong": checksum(data + b"x")}
        answer = await send(city, path, data, at=start, **sums[kind])
        if start != stands:
            assert answer.status_code == 409
            assert answer.headers["Upload-Offset"] == str(stands)
        elif kind == "wrong":
            assert answer.status_code == 460
        else:
            assert answer.status_code == 204, answer.text
            stands += len(data)
            assert answer.headers["Upload-Offset"] == str(stands)
        assert (await ask(city, path)).headers["Upload-Offset"] == str(stands)
    if stands < len(SMALL):
        assert (await send(city, path, SMALL[stands:], at=stands)).status_code == 204
    row = await fetch_one(city, "select store_key from uploads where id = %(id)s", id=id_of(path))
    assert await store.get(row.store_key) == SMALL
    assert [key async for key in store.list(f"pieces/{id_of(path)}/")] == []
