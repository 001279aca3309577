"""Photos that are to be gone: their rows now, their files once that is committed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Column, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import Base, transaction
from core.errors import Unavailable
from media.stores.base import Store
from media.tables import Attachment, FileRemoval, Transfer, Upload

log = structlog.get_logger()
BATCH = 200


async def remove_photos_of(session: AsyncSession, report_ids: list[UUID], *, now: datetime) -> int:
    """Give up the photos that came with these reports: every row about them goes, and every file
    that those rows name. How many photos that were.
    """
    photos = list(
        await session.execute(
            select(Attachment.id, Attachment.upload_id)
            .where(Attachment.report_id.in_(report_ids))
            .with_for_update()
        )
    )
    if not photos:
        return 0
    ids, uploads = [photo.id for photo in photos], [photo.upload_id for photo in photos]
    attachments, of_uploads = _table(Attachment), _table(Upload)
    keys: set[str] = set()
    for table, column, wanted in (
        *((table, column, ids) for table, column in _belonging_to(attachments)),
        (attachments, attachments.c.id, ids),
        (of_uploads, of_uploads.c.id, uploads),
    ):
        keys |= await _take(session, table, column, wanted)
    await remove_files(session, keys, now=now)
    return len(photos)


async def remove_files(session: AsyncSession, keys: Iterable[str], *, now: datetime) -> None:
    """Have the files under `keys` deleted after the commit."""
    rows = [{"key": key, "at": now} for key in sorted(keys)]
    if rows:
        await session.execute(insert(FileRemoval).values(rows).on_conflict_do_nothing())


async def expire_uploads_of(session: AsyncSession, person_id: UUID, *, now: datetime) -> None:
    """What this person sent and attached to nothing is collected as if its time were over."""
    await session.execute(
        update(Upload)
        .where(Upload.person_id == person_id, Upload.claimed_at.is_(None))
        .values(expires_at=now)
    )
    await session.execute(
        update(Transfer).where(Transfer.person_id == person_id).values(expires_at=now)
    )


async def delete_removed_files(sessions: async_sessionmaker[AsyncSession], store: Store) -> int:
    """Delete the files that were given up; how many. Those that the store keeps refusing stay
    noted for the next round. Any number may run side by side.
    """
    deleted = 0
    while True:
        async with transaction(sessions) as session:
            keys = list(
                await session.scalars(
                    select(FileRemoval.key)
                    .order_by(FileRemoval.at)
                    .limit(BATCH)
                    .with_for_update(skip_locked=True)
                )
            )
            try:
                for key in keys:
                    await store.delete(key)
            except Unavailable as error:
                log.warning("files_not_deleted", files=len(keys), error=error.code)
                return deleted
            await session.execute(delete(FileRemoval).where(FileRemoval.key.in_(keys)))
        deleted += len(keys)
        if len(keys) < BATCH:
            return deleted


def _table(mapped: type[Base]) -> Table:
    return Base.metadata.tables[mapped.__tablename__]


def _belonging_to(owner: Table) -> list[tuple[Table, Column[UUID]]]:
    """Whatever tables point at a row of `owner`, by which column: found, so that none is missed
    that comes later.
    """
    return [
        (table, key.parent)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is owner
    ]


async def _take(
    session: AsyncSession, table: Table, column: Column[UUID], ids: list[UUID]
) -> set[str]:
    """Delete rows; the keys of stored files that they held."""
    held = [each for each in table.columns if each.name.endswith(("_key", "_keys"))]
    rows = await session.execute(
        delete(table).where(column.in_(ids)).returning(table.c[column.name], *held)
    )
    keys: set[str] = set()
    for row in rows:
        values: list[Any] = list(row)[1:]
        for value in values:  # a key, several, or none
            keys.update([value] if isinstance(value, str) else value or ())
    return keys
