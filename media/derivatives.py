"""Making what may be shown of a photo: two JPEGs without metadata; and what it is told by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.errors import NotFound, Unavailable
from core.settings import MediaSettings
from media.attachments import DERIVATIVE_TYPE
from media.decoder import PhotoRefusedError
from media.decoding import DecoderBrokenError, decode_photo
from media.stores.base import Store
from media.tables import Attachment

MAX_ATTEMPTS = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Pending:
    id: UUID
    original_key: str
    attempts: int


async def make_derivatives(
    sessions: async_sessionmaker[AsyncSession],
    store: Store,
    attachment_ids: Sequence[UUID],
    *,
    settings: MediaSettings,
) -> list[UUID]:
    """Make the pictures of each photo that is pending; the ids that failed for good in this call.

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
        select(Attachment.id, Attachment.original_key, Attachment.attempts)
        .where(Attachment.id == attachment_id, Attachment.state == "pending")
        .with_for_update(skip_locked=True)
    )
    row = (await session.execute(query)).one_or_none()
    return _Pending(*row) if row else None


async def _make(
    session: AsyncSession, store: Store, photo: _Pending, settings: MediaSettings
) -> str:
    """One attempt at one photo, whose row is locked; the state it is in afterwards."""
    try:
        made = await _write_pictures(store, photo, settings)
    except PhotoRefusedError as error:
        return await _fail(session, photo, error.code)
    except (DecoderBrokenError, NotFound) as error:
        return await _count_attempt(session, photo, error)
    except Unavailable as error:
        log.warning("photo_postponed", attachment=str(photo.id), **error.facts)
        return "pending"
    await _set(session, photo, state="ready", **made)
    return "ready"


async def _write_pictures(
    store: Store, photo: _Pending, settings: MediaSettings
) -> dict[str, object]:
    """Store the pictures; what the row says of them."""
    original = await store.get(photo.original_key)
    pictures = await decode_photo(original, max_pixels=settings.max_photo_pixels)
    large_key = f"derivatives/{photo.id}/large.jpg"
    small_key = f"derivatives/{photo.id}/small.jpg"
    await store.put(large_key, pictures.large, DERIVATIVE_TYPE)
    await store.put(small_key, pictures.small, DERIVATIVE_TYPE)
    return {"large_key": large_key, "small_key": small_key, "phash": pictures.phash}


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
