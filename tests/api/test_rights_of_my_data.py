"""Who may do what with personal data: every role on every route."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest
from fastapi.routing import iter_route_contexts

from api.routes import my_data
from tests.support.casework import NOISE, stage
from tests.support.client import Api
from tests.support.rights import CITIZENS, ROLES, all_roles, headers_of

DECIDE: dict[str, object] = {"consents": [{"purpose": "survey", "version": "1", "given": False}]}
QUIET: dict[str, object] = {"muted": [], "quiet_from": None, "quiet_to": None}


@dataclass(frozen=True)
class Operation:
    """One route with a request that is right in itself, and what each role is answered; reports
    are one of `citizen_own`.
    """

    method: str
    path: str
    expected: dict[str, int]
    json: dict[str, object] | None = None


def own(status: int = 200) -> dict[str, int]:
    """Of citizens only."""
    return all_roles(403, {"anonymous": 401, CITIZENS: status})


ACCOUNT = all_roles(200, {"anonymous": 401})
REPORTER = all_roles(404, {"citizen_own": 200})
OPERATIONS = {
    "texts": Operation("GET", "/v1/consents", all_roles(200)),
    "consents": Operation("GET", "/v1/me/consents", ACCOUNT),
    "decide": Operation("POST", "/v1/me/consents", ACCOUNT, DECIDE),
    "consents of a report": Operation("GET", "/v1/reports/{report_id}/consents", REPORTER),
    "decide of a report": Operation(
        "POST", "/v1/reports/{report_id}/consents", REPORTER, DECIDE
    ),
    "correct": Operation("PATCH", "/v1/me", own(), {}),
    "change number": Operation(
        "PUT", "/v1/me/phone", own(), {"phone": "phone", "code": "000000"}
    ),
    "preferences": Operation("GET", "/v1/me/preferences", ACCOUNT),
    "put preferences": Operation("PUT", "/v1/me/preferences", ACCOUNT, QUIET),
    "export": Operation("GET", "/v1/me/export", own()),
    "take me out": Operation(
        "DELETE", "/v1/reports/{report_id}/reporter", all_roles(404, {"citizen_own": 204})
    ),
    "erase": Operation("DELETE", "/v1/me", own(202)),
}  # fmt: skip


def paths() -> set[tuple[str, str]]:
    return {(operation.method, operation.path) for operation in OPERATIONS.values()}


def test_every_route_stands_in_the_matrix() -> None:
    routes = {
        (method, context.path)
        for context in iter_route_contexts(my_data.router.routes)
        for method in context.methods or ()
    }
    assert routes == paths()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(own_api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    case = await stage(own_api, category=NOISE, headers=await headers_of(own_api, "citizen_own"))
    answered: dict[str, int] = {}
    for role in ROLES:
        headers = await headers_of(own_api, role)
        body = operation.json
        if body and body.get("phone") == "phone":
            body = body | {"phone": f"+8490{uuid4().int % 10_000_000:07d}"}
        answer = await own_api.http.request(
            operation.method,
            operation.path.format(report_id=case.id),
            json=body,
            headers=headers,
        )
        answered[role] = answer.status_code
    assert answered == operation.expected
