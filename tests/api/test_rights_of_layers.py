"""Who may see, pick from and shape the layers, and find places: every role on every route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.assets import LAYER, bring, collection, post
from tests.support.city import CENTRE, LIGHT
from tests.support.client import Api
from tests.support.rights import ROLES, all_roles, headers_of

ADMIN = "/v1/admin/layers"
FEATURE = f"{ADMIN}/{{code}}/features/{{feature:path}}"


@dataclass(frozen=True)
class Operation:
    """A method and path as the routes have them, the path asked, and what each role is answered."""

    method: str
    path: str
    url: str
    expected: dict[str, int]
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    json: dict[str, Any] | None = None
    file: bytes | None = None


def public(path: str, url: str, **params: Any) -> Operation:
    return Operation("GET", path, url, all_roles(200), params)


def of_admin(method: str, path: str, url: str, status: int, **sent: Any) -> Operation:
    expected = all_roles(403, {"anonymous": 401, "admin": status})
    return Operation(method, path, url, expected, **sent)


POINT = {"geometry": {"type": "Point", "coordinates": [CENTRE["lon"], CENTRE["lat"]]}}
OPERATIONS = {
    "layers": public("/v1/layers", "/v1/layers"),
    "features": public("/v1/layers/{layer}/features", "/v1/layers/matrix/features"),
    "assets": public("/v1/assets/nearby", "/v1/assets/nearby", category=LIGHT, **CENTRE),
    "search": public("/v1/places/search", "/v1/places/search", q="Thuận Hóa"),
    "reverse": public("/v1/places/reverse", "/v1/places/reverse", **CENTRE),
    "all layers": of_admin("GET", ADMIN, ADMIN, 200),
    "put a layer": of_admin("PUT", f"{ADMIN}/{{code}}", f"{ADMIN}/matrix", 200, json=LAYER),
    "import": of_admin(
        "POST",
        f"{ADMIN}/{{code}}/import",
        f"{ADMIN}/matrix/import",
        200,
        file=collection(post("1")),
    ),
    "put a feature": of_admin("PUT", FEATURE, f"{ADMIN}/matrix/features/2", 201, json=POINT),
    "delete a feature": of_admin("DELETE", FEATURE, f"{ADMIN}/matrix/features/none", 404),
}


def paths() -> set[tuple[str, str]]:
    """Method and path of each operation, as routes have them."""
    return {(operation.method, operation.path) for operation in OPERATIONS.values()}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(own_api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    await bring(own_api, "matrix", post("1"))
    answered: dict[str, int] = {}
    for role in ROLES:
        answer = await own_api.http.request(
            operation.method,
            operation.url,
            params=operation.params,
            json=operation.json,
            files={"file": ("a.geojson", operation.file)} if operation.file else None,
            headers=await headers_of(own_api, role),
        )
        answered[role] = answer.status_code
    assert answered == operation.expected
