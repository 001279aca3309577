"""Photos and videos as they were sent, for whoever must prove something by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import audit
from core.actor import Actor
from core.errors import Forbidden, NotFound
from media.formats import ENDINGS
from media.tables import Attachment, Upload
from workflows.policies import Right, check_proof, check_right, may_take_originals
from workflows.tables import Case
from workflows.visibility import visible_to


@dataclass(frozen=True, slots=True)
class Original:
    """Where the file is, under which name it is taken along, and its SHA-256 as it was received."""

    key: str
    content_type: str
    name: str
    sha256: bytes


async def take_original(
    session: AsyncSession, attachment_id: UUID, *, actor: Actor, now: datetime
) -> Original:
    """Note who takes which file along, to be committed before the first byte is sent. The file
    holds what its public pictures do not: place, time and device, faces, plates.

    Forbidden without the right and for a case that another department is in charge of,
    StepUpRequired without a fresh proof, NotFound (`photo_not_found`) where the case is not theirs to
    see, `original_removed` when its time was over (`workflows/retention.py`).
    """
    check_right(actor, Right.TAKE_ORIGINALS)
    check_proof(actor, now=now)
    query = (
        select(
            Attachment.original_key, Attachment.original_removed_at, Attachment.position,
            Attachment.purpose, Case.id, Case.code, Case.department, Upload.content_type,
            Upload.sha256,
        )
        .join(Case, Case.id == Attachment.case_id)
        .join(Upload, Upload.id == Attachment.upload_id)
        .where(Attachment.id == attachment_id, visible_to(actor))
    )  # fmt: skip
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("photo_not_found")
    if not may_take_originals(actor, row.department):
        raise Forbidden("photo_of_other_department")
    if row.original_removed_at is not None:
        raise NotFound("original_removed")
    # The hash says nothing of anybody, and which file it was also when that is gone.
    facts = {"case": str(row.id), "sha256": row.sha256.hex()}
    await audit.note(session, actor, "photo.original", f"photo:{attachment_id}", facts)
    ending = ENDINGS.get(row.content_type, "bin")
    name = f"{row.code}-{row.purpose}-{row.position + 1}.{ending}"
    return Original(row.original_key, row.content_type, name, row.sha256)
