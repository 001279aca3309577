"""Requests about personal data: on the law's clocks, seen by whom they concern, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.routes import person_requests as routes
from core.clock import utc_now
from tests.support.casework import stage
from tests.support.client import Api
from tests.support.rights import CITIZENS, ROLES, all_roles, headers_of
from tests.support.rows import counts, execute, fetch, fetch_one
from tests.support.worker import open_workshop
from workflows.configuration import ConfigurationCache
from workflows.person_requests import DAYS, load_process, sweep_requests, tell
from workflows.process_check import check_states
from workflows.process_expressions import check_expressions
from workflows.process_graph import check_loops

PAPER: dict[str, object] = {
    "kind": "correction",
    "text": "Sửa số điện thoại",
    "requester": "Bà Trần Thị Giấy, 12 Lê Lợi",
    "source": "paper",
}


async def ask(api: Api, kind: str = "correction", **headers: str) -> dict[str, Any]:
    headers = headers or await api.citizen()
    answer = await api.http.post(
        "/v1/me/requests", json={"kind": kind, "text": "Xin sửa tên"}, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(
    api: Api, request: dict[str, Any], action: str, headers: dict[str, str], **form: str
) -> httpx.Response:
    url = f"/v1/person-requests/{request['id']}"
    seen = await api.http.get(url, headers=headers)
    return await api.http.post(
        f"{url}/actions/{action}", json=form, headers=headers | {"If-Match": seen.headers["ETag"]}
    )


def test_its_process_is_sound() -> None:
    process = load_process()
    assert [*check_states(process), *check_loops(process), *check_expressions(process)] == []


@pytest.mark.parametrize("kind", [kind for kind in DAYS if kind != "access"])
async def test_the_laws_clocks_run_from_the_start(own_api: Api, kind: str) -> None:
    before = utc_now()
    request = await ask(own_api, kind)
    clocks = {clock["name"]: clock for clock in request["clocks"]}
    assert set(clocks) == {"answer", "fulfil"}
    due = datetime.fromisoformat(clocks["fulfil"]["due_at"])
    assert timedelta(days=DAYS[kind]) <= due - before < timedelta(days=DAYS[kind], minutes=5)
    assert request["due_at"] == clocks["fulfil"]["due_at"]
    answer = datetime.fromisoformat(clocks["answer"]["due_at"])
    # Two working days: with a weekend or a holiday between, more than two.
    assert timedelta(days=1) < answer - before < timedelta(days=14)
    cache = ConfigurationCache()
    async with open_workshop(own_api, {}) as workshop, workshop.sessions() as session:
        city = await cache.newest(session)
    assert city.working.between(before, answer) == pytest.approx(16 * 3600, abs=5)


async def test_a_request_goes_its_way_and_the_person_sees_it(own_api: Api) -> None:
    request = await ask(own_api)
    operator, citizen = await own_api.staff("operator"), await own_api.citizen()
    assert [action["name"] for action in request["actions"]] == ["withdraw"]
    late = await own_api.http.post(
        f"/v1/person-requests/{request['id']}/actions/accept",
        json={"answer": "x"},
        headers=operator,
    )
    assert late.status_code == 428
    empty = await act(own_api, request, "accept", operator)
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/answer")
    accepted = await act(own_api, request, "accept", operator, answer="Sẽ sửa trong tuần")
    assert accepted.status_code == 200, accepted.text
    assert [clock["name"] for clock in accepted.json()["clocks"]] == ["fulfil"]
    extended = await act(own_api, request, "extend", operator, reason="Cần đối chiếu giấy tờ")
    later = datetime.fromisoformat(extended.json()["due_at"])
    assert later - datetime.fromisoformat(request["due_at"]) == timedelta(days=15)
    again = await act(own_api, request, "extend", operator, reason="nữa")
    assert (again.status_code, again.json()["code"]) == (409, "action_not_offered")
    done = await act(own_api, request, "complete", operator, answer="Đã sửa")
    assert (done.json()["status"], done.json()["answer"]) == ("closed", "Đã sửa")
    url = f"/v1/person-requests/{request['id']}"
    mine = (await own_api.http.get(url, headers=citizen)).json()
    assert [event["action"] for event in mine["events"]] == [
        "file", "accept", "extend", "complete",
    ]  # fmt: skip
    assert mine["clocks"] == []
    async with open_workshop(own_api, {}) as workshop:
        await workshop.sweep_requests()
        await workshop.sweep_requests()
    inbox = (await own_api.http.get("/v1/me/notifications", headers=citizen)).json()["items"]
    assert len(inbox) == 3
    assert all(request["code"] in item["title"] for item in inbox)


async def test_what_the_system_can_do_is_done_at_once_with_proof(own_api: Api) -> None:
    request = await ask(own_api, "access")
    assert request["status"] == "closed"
    assert "Dữ liệu của tôi" in request["answer"]
    assert [event["action"] for event in request["events"]] == ["file", "finish"]
    assert request["clocks"] == []


async def test_late_answers_are_told_once(own_api: Api) -> None:
    request = await ask(own_api)
    async with open_workshop(own_api, {}) as workshop:
        for days in (0, 8, 8, 30, 30):
            await sweep_requests(
                workshop.sessions, workshop.cache, now=utc_now() + timedelta(days=days)
            )
            await tell(workshop.sessions, workshop.cache, now=utc_now())
    marks = await fetch(
        own_api,
        "select action from person_request_events where kind = 'mark' order by rev, seq",
    )
    assert sorted(row.action for row in marks) == [
        "answer_late", "answer_soon", "fulfil_late", "fulfil_soon",
    ]  # fmt: skip
    row = await fetch_one(own_api, "select overdue, wake_at from person_requests")
    assert (row.overdue, row.wake_at) == (True, None)
    told = await fetch(
        own_api,
        "select distinct data->>'template' as t from notifications where channel = 'inbox'",
    )
    assert {row.t for row in told} == {
        "person_request_new", "person_request_soon", "person_request_late",
    }  # fmt: skip
    assert request["code"]


async def test_on_paper_the_clocks_run_as_well_and_who_it_is_is_sealed(own_api: Api) -> None:
    operator = await own_api.staff("operator")
    filed = await own_api.http.post("/v1/person-requests", json=PAPER, headers=operator)
    assert filed.status_code == 201, filed.text
    assert filed.json()["requester"] == PAPER["requester"]
    assert filed.json()["source"] == "paper"
    row = await fetch_one(own_api, "select * from person_requests")
    assert "Trần Thị Giấy" not in str(row)
    access = await own_api.http.post(
        "/v1/person-requests", json=PAPER | {"kind": "access"}, headers=operator
    )
    assert access.json()["status"] == "received"  # a person looks who it is


async def test_it_is_no_field_report_anywhere(own_api: Api) -> None:
    before = await counts(own_api)
    operator = await own_api.staff("operator")
    lists = ("/v1/cases", "/v1/incidents.geojson", "/ogc/collections/cases/items?f=json")
    seen = [(await own_api.http.get(url, headers=operator)).json() for url in lists]
    await ask(own_api)
    grown = {name for name, count in (await counts(own_api)).items() if count != before[name]}
    assert grown <= {"notifications", "procrastinate_jobs"}
    after = [(await own_api.http.get(url, headers=operator)).json() for url in lists]
    for one, other in zip(seen, after, strict=True):
        for name in ("items", "features", "numberMatched"):
            assert one.get(name) == other.get(name)


async def test_whoever_is_forgotten_leaves_that_they_asked_and_not_what(own_api: Api) -> None:
    headers = await own_api.citizen()
    await ask(own_api, **headers)
    await own_api.http.delete("/v1/me", headers=headers)
    async with open_workshop(own_api, {}) as workshop:
        await workshop.go_on_erasing()
    rows = await fetch(own_api, "select * from person_requests order by opened_at")
    assert [(row.kind, row.person_id, row.text) for row in rows] == [
        ("correction", None, ""),
        ("erasure", None, ""),
    ]
    assert rows[1].status == "closed"
    erasure = await fetch_one(own_api, "select request_id from erasures")
    assert erasure.request_id == rows[1].id


# Rights ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """One route, and what each role is answered; the request is one of `citizen_own`, its
    department one that none of the roles works in.
    """

    method: str
    path: str
    expected: dict[str, int]
    json: dict[str, object] | None = None


ONE = "/v1/person-requests/{request_id}"
OWN = all_roles(403, {"anonymous": 401})
HANDLED = all_roles(404, {"anonymous": 404, "citizen_own": 200, "operator": 200})
STAFF = ("staff_own", "staff_co", "staff_other", "supervisor_own", "supervisor_co")
LIST = all_roles(403, {"anonymous": 401, (*STAFF, "supervisor_other", "operator"): 200})
HOLD = "/v1/cases/{case_id}/hold"
HOLDING = all_roles(403, {"anonymous": 401, ("operator", "leader"): 204})
OPERATIONS = {
    "ask": Operation(
        "POST", "/v1/me/requests", OWN | dict.fromkeys(CITIZENS, 201), {"kind": "access"}
    ),
    "mine": Operation("GET", "/v1/me/requests", OWN | dict.fromkeys(CITIZENS, 200)),
    "list": Operation("GET", "/v1/person-requests", LIST),
    "on behalf": Operation(
        "POST",
        "/v1/person-requests",
        {role: 201 if status == 200 else status for role, status in LIST.items()},
        PAPER,
    ),
    "read": Operation("GET", ONE, HANDLED),
    "hold": Operation("PUT", HOLD, HOLDING, {"reason": "Công văn 12/CA"}),
    "release": Operation("DELETE", HOLD, HOLDING),
    "act": Operation(
        "POST", ONE + "/actions/{action}", HANDLED | {"operator": 428, "citizen_own": 200}, {}
    ),
}  # fmt: skip


def paths() -> set[tuple[str, str]]:
    return {(operation.method, operation.path) for operation in OPERATIONS.values()}


def test_every_route_stands_in_the_matrix() -> None:
    found = {
        (method, context.path)
        for context in iter_route_contexts(routes.router.routes)
        for method in context.methods or ()
    }
    assert found == paths()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(own_api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    answered: dict[str, int] = {}
    case = await stage(own_api)
    for role in ROLES:
        request = await ask(own_api, **(await headers_of(own_api, "citizen_own")))
        await execute(own_api, "update person_requests set department = 'sxd'")
        answer = await own_api.http.request(
            operation.method,
            operation.path.format(request_id=request["id"], case_id=case.id, action="withdraw"),
            json=operation.json,
            headers=await headers_of(own_api, role),
        )
        answered[role] = answer.status_code
    assert answered == operation.expected
