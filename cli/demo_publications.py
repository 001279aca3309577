"""The demo's photos before the public: some approved, the newest waiting for somebody to look.

Approving is what a person does; here an operator has done it for a few of the drawn pictures, each
covered and encoded once for all reports that share it.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utc_now
from core.db import AnyRow, transaction
from identity.tables import Person
from media.privacy.redacting import redact
from media.privacy.redactor import PublicPictures
from media.publications import PUBLIC_TYPE, keys_of
from media.stores.base import Store
from media.tables import Attachment, Publication, Upload
from workflows.photo_consents import follow_photos
from workflows.tables import Case, Category

Sessions = async_sessionmaker[AsyncSession]
PICTURES = 8  # of the drawn ones, with all that show them
WAITING = 24  # which detectors look at as well: more would keep a laptop busy for minutes


async def approve_some(sessions: Sessions, store: Store) -> int:
    """Publish the photos that show one of PICTURES pictures, of those who agreed to it; answers how
    many those are.
    """
    async with sessions() as session:
        ready = list(await session.scalars(select(Publication.attachment_id)))
    await follow_photos(sessions, ready, now=utc_now())
    groups = await _group_waiting(sessions)
    approved = [group for group in groups if len(group) > 1][:PICTURES]
    rows: list[dict[str, object]] = []
    for group in approved:
        made = await redact(await store.get(group[0].large_key), [])
        rows += [await _keep(store, row.id, made) for row in group]
    async with transaction(sessions) as session:
        operator = await session.scalar(select(Person.id).where(Person.username == "operator"))
        now = utc_now()
        decided = {"state": "approved", "picture": "ready", "rev": 1, "decided_by": operator}
        if rows:
            await session.execute(
                update(Publication), [row | decided | {"changed_at": now} for row in rows]
            )
        await _leave_to_people(session)
    return len(rows)


async def _group_waiting(sessions: Sessions) -> list[list[AnyRow]]:
    """Photos that may become public, those with the same bytes together, the newest first."""
    query = (
        select(Upload.sha256, Attachment.id, Attachment.large_key)
        .join(Attachment, Attachment.upload_id == Upload.id)
        .join(Publication, Publication.attachment_id == Attachment.id)
        .join(Case, Case.id == Attachment.case_id)
        .join(Category, Category.code == Case.category)
        .where(
            Publication.state == "waiting",
            Case.visibility != "hidden",
            Category.photos_public != "never",
        )
        .order_by(Attachment.created_at.desc(), Attachment.id)
    )
    groups: dict[bytes, list[AnyRow]] = defaultdict(list)
    async with sessions() as session:
        for row in await session.execute(query):
            groups[row.sha256].append(row)
    return list(groups.values())


async def _keep(store: Store, photo_id: UUID, made: PublicPictures) -> dict[str, object]:
    keys = keys_of(photo_id, 1)
    await store.put(keys["large_key"], made.large, PUBLIC_TYPE)
    await store.put(keys["small_key"], made.small, PUBLIC_TYPE)
    return {"attachment_id": photo_id, "blurhash": made.blurhash, **keys}


async def _leave_to_people(session: AsyncSession) -> None:
    """No detector is asked about any but the WAITING newest photos."""
    newest = (
        select(Publication.attachment_id)
        .join(Attachment, Attachment.id == Publication.attachment_id)
        .where(Publication.state == "waiting")
        .order_by(Attachment.created_at.desc(), Attachment.id)
        .limit(WAITING)
    )
    await session.execute(
        update(Publication)
        .where(Publication.attachment_id.not_in(newest))
        .values(examination="failed")
    )
