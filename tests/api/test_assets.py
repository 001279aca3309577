"""Picking an asset on the map: offered near the pin, checked when filed, shown to who may know."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.assets import bring, post
from tests.support.city import CENTRE, LIGHT, SIGN, Draft
from tests.support.client import Api
from tests.support.rows import counts, fetch, fetch_one

ASSET = {"layer": "lamps", "code": "12/034"}


@pytest.fixture
async def lamps(own_api: Api) -> Api:
    """The city with three lamp posts that reports of street lights may name."""
    far = post("12/900", north_m=900)
    await bring(
        own_api, "lamps", post("12/034", north_m=8, name="Cột 34"), post("12/035", north_m=30), far
    )
    return own_api


async def nearby(api: Api, **query: Any) -> httpx.Response:
    return await api.http.get("/v1/assets/nearby", params={**CENTRE, "category": LIGHT, **query})


def draft(**changes: object) -> dict[str, object]:
    return Draft(SIGN).body(asset=ASSET, **changes)


async def test_the_nearest_asset_is_offered_first(lamps: Api) -> None:
    items = (await nearby(lamps)).json()["items"]
    assert [(item["code"], item["name"]) for item in items] == [
        ("12/034", "Cột 34"),
        ("12/035", ""),
    ]
    assert items[0]["distance_m"] == pytest.approx(8, abs=0.1)
    assert items[0]["layer"] == "lamps"
    assert items[0]["location"]["lat"] == pytest.approx(CENTRE["lat"] + 8 / 111_320, abs=1e-6)
    assert len((await nearby(lamps, radius_m=10)).json()["items"]) == 1


async def test_only_assets_fit_for_the_category_are_offered(lamps: Api) -> None:
    assert (await nearby(lamps, category=SIGN)).json()["items"] == []
    admin = await lamps.staff("admin")
    row = (await lamps.http.get("/v1/admin/layers", headers=admin)).json()["items"][0]
    body = {key: row[key] for key in ("name", "name_en", "kind", "public", "min_zoom")}
    root = {**body, "categories": [LIGHT.split(".")[0]]}
    assert (
        await lamps.http.put("/v1/admin/layers/lamps", json=root, headers=admin)
    ).status_code == 200
    assert len((await nearby(lamps)).json()["items"]) == 2  # what holds for a root holds below it
    hidden = {**root, "public": False}
    assert (
        await lamps.http.put("/v1/admin/layers/lamps", json=hidden, headers=admin)
    ).status_code == 200
    assert (await nearby(lamps)).json()["items"] == []
    unknown = await nearby(lamps, category="traffic.nothing")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "?category")
    assert (await nearby(lamps, radius_m=501)).status_code == 422


async def test_a_report_names_its_asset(lamps: Api) -> None:
    filed = await lamps.file(draft())
    row = await fetch_one(
        lamps, "select asset_layer, asset_code from reports where id = %(id)s", id=filed["id"]
    )
    assert (row.asset_layer, row.asset_code) == ("lamps", "12/034")
    shown = {
        "layer": {"code": "lamps", "name": "Cột đèn"},
        "code": "12/034",
        "name": "Cột 34",
        "kind": "lamp",
    }
    own = f"/v1/reports/{filed['id']}?track_token={filed['track_token']}"
    assert (await lamps.http.get(own)).json()["asset"] == shown
    staff = await lamps.staff("staff.sxd")
    case = (await lamps.http.get(f"/v1/cases/{filed['id']}", headers=staff)).json()
    assert case["reports"][0]["asset"] == shown
    english = await lamps.http.get(own, headers={"Accept-Language": "en"})
    assert english.json()["asset"]["layer"]["name"] == "Lamp posts"


async def test_who_may_not_know_the_place_is_not_told_the_asset(lamps: Api) -> None:
    filed = await lamps.file(draft())
    by_code = await lamps.http.get("/v1/reports/lookup", params={"code": filed["code"]})
    assert by_code.json()["asset"] is None
    analyst = await lamps.staff("analyst")
    case = (await lamps.http.get(f"/v1/cases/{filed['id']}", headers=analyst)).json()
    assert case["reports"][0]["asset"] is None


async def test_an_asset_that_is_gone_keeps_its_code(lamps: Api) -> None:
    filed = await lamps.file(draft())
    admin = await lamps.staff("admin")
    gone = await lamps.http.delete("/v1/admin/layers/lamps/features/12/034", headers=admin)
    assert gone.status_code == 204
    own = await lamps.http.get(f"/v1/reports/{filed['id']}?track_token={filed['track_token']}")
    assert own.json()["asset"] == {
        "layer": {"code": "lamps", "name": "Cột đèn"}, "code": "12/034", "name": "", "kind": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asset", "pointer", "code"),
    [
        ({"layer": "trees", "code": "12/034"}, "/asset/layer", "layer_unknown"),
        ({"layer": "secret", "code": "1"}, "/asset/layer", "layer_unknown"),
        ({"layer": "lamps", "code": "12/036"}, "/asset/code", "asset_unknown"),
        ({"layer": "lamps", "code": "12/900"}, "/asset", "asset_too_far"),
        ({"layer": "lamps"}, "/asset/code", "field_required"),
        ({"layer": "lamps", "code": "12/034", "name": "x"}, "/asset/name", "field_unknown"),
    ],
)
async def test_an_asset_that_cannot_be_is_refused_and_nothing_is_written(
    lamps: Api, asset: dict[str, str], pointer: str, code: str
) -> None:
    await bring(lamps, "secret", post("1"), settings={"public": False})
    before = await counts(lamps)
    answer = await lamps.http.put(f"/v1/reports/{uuid4()}", json=Draft(SIGN).body(asset=asset))
    assert answer.status_code == 422
    told = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert told == [(pointer, code)]
    assert await counts(lamps) == before


async def test_the_asset_is_part_of_what_a_retry_must_repeat(lamps: Api) -> None:
    report_id = uuid4()
    url = f"/v1/reports/{report_id}"
    assert (await lamps.http.put(url, json=draft())).status_code == 201
    assert (await lamps.http.put(url, json=draft())).status_code == 200
    other = draft() | {"asset": {"layer": "lamps", "code": "12/035"}}
    assert (await lamps.http.put(url, json=other)).status_code == 409
    assert (await lamps.http.put(url, json=Draft(SIGN).body())).status_code == 409


async def test_a_retry_is_not_judged_by_what_the_layer_has_become(lamps: Api) -> None:
    report_id = uuid4()
    await lamps.file(draft(), report_id=report_id)
    admin = await lamps.staff("admin")
    await lamps.http.delete("/v1/admin/layers/lamps/features/12/034", headers=admin)
    again = await lamps.http.put(f"/v1/reports/{report_id}", json=draft())
    assert again.status_code == 200


async def test_the_same_asset_speaks_for_a_duplicate(lamps: Api) -> None:
    first, second, plain = [
        await lamps.file(body) for body in (draft(), draft(), Draft(SIGN).body())
    ]
    staff = await lamps.staff("staff.sxd")
    found = await lamps.http.get(f"/v1/cases/{first['id']}/duplicates", headers=staff)
    reasons = {
        item["id"]: [reason["code"] for reason in item["reasons"]] for item in found.json()["items"]
    }
    scores = {item["id"]: item["score"] for item in found.json()["items"]}
    assert "same_asset" in reasons[second["id"]]
    assert "same_asset" not in reasons[plain["id"]]
    assert scores[second["id"]] > scores[plain["id"]]


async def test_reports_of_before_keep_their_hash(lamps: Api) -> None:
    """A phone that repeats what it filed with the release before is answered, not refused."""
    await lamps.file(Draft(SIGN).body())
    rows = await fetch(lamps, "select asset_layer, asset_code from reports")
    assert [tuple(row) for row in rows] == [(None, None)]
