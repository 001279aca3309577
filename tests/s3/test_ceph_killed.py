"""The store is killed in the middle of uploads: what it has acknowledged is there afterwards."""

from __future__ import annotations

import asyncio

from core.settings import MediaSettings
from media.stores.registry import open_store
from tests.support.ceph import Ceph
from tests.support.client import Api
from tests.support.photos import make_noise
from tests.support.rows import fetch
from tests.support.tus import ask, begin, id_of, send

UPLOADS = 6
PIECE = 100_000


async def upload(api: Api, photo: bytes) -> tuple[str, int]:
    """Send a photo piece by piece until it is whole, whatever the store does; its path, and how
    often it was told to come again.
    """
    path, refused = await begin(api, len(photo)), 0
    at = 0
    while at < len(photo):
        answer = await send(api, path, photo[at : at + PIECE], at=at)
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
            refused += 1
            await asyncio.sleep(0.3)
            while (told := await ask(api, path)).status_code == 503:
                await asyncio.sleep(0.3)  # it is whole, and its judge cannot reach it
            assert int(told.headers["Upload-Offset"]) >= at, "what was acknowledged is lost"
            at = int(told.headers["Upload-Offset"])
        else:
            assert answer.status_code == 204, answer.text
            at = int(answer.headers["Upload-Offset"])
    return path, refused


async def test_ceph_is_killed_while_photos_come(
    own_api: Api, settings: MediaSettings, ceph: Ceph
) -> None:
    photos = [make_noise(900, 700, seed=seed) for seed in range(UPLOADS)]
    store = open_store(settings)
    await store.check()
    uploads = [asyncio.create_task(upload(own_api, photo)) for photo in photos]
    await asyncio.sleep(0.5)
    await asyncio.to_thread(ceph.kill)
    await asyncio.sleep(1.0)
    await asyncio.to_thread(ceph.start)
    done = await asyncio.wait_for(asyncio.gather(*uploads), 120)
    print(
        f"\n{UPLOADS} uploads were told {sum(refused for _, refused in done)} times to come again"
    )
    assert sum(refused for _, refused in done) > 0
    rows = {str(row.id): row.store_key for row in await fetch(own_api, "select * from uploads")}
    for (path, _), photo in zip(done, photos, strict=True):
        assert await store.get(rows[id_of(path)]) == photo
    left = [info.key async for info in store.list() if info.key not in rows.values()]
    known = {row.store_key for row in await fetch(own_api, "select store_key from transfer_pieces")}
    assert known == set()
    print(f"pieces that were stored without being acknowledged: {len(left)}")
    assert all(key.startswith("pieces/") for key in left)
