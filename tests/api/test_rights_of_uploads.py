"""Who may do what with an upload: every role on every route, and on an upload of somebody else's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.routes import uploads
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.rights import ROLES, all_roles, headers_of
from tests.support.tus import BYTES, RESUMABLE, begin

PHOTO = make_jpeg(64, 48)
PRESIGNED = json.dumps({"content_type": "image/jpeg", "size": 5}).encode()
LENGTH = {"Upload-Length": str(len(PHOTO))}


@dataclass(frozen=True)
class Operation:
    """One route with a request that is right in itself, and what each role is answered: for an
    upload of nobody's account, whose address they know, and for one of `citizen_own`.
    """

    method: str
    path: str
    unowned: dict[str, int]
    owned: dict[str, int] = field(default_factory=dict[str, int])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""


def only_own(status: int) -> dict[str, int]:
    return all_roles(404, {"citizen_own": status})


ONE = "/v1/uploads/{upload_id}"
SENDING = RESUMABLE | BYTES | {"Upload-Offset": "0"}
OPERATIONS = {
    "what is spoken": Operation("OPTIONS", "/v1/uploads", all_roles(204)),
    "begin": Operation("POST", "/v1/uploads", all_roles(201), headers=RESUMABLE | LENGTH),
    # The store of these tests is a folder, which takes nothing from anybody but us.
    "begin presigned": Operation("POST", "/v1/uploads/presigned", all_roles(409), headers={"Content-Type": "application/json"}, content=PRESIGNED),
    "complete": Operation("POST", f"{ONE}/complete", all_roles(404), all_roles(404)),
    "ask": Operation("HEAD", ONE, all_roles(200), only_own(200), RESUMABLE),
    "send": Operation("PATCH", ONE, all_roles(204), only_own(204), SENDING, PHOTO),
    "send by post": Operation(
        "POST", ONE, all_roles(204), only_own(204),
        SENDING | {"X-HTTP-Method-Override": "PATCH"}, PHOTO,
    ),
    "look": Operation("GET", ONE, all_roles(200), only_own(200)),
    "end": Operation("DELETE", ONE, all_roles(204), only_own(204), RESUMABLE),
}  # fmt: skip


def paths() -> set[tuple[str, str]]:
    return {(operation.method, operation.path) for operation in OPERATIONS.values()}


def test_every_route_of_uploads_stands_in_the_matrix() -> None:
    routes = {
        (method, context.path)
        for context in iter_route_contexts(uploads.router.routes)
        for method in context.methods or ()
    }
    assert routes == paths()


async def request(api: Api, operation: Operation, role: str, path: str) -> httpx.Response:
    headers = operation.headers | await headers_of(api, role)
    path = operation.path.format(upload_id=path.rpartition("/")[2])
    return await api.http.request(
        operation.method, path, headers=headers, content=operation.content or None
    )


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    own = await headers_of(api, "citizen_own")
    unowned: dict[str, int] = {}
    owned: dict[str, int] = {}
    for role in ROLES:
        if operation.path.startswith(ONE):
            mine = await begin(api, len(PHOTO), **own)
            owned[role] = (await request(api, operation, role, mine)).status_code
            await api.http.delete(mine, headers=RESUMABLE | own)  # an account has so many at a time
        one = await begin(api, len(PHOTO))
        unowned[role] = (await request(api, operation, role, one)).status_code
    assert unowned == operation.unowned
    assert owned == operation.owned
