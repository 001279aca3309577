"""Photos on their way to the public: made ready, decided on, and their public pictures made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from tests.support.casework import Staged, login, read
from tests.support.client import Api
from tests.support.photos import as_jpeg, street_with_face
from tests.support.rows import fetch_one
from tests.support.worker import open_workshop

FACE = {"kind": "face", "x": 0.4, "y": 0.35, "w": 0.2, "h": 0.25}


async def upload_face(api: Api) -> str:
    """An upload that shows a street with a drawn face."""
    return await api.upload(as_jpeg(street_with_face()))


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
