"""Files that their sender puts straight into the store, by a form that is good for one of them.

The store holds to what was signed: one key, one type, one size, ten minutes. What then lies there
is judged like everything else, and only a copy that we made of the judged bytes is ever used.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.db import transaction
from core.errors import Conflict, FieldError, NotFound, UnsupportedType
from core.fence import Errand
from core.settings import MediaSettings
from media.formats import PHOTO_TYPES, VIDEO_TYPES
from media.judging import judge
from media.stores.base import PresignedPost, Store
from media.tables import Transfer
from media.transfers import (
    Sessions,
    TransferView,
    add_transfer,
    check_open,
    check_taken,
    staging_key,
)

FORM_LIFE = timedelta(minutes=10)


async def begin_presigned(
    session: AsyncSession,
    store: Store,
    *,
    content_type: str,
    size: int,
    sha256: bytes | None,
    actor: Actor,
    settings: MediaSettings,
    now: datetime,
) -> tuple[TransferView, PresignedPost, datetime]:
    """A transfer, the form that brings its bytes, and until when that is good.

    Raises UnsupportedType for what would be refused anyway, Conflict (`presigned_off`) where the
    store takes files from nobody but us, and what `check_open` raises.
    """
    await check_open(session, actor, settings)
    if content_type not in PHOTO_TYPES | VIDEO_TYPES:
        code = "photo_type_unsupported"
        raise UnsupportedType(code, fields=[FieldError("/content_type", code)])
    transfer = TransferView(
        id=uuid4(),
        person_id=actor.person_id,
        way="presigned",
        size=size,
        received=0,
        state="receiving",
        refusal=None,
        content_type=content_type,
        sha256=sha256,
        created_at=now,
        expires_at=now + timedelta(hours=settings.unclaimed_hours),
    )
    until = now + FORM_LIFE
    form = await store.presign(
        staging_key(transfer.id), content_type=content_type, size=size, until=until
    )
    if form is None:
        raise Conflict("presigned_off")
    await add_transfer(session, transfer)
    return transfer, form, until


async def complete_presigned(
    sessions: Sessions,
    store: Store,
    transfer: TransferView,
    *,
    settings: MediaSettings,
    now: datetime,
) -> None:
    """Judge what the sender has put into the store; does nothing if that is done already.

    Raises Conflict (`upload_not_stored`) while it is not there, Gone for one that was refused, and
    what `judge` raises.
    """
    check_taken(transfer)
    if transfer.state == "receiving":
        try:
            stored = await store.stat(staging_key(transfer.id))
        except NotFound as error:
            raise Conflict("upload_not_stored") from error
        if stored.size != transfer.size:  # a store that does not hold to what was signed
            raise Conflict("upload_not_stored")
        own = (Transfer.id == transfer.id, Transfer.state == "receiving")
        async with transaction(sessions, Errand.TRANSFER) as session:
            await session.execute(
                update(Transfer).where(*own).values(state="judging", received=transfer.size)
            )
    await judge(sessions, store, transfer, settings=settings, now=now)
