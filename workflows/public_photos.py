"""The photos that everybody may see: the conditions of that stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import AnySelect
from core.errors import NotFound
from core.statements import compile_select, fetch_rows
from media.derivatives import VIDEO_TYPE
from media.links import Size
from media.publications import PUBLIC_TYPE
from media.tables import Attachment, Publication
from workflows.tables import Case, Category, Report

# Approved by a person, covered and stored; of a case that the public sees; and of a category and
# a kind that are shown, unless somebody with the right to made an exception for this one.
IS_PUBLIC = and_(
    Publication.state == "approved",
    Publication.picture == "ready",
    Attachment.purpose != "note",
    Case.visibility != "hidden",
    or_(
        Publication.overruled,
        and_(
            Category.photos_public != "never",
            ~Publication.shows_children,
            ~func.coalesce(Report.shows_children, False),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class PublicPhoto:
    """An approved photo, or the approved picture of a video; `rev` is that of the decision, and
    part of the links. `video`: the video as well, and then how long it is.
    """

    id: UUID
    case_id: UUID
    report_id: UUID | None
    purpose: str
    kind: Literal["photo", "video"]
    video: bool
    duration_ms: int | None
    rev: int
    width: int
    height: int
    blurhash: str | None


async def list_public_photos(
    session: AsyncSession, case_ids: list[UUID]
) -> dict[UUID, list[PublicPhoto]]:
    """What the public sees of each case, oldest first; every id asked for is a key."""
    found: dict[UUID, list[PublicPhoto]] = {case_id: [] for case_id in case_ids}
    if not found:
        return found
    for row in await fetch_rows(session, _LIST, {"case_ids": case_ids}):
        photo = PublicPhoto(*row)
        found[photo.case_id].append(photo)
    return found


async def get_public_picture(
    session: AsyncSession, attachment_id: UUID, rev: int, size: Size
) -> tuple[str, str]:
    """The store key and the content type of a public picture or video. NotFound `photo_not_found` once it
    is not public any more, or under another decision than `rev`: links to it die at once.
    """
    keys = {
        "small": Publication.small_key,
        "large": Publication.large_key,
        "video": case((Publication.video, Attachment.video_key)),
    }
    query = _joined(select(keys[size])).where(
        Attachment.id == attachment_id, Publication.rev == rev
    )
    found = await session.scalar(query)
    if found is None:
        raise NotFound("photo_not_found")
    return found, VIDEO_TYPE if size == "video" else PUBLIC_TYPE


def _joined(query: AnySelect) -> AnySelect:
    return (
        query.select_from(Publication)
        .join(Attachment, Attachment.id == Publication.attachment_id)
        .join(Case, Case.id == Attachment.case_id)
        .join(Category, Category.code == Case.category)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .where(IS_PUBLIC)
    )


_LIST = compile_select(
    _joined(
        select(
            Attachment.id, Attachment.case_id, Attachment.report_id, Attachment.purpose,
            Attachment.kind, Publication.video, Attachment.duration_ms, Publication.rev, Attachment.width, Attachment.height, Publication.blurhash,
        )
    )
    .where(Attachment.case_id == any_(bindparam("case_ids", type_=ARRAY(Uuid))))
    .order_by(Attachment.created_at, Attachment.position, Attachment.id)
)  # fmt: skip
