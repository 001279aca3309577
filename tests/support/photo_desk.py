"""Photos on their way to the public: made ready, decided on, and their public pictures made."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.support.casework import BUS, Staged, login, read, stage
from tests.support.client import Api
from tests.support.photos import as_jpeg, street_with_face
from tests.support.rows import fetch_one
from tests.support.worker import open_workshop

FACE = {"kind": "face", "x": 0.4, "y": 0.35, "w": 0.2, "h": 0.25}


async def upload_face(api: Api) -> str:
    """An upload that shows a street with a drawn face."""
    return await api.upload(as_jpeg(street_with_face()))


def agreement(*, given: bool = True) -> dict[str, object]:
    """What a reporter says about publishing their photos."""
    return {"purpose": "publish_photo", "version": "1", "given": given}


async def with_photo(
    api: Api, category: str = BUS, *, agreed: bool | None = True, **changes: object
) -> tuple[Staged, str]:
    """A case with one photo that shows a face and is ready; the photo's id. `agreed` is what its
    reporter said about publishing it, None if they were not asked.
    """
    if agreed is not None:
        changes = {"consents": [agreement(given=agreed)], **changes}
    case = await stage(api, category=category, uploads=[await upload_face(api)], **changes)
    [photo] = await make_ready(api, case)
    return case, photo["id"]


async def publication(api: Api, case: Staged, photo_id: str, role: str = "staff") -> dict[str, Any]:
    """How far the photo is, as `role` sees it."""
    photos = {photo["id"]: photo for photo in (await read(api, case, role))["photos"]}
    return photos[photo_id]["publication"]


async def waiting(api: Api, headers: dict[str, str]) -> list[str]:
    """The ids of all waiting photos, page by page."""
    found: list[str] = []
    params: dict[str, str] = {"limit": "2"}
    while True:
        answer = await api.http.get("/v1/photos", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= 2
        found += [item["photo"]["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


def public_files(api: Api, photo_id: str) -> set[str]:
    """What the store has of a photo for everybody, by key."""
    root = Path(api.settings.media.root)
    return {
        str(path.relative_to(root))
        for path in (root / "public" / photo_id).rglob("*")
        if path.is_file()
    }


async def make_ready(api: Api, case: Staged) -> list[dict[str, Any]]:
    """Make the derivatives of a case's photos; the photos as an operator sees them."""
    waiting = [photo["id"] for photo in (await read(api, case))["photos"]]
    async with open_workshop(api, {}) as workshop:
        await workshop.make_derivatives(waiting)
    return (await read(api, case))["photos"]


async def decide(
    api: Api,
    case: Staged,
    photo_id: str,
    *,
    rev: int | None = 0,
    role: str = "staff",
    **body: object,
) -> httpx.Response:
    """Decide on a photo as `role`, based on version `rev`; by default approve it as it is."""
    headers = await login(api, case, role)
    if rev is not None:
        headers = {**headers, "If-Match": f'"{rev}"'}
    return await api.http.put(
        f"/v1/photos/{photo_id}/publication",
        json={"decision": "approved", **body},
        headers=headers,
    )


async def publish(api: Api, photo_id: str) -> None:
    """What the worker does after a decision."""
    async with open_workshop(api, {}) as workshop:
        await workshop.make_public([photo_id])


async def examine_all(api: Api) -> None:
    """What the worker does while it has nothing better to do."""
    assert (await fetch_one(api, _PENDING)).n == 0  # they would come first
    async with open_workshop(api, {}) as workshop:
        while (await fetch_one(api, _UNEXAMINED)).n:
            await workshop.examine()


async def publication_of(api: Api, photo_id: str | UUID) -> Any:
    """The row of a photo."""
    return await fetch_one(
        api, "select * from publications where attachment_id = %(id)s", id=photo_id
    )


async def look_up(api: Api, case: Staged) -> list[dict[str, Any]]:
    """The photos that anybody sees who knows the code."""
    answer = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    assert answer.status_code == 200, answer.text
    return answer.json()["photos"]


_PENDING = "select count(*) as n from attachments where state = 'pending'"
_UNEXAMINED = """
    select count(*) as n from publications where examination = 'pending' and examine_after <= now()
"""
