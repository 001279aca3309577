"""Who may shape process and routing, act on many cases at once, and see whom to give a case to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.support.casework import NOISE, stage
from tests.support.client import Api
from tests.support.rights import ELSEWHERE, HELPING, IN_CHARGE, ROLES, all_roles, headers_of
from workflows.catalogue import DEFINITIONS, read_document

ADMIN = "/v1/admin/{kind:kind}"
SIGNED_OUT = {"anonymous": 401}


@dataclass(frozen=True)
class Operation:
    """A method and path as the routes have them, what `url` makes of it, and each role's answer."""

    method: str
    path: str
    url: str
    expected: dict[str, int]
    json: dict[str, Any] | None = None


def of_admin(method: str, path: str, url: str, status: int, json: Any = None) -> Operation:
    return Operation(method, path, url, all_roles(403, SIGNED_OUT | {"admin": status}), json)


ROUTING = read_document(DEFINITIONS / "hue" / "routing.json")
OPERATIONS = {
    "versions": of_admin("GET", ADMIN, "/v1/admin/routing", 200),
    "schema": of_admin("GET", f"{ADMIN}/schema", "/v1/admin/processes/schema", 200),
    "draft": of_admin("POST", ADMIN, "/v1/admin/routing", 201, {"document": ROUTING}),
    "a version": of_admin("GET", f"{ADMIN}/{{version}}", "/v1/admin/processes/1", 200),
    "throw away": of_admin("DELETE", f"{ADMIN}/{{version}}", "/v1/admin/processes/1", 409),
    "check": of_admin("POST", f"{ADMIN}/{{version}}/check", "/v1/admin/routing/1/check", 200),
    "publish": of_admin("POST", f"{ADMIN}/{{version}}/publish", "/v1/admin/routing/99/publish", 404),
    "plan": of_admin(
        "GET", "/v1/admin/processes/{version}/migrate", "/v1/admin/processes/1/migrate", 200
    ),
    "migrate": of_admin(
        "POST", "/v1/admin/processes/{version}/migrate", "/v1/admin/processes/99/migrate", 404, {}
    ),
    "migrations": of_admin(
        "GET", "/v1/admin/processes/migrations", "/v1/admin/processes/migrations", 200
    ),
    "overruled": Operation(
        "GET", "/v1/admin/routing/overruled", "/v1/admin/routing/overruled",
        all_roles(403, SIGNED_OUT | {("operator", "leader", "analyst", "admin"): 200}),
    ),
    # What a role may do with each case is each case's own result.
    "bulk": Operation(
        "POST", "/v1/cases/actions", "/v1/cases/actions",
        all_roles(200, SIGNED_OUT | {("citizen_own", "citizen_other"): 403}),
        {"action": "prioritise", "cases": [{"id": str(uuid4()), "rev": 1}], "form": {}},
    ),
    "undo": Operation(
        "POST", "/v1/cases/actions/{bulk_id}/undo", f"/v1/cases/actions/{uuid4()}/undo",
        all_roles(404),
    ),
    "people": Operation(
        "GET", "/v1/cases/{case_id}/people", "/v1/cases/{case}/people",
        all_roles(403, SIGNED_OUT | {(*IN_CHARGE, *HELPING, "operator", "leader"): 200}
                  | {ELSEWHERE: 404}),
    ),
}  # fmt: skip


def paths() -> set[tuple[str, str]]:
    """Method and path of each operation, as routes have them."""
    return {(operation.method, operation.path) for operation in OPERATIONS.values()}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    case = await stage(api, category=NOISE)
    answered: dict[str, int] = {}
    for role in ROLES:
        answer = await api.http.request(
            operation.method,
            operation.url.replace("{case}", case.id),
            json=operation.json,
            headers=await headers_of(api, role),
        )
        answered[role] = answer.status_code
    assert answered == operation.expected
