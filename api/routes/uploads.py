"""Files that arrive in pieces: tus 1.0.0, and what became of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from api.client_address import ClientAddressDep
from api.deps import ActorDep, Services, ServicesDep
from api.presenter import present_upload
from api.schemas.uploads import PresignedIn, PresignedOut, RefusalOut, TransferOut
from api.tus import (
    ALGORITHMS,
    EXTENSIONS,
    VERSION,
    TusRoute,
    body_of,
    check_content_type,
    check_version,
    http_date,
    malformed,
    read_checksum,
    read_number,
)
from api.upload_limits import check_uploading
from core.actor import Actor
from core.clock import utc_now
from core.fence import Errand
from core.i18n import translate
from media.judging import judge
from media.presigned import begin_presigned, complete_presigned
from media.transfers import (
    TransferView,
    begin_transfer,
    check_size,
    check_taken,
    end_transfer,
    get_transfer,
    receive,
)
from media.uploads import find_received

router = APIRouter(prefix="/v1/uploads", tags=["media"], route_class=TusRoute)
TusHeader = Annotated[str | None, Header(alias="Tus-Resumable", description=VERSION)]
LengthHeader = Annotated[str | None, Header(alias="Upload-Length", description="Bytes in all")]
OffsetHeader = Annotated[str | None, Header(alias="Upload-Offset", description="Bytes so far")]
ChecksumHeader = Annotated[
    str | None, Header(alias="Upload-Checksum", description="sha1 or sha256, then Base64")
]
TypeHeader = Annotated[str | None, Header(alias="Content-Type", include_in_schema=False)]


@router.options("", status_code=204)
async def describe_protocol(services: ServicesDep) -> Response:
    """Which parts of tus are spoken, and how large a file may be."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(services.media.max_file_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, response_class=Response)
async def begin_upload(
    request: Request,
    services: ServicesDep,
    actor: ActorDep,
    address: ClientAddressDep,
    version: TusHeader = None,
    length: LengthHeader = None,
    content_type: TypeHeader = None,
    checksum: ChecksumHeader = None,
) -> Response:
    """Begin an upload of so many bytes. `Location` is where they go and ends in its `upload_id`."""
    check_version(version)
    size = read_number("upload-length", length)
    if size == 0:
        raise malformed("upload-length", "photo_empty")
    check_size(size, services.media)
    await check_uploading(services, size=size, actor=actor, address=address, now=utc_now())
    async with services.begin(Errand.TRANSFER) as session:
        transfer = await begin_transfer(
            session, size=size, actor=actor, settings=services.media, now=utc_now()
        )
    headers = {"Location": f"/v1/uploads/{transfer.id}", "Upload-Offset": "0"}
    headers |= _expiry(transfer)
    if content_type is not None:
        check_content_type(content_type)
        received = await _receive(services, transfer, request, start=0, checksum=checksum)
        headers["Upload-Offset"] = str(received)
    return Response(status_code=201, headers=headers)


@router.post("/presigned", status_code=201)
async def begin_presigned_upload(
    body: PresignedIn, services: ServicesDep, actor: ActorDep, address: ClientAddressDep
) -> PresignedOut:
    """A form to put one file straight into the store with, where the city's store allows it."""
    now = utc_now()
    check_size(body.size, services.media)
    await check_uploading(services, size=body.size, actor=actor, address=address, now=now)
    async with services.begin(Errand.TRANSFER) as session:
        transfer, form, until = await begin_presigned(
            session,
            services.store,
            content_type=body.content_type,
            size=body.size,
            sha256=bytes.fromhex(body.sha256) if body.sha256 else None,
            actor=actor,
            settings=services.media,
            now=now,
        )
    return PresignedOut(
        upload_id=transfer.id, url=form.url, fields=form.fields, form_expires_at=until
    )


@router.post("/{upload_id}/complete")
async def complete_presigned_upload(
    upload_id: UUID, services: ServicesDep, actor: ActorDep
) -> TransferOut:
    """Say that the file is in the store; the answer is the verdict on it. Saying so again is
    harmless.
    """
    async with services.begin(Errand.TRANSFER) as session:
        transfer = await get_transfer(
            session, upload_id, actor=actor, now=utc_now(), way="presigned"
        )
    await complete_presigned(
        services.sessions, services.store, transfer, settings=services.media, now=utc_now()
    )
    return await get_upload(upload_id, services, actor)


@router.head("/{upload_id}", response_class=Response)
async def tell_offset(
    upload_id: UUID, services: ServicesDep, actor: ActorDep, version: TusHeader = None
) -> Response:
    """How many bytes have been kept. A file that is whole is judged, if it was not before."""
    check_version(version)
    transfer = await _find(services, upload_id, actor)
    if transfer.state == "judging":
        await judge(
            services.sessions, services.store, transfer, settings=services.media, now=utc_now()
        )
        transfer = await _find(services, upload_id, actor)  # another may have judged it
    check_taken(transfer)
    headers = {
        "Upload-Offset": str(transfer.received),
        "Upload-Length": str(transfer.size),
        "Cache-Control": "no-store",
    }
    return Response(headers=headers | _expiry(transfer))


@router.patch("/{upload_id}", status_code=204, response_class=Response)
async def append_bytes(
    upload_id: UUID,
    request: Request,
    services: ServicesDep,
    actor: ActorDep,
    version: TusHeader = None,
    offset: OffsetHeader = None,
    content_type: TypeHeader = None,
    checksum: ChecksumHeader = None,
) -> Response:
    """Send bytes from `Upload-Offset` on. The answer to the last is the verdict on the file."""
    check_version(version)
    check_content_type(content_type)
    start = read_number("upload-offset", offset)
    transfer = await _find(services, upload_id, actor)
    received = await _receive(services, transfer, request, start=start, checksum=checksum)
    return Response(status_code=204, headers={"Upload-Offset": str(received)} | _expiry(transfer))


@router.delete("/{upload_id}", status_code=204, response_class=Response)
async def end_upload(
    upload_id: UUID, services: ServicesDep, actor: ActorDep, version: TusHeader = None
) -> Response:
    """Forget an upload that no report has."""
    if version is not None:
        check_version(version)
    async with services.begin(Errand.TRANSFER) as session:
        await end_transfer(session, services.store, upload_id, actor=actor, now=utc_now())
    return Response(status_code=204)


@router.post("/{upload_id}", status_code=204, response_class=Response)
async def override_method(
    upload_id: UUID,
    request: Request,
    services: ServicesDep,
    actor: ActorDep,
    method: Annotated[Literal["PATCH", "DELETE"], Header(alias="X-HTTP-Method-Override")],
    version: TusHeader = None,
    offset: OffsetHeader = None,
    content_type: TypeHeader = None,
    checksum: ChecksumHeader = None,
) -> Response:
    """`PATCH` or `DELETE`, for networks that let only `POST` through."""
    if method == "PATCH":
        return await append_bytes(
            upload_id, request, services, actor, version, offset, content_type, checksum
        )
    return await end_upload(upload_id, services, actor, version)


@router.get("/{upload_id}")
async def get_upload(upload_id: UUID, services: ServicesDep, actor: ActorDep) -> TransferOut:
    """How far an upload has come, why it was refused, or what it is."""
    async with services.begin(Errand.TRANSFER) as session:
        transfer = await get_transfer(session, upload_id, actor=actor, now=utc_now())
        ready = transfer.state == "ready"
        file = await find_received(session, upload_id) if ready else None
    refusal = transfer.refusal
    return TransferOut(
        upload_id=upload_id,
        state=transfer.state,
        size=transfer.size,
        received=transfer.received,
        expires_at=file.expires_at if file else transfer.expires_at,
        refusal=RefusalOut(
            code=refusal["code"],
            detail=translate(refusal["code"], actor.language, refusal["facts"]),
        )
        if refusal
        else None,
        upload=present_upload(file) if file else None,
    )


async def _find(services: Services, upload_id: UUID, actor: Actor) -> TransferView:
    async with services.begin(Errand.TRANSFER) as session:
        return await get_transfer(session, upload_id, actor=actor, now=utc_now(), way="tus")


async def _receive(
    services: Services,
    transfer: TransferView,
    request: Request,
    *,
    start: int,
    checksum: str | None,
) -> int:
    """Keep the body; if that was the last of the file, judge it."""
    body: AsyncGenerator[bytes] = body_of(request)
    received = await receive(
        services.sessions,
        services.store,
        transfer,
        body,
        start=start,
        checksum=read_checksum(checksum),
        settings=services.media,
    )
    if received == transfer.size:
        await judge(
            services.sessions, services.store, transfer, settings=services.media, now=utc_now()
        )
    return received


def _expiry(transfer: TransferView) -> dict[str, str]:
    return {"Upload-Expires": http_date(transfer.expires_at)}
