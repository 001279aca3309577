"""Files that arrive in pieces, over connections that break: begun, gone on with, ended.

The bytes of a transfer are pieces in the store, each written once under a key of its own, and rows
that say which of them count. A piece counts when the row of its transfer moves from where the piece
begins to where it ends, in one statement: of two requests that send the same bytes one is first and
the other is refused, whatever process or machine each runs in, and without a lock that somebody who
dies could keep. `docs/decisions/0015-uploads.md` has the reasons and the figures.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import Actor
from core.db import transaction
from core.errors import (
    ChecksumMismatch,
    Conflict,
    Error,
    Gone,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from core.fence import Errand
from core.settings import MediaSettings
from core.statements import fetch_one, load_statement
from media.inspection import check_head
from media.stores.base import Store
from media.tables import Transfer, TransferPiece
from media.uploads import remove_unclaimed

log = structlog.get_logger(__name__)
Sessions = async_sessionmaker[AsyncSession]
State = Literal["receiving", "judging", "ready", "refused"]
Way = Literal["tus", "presigned"]

_APPEND = load_statement(Path(__file__).parent / "sql" / "append_pieces.sql")
# A piece is a fifth of what its request has brought so far, within these bounds: should this
# process be killed, about as much is sent twice, and a large file still has few pieces.
_LEAST_PIECE = 64 * 1024
_LARGEST_PIECE = 4 * 1024 * 1024
_SHARE_OF_PIECE = 4
# Whoever sends a file in crumbs would fill the table.
MAX_PIECES = 4000
_TELLING_HEAD = 64
_COLLECT_BATCH = 100
_FINISHED_WITHIN_S = 60


class Checksum(Protocol):
    """A running hash and what it must come to."""

    def update(self, data: bytes, /) -> None: ...

    def fits(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer as it stands. `refusal` is `{code, facts}` when it was refused."""

    id: UUID
    person_id: UUID | None
    way: Way
    size: int
    received: int
    state: State
    refusal: dict[str, Any] | None
    content_type: str | None
    sha256: bytes | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    size: int
    key: str


async def begin_transfer(
    session: AsyncSession,
    *,
    size: int,
    actor: Actor,
    settings: MediaSettings,
    now: datetime,
) -> TransferView:
    """A transfer of `size` bytes of which nothing has come yet.

    Raises TooManyRequests (`too_many_transfers`) when too many of the account's are unfinished.
    """
    await check_open(session, actor, settings)
    view = TransferView(
        id=uuid4(),  # the right to go on with it, so it must not be guessable
        person_id=actor.person_id,
        way="tus",
        size=size,
        received=0,
        state="receiving",
        refusal=None,
        content_type=None,
        sha256=None,
        created_at=now,
        expires_at=now + timedelta(hours=settings.unclaimed_hours),
    )
    await add_transfer(session, view)
    return view


async def check_open(session: AsyncSession, actor: Actor, settings: MediaSettings) -> None:
    """Raise TooManyRequests (`too_many_transfers`) when too many of an account are unfinished.

    Two that begin at once may both be the last: it is the bytes that are counted exactly.
    """
    if actor.person_id is None:
        return
    unfinished = select(func.count()).where(
        Transfer.person_id == actor.person_id, Transfer.state == "receiving"
    )
    if (await session.scalar(unfinished) or 0) >= settings.open_transfers:
        raise TooManyRequests("too_many_transfers", retry_after_s=_FINISHED_WITHIN_S)


def check_size(size: int, settings: MediaSettings) -> None:
    """Raise TooLarge (`upload_too_large`) for more than any file may have."""
    if size > settings.max_file_bytes:
        raise TooLarge("upload_too_large", size_bytes=size, max_bytes=settings.max_file_bytes)


async def add_transfer(session: AsyncSession, view: TransferView) -> None:
    """Keep a transfer that has just been made up."""
    columns = ("id", "person_id", "way", "size", "content_type", "sha256", "created_at")
    values = {name: getattr(view, name) for name in (*columns, "expires_at")}
    await session.execute(insert(Transfer).values(**values))


_COLUMNS = (
    Transfer.id,
    Transfer.person_id,
    Transfer.way,
    Transfer.size,
    Transfer.received,
    Transfer.state,
    Transfer.refusal,
    Transfer.content_type,
    Transfer.sha256,
    Transfer.created_at,
    Transfer.expires_at,
)


async def get_transfer(
    session: AsyncSession,
    transfer_id: UUID,
    *,
    actor: Actor,
    now: datetime,
    way: Way | None = None,
) -> TransferView:
    """The transfer, for whoever began it: an account, or without one whoever knows its id.

    Raises NotFound (`upload_not_found`), also for one that does not come by `way`; Gone
    (`upload_expired`).
    """
    row = (await session.execute(select(*_COLUMNS).where(Transfer.id == transfer_id))).one_or_none()
    if row is None or row.person_id not in (None, actor.person_id) or way not in (None, row.way):
        raise NotFound("upload_not_found")
    if row.expires_at <= now:
        raise Gone("upload_expired")
    return TransferView(*row)


def check_taken(transfer: TransferView) -> None:
    """Raise Gone (`upload_refused`) if the file was refused."""
    if transfer.state == "refused":
        raise Gone("upload_refused")


async def receive(
    sessions: Sessions,
    store: Store,
    transfer: TransferView,
    body: AsyncIterator[bytes],
    *,
    start: int,
    checksum: Checksum | None,
    settings: MediaSettings,
) -> int:
    """Keep what `body` brings from byte `start` on; how many bytes are kept now in all.

    `body` ends where the connection broke: what came until then is kept, unless a checksum was
    given for all of it, which then cannot fit. Raises Conflict (`upload_offset_wrong`) when the
    transfer stands elsewhere or somebody else was faster, Gone (`upload_refused`), TooLarge
    (`upload_overrun`) for bytes beyond its size, ChecksumMismatch, what `check_head` raises for a
    file that will never be taken, and Unavailable.
    """
    await _check_start(sessions, transfer, start)
    pieces: list[_Piece] = []
    try:
        async for at, data in _cut(body, start, transfer.size, checksum):
            if at == 0:
                await _check_head(sessions, transfer, data, settings)
            piece = await _store_piece(store, transfer.id, at, data)
            pieces.append(piece)
            if checksum is None:
                await _append(sessions, transfer.id, [piece])
                pieces.clear()
        if checksum is not None:
            if not checksum.fits():
                raise ChecksumMismatch
            await _append(sessions, transfer.id, pieces)
            pieces.clear()
    finally:
        await _drop(store, pieces)
    async with transaction(sessions, Errand.TRANSFER) as session:
        row = select(Transfer.received).where(Transfer.id == transfer.id)
        received = await session.scalar(row)
    if received is None:
        raise Gone("upload_ended")
    return received


async def _check_start(sessions: Sessions, transfer: TransferView, start: int) -> None:
    check_taken(transfer)
    if start != transfer.received:
        raise Conflict("upload_offset_wrong", offset=transfer.received)
    pieces = select(func.count()).where(TransferPiece.transfer_id == transfer.id)
    async with transaction(sessions, Errand.TRANSFER) as session:
        if (await session.scalar(pieces) or 0) >= MAX_PIECES:
            raise Conflict("upload_in_crumbs")


async def _cut(
    body: AsyncIterator[bytes], start: int, size: int, checksum: Checksum | None
) -> AsyncIterator[tuple[int, bytes]]:
    """The body in pieces, each with the byte that it begins at."""
    at, held = start, bytearray()
    async for chunk in body:
        if at + len(held) + len(chunk) > size:
            raise TooLarge("upload_overrun", size_bytes=size)
        if checksum is not None:
            checksum.update(chunk)
        held += chunk
        wanted = min(max((at - start) // _SHARE_OF_PIECE, _LEAST_PIECE), _LARGEST_PIECE)
        if len(held) >= wanted:
            yield at, bytes(held)
            at += len(held)
            held.clear()
    if held:
        yield at, bytes(held)


async def _check_head(
    sessions: Sessions, transfer: TransferView, head: bytes, settings: MediaSettings
) -> None:
    """Refuse at its first bytes what would be refused at its last."""
    if len(head) < min(_TELLING_HEAD, transfer.size):
        return
    try:
        check_head(head, transfer.size, limits=settings)
    except Error as error:
        await refuse(sessions, transfer.id, error)
        raise


async def _store_piece(store: Store, transfer_id: UUID, at: int, data: bytes) -> _Piece:
    key = f"{prefix_of(transfer_id)}{at:09d}-{uuid4().hex[:8]}"
    await store.put(key, data, "application/octet-stream")
    return _Piece(at, len(data), key)


def prefix_of(transfer_id: UUID) -> str:
    """Below which the store holds the pieces of a transfer."""
    return f"pieces/{transfer_id}/"


def staging_key(transfer_id: UUID) -> str:
    """Where the store holds a file that its sender put there."""
    return f"staging/{transfer_id}"


async def _append(sessions: Sessions, transfer_id: UUID, pieces: list[_Piece]) -> None:
    if not pieces:
        return
    async with transaction(sessions, Errand.TRANSFER) as session:
        values: dict[str, object] = {
            "id": transfer_id,
            "start": pieces[0].start,
            "size": sum(piece.size for piece in pieces),
            "starts": [piece.start for piece in pieces],
            "sizes": [piece.size for piece in pieces],
            "keys": [piece.key for piece in pieces],
        }
        if await fetch_one(session, _APPEND, values) is None:
            received = await session.scalar(
                select(Transfer.received).where(Transfer.id == transfer_id)
            )
            if received is None:
                raise Gone("upload_ended")
            raise Conflict("upload_offset_wrong", offset=received)


async def _drop(store: Store, pieces: list[_Piece]) -> None:
    """Delete pieces that do not count. What is left of them goes with the transfer."""
    for piece in pieces:
        try:
            await store.delete(piece.key)
        except Unavailable as error:
            log.warning("piece_left", key=piece.key, **error.facts)


async def refuse(sessions: Sessions, transfer_id: UUID, error: Error) -> None:
    """End a transfer whose file is not taken; the reason stays to be asked for."""
    code, facts = error.code, error.facts
    if error.fields:
        code, facts = error.fields[0].code, error.fields[0].facts
    async with transaction(sessions, Errand.TRANSFER) as session:
        await session.execute(
            update(Transfer)
            .where(Transfer.id == transfer_id, Transfer.state.in_(("receiving", "judging")))
            .values(state="refused", refusal={"code": code, "facts": facts})
        )


async def end_transfer(
    session: AsyncSession, store: Store, transfer_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Forget a transfer and its bytes, as its sender asks (tus: termination).

    So is the upload that it became, unless it was claimed. Raises what `get_transfer` raises.
    """
    transfer = await get_transfer(session, transfer_id, actor=actor, now=now)
    await remove_unclaimed(session, store, transfer_id)
    if transfer.way == "presigned":
        # Its form may be good for some minutes yet: the row leads the collector to what still comes.
        refusal: dict[str, Any] = {"code": "upload_ended", "facts": {}}
        own = Transfer.id == transfer_id
        await session.execute(update(Transfer).where(own).values(state="refused", refusal=refusal))
        await clear(store, transfer_id)
    else:
        await _remove(session, store, transfer_id)


async def _remove(session: AsyncSession, store: Store, transfer_id: UUID) -> None:
    """The row goes first and its lock stays until the files are gone: a request that still sends
    finds no row to count its pieces in.
    """
    await session.execute(delete(Transfer).where(Transfer.id == transfer_id))
    await clear(store, transfer_id)


async def clear(store: Store, transfer_id: UUID) -> None:
    """Delete what the store holds of a transfer."""
    async for info in store.list(prefix_of(transfer_id)):
        await store.delete(info.key)
    await store.delete(staging_key(transfer_id))


async def collect_transfers(session: AsyncSession, store: Store, now: datetime) -> int:
    """Remove transfers that have expired, whatever became of them; how many.

    At most 100 per call, as `collect_unclaimed`.
    """
    expired = (
        select(Transfer.id)
        .where(Transfer.expires_at <= now)
        .order_by(Transfer.expires_at)
        .limit(_COLLECT_BATCH)
        .with_for_update(skip_locked=True)
    )
    ids = list(await session.scalars(expired))
    for transfer_id in ids:
        await _remove(session, store, transfer_id)
    return len(ids)
