"""A granted request for restriction takes effect by itself, and ends when it is lifted."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from core.actor import Actor, Role
from core.clock import utc_now
from core.settings import RetentionSettings
from tests.api.test_person_requests import act, ask
from tests.support.casework import NOISE, Staged, login, press, read, stage
from tests.support.client import Api
from tests.support.photo_desk import (
    agreement,
    decide,
    public_files,
    publication,
    publish,
    with_photo,
)
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import RecordingChannel, open_workshop
from workflows import merging
from workflows.retention import end_what_is_over

Headers = dict[str, str]


def new_phone() -> str:
    return f"+8490{uuid4().int % 10_000_000:07d}"


async def run_jobs(api: Api) -> None:
    """What the queue would have done by now about restrictions."""
    jobs = await fetch(api, "select task_name, args->'ids' as ids from procrastinate_jobs")
    async with open_workshop(api, {}) as workshop:
        does = {
            "workflows.restrict": workshop.restrict,
            "workflows.mark_restricted": workshop.mark_restricted,
        }
        for job in jobs:
            if job.task_name in does:
                await does[job.task_name](job.ids)


async def granted(api: Api, headers: Headers) -> dict[str, Any]:
    """A request for restriction that an operator has granted, with its effects."""
    request = await ask(api, "restriction", **headers)
    done = await act(
        api, request, "complete", await api.staff("operator"), answer="Đã hạn chế theo yêu cầu."
    )
    assert done.status_code == 200, done.text
    await run_jobs(api)
    return request


async def is_public(api: Api, case: Staged) -> bool:
    """Whether the case is on the public page and on the public's map alike."""
    page = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    items = await api.http.get(f"/ogc/collections/open_cases/items/{case.id}")
    assert (page.status_code, items.status_code) in ((200, 200), (404, 404))
    return page.status_code == 200


async def visibility(api: Api, case: Staged) -> str:
    found = await fetch_one(api, "select visibility from cases where id = %(id)s", id=case.id)
    return found.visibility


async def marks(api: Api, case: Staged) -> list[str]:
    timeline = (await read(api, case))["timeline"]
    return [e["action"] for e in timeline if e["action"].startswith("restrict")]


async def reporters(api: Api, case: Staged, headers: Headers) -> list[bool]:
    answer = await api.http.get(
        f"{case.url}/reporters", params={"reason": "Gọi lại"}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return [item["restricted"] for item in answer.json()["items"]]


async def test_nothing_of_it_is_public_any_more_and_work_goes_on(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case, photo_id = await with_photo(api, headers=headers)
    await decide(api, case, photo_id)
    await publish(api, photo_id)
    closed = await stage(api, "closed", category=NOISE, headers=headers)
    strange = await stage(api)
    [shown] = (await api.http.get("/v1/reports/lookup", params={"code": case.code})).json()[
        "photos"
    ]
    assert await is_public(api, case)
    await granted(api, headers)

    assert not await is_public(api, case)
    assert await visibility(api, closed) == "hidden"
    assert await is_public(api, strange)
    assert (await api.http.get(shown["large_url"])).status_code == 404
    await publish(api, photo_id)
    assert public_files(api, photo_id) == set()
    # Staff see that it is restricted, and why the photo is not to be had.
    assert await marks(api, case) == ["restricted"]
    assert await reporters(api, case, await api.staff("operator")) == [True]
    assert await reporters(api, strange, await api.staff("operator")) == []
    seen = await publication(api, case, photo_id, "operator")
    assert [reason["code"] for reason in seen["against"]] == ["photo_of_hidden_case"]
    # The case itself goes on, and its reporter hears of it.
    await execute(api, "update announcements set fanned_out_at = now()")
    assert (await press(api, case, "accept", {})).status_code == 200
    mine = await api.http.get(case.report_url, headers=headers)
    assert (mine.status_code, mine.json()["status"]) == (200, "in_progress")
    async with open_workshop(api, {"push": RecordingChannel()}) as workshop:
        ids = await fetch(api, "select id from announcements where fanned_out_at is null")
        await workshop.fan_out([row.id for row in ids])
    inbox = (await api.http.get("/v1/me/notifications", headers=headers)).json()["items"]
    assert any(case.code in item["title"] + item["body"] for item in inbox)


async def test_it_is_done_once_and_noted_once(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case = await stage(api, headers=headers)
    await granted(api, headers)
    await run_jobs(api)
    async with open_workshop(api, {}) as workshop:
        await workshop.end_what_is_over()
    assert await marks(api, case) == ["restricted"]


async def test_what_a_lost_job_left_undone_is_done_by_the_next_round(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case = await stage(api, headers=headers)
    request = await ask(api, "restriction", **headers)
    await act(api, request, "complete", await api.staff("operator"), answer="Đã hạn chế.")
    await execute(api, "delete from procrastinate_jobs where task_name = 'workflows.restrict'")
    async with open_workshop(api, {}) as workshop:
        await workshop.end_what_is_over()
    assert not await is_public(api, case)


@pytest.mark.parametrize("action", ["refuse", "accept"])
async def test_only_what_is_granted_takes_effect(own_api: Api, action: str) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case = await stage(api, headers=headers)
    request = await ask(api, "restriction", **headers)
    form = {"reason": "Không có căn cứ"} if action == "refuse" else {"answer": "Đang xem xét"}
    answer = await act(api, request, action, await api.staff("operator"), **form)
    assert answer.status_code == 200, answer.text
    async with open_workshop(api, {}) as workshop:
        await workshop.end_what_is_over()
    assert await is_public(api, case)
    assert await marks(api, case) == []


async def test_lifted_by_whoever_asked_the_case_is_public_and_the_photo_waits(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case, photo_id = await with_photo(api, NOISE, headers=headers)
    await decide(api, case, photo_id)
    await publish(api, photo_id)
    request = await granted(api, headers)
    offered = (await api.http.get(f"/v1/person-requests/{request['id']}", headers=headers)).json()
    assert [each["name"] for each in offered["actions"]] == ["lift"]
    lifted = await api.http.post(
        f"/v1/person-requests/{request['id']}/actions/lift", json={}, headers=headers
    )
    assert lifted.status_code == 200, lifted.text
    await run_jobs(api)
    assert await is_public(api, case)
    assert await visibility(api, case) == "rounded"  # as its category was shown before
    assert await marks(api, case) == ["restricted", "restriction_lifted"]
    assert await reporters(api, case, await api.staff("operator")) == [False]
    assert (await publication(api, case, photo_id))["state"] == "waiting"


async def test_other_requests_are_not_lifted(own_api: Api) -> None:
    headers = await own_api.citizen(new_phone())
    request = await ask(own_api, "correction", **headers)
    operator = await own_api.staff("operator")
    assert (await act(own_api, request, "complete", operator, answer="Đã sửa")).status_code == 200
    answer = await act(own_api, request, "lift", operator)
    assert answer.status_code == 409, answer.text


async def test_a_case_that_others_reported_too_stays_public_without_the_photo(
    own_api: Api,
) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case, photo_id = await with_photo(api, headers=headers)
    other, other_photo = await with_photo(api)
    for each, photo in ((case, photo_id), (other, other_photo)):
        await decide(api, each, photo)
        await publish(api, photo)
    merged = await press(api, case, "duplicate", {"into": other.code}, "operator")
    assert merged.status_code == 200, merged.text
    await granted(api, headers)
    assert await is_public(api, other)
    public = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    assert public.json()["photos"] == []
    public = await api.http.get("/v1/reports/lookup", params={"code": other.code})
    assert [photo["id"] for photo in public.json()["photos"]] == [other_photo]
    seen = await publication(api, other, photo_id, "operator")
    assert [reason["code"] for reason in seen["against"]] == ["photo_of_restricted_reporter"]
    assert not seen["may_overrule"]
    refused = await decide(
        api, other, photo_id, rev=seen["rev"], role="operator", overrule=True, reason="a" * 20
    )
    assert [e["code"] for e in refused.json()["errors"]] == ["photo_of_restricted_reporter"]
    assert await marks(api, other) == ["restricted"]
    # Of the duplicate itself, whose place is where that person reported it, nothing is shown.
    assert await visibility(api, case) == "hidden"
    assert (await api.http.get(f"/ogc/collections/cases/items/{case.id}")).status_code == 404

    async with api.app.state.services.begin(Actor(Role.OPERATOR)) as session:
        await merging.unmerge(
            session,
            UUID(case.id),
            actor=Actor(Role.OPERATOR),
            expected_rev=(await read(api, case))["rev"],
            now=utc_now(),
            cache=api.app.state.services.cache,
        )
    await run_jobs(api)
    assert not await is_public(api, case)
    assert await marks(api, case) == ["restricted"]
    assert await marks(api, other) == ["restricted", "restriction_lifted"]
    assert await is_public(api, other)


async def test_a_report_that_joins_a_hidden_case_brings_it_back(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case = await stage(api, headers=headers)
    await granted(api, headers)
    other = await stage(api)
    merged = await press(api, other, "duplicate", {"into": case.code}, "operator")
    assert merged.status_code == 200, merged.text
    await run_jobs(api)
    assert await is_public(api, case)
    assert await marks(api, case) == ["restricted", "restricted"]


async def test_what_is_filed_afterwards_is_not_restricted(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    await stage(api, headers=headers)
    await granted(api, headers)
    later, photo_id = await with_photo(api, headers=headers)
    async with open_workshop(api, {}) as workshop:
        await workshop.end_what_is_over()
    assert await is_public(api, later)
    assert (await publication(api, later, photo_id))["state"] == "waiting"


async def test_staff_of_a_department_see_the_mark_where_the_city_lets_them_know_reporters(
    own_api: Api,
) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case = await stage(api, headers=headers)
    await granted(api, headers)
    opened = await api.http.put(
        "/v1/admin/privacy",
        json={"reporter_visible_to": "department"},
        headers=await api.staff("admin"),
    )
    assert opened.status_code in (200, 204), opened.text
    assert await reporters(api, case, await login(api, case, "staff")) == [True]


async def test_a_consent_does_not_end_a_restriction(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case, photo_id = await with_photo(api, headers=headers)
    await granted(api, headers)
    body = {"consents": [agreement()]}
    said = await api.http.post("/v1/me/consents", json=body, headers=headers)
    assert said.status_code == 200, said.text
    row = await fetch_one(
        api, "select state, reason from publications where attachment_id = %(id)s", id=photo_id
    )
    assert (row.state, row.reason) == ("withheld", "photo_of_restricted_reporter")
    assert not await is_public(api, case)


async def test_it_outlives_the_time_for_which_requests_are_kept(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    await stage(api, headers=headers)
    request = await granted(api, headers)
    other = await ask(api, "correction", **headers)
    await act(api, other, "complete", await api.staff("operator"), answer="Đã sửa")
    await execute(
        api,
        "update person_requests set closed_at = closed_at - interval '10 years',"
        " opened_at = opened_at - interval '10 years'",
    )
    async with open_workshop(api, {}) as workshop:
        await end_what_is_over(workshop.sessions, RetentionSettings(), now=utc_now())
    left = await fetch(api, "select id::text from person_requests")
    assert [row.id for row in left] == [request["id"]]
