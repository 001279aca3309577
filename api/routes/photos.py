"""Photos before the public: a person looks at each."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.deps import (
    ActorDep,
    CursorQuery,
    ExpectedRevDep,
    LimitQuery,
    PresenterDep,
    ServicesDep,
    SessionDep,
    presenter_for,
)
from api.schemas.base import PageOut
from api.schemas.cases import PublicationOut
from api.schemas.photos import DecisionIn, WaitingPhotoOut
from api.stored_files import serve_file
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from media.formats import ENDINGS
from workflows import originals, photo_approval

router = APIRouter(prefix="/v1/photos", tags=["photos"])
FILES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ENDINGS}


@router.get("")
async def list_waiting(
    actor: ActorDep,
    services: ServicesDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[WaitingPhotoOut]:
    """Photos of the cases that one is in charge of and on which nobody has decided, the oldest
    first; without those that are never shown by default.
    """
    async with services.begin_list(actor) as session:
        presenter = await presenter_for(session, actor, services)
        page = await photo_approval.page_waiting(session, actor=actor, limit=limit, cursor=cursor)
    return PageOut(
        items=[presenter.waiting_photo(item) for item in page.items], next_cursor=page.next_cursor
    )


@router.put("/{photo_id}/publication")
async def decide(
    photo_id: UUID,
    body: DecisionIn,
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    expected_rev: ExpectedRevDep,
    response: Response,
) -> PublicationOut:
    """Approve a photo for everybody, covering what the boxes say, or withhold it.

    Based on the `rev` in `If-Match`. The public pictures follow within seconds: until then the
    answer's `picture` is `pending`. Another decision takes the pictures of before away at once.
    """
    publication = await photo_approval.decide_publication(
        session,
        photo_id,
        body.to_decision(),
        actor=actor,
        expected_rev=expected_rev,
        now=utc_now(),
    )
    response.headers["ETag"] = f'"{publication.rev}"'
    return presenter.publication(publication)


@router.get("/{photo_id}/original", response_class=Response, responses={200: {"content": FILES}})
async def take_original(
    photo_id: UUID, request: Request, actor: ActorDep, services: ServicesDep
) -> Response:
    """A photo or a video as it was sent, with all that its file tells, to be kept as evidence;
    `Repr-Digest` (RFC 9530) is the SHA-256 of the moment it arrived. It wants a fresh proof of who
    one is, and is noted.
    """
    async with services.begin(actor) as session:
        original = await originals.take_original(session, photo_id, actor=actor, now=utc_now())
    answer = await serve_file(
        request,
        services.store,
        original.key,
        content_type=original.content_type,
        cache_control="private, no-store",
        download_as=original.name,
    )
    answer.headers["Repr-Digest"] = f"sha-256=:{b64encode(original.sha256).decode()}:"
    return answer
