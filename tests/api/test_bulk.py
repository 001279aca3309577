"""One action on many cases: a result for each, and undo within a minute."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.casework import BUS_DEPARTMENT, Staged, login, read, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch

PRIORITY = {"priority": 1, "reason": "Mưa lớn"}


async def chosen(api: Api, *cases: Staged) -> list[dict[str, Any]]:
    """The cases as somebody who ticks them in the work list sends them."""
    return [{"id": case.id, "rev": (await read(api, case))["rev"]} for case in cases]


async def on_all(
    api: Api, action: str, cases: list[dict[str, Any]], form: dict[str, object], user: str
) -> httpx.Response:
    return await api.http.post(
        "/v1/cases/actions",
        json={"action": action, "cases": cases, "form": form},
        headers=await api.staff(user),
    )


async def test_each_case_has_its_own_result(api):
    fresh, changed, waiting = [await stage(api, s) for s in ("assigned", "assigned", "waiting")]
    cases = await chosen(api, fresh, changed, waiting)
    cases[1]["rev"] -= 1
    answer = await on_all(api, "prioritise", cases, PRIORITY, "operator")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [item["id"] for item in body["items"]] == [fresh.id, changed.id, waiting.id]
    assert body["done"] == 1
    assert body["items"][0]["rev"] == cases[0]["rev"] + 1
    assert body["items"][0]["problem"] is None
    problems = [item["problem"]["code"] for item in body["items"][1:]]
    assert problems == ["case_changed", "action_not_offered"]
    assert [(await read(api, case))["priority"] for case in (fresh, changed, waiting)] == [1, 4, 4]


async def test_a_faulty_form_is_named_for_each_case(api):
    cases = await chosen(api, await stage(api), await stage(api))
    answer = await on_all(api, "prioritise", cases, {"priority": 9}, "operator")
    for item in answer.json()["items"]:
        pointers = {error["pointer"] for error in item["problem"]["errors"]}
        assert pointers == {"/form/priority", "/form/reason"}
        assert item["rev"] is None


async def test_nobody_acts_on_cases_that_are_not_theirs(api):
    case = await stage(api)
    answer = await on_all(api, "take", await chosen(api, case), {}, "staff.hepco")
    assert answer.json()["items"][0]["problem"]["code"] == "case_not_found"
    anonymous = await api.http.post(
        "/v1/cases/actions", json={"action": "take", "cases": [{"id": case.id, "rev": 1}]}
    )
    assert anonymous.status_code == 401


async def test_it_is_taken_back_as_if_it_had_not_been(api):
    case = await stage(api)
    before = await read(api, case)
    done = (await on_all(api, "prioritise", await chosen(api, case), PRIORITY, "operator")).json()
    assert done["undo_until"] is not None
    undone = await undo(api, done["id"], "operator")
    assert undone.status_code == 200, undone.text
    assert undone.json()["done"] == 1
    after = await read(api, case)
    assert after["rev"] == before["rev"] + 2
    assert after["timeline"][-1]["label"] == "Hoàn tác"
    kept = ("state", "status", "priority", "department", "assignee", "due_at", "clocks", "actions")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


async def test_it_is_taken_back_once(api):
    done = (
        await on_all(api, "prioritise", await chosen(api, await stage(api)), PRIORITY, "operator")
    ).json()
    assert (await undo(api, done["id"], "operator")).status_code == 200
    again = await undo(api, done["id"], "operator")
    assert (again.status_code, again.json()["code"]) == (409, "undo_not_possible")


async def test_what_somebody_touched_since_stays(api):
    touched, other = await stage(api), await stage(api)
    done = (
        await on_all(api, "prioritise", await chosen(api, touched, other), PRIORITY, "operator")
    ).json()
    assert (await api.act(touched.id, "accept", {}, await login(api, touched, "staff"))).is_success
    body = (await undo(api, done["id"], "operator")).json()
    problems = {item["id"]: item["problem"] and item["problem"]["code"] for item in body["items"]}
    assert problems == {touched.id: "case_changed", other.id: None}
    assert (await read(api, touched))["priority"] == 1


async def test_after_a_minute_it_stays(own_api):
    case = await stage(own_api)
    done = (
        await on_all(own_api, "prioritise", await chosen(own_api, case), PRIORITY, "operator")
    ).json()
    await execute(own_api, "update bulk_actions set at = at - interval '61 seconds'")
    late = await undo(own_api, done["id"], "operator")
    assert (late.status_code, late.json()["code"]) == (409, "undo_too_late")
    assert (await read(own_api, case))["priority"] == 1


async def test_only_who_did_it_takes_it_back(api):
    done = (
        await on_all(api, "prioritise", await chosen(api, await stage(api)), PRIORITY, "operator")
    ).json()
    other = await undo(api, done["id"], f"supervisor.{BUS_DEPARTMENT}")
    assert (other.status_code, other.json()["code"]) == (404, "bulk_action_not_found")


async def test_what_the_citizen_was_told_is_not_taken_back(api):
    cases = await chosen(api, await stage(api), await stage(api))
    done = (await on_all(api, "accept", cases, {}, f"staff.{BUS_DEPARTMENT}")).json()
    assert (done["done"], done["undo_until"]) == (2, None)
    refused = await undo(api, done["id"], f"staff.{BUS_DEPARTMENT}")
    assert (refused.status_code, refused.json()["code"]) == (409, "undo_not_possible")


async def test_a_case_chosen_twice_is_moved_once(api):
    cases = await chosen(api, await stage(api)) * 2
    body = (await on_all(api, "prioritise", cases, PRIORITY, "operator")).json()
    assert body["done"] == 1
    assert body["items"][1]["problem"]["code"] == "case_changed"


async def test_more_than_two_hundred_are_refused(api):
    case = await stage(api)
    answer = await on_all(api, "take", [{"id": case.id, "rev": 1}] * 201, {}, "operator")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cases"
    taken = "select 1 from case_events where action = 'take' and case_id = %(id)s"
    assert await fetch(api, taken, id=case.id) == []


async def undo(api: Api, bulk_id: str, user: str) -> httpx.Response:
    return await api.http.post(f"/v1/cases/actions/{bulk_id}/undo", headers=await api.staff(user))
