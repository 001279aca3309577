"""A file all of whose bytes have come, judged as a whole and kept, or refused.

It is put together on this machine's disk, hashed and judged there, and stored from there: what is
kept are the very bytes that were judged, whatever a sender does to the store meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, func, or_, select, update

from core.db import transaction
from core.errors import Error, InvalidInput, NotFound, TooLarge, Unavailable, UnsupportedType
from core.fence import Errand
from core.settings import MediaSettings
from media.inspection import DEFAULT_ZONE, POINTER, Inspection, inspect_file
from media.spool import Spooled, open_read, spooled
from media.stores.base import Store, unavailable
from media.tables import Transfer, TransferPiece
from media.transfers import Sessions, TransferView, clear, refuse, staging_key
from media.uploads import add_upload, original_key

log = structlog.get_logger(__name__)
# Longer than judging takes. Should it take longer yet, a second judge does the same once more.
_LEASE = timedelta(seconds=15)
_ASK_AGAIN_S = 0.2
_REFUSALS = (InvalidInput, TooLarge, UnsupportedType)
# Files of up to the largest size on this disk, and photos among them in memory: few at once. What
# phones have made small waits for the disk most of the time, and need not wait for a video as well.
_SMALL_BYTES = 2_000_000
_large, _small = asyncio.Semaphore(4), asyncio.Semaphore(32)


async def judge(
    sessions: Sessions,
    store: Store,
    transfer: TransferView,
    *,
    settings: MediaSettings,
    now: datetime,
    zone: str = DEFAULT_ZONE,
) -> None:
    """Make an upload of a transfer all of whose bytes are here; returns when that is done.

    Safe to call again, at once or after a crash: while somebody else judges it this waits, and
    takes over from who has died. Raises what `inspect_file` raises for a file that is refused,
    Unavailable when it could not be decided: then the transfer is still to be judged.
    """
    while await _state_of(sessions, transfer.id) == "judging":
        if await _lease(sessions, transfer.id):
            async with _small if transfer.size <= _SMALL_BYTES else _large:
                await _judge(sessions, store, transfer, settings, now, zone)
        else:
            await asyncio.sleep(_ASK_AGAIN_S)


async def _state_of(sessions: Sessions, transfer_id: UUID) -> str | None:
    async with transaction(sessions, Errand.TRANSFER) as session:
        return await session.scalar(select(Transfer.state).where(Transfer.id == transfer_id))


async def _lease(sessions: Sessions, transfer_id: UUID) -> bool:
    """Whether the caller may judge now. By the database's clock, which all processes share."""
    clock = func.clock_timestamp()
    taken = (
        update(Transfer)
        .where(
            Transfer.id == transfer_id,
            Transfer.state == "judging",
            or_(Transfer.leased_until.is_(None), Transfer.leased_until < clock),
        )
        .values(leased_until=clock + _LEASE)
        .returning(Transfer.id)
    )
    async with transaction(sessions, Errand.TRANSFER) as session:
        return await session.scalar(taken) is not None


async def _judge(
    sessions: Sessions,
    store: Store,
    transfer: TransferView,
    settings: MediaSettings,
    now: datetime,
    zone: str,
) -> None:
    key = original_key(transfer.id, transfer.created_at)
    try:
        async with spooled(_content(sessions, store, transfer)) as whole:
            _check_bytes(transfer, whole)
            file = await asyncio.to_thread(_inspect, whole, settings, zone)
            await store.put_file(key, whole.path, file.content_type)
            accepted = await _accept(sessions, transfer, file, whole.sha256, settings, now)
    except _REFUSALS as error:
        await refuse(sessions, transfer.id, error)
        await _clear(store, transfer.id)
        raise
    except Error:
        if await _state_of(sessions, transfer.id) != "judging":
            return  # somebody faster has cleared the pieces while we read them
        await _release(sessions, transfer.id)
        raise
    if not accepted:
        await store.delete(key)
    await _clear(store, transfer.id)


def _check_bytes(transfer: TransferView, whole: Spooled) -> None:
    if whole.size != transfer.size:
        raise unavailable(EOFError())
    if transfer.sha256 not in (None, whole.sha256):
        raise InvalidInput.at(POINTER, "sha256_differs")


def _inspect(whole: Spooled, settings: MediaSettings, zone: str) -> Inspection:
    with open_read(whole.path) as read:
        return inspect_file(read, whole.size, limits=settings, zone=zone)


async def _content(
    sessions: Sessions, store: Store, transfer: TransferView
) -> AsyncIterator[bytes]:
    for key in await _keys_of(sessions, transfer):
        try:
            async with await store.open(key) as file:
                async for chunk in file:
                    yield chunk
        except NotFound:
            return  # `_check_size` notices


async def _keys_of(sessions: Sessions, transfer: TransferView) -> list[str]:
    """Where its bytes are, in their order."""
    if transfer.way == "presigned":
        return [staging_key(transfer.id)]
    query = (
        select(TransferPiece.store_key)
        .where(TransferPiece.transfer_id == transfer.id)
        .order_by(TransferPiece.start)
    )
    async with transaction(sessions, Errand.TRANSFER) as session:
        return list(await session.scalars(query))


async def _accept(
    sessions: Sessions,
    transfer: TransferView,
    file: Inspection,
    digest: bytes,
    settings: MediaSettings,
    now: datetime,
) -> bool:
    """Make the upload; whether its file is wanted: not when the sender has ended the transfer."""
    own = Transfer.id == transfer.id
    async with transaction(sessions, Errand.TRANSFER) as session:
        state = await session.scalar(select(Transfer.state).where(own).with_for_update())
        if state == "judging":
            await add_upload(
                session,
                transfer.id,
                file,
                digest,
                original_key(transfer.id, transfer.created_at),
                transfer.person_id,
                now=now,
                until=now + timedelta(hours=settings.unclaimed_hours),
            )
            await session.execute(update(Transfer).where(own).values(state="ready"))
            pieces = TransferPiece.transfer_id == transfer.id
            await session.execute(delete(TransferPiece).where(pieces))
    return state in ("judging", "ready")


async def _release(sessions: Sessions, transfer_id: UUID) -> None:
    async with transaction(sessions, Errand.TRANSFER) as session:
        await session.execute(
            update(Transfer).where(Transfer.id == transfer_id).values(leased_until=None)
        )


async def _clear(store: Store, transfer_id: UUID) -> None:
    """Delete pieces that are no longer needed; what is left goes with the transfer."""
    try:
        await clear(store, transfer_id)
    except Unavailable as error:
        log.warning("pieces_left", transfer=str(transfer_id), **error.facts)
