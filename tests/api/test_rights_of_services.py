"""Who may do what with the services around a case: every role on every route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.routes import answers, following, presence, relatives, views
from tests.support.casework import NOISE, NOISE_DEPARTMENT, Staged, stage
from tests.support.client import Api
from tests.support.rights import (
    CITIZENS,
    ELSEWHERE,
    HELPING,
    IN_CHARGE,
    ROLES,
    all_roles,
    headers_of,
)

ROUTERS = (answers, following, presence, relatives, views)
CITY_WIDE = ("operator", "leader", "analyst", "admin")
SUPERVISORS = ("supervisor_own", "supervisor_co", "supervisor_other")
STAFF_ONLY: dict[str | tuple[str, ...], int] = {"anonymous": 401, CITIZENS: 403}


@dataclass(frozen=True)
class Operation:
    """One route with a request that is right in itself, and what each role is answered.

    `case` is the state of the case it is about; `view` the role that shares the view it is about,
    `answer` the department of the canned answer ("" for all). `{other}` in the body is another
    case, which everybody sees who sees the first.
    """

    method: str
    path: str
    expected: dict[str, int]
    json: dict[str, Any] | None = None
    case: str | None = None
    view: str | None = None
    answer: str | None = None


def citizens(own: int, other: int) -> dict[str, int]:
    return all_roles(403, {"anonymous": 401, "citizen_own": own, "citizen_other": other})


def staff(status: int, exceptions: dict[str | tuple[str, ...], int]) -> dict[str, int]:
    return all_roles(status, STAFF_ONLY | exceptions)


VIEW = {"name": "x", "filter": {}}
ANSWER = {"title": "x", "text": "x"}
OWN_ANSWER = ANSWER | {"department": NOISE_DEPARTMENT}
CHILD = {"department": "hepco", "text": "x"}
REPORT, CASE = "/v1/reports/{report_id}", "/v1/cases/{case_id}"
COUNTING = ("analyst", "admin")
OPERATIONS = {
    # citizens
    "support": Operation("PUT", f"{REPORT}/support", citizens(409, 204), case="assigned"),
    "support no more": Operation("DELETE", f"{REPORT}/support", citizens(204, 204), case="assigned"),
    "follow": Operation("PUT", f"{REPORT}/follow", citizens(204, 204), case="assigned"),
    "follow no more": Operation("DELETE", f"{REPORT}/follow", citizens(204, 204), case="assigned"),
    # other cases
    "merge": Operation(
        "POST", f"{CASE}/merge",
        staff(403, {("supervisor_own", "operator"): 200, ELSEWHERE: 404}),
        {"into": "{other}"}, case="assigned",
    ),
    "unmerge": Operation(
        "POST", f"{CASE}/unmerge",
        staff(403, {("supervisor_own", "operator"): 200, "supervisor_other": 404}),
        case="duplicate",
    ),
    "open a child": Operation(
        "POST", f"{CASE}/children",
        staff(403, {(*IN_CHARGE, "operator"): 200, ELSEWHERE: 404}),
        CHILD, case="in_progress",
    ),
    "link": Operation(
        "POST", f"{CASE}/links", staff(201, {COUNTING: 403, ELSEWHERE: 404}),
        {"other": "{other}"}, case="assigned",
    ),
    "unlink": Operation(
        "DELETE", f"{CASE}/links/{{other}}", staff(204, {COUNTING: 403, ELSEWHERE: 404}),
        case="assigned",
    ),
    # colleagues
    "be present": Operation(
        "PUT", f"{CASE}/presence", staff(204, {COUNTING: 403, ELSEWHERE: 404}), case="assigned"
    ),
    "leave": Operation(  # whatever was taken out of sight meanwhile
        "DELETE", f"{CASE}/presence", staff(204, {COUNTING: 403}), case="assigned"
    ),
    # views
    "list views": Operation("GET", "/v1/views", staff(200, {})),
    "add a view": Operation("POST", "/v1/views", staff(201, {}), VIEW),
    "change a department's view": Operation(
        "PUT", "/v1/views/{view_id}", staff(404, {"staff_own": 200, "supervisor_own": 403}),
        VIEW, view="staff_own",
    ),
    "change a city-wide view": Operation(
        "PUT", "/v1/views/{view_id}",
        staff(404, {"leader": 200, ("operator", "analyst", "admin"): 403}),
        VIEW, view="leader",
    ),
    "delete a department's view": Operation(
        "DELETE", "/v1/views/{view_id}", staff(404, {"supervisor_own": 204, "staff_own": 403}),
        view="supervisor_own",
    ),
    "delete a city-wide view": Operation(
        "DELETE", "/v1/views/{view_id}",
        staff(404, {"analyst": 204, ("operator", "leader", "admin"): 403}),
        view="analyst",
    ),
    # canned answers
    "answers for a case": Operation(
        "GET", f"{CASE}/answers", staff(200, {ELSEWHERE: 404}), case="assigned"
    ),
    "list answers": Operation(
        "GET", "/v1/answers", staff(403, {(*SUPERVISORS, "operator", "admin"): 200})
    ),
    "add an answer of a department": Operation(
        "POST", "/v1/answers", staff(403, {("supervisor_own", "operator", "admin"): 201}), OWN_ANSWER
    ),
    "add an answer for all": Operation(
        "POST", "/v1/answers", staff(403, {("operator", "admin"): 201}), ANSWER
    ),
    "change an answer of a department": Operation(
        "PUT", "/v1/answers/{answer_id}",
        staff(403, {("supervisor_own", "operator", "admin"): 200, SUPERVISORS[1:]: 404}),
        OWN_ANSWER, answer=NOISE_DEPARTMENT,
    ),
    "change an answer for all": Operation(
        "PUT", "/v1/answers/{answer_id}", staff(403, {("operator", "admin"): 200}), ANSWER, answer=""
    ),
    "delete an answer of a department": Operation(
        "DELETE", "/v1/answers/{answer_id}",
        staff(403, {("supervisor_own", "operator", "admin"): 204, SUPERVISORS[1:]: 404}),
        answer=NOISE_DEPARTMENT,
    ),
    "delete an answer for all": Operation(
        "DELETE", "/v1/answers/{answer_id}", staff(403, {("operator", "admin"): 204}), answer=""
    ),
}  # fmt: skip
NAMES = {"report_id", "case_id", "view_id", "answer_id"}


def paths() -> set[tuple[str, str]]:
    """Method and path of each operation, as routes have them."""
    return {
        (operation.method, operation.path.replace("{other}", "{other_id}"))
        for operation in OPERATIONS.values()
    }


def test_every_route_of_the_services_stands_in_the_matrix() -> None:
    routes = {
        (method, str(context.path))
        for module in ROUTERS
        for context in iter_route_contexts(module.router.routes)
        for method in context.methods or ()
    }
    assert routes == paths()


async def send(api: Api, operation: Operation, role: str) -> httpx.Response:
    """The request of `role`, about things of its own that were made for it."""
    values, etag = await things_for(api, operation)
    body = {
        name: value.format(**values) if isinstance(value, str) else value
        for name, value in (operation.json or {}).items()
    }
    return await api.http.request(
        operation.method,
        operation.path.format(**values),
        json=body if operation.json is not None else None,
        headers={**(await headers_of(api, role)), **etag},
    )


async def things_for(api: Api, operation: Operation) -> tuple[dict[str, str], dict[str, str]]:
    values: dict[str, str] = {}
    etag: dict[str, str] = {}
    if operation.case:
        case, other = await two_cases(api, operation.case)
        values |= {"report_id": case.id, "case_id": case.id, "other": other.id}
        seen = await api.http.get(case.url, headers=await api.staff("operator"))
        etag = {"If-Match": seen.headers["ETag"]}
    if operation.view:
        owner = await headers_of(api, operation.view)
        saved = await api.http.post("/v1/views", json=VIEW | {"shared": True}, headers=owner)
        values["view_id"] = saved.json()["id"]
    if operation.answer is not None:
        body = ANSWER | {"department": operation.answer or None}
        written = await api.http.post("/v1/answers", json=body, headers=await api.staff("operator"))
        values["answer_id"] = str(written.json()["id"])
    return values, etag


async def two_cases(api: Api, state: str) -> tuple[Staged, Staged]:
    """A case in `state` that `citizen_own` filed, and another of the same departments."""
    own = await headers_of(api, "citizen_own")
    return await stage(api, state, category=NOISE, headers=own), await stage(api, category=NOISE)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    answered: dict[str, int] = {}
    for role in ROLES:
        answer = await send(api, operation, role)
        answered[role] = answer.status_code
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
    assert answered == operation.expected


async def test_what_is_refused_leaves_nothing_behind(api: Api) -> None:
    """Those who see the case but do not work on it: not even a link or a remark."""
    case, other = await two_cases(api, "assigned")
    operator = await api.staff("operator")
    before = (await api.http.get(case.url, headers=operator)).json()
    for role in ("anonymous", *CITIZENS, *HELPING, *ELSEWHERE, *CITY_WIDE[2:]):
        headers = {**(await headers_of(api, role)), "If-Match": f'"{before["rev"]}"'}
        for path, body in (("merge", {"into": other.id}), ("unmerge", None), ("children", CHILD)):
            answer = await api.http.post(f"{case.url}/{path}", json=body, headers=headers)
            assert answer.status_code in (401, 403, 404, 409), (role, path)
    assert (await api.http.get(case.url, headers=operator)).json() == before
