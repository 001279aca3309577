"""Reading the photos of cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Float, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from core.statements import compile_select, fetch_rows
from media.links import Size
from media.tables import Attachment

DERIVATIVE_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A photo of a case as staff may see it; `taken_…` are never shown to the public.

    `state` is `pending`, `ready` or `failed`; `width` and `height` are the original's, upright.
    """

    id: UUID
    case_id: UUID
    report_id: UUID | None
    purpose: str
    position: int
    state: Literal["pending", "ready", "failed"]
    width: int
    height: int
    taken_at: datetime | None
    taken_lat: float | None
    taken_lon: float | None


_LIST = compile_select(
    select(
        Attachment.id,
        Attachment.case_id,
        Attachment.report_id,
        Attachment.purpose,
        Attachment.position,
        Attachment.state,
        Attachment.width,
        Attachment.height,
        Attachment.taken_at,
        func.st_y(Attachment.taken_place, type_=Float),
        func.st_x(Attachment.taken_place, type_=Float),
    )
    .where(Attachment.case_id == any_(bindparam("case_ids", type_=ARRAY(Uuid))))
    .order_by(Attachment.created_at, Attachment.position, Attachment.id)
)


async def list_attachments(
    session: AsyncSession, case_ids: list[UUID]
) -> dict[UUID, list[AttachmentView]]:
    """The photos of each case, oldest first and then in the order they were given.

    Every id asked for is a key, also that of a case without photos.
    """
    found: dict[UUID, list[AttachmentView]] = {case_id: [] for case_id in case_ids}
    if not found:
        return found
    for row in await fetch_rows(session, _LIST, {"case_ids": case_ids}):
        view = AttachmentView(*row)
        found[view.case_id].append(view)
    return found


async def get_derivative(session: AsyncSession, attachment_id: UUID, size: Size) -> tuple[str, str]:
    """The store key and the content type of a picture to show.

    Raises NotFound: `photo_not_found`, `photo_not_ready` while it is being made, `photo_failed`
    when the file could not be decoded. Who may see it is the caller's question.
    """
    key = Attachment.small_key if size == "small" else Attachment.large_key
    query = select(Attachment.state, key).where(Attachment.id == attachment_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("photo_not_found")
    state, store_key = row
    if state == "failed":
        raise NotFound("photo_failed")
    if state != "ready" or store_key is None:
        raise NotFound("photo_not_ready")
    return store_key, DERIVATIVE_TYPE


async def list_pending(
    session: AsyncSession, older_than: datetime, *, limit: int = 1000
) -> list[UUID]:
    """Photos attached before `older_than` that still wait for their derivatives, oldest first.

    For the reconciler, which puts them into the queue again.
    """
    query = (
        select(Attachment.id)
        .where(Attachment.state == "pending", Attachment.created_at < older_than)
        .order_by(Attachment.created_at)
        .limit(limit)
    )
    return list((await session.scalars(query)).all())
