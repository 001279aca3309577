"""Photos that come after their report: the phone filed it while it had a little network."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM, Actor
from core.errors import Conflict, InvalidInput, NotFound
from core.jobs import enqueue
from media.attachments import place_after
from media.tables import Attachment
from media.uploads import claim_uploads
from workflows import repository
from workflows.reports import is_reporter_of
from workflows.review import UNTIL_PHOTOS
from workflows.tables import Case
from workflows.tasks import MAKE_DERIVATIVES

MAX_PHOTOS = 8  # of a report


async def add_photos(
    session: AsyncSession, report_id: UUID, uploads: list[UUID], *, actor: Actor, now: datetime
) -> None:
    """Attach more photos to a report; those that it has already are passed over, so that sending
    the same again changes nothing.

    NotFound unless the actor filed it or showed its track token, Conflict `case_closed` once its
    case is closed, InvalidInput for more than MAX_PHOTOS or for uploads that cannot be claimed.
    """
    case_id = await is_reporter_of(session, report_id, actor)
    if case_id is None:
        raise NotFound("report_not_found")
    case = await repository.lock_case(session, case_id, SYSTEM)  # one after the other
    query = select(Attachment.upload_id).where(
        Attachment.report_id == report_id, Attachment.purpose == "report"
    )
    there = list(await session.scalars(query))
    new = [each for each in uploads if each not in there]
    if not new:
        return
    if await session.scalar(select(Case.closed_at).where(Case.id == case_id)) is not None:
        raise Conflict("case_closed")
    if len(there) + len(new) > MAX_PHOTOS:
        raise InvalidInput.at("/uploads", "too_many_photos", max=MAX_PHOTOS)
    attachments = await claim_uploads(
        session,
        new,
        case_id=case_id,
        report_id=report_id,
        purpose="report",
        pointer="/uploads",
        actor=actor,
        now=now,
    )
    await place_after(session, attachments, count=len(there))
    await enqueue(session, MAKE_DERIVATIVES, list(attachments))
    await repository.add_remark(
        session, case, "photos_added", {"count": len(new)}, actor=actor, now=now
    )
    await repository.end_review(session, case_id, tuple(UNTIL_PHOTOS))
