"""Who sees what on the live map: every role on its routes, and which cases their tiles hold."""

from __future__ import annotations

import pytest

from gis.tile_grid import tile_at
from tests.support.casework import BUS, HIDDEN, stage
from tests.support.city import CENTRE
from tests.support.client import Api
from tests.support.mvt import decode
from tests.support.rights import HELPING, ROLES, all_roles, headers_of

TILE = tile_at(CENTRE["lat"], CENTRE["lon"], 16)
URLS = {
    ("GET", "/tiles/{layer}/{z}/{x}/{y}.mvt"): (f"/tiles/open_cases/16/{TILE.x}/{TILE.y}.mvt", {}),
    ("GET", "/tiles/{layer}.json"): ("/tiles/open_cases.json", {}),
    # The feed has no end that this client would wait for: everybody comes as far as its headers.
    # What each is told is in tests/integration/test_live_feed.py.
    ("GET", "/v1/incidents/stream"): ("/v1/incidents/stream", {"Last-Event-ID": "x"}),
}
EXPECTED = {
    ("GET", "/tiles/{layer}/{z}/{x}/{y}.mvt"): all_roles(200),
    ("GET", "/tiles/{layer}.json"): all_roles(200),
    ("GET", "/v1/incidents/stream"): all_roles(422),
}
# HIDDEN is routed to the department that only helps with the case of the other matrix.
SEES_HIDDEN = (*HELPING, "operator", "leader", "analyst", "admin")


def paths() -> set[tuple[str, str]]:
    """Method and path of each operation, as routes have them."""
    return set(URLS)


@pytest.mark.parametrize("operation", URLS, ids=str)
async def test_each_role_is_answered_as_the_matrix_says(
    api: Api, operation: tuple[str, str]
) -> None:
    await stage(api, category=BUS)
    url, headers = URLS[operation]
    answered = {
        role: (await api.http.get(url, headers=headers | await headers_of(api, role))).status_code
        for role in ROLES
    }
    assert answered == EXPECTED[operation]


async def test_each_role_has_the_cases_it_may_have_in_tiles_and_geojson(own_api: Api) -> None:
    await stage(own_api, category=BUS)
    await stage(own_api, category=HIDDEN)
    for role in ROLES:
        headers = await headers_of(own_api, role)
        answer = await own_api.http.get(
            URLS["GET", "/tiles/{layer}/{z}/{x}/{y}.mvt"][0], headers=headers
        )
        found = decode(answer.content, TILE.z, TILE.x, TILE.y)
        expected = {BUS, HIDDEN} if role in SEES_HIDDEN else {BUS}
        assert {feature.properties["category"] for feature in found} == expected, role
        layer = (await own_api.http.get("/v1/incidents.geojson", headers=headers)).json()
        assert {f["properties"]["category"] for f in layer["features"]} == expected, role
