"""Reading the photos of cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Float, Uuid, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import AnySelect
from core.errors import NotFound
from core.statements import compile_select, fetch_rows
from media.links import Size
from media.tables import Attachment

# The types that derivatives are stored in, by the ending of their key: WebP now, JPEG once.
_TYPES = {"webp": "image/webp", "jpg": "image/jpeg", "mp4": "video/mp4"}


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A photo or a video of a case as staff may see it; `taken_…` are never shown to the public.

    `state` is `pending`, `ready` or `failed`; `width` and `height` are the original's, upright.
    `blurhash` is what to paint until the picture comes, None of photos prepared before it was kept.
    """

    id: UUID
    case_id: UUID
    report_id: UUID | None
    purpose: str
    position: int
    kind: Literal["photo", "video"]
    state: Literal["pending", "ready", "failed"]
    width: int
    height: int
    duration_ms: int | None
    blurhash: str | None
    taken_at: datetime | None
    taken_lat: float | None
    taken_lon: float | None


def _query() -> AnySelect:
    return select(
        Attachment.id,
        Attachment.case_id,
        Attachment.report_id,
        Attachment.purpose,
        Attachment.position,
        Attachment.kind,
        Attachment.state,
        Attachment.width,
        Attachment.height,
        Attachment.duration_ms,
        Attachment.blurhash,
        Attachment.taken_at,
        func.st_y(Attachment.taken_place, type_=Float),
        func.st_x(Attachment.taken_place, type_=Float),
    ).order_by(Attachment.created_at, Attachment.position, Attachment.id)


_OF_CASES = compile_select(
    _query().where(Attachment.case_id == any_(bindparam("case_ids", type_=ARRAY(Uuid))))
)
# A list of one would be planned anew each time: PostgreSQL expects ten where it is not told.
_OF_CASE = compile_select(_query().where(Attachment.case_id == bindparam("case_id", type_=Uuid)))


async def list_case_attachments(session: AsyncSession, case_id: UUID) -> list[AttachmentView]:
    """The photos of a case, oldest first and then in the order they were given."""
    rows = await fetch_rows(session, _OF_CASE, {"case_id": case_id})
    return [AttachmentView(*row) for row in rows]


async def list_attachments(
    session: AsyncSession, case_ids: list[UUID]
) -> dict[UUID, list[AttachmentView]]:
    """The photos of each case, in the order of `list_case_attachments`.

    Every id asked for is a key, also that of a case without photos.
    """
    found: dict[UUID, list[AttachmentView]] = {case_id: [] for case_id in case_ids}
    if not found:
        return found
    for row in await fetch_rows(session, _OF_CASES, {"case_ids": case_ids}):
        view = AttachmentView(*row)
        found[view.case_id].append(view)
    return found


async def place_after(session: AsyncSession, attachment_ids: list[UUID], *, count: int) -> None:
    """Let these photos stand behind the `count` that their report had before."""
    await session.execute(
        update(Attachment)
        .where(Attachment.id.in_(attachment_ids))
        .values(position=Attachment.position + count)
    )


async def get_derivative(session: AsyncSession, attachment_id: UUID, size: Size) -> tuple[str, str]:
    """The store key and the content type of a picture or a video to show.

    Raises NotFound: `photo_not_found`, also for the video of a photo, `photo_not_ready` while it is being made, `photo_failed`
    when the file could not be decoded. Who may see it is the caller's question.
    """
    key = {
        "small": Attachment.small_key,
        "large": Attachment.large_key,
        "video": Attachment.video_key,
    }[size]
    query = select(Attachment.state, Attachment.kind, key).where(Attachment.id == attachment_id)
    row = (await session.execute(query)).one_or_none()
    if row is None or (size, row.kind) == ("video", "photo"):
        raise NotFound("photo_not_found")
    state, _, store_key = row
    if state == "failed":
        raise NotFound("photo_failed")
    if state != "ready" or store_key is None:
        raise NotFound("photo_not_ready")
    return store_key, _TYPES[store_key.rpartition(".")[2]]


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
