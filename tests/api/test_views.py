"""Saved views of the work list, and finding one's own cases."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from api.schemas.views import ViewFilter
from tests.support.casework import BUS_DEPARTMENT, login, press, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch_one

STAFF, SUPERVISOR = f"staff.{BUS_DEPARTMENT}", f"supervisor.{BUS_DEPARTMENT}"
FULL: dict[str, Any] = {
    "status": "open,resolved",
    "department": BUS_DEPARTMENT,
    "category": "traffic,energy.wire",
    "area": "19789",
    "assignee": "me",
    "overdue": True,
    "review": "any",
    "trust_below": 60,
    "bbox": "107.5,16.4,107.6,16.5",
    "q": "ngã tư",
    "opened_from": "2026-11-01T00:00:00+07:00",
    "opened_to": "2026-12-01T00:00:00+07:00",
    "resolved_from": "2026-11-01T00:00:00+07:00",
    "resolved_to": "2026-12-01T00:00:00Z",
    "public": True,
    "cell": "13222",
    "rating": "4,5",
    "reopened": False,
    "hotspot": 1,
    "alert": 1,
    "sort": "due",
}


def body(**changes: object) -> dict[str, object]:
    return {"name": "Của tôi", "filter": {"assignee": "me"}, "shared": False, **changes}


async def save(api: Api, user: str, **changes: object) -> dict[str, Any]:
    answer = await api.http.post("/v1/views", json=body(**changes), headers=await api.staff(user))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(api: Api, user: str) -> dict[str, dict[str, Any]]:
    answer = await api.http.get("/v1/views?limit=200", headers=await api.staff(user))
    assert answer.status_code == 200, answer.text
    return {view["id"]: view for view in answer.json()["items"]}


async def count(api: Api) -> int:
    return (await fetch_one(api, "select count(*) as n from saved_views")).n


def test_a_view_filters_by_what_the_list_filters_by(api: Api) -> None:
    operation = api.app.openapi()["paths"]["/v1/cases"]["get"]
    query = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
    assert set(ViewFilter.model_fields) == query - {"limit", "cursor"} == set(FULL)


async def test_there_and_back(api: Api) -> None:
    saved = await save(api, STAFF, name="  Việc hôm nay ", filter=FULL, shared=True)
    assert saved["name"] == "Việc hôm nay"
    assert (saved["filter"], saved["shared"], saved["mine"]) == (FULL, True, True)
    assert saved["owner"] == "Cán bộ Sở Xây dựng"
    # What it holds, the work list takes as its query.
    answer = await api.http.get("/v1/cases", params=saved["filter"], headers=await api.staff(STAFF))
    assert answer.status_code == 200, answer.text


async def test_what_is_empty_filters_nothing(api: Api) -> None:
    saved = await save(api, STAFF, filter={"status": None, "overdue": False})
    assert saved["filter"] == {"overdue": False}


async def test_only_the_owner_sees_what_is_not_shared(api: Api) -> None:
    view = (await save(api, STAFF))["id"]
    assert view in await listed(api, STAFF)
    for user in (SUPERVISOR, "staff.hepco", "operator", "admin"):
        assert view not in await listed(api, user)
        headers = await api.staff(user)
        for method in ("PUT", "DELETE"):
            answer = await api.http.request(
                method, f"/v1/views/{view}", json=body(), headers=headers
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "view_not_found")


@pytest.mark.parametrize(
    ("owner", "team", "others"),
    [
        (STAFF, (SUPERVISOR,), ("staff.hepco", "supervisor.hepco", "operator", "analyst")),
        (SUPERVISOR, (STAFF,), ("staff.hepco", "operator", "leader")),
        ("operator", ("leader", "analyst", "admin"), (STAFF, SUPERVISOR, "staff.hepco")),
    ],
)
async def test_the_team_sees_what_is_shared_and_leaves_it_as_it_is(
    api: Api, owner: str, team: tuple[str, ...], others: tuple[str, ...]
) -> None:
    view = (await save(api, owner, shared=True))["id"]
    for user in team:
        seen = (await listed(api, user))[view]
        assert seen["mine"] is False
        headers = await api.staff(user)
        for method in ("PUT", "DELETE"):
            answer = await api.http.request(
                method, f"/v1/views/{view}", json=body(name="Khác"), headers=headers
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "view_not_yours")
    for user in others:
        assert view not in await listed(api, user)
    assert (await listed(api, owner))[view]["name"] == "Của tôi"


async def test_the_owner_changes_and_deletes_it(api: Api) -> None:
    headers = await api.staff(STAFF)
    saved = await save(api, STAFF, shared=True)
    url = f"/v1/views/{saved['id']}"
    answer = await api.http.put(url, json=body(name="Khác", filter={}), headers=headers)
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["name"], changed["filter"], changed["shared"]) == ("Khác", {}, False)
    assert changed["updated_at"] > saved["updated_at"]
    assert saved["id"] not in await listed(api, SUPERVISOR)
    assert (await api.http.delete(url, headers=headers)).status_code == 204
    assert saved["id"] not in await listed(api, STAFF)
    assert (await api.http.delete(url, headers=headers)).status_code == 404


async def test_the_pages_hold_every_view_once_by_name(own_api: Api) -> None:
    headers = await own_api.staff(STAFF)
    for name in ("b", "a", "c", "a", "Đ"):
        await save(own_api, STAFF, name=name)
    names: list[str] = []
    ids: set[str] = set()
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await own_api.http.get("/v1/views", params=params, headers=headers)).json()
        names += [view["name"] for view in page["items"]]
        ids |= {view["id"] for view in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["a", "a", "b", "c", "Đ"]
    assert len(ids) == 5
    bad = await own_api.http.get("/v1/views", params={"cursor": "abc"}, headers=headers)
    assert [e["pointer"] for e in bad.json()["errors"]] == ["?cursor"]


FAULTS: list[tuple[dict[str, object], str, str]] = [
    ({"name": ""}, "/name", "field_required"),
    ({"name": " "}, "/name", "field_required"),
    ({"name": "x" * 81}, "/name", "text_too_long"),
    ({"name": 5}, "/name", "not_a_text"),
    ({"shared": "yes"}, "/shared", "not_a_flag"),
    ({"owner": "me"}, "/owner", "field_unknown"),
    ({"filter": []}, "/filter", "not_an_object"),
    ({"filter": {"colour": "red"}}, "/filter/colour", "field_unknown"),
    ({"filter": {"limit": 5}}, "/filter/limit", "field_unknown"),
    ({"filter": {"status": "bogus"}}, "/filter/status", "not_a_choice"),
    ({"filter": {"status": ["open"]}}, "/filter/status", "not_a_text"),
    ({"filter": {"assignee": "you"}}, "/filter/assignee", "not_an_assignee"),
    ({"filter": {"overdue": "true"}}, "/filter/overdue", "not_a_flag"),
    ({"filter": {"bbox": "1,2,3"}}, "/filter/bbox", "bad_bbox"),
    ({"filter": {"q": "a\0"}}, "/filter/q", "not_a_text"),
    ({"filter": {"q": "x" * 201}}, "/filter/q", "text_too_long"),
    ({"filter": {"sort": "name"}}, "/filter/sort", "not_a_choice"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), FAULTS)
async def test_a_fault_is_named_and_nothing_is_kept(
    api: Api, changes: dict[str, object], pointer: str, code: str
) -> None:
    headers = await api.staff(STAFF)
    view = await save(api, STAFF)
    before = await count(api)
    for method, url in (("POST", "/v1/views"), ("PUT", f"/v1/views/{view['id']}")):
        answer = await api.http.request(method, url, json=body(**changes), headers=headers)
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await count(api) == before
    assert (await listed(api, STAFF))[view["id"]] == view


async def test_a_view_needs_a_name_and_a_filter(api: Api) -> None:
    answer = await api.http.post("/v1/views", json={}, headers=await api.staff(STAFF))
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/name", "/filter"]


async def test_an_unknown_view_is_not_found(api: Api) -> None:
    headers = await api.staff(STAFF)
    for method in ("PUT", "DELETE"):
        answer = await api.http.request(
            method, f"/v1/views/{uuid4()}", json=body(), headers=headers
        )
        assert answer.status_code == 404


# Whose cases -------------------------------------------------------------------------------------


async def test_my_cases_and_nobodys(api: Api) -> None:
    mine, nobodys, anothers = [await stage(api) for _ in range(3)]
    assert (await press(api, mine, "take", {}, "staff")).status_code == 200
    staff, supervisor = await login(api, mine, "staff"), await login(api, mine, "supervisor")
    person = (await api.http.get("/v1/me", headers=staff)).json()["id"]
    boss = (await api.http.get("/v1/me", headers=supervisor)).json()["id"]
    await execute(
        api, "update cases set assignee = %(p)s where id = %(id)s", p=boss, id=anothers.id
    )

    async def found(headers: dict[str, str], assignee: str) -> set[str]:
        answer = await api.http.get(
            "/v1/cases", params={"assignee": assignee, "limit": 200}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json()["items"]} & {
            mine.id, nobodys.id, anothers.id,
        }  # fmt: skip

    assert await found(staff, "me") == {mine.id}
    assert await found(supervisor, "me") == {anothers.id}
    assert await found(staff, "none") == {nobodys.id}
    assert await found(supervisor, person) == {mine.id}
    assert await found(await api.staff("operator"), "me") == set()
