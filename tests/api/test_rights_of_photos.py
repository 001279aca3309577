"""Who may decide what the public sees of a photo: every role on every route."""

from __future__ import annotations

import pytest
from fastapi.routing import iter_route_contexts

from api.routes import photos
from tests.support.casework import NOISE, read, stage
from tests.support.client import Api
from tests.support.photo_desk import agreement, make_ready
from tests.support.rights import (
    CITIZENS,
    ELSEWHERE,
    HELPING,
    IN_CHARGE,
    ROLES,
    all_roles,
    headers_of,
)

NOT_STAFF: dict[str | tuple[str, ...], int] = {
    "anonymous": 401,
    (*CITIZENS, "leader", "analyst", "admin"): 403,
}
LIST = all_roles(200, NOT_STAFF)
DECIDE = all_roles(404, {**NOT_STAFF, (*IN_CHARGE, "operator"): 200, HELPING: 403, ELSEWHERE: 404})
# With `overrule` for a photo that is said to show children.
OVERRULE = DECIDE | {"staff_own": 422}
TAKE = all_roles(
    403, {"anonymous": 401, ("supervisor_own", "operator"): 200, "supervisor_other": 404}
)


def paths() -> set[tuple[str, str]]:
    """What this matrix asks, for the one of all routes."""
    return {
        ("GET", "/v1/photos"),
        ("PUT", "/v1/photos/{photo_id}/publication"),
        ("GET", "/v1/photos/{photo_id}/original"),
    }


def test_every_route_is_asked() -> None:
    routes = {
        (method, str(context.path))
        for context in iter_route_contexts(photos.router.routes)
        for method in context.methods or ()
    }
    assert routes == paths()


async def test_who_lists_waiting_photos(api: Api) -> None:
    answered = {
        role: (await api.http.get("/v1/photos", headers=await headers_of(api, role))).status_code
        for role in ROLES
    }
    assert answered == LIST


@pytest.mark.parametrize("children", [False, True])
async def test_who_decides(api: Api, *, children: bool) -> None:
    case = await stage(
        api, category=NOISE, headers=await headers_of(api, "citizen_own"),
        uploads=[await api.upload()], shows_children=children, consents=[agreement()],
    )  # fmt: skip
    [photo] = await make_ready(api, case)
    body: dict[str, object] = {"decision": "approved"}
    if children:
        body |= {"overrule": True, "reason": "Phụ huynh đã đồng ý bằng văn bản"}
    answered: dict[str, int] = {}
    rev = 0
    for role in ROLES:
        answer = await api.http.put(
            f"/v1/photos/{photo['id']}/publication",
            json=body,
            headers={**await headers_of(api, role), "If-Match": f'"{rev}"'},
        )
        answered[role] = answer.status_code
        rev = answer.json().get("rev", rev)
    assert answered == (OVERRULE if children else DECIDE)


async def test_who_takes_originals_along(api: Api) -> None:
    case = await stage(
        api, category=NOISE, headers=await headers_of(api, "citizen_own"),
        uploads=[await api.upload()],
    )  # fmt: skip
    [photo] = (await read(api, case, "operator"))["photos"]
    url = f"/v1/photos/{photo['id']}/original"
    answered = {
        role: (await api.http.get(url, headers=await headers_of(api, role))).status_code
        for role in ROLES
    }
    assert answered == TAKE
