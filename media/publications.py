"""The rows behind public photos: examined once, decided on by people, their pictures made.

Whether a decision may be taken, and which photos the public sees of a case, is for
`workflows/photo_approval.py` and `workflows/public_photos.py` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, exists, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.errors import NotFound, Unavailable
from core.settings import PrivacySettings
from media.privacy.boxes import Box
from media.privacy.child import ChildBrokenError
from media.privacy.examining import examine
from media.privacy.redacting import redact
from media.stores.base import Store
from media.tables import Attachment, Publication

PUBLIC_TYPE = "image/webp"
MAX_ATTEMPTS = 3
EXAMINED_AGAIN_AFTER = timedelta(minutes=2)  # when whoever examined it has been killed

log = structlog.get_logger(__name__)
Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on a photo; `boxes` is what they want covered, `video` that the whole
    video is approved and not only its picture.
    """

    approved: bool
    boxes: tuple[Box, ...] = ()
    shows_children: bool = False
    overruled: bool = False
    video: bool = False
    reason: str | None = None


# Examination -------------------------------------------------------------------------------------


async def examine_next(
    sessions: Sessions, store: Store, *, settings: PrivacySettings, now: datetime
) -> bool:
    """Ask the detectors about the photo that has waited longest; False if there was nothing to do.

    Only while no photo waits for its derivatives: those are seen by people who work, boxes only
    help. No row is locked meanwhile, so a person need not wait for the detectors to decide. A
    photo that they cannot cope with is marked as not examined after MAX_ATTEMPTS.
    """
    async with transaction(sessions) as session:
        taken = await _take_unexamined(session, now)
    if taken is None:
        return False
    try:
        picture = await store.get(taken.large_key)
        found = await examine(picture, settings=settings)
    except Unavailable as error:
        log.warning("examination_postponed", attachment=str(taken.attachment_id), **error.facts)
        return False
    except (ChildBrokenError, NotFound) as error:
        log.warning("examination_failed", attachment=str(taken.attachment_id), reason=str(error))
        if taken.examine_attempts < MAX_ATTEMPTS:
            return True
        values: dict[str, Any] = {"examination": "failed"}
    else:
        values = {"examination": "done", "found": [asdict(box) for box in found]}
    async with transaction(sessions) as session:
        await session.execute(
            update(Publication)
            .where(
                Publication.attachment_id == taken.attachment_id,
                Publication.examination == "pending",
            )
            .values(values)
        )
    return True


async def _take_unexamined(session: AsyncSession, now: datetime) -> Any | None:
    """The next photo to examine; nobody else takes it before EXAMINED_AGAIN_AFTER."""
    waiting = select(Attachment.id).where(Attachment.state == "pending")
    if await session.scalar(select(exists(waiting))):
        return None
    query = (
        select(Publication.attachment_id)
        .where(Publication.examination == "pending", Publication.examine_after <= now)
        .order_by(Publication.examine_after)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    attachment_id = await session.scalar(query)
    if attachment_id is None:
        return None
    taken = await session.execute(
        update(Publication)
        .where(
            Publication.attachment_id == attachment_id,
            Attachment.id == Publication.attachment_id,
        )
        .values(
            examine_after=now + EXAMINED_AGAIN_AFTER,
            examine_attempts=Publication.examine_attempts + 1,
        )
        .returning(Publication.attachment_id, Publication.examine_attempts, Attachment.large_key)
    )
    return taken.one()


# Decisions ---------------------------------------------------------------------------------------


async def lock_publication(session: AsyncSession, attachment_id: UUID) -> Publication | None:
    """The row of a photo, locked until the transaction ends; None for one that is not ready."""
    return await session.get(
        Publication, attachment_id, with_for_update=True, populate_existing=True
    )


async def lock_publications(session: AsyncSession, which: ColumnElement[bool]) -> list[Publication]:
    """The rows that fulfil a condition on `publications`, locked in the order of their ids."""
    rows = await session.scalars(
        select(Publication)
        .where(which)
        .order_by(Publication.attachment_id)
        .with_for_update(of=Publication)
        .execution_options(populate_existing=True)
    )
    return list(rows)


def decide(row: Publication, decision: Decision, *, by: UUID | None, now: datetime) -> None:
    """Write a decision into a locked row. The public pictures of before are gone with its commit;
    `make_public_pictures` then deletes their files, and makes new ones where it was approved.
    """
    if row.picture != "none":
        row.stale_keys = [*row.stale_keys, *keys_of(row.attachment_id, row.rev).values()]
    row.rev += 1
    row.state = "approved" if decision.approved else "withheld"
    row.boxes = [asdict(box) for box in decision.boxes]
    row.shows_children = decision.shows_children
    row.overruled = decision.overruled
    row.video = decision.approved and decision.video
    row.reason = decision.reason
    row.decided_by = by
    row.picture = "pending" if decision.approved else "none"
    row.attempts = 0
    row.large_key = row.small_key = row.blurhash = None
    row.changed_at = now


def keys_of(attachment_id: UUID, rev: int) -> dict[str, str]:
    """Where the public pictures of one decision are kept."""
    return {
        f"{size}_key": f"public/{attachment_id}/{rev}/{size}.webp" for size in ("large", "small")
    }


# Pictures ----------------------------------------------------------------------------------------


async def make_public_pictures(
    sessions: Sessions, store: Store, attachment_ids: Sequence[UUID]
) -> None:
    """Make what everybody may see of approved photos, and delete what nobody may see any more.

    Safe to run twice, and in two processes at once. A decision that is taken meanwhile wins: what
    was made for the one before is deleted again. An outage of the store counts as no attempt.
    """
    for attachment_id in attachment_ids:
        try:
            await _delete_stale(sessions, store, attachment_id)
            await _make_public(sessions, store, attachment_id)
        except Unavailable as error:
            log.warning("publication_postponed", attachment=str(attachment_id), **error.facts)


async def _delete_stale(sessions: Sessions, store: Store, attachment_id: UUID) -> None:
    """Files first: should this process die, the row still leads the next one to them."""
    row = Publication.attachment_id == attachment_id
    async with sessions() as session:
        stale = await session.scalar(select(Publication.stale_keys).where(row))
    if not stale:
        return
    for key in stale:
        await store.delete(key)
    async with transaction(sessions) as session:
        left = Publication.stale_keys
        for key in stale:
            left = func.array_remove(left, key)
        await session.execute(update(Publication).where(row).values(stale_keys=left))


async def _make_public(sessions: Sessions, store: Store, attachment_id: UUID) -> None:
    query = (
        select(Publication.rev, Publication.boxes, Publication.attempts, Attachment.large_key)
        .join(Attachment, Attachment.id == Publication.attachment_id)
        .where(Publication.attachment_id == attachment_id, Publication.picture == "pending")
    )
    async with sessions() as session:
        wanted = (await session.execute(query)).one_or_none()
    if wanted is None:
        return
    keys = keys_of(attachment_id, wanted.rev)
    try:
        picture = await store.get(wanted.large_key)
        made = await redact(picture, [Box(**box) for box in wanted.boxes])
    except (ChildBrokenError, NotFound) as error:
        attempts = wanted.attempts + 1
        log.warning(
            "publication_failed", attachment=str(attachment_id), n=attempts, reason=str(error)
        )
        state = "failed" if attempts >= MAX_ATTEMPTS else "pending"
        values = {"attempts": attempts, "picture": state}
        # Another worker may have made them by now.
        await _finish(sessions, attachment_id, wanted.rev, values, Publication.picture == "pending")
        return
    await store.put(keys["large_key"], made.large, PUBLIC_TYPE)
    await store.put(keys["small_key"], made.small, PUBLIC_TYPE)
    values = {"picture": "ready", "blurhash": made.blurhash, **keys}
    if not await _finish(sessions, attachment_id, wanted.rev, values):
        for key in keys.values():
            await store.delete(key)


async def _finish(
    sessions: Sessions,
    attachment_id: UUID,
    rev: int,
    values: dict[str, Any],
    *conditions: ColumnElement[bool],
) -> bool:
    """Write what became of the decision `rev`; False if there is another by now."""
    async with transaction(sessions) as session:
        done = await session.execute(
            update(Publication)
            .where(
                Publication.attachment_id == attachment_id,
                Publication.rev == rev,
                Publication.state == "approved",
                *conditions,
            )
            .values(values)
            .returning(Publication.attachment_id)
        )
        return done.first() is not None


async def list_unfinished(
    session: AsyncSession, older_than: datetime, *, limit: int = 1000
) -> list[UUID]:
    """Photos decided on before `older_than` whose files are not yet as they should be, oldest
    first. For the reconciler, which puts them into the queue again.
    """
    query = (
        select(Publication.attachment_id)
        .where(
            # So, and not with a parameter: that the index does not recognise.
            text("(publications.picture = 'pending' or publications.stale_keys <> '{}')"),
            Publication.changed_at < older_than,
        )
        .order_by(Publication.changed_at)
        .limit(limit)
    )
    return list((await session.scalars(query)).all())
