"""Duplicates, child cases and cases with the same cause, by the routes of their own."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.casework import (
    BUS_DEPARTMENT,
    NOISE,
    NOISE_DEPARTMENT,
    NOISE_HELPER,
    Staged,
    login,
    press,
    read,
    stage,
)
from tests.support.client import Api
from tests.support.rows import counts, execute, fetch, fetch_one

CHILD: dict[str, object] = {"department": "hepco", "text": "Dọn cây đổ chắn đường"}


async def written(api: Api, *cases: Staged) -> tuple[Any, ...]:
    """All that merging, linking and opening children may change."""
    ids = [case.id for case in cases]
    return (
        await fetch(
            api, "select * from cases where id = any(%(ids)s::uuid[]) order by id", ids=ids
        ),
        await fetch_one(api, "select count(*) from case_merges"),
        await fetch_one(api, "select count(*) from case_links"),
        await counts(api),
    )


async def send(
    api: Api,
    case: Staged,
    path: str,
    body: dict[str, object] | None,
    role: str = "supervisor",
    **headers: str,
) -> httpx.Response:
    """Post on the newest version of the case."""
    who = await login(api, case, role)
    seen = await api.http.get(case.url, headers=who)
    etag = {"If-Match": seen.headers.get("ETag", '"1"')}
    return await api.http.post(f"{case.url}/{path}", json=body, headers={**who, **etag, **headers})


def relatives(case: dict[str, Any], relation: str) -> list[str]:
    return [item["code"] for item in case["relatives"] if item["relation"] == relation]


def last_event(case: dict[str, Any]) -> tuple[str, str, str | None]:
    event = case["timeline"][-1]
    return event["kind"], event["action"], event["text"]


# Duplicates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["code", "typed code", "id"])
async def test_a_duplicate_is_merged_and_taken_apart(api: Api, by: str) -> None:
    case, target = await stage(api), await stage(api)
    into = {
        "code": target.code,
        "typed code": target.code.lower().replace("-", ""),
        "id": target.id,
    }
    merged = await send(api, case, "merge", {"into": into[by], "note": "Cùng một trạm"})
    assert merged.status_code == 200, merged.text
    body = merged.json()
    assert merged.headers["ETag"] == f'"{body["rev"]}"'
    assert (body["state"], body["is_duplicate"], body["actions"]) == ("duplicate", True, [])
    assert relatives(body, "merged_into") == [target.code]
    assert last_event(body) == ("step", "duplicate", "Cùng một trạm")
    other = await read(api, target)
    assert {report["code"] for report in other["reports"]} == {case.code, target.code}
    apart = await send(api, case, "unmerge", None)
    assert apart.status_code == 200, apart.text
    body = apart.json()
    assert apart.headers["ETag"] == f'"{body["rev"]}"'
    assert (body["state"], body["is_duplicate"]) == ("assigned", False)
    assert [report["code"] for report in body["reports"]] == [case.code]
    again = await send(api, case, "unmerge", None)
    assert (again.status_code, again.json()["code"]) == (409, "case_not_merged")


@pytest.mark.parametrize("path", ["merge", "unmerge", "children"])
async def test_the_version_that_was_seen_is_needed(api: Api, path: str) -> None:
    case, target = await stage(api, "in_progress"), await stage(api)
    body = {"merge": {"into": target.code}, "unmerge": None, "children": CHILD}[path]
    before = await written(api, case, target)
    who = await login(api, case, "supervisor")
    missing = await api.http.post(f"{case.url}/{path}", json=body, headers=who)
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_required")
    stale = await send(api, case, path, body, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "case_changed")
    odd = await send(api, case, path, body, **{"If-Match": "x"})
    assert [e["pointer"] for e in odd.json()["errors"]] == ["#if-match"]
    assert await written(api, case, target) == before


async def test_what_cannot_be_merged_is_named(api: Api) -> None:
    case, done = await stage(api), await stage(api, "closed")
    elsewhere = await stage(api, category=NOISE)
    before = await written(api, case, done, elsewhere)
    for into, code in (
        (case.code, "merge_into_itself"),
        (done.code, "case_is_done"),
        (elsewhere.code, "case_unknown"),  # the supervisor does not see it
        (str(uuid4()), "case_unknown"),
        ("nonsense", "case_unknown"),
    ):
        answer = await send(api, case, "merge", {"into": into})
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/into", code)]
    assert await written(api, case, done, elsewhere) == before


MERGE_FAULTS: list[tuple[dict[str, object], str, str]] = [
    ({}, "/into", "field_required"),
    ({"into": None}, "/into", "not_a_text"),
    ({"into": 5}, "/into", "not_a_text"),
    ({"into": ""}, "/into", "case_unknown"),
    ({"into": "x" * 51}, "/into", "text_too_long"),
    ({"into": "x", "form": {}}, "/form", "field_unknown"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), MERGE_FAULTS)
async def test_a_faulty_merge_is_refused_by_field(
    api: Api, body: dict[str, object], pointer: str, code: str
) -> None:
    case = await stage(api)
    before = await written(api, case)
    answer = await send(api, case, "merge", body)
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await written(api, case) == before


async def test_where_the_process_offers_no_merging_there_is_none(api: Api) -> None:
    target = await stage(api)
    for state in ("approval", "closed"):
        case = await stage(api, state)
        before = await written(api, case, target)
        answer = await send(api, case, "merge", {"into": target.code})
        assert (answer.status_code, answer.json()["code"]) == (409, "action_not_offered"), state
        assert await written(api, case, target) == before
    # Where it offers it to others, that is what one hears.
    case = await stage(api)
    answer = await send(api, case, "merge", {"into": target.code}, "staff")
    assert (answer.status_code, answer.json()["code"]) == (403, "action_not_allowed")


async def test_a_process_may_call_the_field_otherwise(own_api: Api) -> None:
    document = (await fetch_one(own_api, "select document from process_versions")).document
    duplicate = document["actions"]["duplicate"]
    duplicate["merges"] = duplicate["form"][0]["name"] = "twin"
    await execute(own_api, "alter table process_versions disable trigger published_is_final")
    await execute(
        own_api, "update process_versions set document = %(d)s::json", d=json.dumps(document)
    )
    await execute(own_api, "update city set revision = revision + 1")
    case, target = await stage(own_api), await stage(own_api)
    refused = await send(own_api, case, "merge", {"into": case.code})
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/into"]
    merged = await send(own_api, case, "merge", {"into": target.code})
    assert relatives(merged.json(), "merged_into") == [target.code]


# Child cases -------------------------------------------------------------------------------------


async def test_another_department_does_its_part(api: Api) -> None:
    case = await stage(api, "in_progress")
    answer = await send(api, case, "children", {**CHILD, "hours": 8}, "staff")
    assert answer.status_code == 200, answer.text
    parent = answer.json()
    assert answer.headers["ETag"] == f'"{parent["rev"]}"'
    assert parent["state"] == "coordinating"
    [child] = [item for item in parent["relatives"] if item["relation"] == "child"]
    assert child["department"]["code"] == "hepco"
    seen = await api.http.get(f"/v1/cases/{child['id']}", headers=await api.staff("staff.hepco"))
    assert (seen.json()["is_child"], seen.json()["summary"]) == (True, CHILD["text"])
    assert relatives(seen.json(), "parent") == [case.code]
    # A second beside it.
    second = await send(api, case, "children", {"department": "ca", "text": "Phân luồng"}, "staff")
    assert len(relatives(second.json(), "child")) == 2
    # A child has none.
    answer = await api.http.post(
        f"/v1/cases/{child['id']}/children",
        json=CHILD,
        headers={**(await api.staff("supervisor.hepco")), "If-Match": seen.headers["ETag"]},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_offered")


CHILD_FAULTS: list[tuple[dict[str, object], str, str]] = [
    ({"department": None}, "/department", "not_a_text"),
    ({"department": ""}, "/department", "field_required"),
    ({"department": "nowhere"}, "/department", "department_unknown"),
    ({"text": ""}, "/text", "text_too_short"),
    ({"text": " "}, "/text", "field_required"),
    ({"text": "x" * 2001}, "/text", "text_too_long"),
    ({"hours": "8"}, "/hours", "not_a_number"),
    ({"hours": True}, "/hours", "not_a_number"),
    ({"hours": 0.5}, "/hours", "number_out_of_range"),
    ({"hours": 401}, "/hours", "number_out_of_range"),
    ({"priority": 1}, "/priority", "field_unknown"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), CHILD_FAULTS)
async def test_a_faulty_child_is_refused_by_field(
    api: Api, changes: dict[str, object], pointer: str, code: str
) -> None:
    case = await stage(api, "in_progress")
    before = await written(api, case)
    answer = await send(api, case, "children", CHILD | changes, "staff")
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await written(api, case) == before


async def test_no_children_before_somebody_works_on_it(api: Api) -> None:
    case = await stage(api)
    before = await written(api, case)
    answer = await send(api, case, "children", CHILD, "staff")
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_offered")
    assert await written(api, case) == before


# The same cause ----------------------------------------------------------------------------------


async def link(
    api: Api, case: Staged, other: str, user: str = "operator", **body: object
) -> httpx.Response:
    return await api.http.post(
        f"{case.url}/links", json={"other": other, **body}, headers=await api.staff(user)
    )


async def test_two_cases_are_linked_both_ways_and_once(api: Api) -> None:
    case, other = await stage(api), await stage(api, category=NOISE)
    etag = f'"{(await read(api, case))["rev"]}"'
    added = await link(api, case, other.code, note="Vỡ ống nước")
    assert added.status_code == 201, added.text
    assert added.headers["ETag"] == etag  # it is no step
    assert relatives(added.json(), "same_cause") == [other.code]
    assert last_event(added.json()) == ("note", "linked", "Vỡ ống nước")
    there = await read(api, other)
    assert relatives(there, "same_cause") == [case.code]
    event = there["timeline"][-1]
    assert (event["label"], event["form"]["code"]) == (
        "Liên kết vụ việc cùng nguyên nhân",
        case.code,
    )
    before = await written(api, case, other)
    for one, two in ((case, other), (other, case)):
        again = await link(api, one, two.id)
        assert again.status_code == 200, again.text
        assert relatives(again.json(), "same_cause") == [two.code]
    assert await written(api, case, other) == before
    # The citizen sees none of it.
    report = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert "Vỡ ống nước" not in report.text


async def test_a_link_is_taken_away_once(api: Api) -> None:
    case, other = await stage(api), await stage(api)
    await link(api, case, other.code)
    headers = await api.staff("operator")
    url = f"{other.url}/links/{case.id}"  # from either side
    assert (await api.http.delete(url, headers=headers)).status_code == 204
    for seen in (await read(api, case), await read(api, other)):
        assert relatives(seen, "same_cause") == []
        assert last_event(seen) == ("note", "unlinked", None)
    before = await written(api, case, other)
    assert (await api.http.delete(url, headers=headers)).status_code == 204
    assert (
        await api.http.delete(f"{case.url}/links/{case.id}", headers=headers)
    ).status_code == 204
    assert await written(api, case, other) == before


async def test_one_links_only_what_one_sees(api: Api) -> None:
    case, other = await stage(api), await stage(api, category=NOISE)
    own, theirs = f"staff.{BUS_DEPARTMENT}", f"staff.{NOISE_DEPARTMENT}"
    before = await written(api, case, other)
    refused = await link(api, case, other.code, own)
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/other", "case_unknown")
    ]
    refused = await link(api, case, other.code, theirs)
    assert (refused.status_code, refused.json()["code"]) == (404, "case_not_found")
    assert await written(api, case, other) == before
    assert (await link(api, case, other.code)).status_code == 201
    before = await written(api, case, other)
    for user in (own, theirs):
        for one, two in ((case, other), (other, case)):
            answer = await api.http.delete(
                f"{one.url}/links/{two.id}", headers=await api.staff(user)
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")
    assert await written(api, case, other) == before


async def test_a_co_ordinating_department_links_too(api: Api) -> None:
    case, other = await stage(api, category=NOISE), await stage(api, category=NOISE)
    assert (await link(api, case, other.code, f"staff.{NOISE_HELPER}")).status_code == 201


LINK_FAULTS: list[tuple[dict[str, object], str, str]] = [
    ({"other": None}, "/other", "not_a_text"),
    ({"other": ""}, "/other", "case_unknown"),
    ({"other": "nonsense"}, "/other", "case_unknown"),
    ({"other": "x" * 51}, "/other", "text_too_long"),
    ({"note": 5}, "/note", "not_a_text"),
    ({"note": "x" * 1001}, "/note", "text_too_long"),
    ({"note": "a\0"}, "/note", "not_a_text"),
    ({"cause": "x"}, "/cause", "field_unknown"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), LINK_FAULTS)
async def test_a_faulty_link_is_refused_by_field(
    api: Api, changes: dict[str, object], pointer: str, code: str
) -> None:
    case, other = await stage(api), await stage(api)
    before = await written(api, case, other)
    answer = await link(api, case, **({"other": other.code} | changes))  # type: ignore[arg-type]
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await written(api, case, other) == before


async def test_a_case_is_not_linked_to_itself(api: Api) -> None:
    case = await stage(api)
    for other in (case.id, case.code):
        answer = await link(api, case, other)
        assert answer.json()["errors"][0]["code"] == "link_to_itself"


async def test_two_people_link_two_cases_from_both_sides_at_once(api: Api) -> None:
    case, other = await stage(api), await stage(api)
    answers = await asyncio.gather(
        *(link(api, one, two.id) for one, two in ((case, other), (other, case)) * 4)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    for seen in (await read(api, case), await read(api, other)):
        assert [e["action"] for e in seen["timeline"]].count("linked") == 1


async def test_a_button_pressed_meanwhile_still_counts(api: Api) -> None:
    """A link changes no version."""
    case, other = await stage(api), await stage(api)
    headers = await login(api, case, "staff")
    etag = (await api.http.get(case.url, headers=headers)).headers["ETag"]
    await link(api, case, other.code)
    answer = await api.http.post(
        f"{case.url}/actions/accept", json={}, headers={**headers, "If-Match": etag}
    )
    assert answer.status_code == 200
    assert (await press(api, other, "accept", {})).status_code == 200
