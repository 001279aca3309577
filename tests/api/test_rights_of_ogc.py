"""The public layers of /ogc are the same for everybody: no role sees more of them or less."""

from __future__ import annotations

import pytest

from tests.support.client import Api
from tests.support.rights import ROLES, headers_of

ROOT, LAYER = "/ogc", "/ogc/collections/{collection_id}"
URLS = {
    ROOT: ROOT,
    f"{ROOT}/": f"{ROOT}/",
    f"{ROOT}/api": f"{ROOT}/api",
    f"{ROOT}/conformance": f"{ROOT}/conformance",
    f"{ROOT}/collections": f"{ROOT}/collections",
    LAYER: f"{ROOT}/collections/areas",
    f"{LAYER}/queryables": f"{ROOT}/collections/areas/queryables",
    f"{LAYER}/schema": f"{ROOT}/collections/areas/schema",
    f"{LAYER}/items": f"{ROOT}/collections/areas/items",
    f"{LAYER}/items/{{feature_id}}": f"{ROOT}/collections/areas/items/1",
}


def paths() -> set[tuple[str, str]]:
    """Method and path of each operation, as routes have them."""
    return {(method, path) for method in ("GET", "HEAD") for path in URLS}


@pytest.mark.parametrize("path", URLS)
async def test_every_role_is_answered_alike(api: Api, path: str) -> None:
    answers = {
        (answer := await api.http.get(URLS[path], headers=await headers_of(api, role))).headers.get(
            "ETag"
        )
        for role in ROLES
    }
    assert answer.status_code == 200
    assert len(answers) == 1
