"""Child cases from end to end: asked for, done by another department, and the parent goes on."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.actor import Actor, Role
from core.clock import utc_now
from core.db import transaction
from tests.support.casework import BUS_DEPARTMENT, HELPER, Staged, login, press, read, stage
from tests.support.client import Api
from tests.support.rows import counts, execute, fetch, fetch_one
from tests.support.worker import open_workshop, running_worker
from workflows import children

TASK = "Cắt điện để sửa nhà chờ"
FORM: dict[str, object] = {"department": HELPER, "text": TASK, "hours": 8}


async def coordinate(api: Api, case: Staged, **changes: object) -> Staged:
    """Ask another department; its child case, which that department works on."""
    before = {item["id"] for item in (await read(api, case))["relatives"]}
    answer = await press(api, case, "coordinate", FORM | changes)
    assert answer.status_code == 200, answer.text
    [child] = [item for item in answer.json()["relatives"] if item["id"] not in before]
    return Staged(child["id"], child["code"], child["department"]["code"], "")


WORK: list[tuple[str, dict[str, object], str]] = [
    ("accept", {}, "staff"),
    ("resolve", {"answer": "Đã cắt điện"}, "staff"),
    ("approve", {}, "supervisor"),
]


async def finish(api: Api, child: Staged) -> dict[str, Any]:
    """All that the other department does; the child as an operator sees it then."""
    for action, form, role in WORK:
        answer = await press(api, child, action, form, role)
        assert answer.status_code == 200, answer.text
    return await read(api, child)


async def settle(api: Api, *cases: str) -> None:
    """What the worker does once a child is done."""
    async with open_workshop(api, {}) as workshop:
        await workshop.settle(list(cases))


async def settle_jobs(api: Api, case: Staged) -> int:
    """How many jobs wait to look at the case."""
    row = await fetch_one(
        api,
        "select count(*) as n from procrastinate_jobs where task_name = 'workflows.settle'"
        " and args -> 'ids' ? %(id)s",
        id=case.id,
    )
    return row.n


async def steps(api: Api, case: Staged) -> list[tuple[str, str]]:
    timeline = (await read(api, case))["timeline"]
    return [(e["action"], e["actor"]["role"]) for e in timeline if e["kind"] == "step"]


async def test_the_parent_goes_on_by_itself_when_the_child_is_done(own_api: Api) -> None:
    api = own_api
    case = await stage(api, "in_progress")
    async with running_worker(api):
        child = await coordinate(api, case)
        assert (await read(api, case))["state"] == "coordinating"
        await finish(api, child)
        async with asyncio.timeout(20):
            while (await read(api, case))["state"] != "in_progress":
                await asyncio.sleep(0.1)
    assert (await steps(api, case))[-2:] == [("coordinate", "staff"), ("coordinated", "system")]
    resolved = await press(api, case, "resolve", {"answer": "Đã sửa nhà chờ"})
    assert resolved.json()["state"] == "approval"


async def test_the_child_is_in_the_other_departments_work_list(api: Api) -> None:
    case = await stage(api, "in_progress")
    child = await coordinate(api, case)
    for user, found in ((f"staff.{HELPER}", True), ("staff.ca", False)):
        headers = await api.staff(user)
        answer = await api.http.get("/v1/cases", params={"q": TASK}, headers=headers)
        items = {item["id"]: item for item in answer.json()["items"]}
        assert (child.id in items) is found
    item = {
        i["id"]: i
        for i in (
            await api.http.get(
                "/v1/cases", params={"q": TASK}, headers=await api.staff(f"staff.{HELPER}")
            )
        ).json()["items"]
    }[child.id]
    assert (item["is_child"], item["status"], item["state"]) == (True, "assigned", "assigned")
    assert item["summary"] == TASK
    assert item["department"]["code"] == HELPER
    assert [d["code"] for d in item["co_departments"]] == [BUS_DEPARTMENT]
    parent = await read(api, case)
    same = ("category", "location", "address", "area", "priority", "class")
    assert {name: item[name] for name in same} == {name: parent[name] for name in same}
    # Who asked sees how far it is; who was asked does not see all of the parent.
    seen = await api.http.get(child.url, headers=await login(api, case, "staff"))
    assert seen.status_code == 200
    assert (seen.json()["actions"], seen.json()["reports"]) == ([], [])
    asked = await api.staff(f"staff.{HELPER}")
    assert (await api.http.get(case.url, headers=asked)).status_code == 404


async def test_the_child_has_a_deadline_of_its_own(api: Api) -> None:
    case = await stage(api, "in_progress")
    short, usual = await coordinate(api, case), await coordinate(api, case, hours=None)
    for child, hours in ((short, 8), (usual, 40)):  # 40 is what the parent's rule gave
        row = await fetch_one(api, "select clocks, routing from cases where id = %(i)s", i=child.id)
        assert row.clocks["resolution"]["seconds"] == hours * 3600
        assert (row.routing["hours"], row.routing["certain"]) == (hours, True)
    why = await api.http.get(f"{short.url}/explain", headers=await api.staff("operator"))
    assert (why.json()["rule"], why.json()["reason"]) == (None, "Phối hợp xử lý")


async def test_a_child_is_told_to_its_department_and_closes_when_it_is_approved(api: Api) -> None:
    case = await stage(api, "in_progress")
    child = await coordinate(api, case)
    done = await finish(api, child)
    assert (done["state"], done["status"]) == ("closed", "closed")
    assert done["resolved_at"] is not None
    assert done["closed_at"] is not None
    assert await steps(api, child) == [
        ("file", "staff"),
        ("route", "system"),
        ("accept", "staff"),
        ("resolve", "staff"),
        ("approve", "supervisor"),
        ("publish", "system"),
        ("finish", "system"),
    ]
    told = await fetch(
        api,
        "select audience, template from announcements where case_id = %(id)s order by id",
        id=child.id,
    )
    assert ("department", "assigned") in [tuple(row) for row in told]


async def test_the_parent_waits_for_the_last_of_them(api: Api) -> None:
    case = await stage(api, "in_progress")
    first, second = await coordinate(api, case), await coordinate(api, case, department="ca")
    assert await settle_jobs(api, case) == 0
    await finish(api, first)
    assert await settle_jobs(api, case) == 1
    await settle(api, case.id)
    assert (await read(api, case))["state"] == "coordinating"
    await finish(api, second)
    assert await settle_jobs(api, case) == 2
    await settle(api, case.id, case.id)  # twice is once
    assert (await read(api, case))["state"] == "in_progress"
    assert [action for action, _ in await steps(api, case)].count("coordinated") == 1
    told = await fetch_one(
        api,
        "select audience, template from announcements where case_id = %(id)s order by id desc"
        " limit 1",
        id=case.id,
    )
    assert tuple(told) == ("department", "coordinated")
    await settle(api, case.id, str(uuid4()))  # neither nothing to do nor nobody is an error
    assert (await read(api, case))["state"] == "in_progress"


async def test_a_child_that_is_rejected_holds_up_nobody(api: Api) -> None:
    case = await stage(api, "in_progress")
    child = await coordinate(api, case)
    await press(api, child, "return", {"reason": "Không phải lưới điện của chúng tôi"})
    form: dict[str, object] = {
        "reason": "not_ours",
        "responsible": "Chủ đầu tư",
        "answer": "Lưới điện riêng",
    }
    rejected = await press(api, child, "reject", form, "operator")
    assert rejected.json()["status"] == "rejected"
    await settle(api, case.id)
    assert (await read(api, case))["state"] == "in_progress"


async def test_a_child_that_goes_to_a_third_department_is_still_waited_for(api: Api) -> None:
    case = await stage(api, "in_progress")
    child = await coordinate(api, case)
    form: dict[str, object] = {"department": "dienluc", "reason": "Lưới của Điện lực"}
    moved = await press(api, child, "transfer", form, "operator")
    assert moved.json()["department"]["code"] == "dienluc"
    await settle(api, case.id)
    assert (await read(api, case))["state"] == "coordinating"
    await finish(api, Staged(child.id, child.code, "dienluc", ""))
    await settle(api, case.id)
    assert (await read(api, case))["state"] == "in_progress"


async def test_a_job_that_got_lost_is_found_again(api: Api) -> None:
    case = await stage(api, "in_progress")
    child = await coordinate(api, case)
    await finish(api, child)
    await execute(
        api,
        "delete from procrastinate_jobs where task_name = 'workflows.settle'"
        " and args -> 'ids' ? %(id)s",
        id=case.id,
    )
    services = api.app.state.services

    async def unsettled(later: timedelta) -> bool:
        async with transaction(services.sessions, Actor(Role.OPERATOR)) as session:
            found = await children.list_unsettled(session, before=utc_now() + later)
        return UUID(case.id) in found

    assert not await unsettled(timedelta(seconds=-30))  # its own job has time
    assert await unsettled(timedelta(seconds=30))
    await settle(api, case.id)
    assert not await unsettled(timedelta(seconds=30))


async def test_the_public_sees_nothing_of_a_child(api: Api) -> None:
    case = await stage(api, "in_progress", location={"lat": 16.3100, "lon": 107.7500})
    child = await coordinate(api, case)
    await press(api, child, "accept", {"note": "mang theo thang"})
    shown = await api.http.get(case.report_url, params={"track_token": case.track_token})
    layer = await api.http.get("/v1/incidents.geojson")
    nearby = await api.http.get("/v1/reports/nearby", params={"lat": 16.31, "lon": 107.75})
    assert case.id in {item["id"] for item in nearby.json()["items"]}
    for answer in (shown, layer, nearby):
        assert answer.status_code == 200
        for secret in (child.id, child.code, TASK, "mang theo thang"):
            assert secret not in answer.text
    assert (shown.json()["status"], shown.json()["status_label"]) == ("in_progress", "Đang xử lý")
    looked_up = await api.http.get("/v1/reports/lookup", params={"code": child.code})
    assert looked_up.status_code == 404
    as_report = await api.http.get(
        f"/v1/reports/{child.id}", params={"track_token": case.track_token}
    )
    assert as_report.status_code == 404


async def test_time_goes_on_while_others_work(api: Api) -> None:
    """A citizen is promised a result, whoever has to do with it."""
    case = await stage(api, "in_progress")
    before = await read(api, case)
    await coordinate(api, case)
    after = await read(api, case)
    assert after["due_at"] == before["due_at"]
    assert [c["paused"] for c in after["clocks"] if c["name"] == "resolution"] == [False]


@pytest.mark.parametrize("action", ["coordinate", "duplicate"])
async def test_a_child_has_no_children_and_is_no_duplicate(api: Api, action: str) -> None:
    case, other = await stage(api, "in_progress"), await stage(api)
    child = await coordinate(api, case)
    await press(api, child, "accept", {})
    before = await counts(api)
    into: dict[str, object] = {"into": other.code}
    form = FORM if action == "coordinate" else into
    answer = await press(api, child, action, form, "operator")
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_offered")
    assert await counts(api) == before


async def test_a_case_with_open_children_is_no_duplicate(own_api: Api) -> None:
    """Not by the shipped process; and by no other: the other departments work for this case."""
    api = own_api
    case, other = await stage(api, "in_progress"), await stage(api)
    child = await coordinate(api, case)
    offered = await press(api, case, "duplicate", {"into": other.code}, "operator")
    assert (offered.status_code, offered.json()["code"]) == (409, "action_not_offered")
    document = (await fetch_one(api, "select document from process_versions")).document
    duplicate = document["actions"]["duplicate"]
    duplicate["from"].append("coordinating")
    duplicate["when"] = None
    await execute(api, "alter table process_versions disable trigger published_is_final")
    await execute(api, "update process_versions set document = %(d)s::json", d=json.dumps(document))
    await execute(api, "update city set revision = revision + 1")
    before = (await counts(api), await read(api, case), await read(api, other))
    refused = await press(api, case, "duplicate", {"into": other.code}, "operator")
    assert (refused.status_code, refused.json()["code"]) == (409, "case_has_children")
    assert "1" in refused.json()["detail"]
    assert (await counts(api), await read(api, case), await read(api, other)) == before
    await finish(api, child)
    await settle(api, case.id)
    merged = await press(api, case, "duplicate", {"into": other.code}, "operator")
    assert merged.json()["state"] == "duplicate"
