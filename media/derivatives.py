"""Making what may be shown of a photo or a video, without metadata; and what it is told by."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.errors import NotFound, Unavailable
from core.settings import MediaSettings
from media.decoder import PhotoRefusedError
from media.decoding import DecoderBrokenError, decode_photo
from media.inspection import check_video
from media.remuxing import RemuxingBrokenError, remuxed
from media.spool import open_read, spooled
from media.stores.base import Store
from media.tables import Attachment
from media.video_header import VideoHeader, VideoRefusedError, read_video_header

MAX_ATTEMPTS = 3
DERIVATIVE_TYPE = "image/webp"
VIDEO_TYPE = "video/mp4"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Pending:
    id: UUID
    kind: str
    original_key: str
    attempts: int


def derivative_key(attachment_id: UUID, size: Literal["large", "small"]) -> str:
    """Where a picture lies in the store; its ending tells its type to whoever serves it."""
    return f"derivatives/{attachment_id}/{size}.webp"


async def make_derivatives(
    sessions: async_sessionmaker[AsyncSession],
    store: Store,
    attachment_ids: Sequence[UUID],
    *,
    settings: MediaSettings,
) -> list[UUID]:
    """Make what may be shown of each photo or video that is pending; the ids that failed for good.

    Running it twice, or in two processes at once, does the work once: a photo that is not
    pending, or that another worker holds, is passed over. A file that does not decode fails at
    once; a decoder that died or a file that is missing is tried MAX_ATTEMPTS times, one per call.
    An outage of the store counts as no attempt: the photo stays pending until the store is back.
    """
    failed: list[UUID] = []
    for attachment_id in attachment_ids:
        async with transaction(sessions) as session:
            pending = await _lock_pending(session, attachment_id)
            if pending and await _make(session, store, pending, settings) == "failed":
                failed.append(attachment_id)
    return failed


async def _lock_pending(session: AsyncSession, attachment_id: UUID) -> _Pending | None:
    query = (
        select(Attachment.id, Attachment.kind, Attachment.original_key, Attachment.attempts)
        .where(Attachment.id == attachment_id, Attachment.state == "pending")
        .with_for_update(skip_locked=True)
    )
    row = (await session.execute(query)).one_or_none()
    return _Pending(*row) if row else None


async def _make(
    session: AsyncSession, store: Store, photo: _Pending, settings: MediaSettings
) -> str:
    """One attempt at one photo, whose row is locked; the state it is in afterwards."""
    write = _write_video if photo.kind == "video" else _write_pictures
    try:
        made = await write(store, photo, settings)
    except (PhotoRefusedError, VideoRefusedError) as error:
        return await _fail(session, photo, error.code)
    except (DecoderBrokenError, RemuxingBrokenError, NotFound) as error:
        return await _count_attempt(session, photo, error)
    except Unavailable as error:
        log.warning("photo_postponed", attachment=str(photo.id), **error.facts)
        return "pending"
    await _set(session, photo, state="ready", **made)
    return "ready"


async def _write_pictures(
    store: Store, photo: _Pending, settings: MediaSettings
) -> dict[str, object]:
    """Store the pictures of a photo; what the row says of them."""
    return await _picture(store, photo, await store.get(photo.original_key), settings)


async def _write_video(store: Store, video: _Pending, settings: MediaSettings) -> dict[str, object]:
    """Store a video as it may be shown, and the pictures of a moment of it."""
    async with spooled(_content(store, video.original_key)) as original:
        header = await asyncio.to_thread(_read_header, original.path, original.size, settings)
        async with remuxed(
            original.path,
            header,
            max_bytes=settings.max_file_bytes,
            max_seconds=settings.max_video_seconds,
        ) as shown:
            still = await asyncio.to_thread(shown.still.read_bytes)
            pictures = await _picture(store, video, still, settings)
            key = f"derivatives/{video.id}/video.mp4"
            await store.put_file(key, shown.video, VIDEO_TYPE)
            digest, size = await asyncio.to_thread(_weigh, shown.video)
    return {**pictures, "video_key": key, "video_sha256": digest, "video_size": size}


async def _content(store: Store, key: str) -> AsyncIterator[bytes]:
    async with await store.open(key) as file:
        async for chunk in file:
            yield chunk


def _read_header(path: Path, size: int, settings: MediaSettings) -> VideoHeader:
    """The header, read and judged once more: what was stored is nobody's word."""
    with open_read(path) as read:
        header = read_video_header(read, size)
    check_video(header, limits=settings)
    return header


def _weigh(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest(), path.stat().st_size


async def _picture(
    store: Store, photo: _Pending, data: bytes, settings: MediaSettings
) -> dict[str, object]:
    pictures = await decode_photo(data, max_pixels=settings.max_photo_pixels)
    return {
        **await _keep(store, photo.id, "large", pictures.large),
        **await _keep(store, photo.id, "small", pictures.small),
        "phash": pictures.phash,
        "blurhash": pictures.blurhash,
    }


async def _keep(
    store: Store, photo_id: UUID, size: Literal["large", "small"], picture: bytes
) -> dict[str, object]:
    """Store one picture; the columns that say where it lies and what its bytes must be."""
    key = derivative_key(photo_id, size)
    await store.put(key, picture, DERIVATIVE_TYPE)
    return {
        f"{size}_key": key,
        f"{size}_sha256": hashlib.sha256(picture).digest(),
        f"{size}_size": len(picture),
    }


async def _count_attempt(session: AsyncSession, photo: _Pending, error: Exception) -> str:
    attempts = photo.attempts + 1
    log.warning("photo_attempt_failed", attachment=str(photo.id), n=attempts, reason=str(error))
    if attempts < MAX_ATTEMPTS:
        await _set(session, photo, attempts=attempts)
        return "pending"
    code = "photo_file_missing" if isinstance(error, NotFound) else "photo_decoder_broken"
    await _set(session, photo, attempts=attempts)
    return await _fail(session, photo, code)


async def _fail(session: AsyncSession, photo: _Pending, code: str) -> str:
    await _set(session, photo, state="failed", failure=code)
    log.warning("photo_failed", attachment=str(photo.id), code=code)
    return "failed"


async def _set(session: AsyncSession, photo: _Pending, **values: object) -> None:
    await session.execute(update(Attachment).where(Attachment.id == photo.id).values(**values))
