"""The demo's photos as they may be shown: each picture decoded once, the results copied.

Hundreds of reports share a few dozen drawn pictures; decoding every copy would take minutes.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.settings import MediaSettings
from media.derivatives import DERIVATIVE_TYPE, derivative_key, make_derivatives
from media.stores.base import Store
from media.tables import Attachment, Upload

Result = TypeVar("Result")
Sessions = async_sessionmaker[AsyncSession]
# What copies have in common. Not the perceptual hash: all of them would look like duplicates.
_SHARED = ("large_sha256", "large_size", "small_sha256", "small_size", "blurhash")
_DECODERS = 3
_COPIERS = 8


async def make_shared_derivatives(sessions: Sessions, store: Store, settings: MediaSettings) -> int:
    """Bring all pending photos to `ready`; answers how many pictures had to be decoded."""
    groups = await _group_pending(sessions)
    firsts = [ids[0] for ids in groups]
    decoding = [make_derivatives(sessions, store, [first], settings=settings) for first in firsts]
    await _at_once(_DECODERS, decoding)
    copying = [_copy(sessions, store, ids[0], ids[1:]) for ids in groups]
    copied = [row for rows in await _at_once(_COPIERS, copying) for row in rows]
    async with transaction(sessions) as session:
        if copied:
            await session.execute(update(Attachment), copied)
    return len(groups)


async def _group_pending(sessions: Sessions) -> list[list[UUID]]:
    """Pending attachments, those with the same bytes together."""
    query = (
        select(Upload.sha256, Attachment.id)
        .join(Upload, Upload.id == Attachment.upload_id)
        .where(Attachment.state == "pending")
        .order_by(Attachment.created_at.desc())
    )
    groups: dict[bytes, list[UUID]] = defaultdict(list)
    async with sessions() as session:
        for digest, attachment_id in await session.execute(query):
            groups[digest].append(attachment_id)
    return list(groups.values())


async def _copy(
    sessions: Sessions, store: Store, first: UUID, others: list[UUID]
) -> list[dict[str, Any]]:
    """Files of their own for `others`, with what `first` became; answers their new columns."""
    async with sessions() as session:
        done = await session.get_one(Attachment, first)
    if done.state != "ready" or done.large_key is None or done.small_key is None:
        return []
    large, small = await store.get(done.large_key), await store.get(done.small_key)
    made = {name: getattr(done, name) for name in _SHARED}
    rows: list[dict[str, Any]] = []
    for other in others:
        keys = {f"{size}_key": derivative_key(other, size) for size in ("large", "small")}
        await store.put(keys["large_key"], large, DERIVATIVE_TYPE)
        await store.put(keys["small_key"], small, DERIVATIVE_TYPE)
        rows.append({"id": other, "state": "ready", **made, **keys})
    return rows


async def _at_once(limit: int, work: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    gate = asyncio.Semaphore(limit)

    async def run(one: Coroutine[Any, Any, Result]) -> Result:
        async with gate:
            return await one

    return await asyncio.gather(*map(run, work))
