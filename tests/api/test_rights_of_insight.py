"""Who may see which figures and alerts, and set what raises them: every role on every route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from api.routes import alerts, stats
from tests.support.client import Api
from tests.support.rights import CITIZENS, ROLES, all_roles, headers_of

ROUTERS = (alerts, stats)
PUBLIC = all_roles(200)
CITY_WIDE = ("operator", "leader", "analyst", "admin")
SIGNED_OUT = {"anonymous": 401}
RULE = {
    "category": "traffic", "area_kind": "ward", "count": 10_000, "minutes": 1, "quiet_minutes": 1,
    "active": False,
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """A method and path as the routes have them, what `url` makes of it, and each role's answer."""

    method: str
    path: str
    url: str
    expected: dict[str, int]
    json: dict[str, Any] | None = None


def of_staff(status: int, *roles: str) -> dict[str, int]:
    return all_roles(403, SIGNED_OUT | {(*roles,): status})


def public(name: str) -> Operation:
    return Operation("GET", f"/v1/stats/{name}", f"/v1/stats/{name}", PUBLIC)


RULES, ONE_RULE, ALERT = "/v1/admin/surge-rules", "/v1/admin/surge-rules/{rule_id}", "/v1/alerts"
OPERATIONS = {
    **{name: public(name) for name in ("heat", "areas", "timeline", "summary", "hotspots")},
    "satisfaction": Operation(
        "GET", "/v1/stats/satisfaction", "/v1/stats/satisfaction", of_staff(200, *CITY_WIDE)
    ),
    "list alerts": Operation("GET", ALERT, ALERT, of_staff(200, *CITY_WIDE)),
    "read an alert": Operation(
        "GET", f"{ALERT}/{{alert_id}}", f"{ALERT}/999", of_staff(404, *CITY_WIDE)
    ),
    "acknowledge": Operation(
        "POST", f"{ALERT}/{{alert_id}}/acknowledge", f"{ALERT}/999/acknowledge",
        of_staff(404, "operator", "leader"),
    ),
    "list rules": Operation("GET", RULES, RULES, of_staff(200, "admin")),
    "add a rule": Operation("POST", RULES, RULES, of_staff(201, "admin"), RULE),
    "change a rule": Operation("PUT", ONE_RULE, f"{RULES}/1", of_staff(200, "admin"), RULE),
    "retire a rule": Operation("DELETE", ONE_RULE, f"{RULES}/1", of_staff(204, "admin")),
}  # fmt: skip


def paths() -> set[tuple[str, str]]:
    """Method and path of each operation, as routes have them."""
    return {(operation.method, operation.path) for operation in OPERATIONS.values()}


def test_every_route_of_insight_stands_in_the_matrix() -> None:
    routes = {
        (method, str(context.path))
        for module in ROUTERS
        for context in iter_route_contexts(module.router.routes)
        for method in context.methods or ()
    }
    assert routes == paths()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    answered: dict[str, int] = {}
    for role in ROLES:
        answer = await api.http.request(
            operation.method,
            operation.url,
            json=operation.json,
            headers=await headers_of(api, role),
        )
        answered[role] = answer.status_code
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
    assert answered == operation.expected
    assert {answered[role] for role in CITIZENS} <= {200, 403}
