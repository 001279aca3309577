"""Photos: receiving them, and serving their derivatives over signed links."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, UploadFile
from starlette.responses import Response

from api.client_address import ClientAddressDep
from api.deps import ActorDep, ServicesDep
from api.presenter import present_upload
from api.schemas.reports import UploadOut
from api.stored_files import serve_file
from api.upload_limits import check_uploading
from core.clock import utc_now
from core.fence import Errand
from media import links
from media.attachments import get_derivative
from media.uploads import receive_photo
from workflows.public_photos import get_public_picture

router = APIRouter(tags=["media"])
PUBLIC_CACHE_S = 300


@router.post("/v1/media", status_code=201)
async def upload_photo(
    file: UploadFile, services: ServicesDep, actor: ActorDep, address: ClientAddressDep
) -> UploadOut:
    """Take one photo or a short video. Its place and time, if the file has them, are offered back
    as a claim. What is larger goes through `/v1/uploads`.
    """
    data = await file.read(services.media.max_photo_bytes + 1)
    now = utc_now()
    await check_uploading(services, size=len(data), actor=actor, address=address, now=now)
    async with services.begin(actor) as session:
        photo = await receive_photo(
            session, services.store, data, settings=services.media, actor=actor, now=now
        )
    return present_upload(photo)


@router.get("/media/{attachment_id}/{size}", include_in_schema=False)
# Messages that went out before hold links that end so; the lower one is tried first.
@router.get("/media/{attachment_id}/{size}.jpg", include_in_schema=False)
async def get_photo(
    attachment_id: UUID,
    size: links.Size,
    expires: Annotated[int, Query(ge=0, le=2**40)],
    signature: Annotated[str, Query(max_length=100)],
    services: ServicesDep,
    request: Request,
) -> Response:
    """A picture or a video to show, for whoever holds a link that was signed for it."""
    now = utc_now()
    links.check(
        attachment_id,
        size,
        expires=expires,
        signature=signature,
        keys=services.keys,
        now=now,
    )
    async with services.begin(Errand.LINK) as session:
        key, content_type = await get_derivative(session, attachment_id, size)
    seconds = max(0, expires - int(now.timestamp()))
    return await serve_file(
        request,
        services.store,
        key,
        content_type=content_type,
        cache_control=f"private, max-age={seconds}, immutable",
    )


@router.get("/media/public/{attachment_id}/{rev}/{size}", include_in_schema=False)
async def get_public_photo(
    attachment_id: UUID,
    rev: Annotated[int, Path(ge=1, le=2**31 - 1)],
    size: links.Size,
    expires: Annotated[int, Query(ge=0, le=2**40)],
    signature: Annotated[str, Query(max_length=100)],
    services: ServicesDep,
    request: Request,
) -> Response:
    """An approved photo, covered, or video, for as long as it is public. What was withdrawn is out of the
    caches of others after PUBLIC_CACHE_S.
    """
    links.check_public(
        attachment_id,
        rev,
        size,
        expires=expires,
        signature=signature,
        keys=services.keys,
        now=utc_now(),
    )
    async with services.begin(Errand.LINK) as session:
        key, content_type = await get_public_picture(session, attachment_id, rev, size)
    return await serve_file(
        request,
        services.store,
        key,
        content_type=content_type,
        cache_control=f"public, max-age={PUBLIC_CACHE_S}",
    )
