"""Receiving photos, attaching them to a case, and clearing away what nobody attached."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Float, Uuid, bindparam, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.db import AnySelect, load_sql
from core.errors import FieldError, InvalidInput
from core.settings import MediaSettings
from media.inspection import DEFAULT_ZONE, Inspection, inspect_file
from media.stores.base import Store
from media.tables import Transfer, Upload

_SQL = Path(__file__).parent / "sql"
_ADD = load_sql(_SQL / "add_upload.sql")
_CLAIM = load_sql(_SQL / "claim_uploads.sql")
_COLLECT_BATCH = 100


@dataclass(frozen=True, slots=True)
class ReceivedPhoto:
    """A photo that is kept until `expires_at`, unless somebody claims it before.

    Pixels are those of the upright picture, `size` is bytes. What was `taken_…` is the file's
    claim: UTC, degrees WGS 84.
    """

    upload_id: UUID
    content_type: str
    width: int
    height: int
    size: int
    taken_at: datetime | None
    taken_lat: float | None
    taken_lon: float | None
    expires_at: datetime


async def receive_photo(  # what it needs to know, each named by its caller
    session: AsyncSession,
    store: Store,
    data: bytes,
    *,
    settings: MediaSettings,
    actor: Actor,
    now: datetime,
    zone: str = DEFAULT_ZONE,
) -> ReceivedPhoto:
    """Judge a photo by its header, keep it, and return the id that claims it.

    The file is written before its row: should the row fail, a stray file costs a little space,
    where a row without its file would have lost a photo. Raises what `inspect_file` and
    `Store.put` raise.
    """
    photo, digest = await asyncio.to_thread(_judge, data, settings, zone)
    # The id is the right to claim the photo, so it must not be guessable.
    upload_id = uuid4()
    key = original_key(upload_id, now)
    expires_at = now + timedelta(hours=settings.unclaimed_hours)
    await store.put(key, data, photo.content_type)
    person_id = actor.person_id
    await add_upload(session, upload_id, photo, digest, key, person_id, now=now, until=expires_at)
    return _received(upload_id, photo, expires_at)


def original_key(upload_id: UUID, created_at: datetime) -> str:
    """Where the store keeps a file as it came."""
    return f"originals/{created_at:%Y/%m}/{upload_id}"


async def add_upload(
    session: AsyncSession,
    upload_id: UUID,
    photo: Inspection,
    digest: bytes,
    key: str,
    person_id: UUID | None,
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Keep the row of a file that the store has; one that is there already stays as it is."""
    await session.execute(
        _ADD,
        {
            "id": upload_id,
            "person_id": person_id,
            "content_type": photo.content_type,
            "size": photo.size,
            "sha256": digest,
            "width": photo.width,
            "height": photo.height,
            "duration_ms": photo.duration_ms,
            "store_key": key,
            "taken_at": photo.taken_at,
            "taken_lat": photo.taken_lat,
            "taken_lon": photo.taken_lon,
            "now": now,
            "expires_at": until,
        },
    )


async def find_received(session: AsyncSession, upload_id: UUID) -> ReceivedPhoto | None:
    """A file that was received, whether it was claimed since or not."""
    query = select(
        Upload.id,
        Upload.content_type,
        Upload.width,
        Upload.height,
        Upload.size,
        Upload.taken_at,
        func.st_y(Upload.taken_place, type_=Float),
        func.st_x(Upload.taken_place, type_=Float),
        Upload.expires_at,
    ).where(Upload.id == upload_id)
    row = (await session.execute(query)).one_or_none()
    return ReceivedPhoto(*row) if row else None


def _judge(data: bytes, settings: MediaSettings, zone: str) -> tuple[Inspection, bytes]:
    photo = inspect_file(
        lambda at, length: data[at : at + length], len(data), limits=settings, zone=zone
    )
    return photo, hashlib.sha256(data).digest()


def _received(upload_id: UUID, photo: Inspection, expires_at: datetime) -> ReceivedPhoto:
    return ReceivedPhoto(
        upload_id=upload_id,
        content_type=photo.content_type,
        width=photo.width,
        height=photo.height,
        size=photo.size,
        taken_at=photo.taken_at,
        taken_lat=photo.taken_lat,
        taken_lon=photo.taken_lon,
        expires_at=expires_at,
    )


@dataclass(frozen=True, slots=True)
class UploadClaims:
    """What an upload's file is, and what it says of itself; degrees WGS 84, both or neither."""

    content_type: str
    width: int
    height: int
    taken_at: datetime | None
    lat: float | None
    lon: float | None


async def find_claimable(
    session: AsyncSession, upload_ids: list[UUID], *, actor: Actor, now: datetime
) -> dict[UUID, UploadClaims]:
    """Those of `upload_ids` that are there, that nobody has claimed, and that `actor` may claim."""
    query = select(
        Upload.id, Upload.content_type, Upload.width, Upload.height, Upload.taken_at,
        func.st_y(Upload.taken_place, type_=Float), func.st_x(Upload.taken_place, type_=Float),
    ).where(
        Upload.id.in_(upload_ids), Upload.claimed_at.is_(None), Upload.expires_at > now,
        _is_claimable_by(actor),
    )  # fmt: skip
    rows = await session.execute(cast("AnySelect", query))
    return {row[0]: UploadClaims(*tuple(row)[1:]) for row in rows}


def _is_claimable_by(actor: Actor) -> ColumnElement[bool]:
    """An upload of an account is that account's alone; one without belongs to whoever knows its id.
    As in `claim_uploads.sql`.
    """
    if actor.person_id is None:
        return Upload.person_id.is_(None)
    joined = text("(select merged_into from people where id = :claiming)")
    return or_(
        Upload.person_id.is_(None),
        Upload.person_id == actor.person_id,
        Upload.person_id == joined.bindparams(bindparam("claiming", actor.person_id, Uuid)),
    )


async def claim_uploads(  # the columns of an attachment
    session: AsyncSession,
    upload_ids: list[UUID],
    *,
    case_id: UUID,
    report_id: UUID | None,
    purpose: str,
    pointer: str,
    actor: Actor,
    now: datetime,
) -> list[UUID]:
    """Attach uploads to a case; the attachments' ids in the order of `upload_ids`.

    The case and the report must already be there. Raises InvalidInput at `{pointer}/{index}` for
    each id that is unknown, expired, claimed or of another account (`upload_unknown`, which tells
    none of these apart), or that the list names twice (`upload_repeated`); then the caller's transaction, which
    holds the claims of the others, must roll back.
    """
    if not upload_ids:
        return []
    _check_unique(upload_ids, pointer)
    parameters = {
        "upload_ids": upload_ids,
        "case_id": case_id,
        "report_id": report_id,
        "purpose": purpose,
        "person_id": actor.person_id,
        "now": now,
    }
    rows = await session.execute(_CLAIM, parameters)
    attached: dict[UUID, UUID] = {row.upload_id: row.attachment_id for row in rows}
    missing = {index: each for index, each in enumerate(upload_ids) if each not in attached}
    if missing:
        raise await _explain(session, missing, pointer)
    return [attached[each] for each in upload_ids]


def _check_unique(upload_ids: list[UUID], pointer: str) -> None:
    repeated = [index for index, each in enumerate(upload_ids) if each in upload_ids[:index]]
    if repeated:
        raise _refusal(pointer, repeated, "upload_repeated")


async def _explain(session: AsyncSession, missing: dict[int, UUID], pointer: str) -> InvalidInput:
    query = select(Transfer.id).where(
        Transfer.id.in_(missing.values()), Transfer.state.in_(("receiving", "judging"))
    )
    coming = set(await session.scalars(query))
    return InvalidInput(
        fields=[
            FieldError(
                f"{pointer}/{index}", "upload_incomplete" if each in coming else "upload_unknown"
            )
            for index, each in missing.items()
        ]
    )


def _refusal(pointer: str, indexes: list[int], code: str) -> InvalidInput:
    return InvalidInput(fields=[FieldError(f"{pointer}/{index}", code) for index in indexes])


async def collect_unclaimed(session: AsyncSession, store: Store, now: datetime) -> int:
    """Delete expired uploads that nobody claimed, with their files; how many were deleted.

    Takes at most 100 per call, so that no lock is held for long: call until it returns 0, each
    time in a transaction of its own. The file goes first: if the transaction then fails, the row
    still leads the next run to it. Several processes may collect at once.
    """
    expired = (
        select(Upload.id, Upload.store_key)
        .where(Upload.claimed_at.is_(None), Upload.expires_at <= now)
        .order_by(Upload.expires_at)
        .limit(_COLLECT_BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.execute(expired)).all()
    for row in rows:
        await store.delete(row.store_key)
    if rows:
        await session.execute(delete(Upload).where(Upload.id.in_([row.id for row in rows])))
    return len(rows)


async def remove_unclaimed(session: AsyncSession, store: Store, upload_id: UUID) -> None:
    """Delete one upload with its file, if it is there and nobody claimed it."""
    query = select(Upload.store_key).where(Upload.id == upload_id, Upload.claimed_at.is_(None))
    key = await session.scalar(query.with_for_update())
    if key is not None:
        await store.delete(key)
        await session.execute(delete(Upload).where(Upload.id == upload_id))
