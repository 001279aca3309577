"""Administrators shape departments and categories; what would break the city is refused by name.

Who may do so at all stands in the matrix of `test_rights.py`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.casework import BUS, BUS_DEPARTMENT, OTHER, login, press, stage
from tests.support.city import LIGHT, Draft, new_id
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one

DEPARTMENT: dict[str, Any] = {
    "name": "Ban Quản lý chợ",
    "name_en": "Markets Board",
    "phone": "0234 3 123 456",
    "email": "cho@hue.example",
    "deputy": "ioc",
    "calendar": None,
    "active": True,
}
CATEGORY: dict[str, Any] = {
    "parent": "waste",
    "name": "Cầu hư hỏng",
    "name_en": "Damaged bridges",
    "questions": {},
    "photo_required": False,
    "after_photo_required": False,
    "visibility": "exact",
    "target_on_time": 90,
    "publish_check": False,
    "photos_public": "never",
    "position": 95,
    "active": True,
}
QUESTIONS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["closed"],
    "properties": {"closed": {"title": "Cầu có bị chặn?", "type": "boolean"}},
}


async def get(api: Api, kind: str) -> dict[str, Any]:
    """All rows of a kind by code."""
    answer = await api.http.get(f"/v1/admin/{kind}", headers=await api.staff("admin"))
    assert answer.status_code == 200
    return {item["code"]: item for item in answer.json()["items"]}


async def put(api: Api, kind: str, code: str, body: dict[str, Any]) -> httpx.Response:
    return await api.http.put(
        f"/v1/admin/{kind}/{code}", json=body, headers=await api.staff("admin")
    )


async def change(api: Api, kind: str, code: str, **changes: object) -> httpx.Response:
    """Put a row as it is but for `changes`."""
    body = (await get(api, kind))[code] | changes
    del body["code"]
    return await put(api, kind, code, body)


async def revision(api: Api) -> int:
    return (await fetch_one(api, "select revision from city")).revision


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    """The fields that a refusal names: (pointer, code)."""
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def recounts(api: Api) -> int:
    rows = await fetch(
        api, "select id from procrastinate_jobs where task_name = 'workflows.recount'"
    )
    return len(rows)


# Both --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code", "body"),
    [("departments", "bqlc", DEPARTMENT), ("categories", "waste.bridge", CATEGORY)],
)
async def test_a_row_is_added_then_changed_and_every_process_hears_of_it(
    own_api: Api, kind: str, code: str, body: dict[str, Any]
) -> None:
    before = await revision(own_api)
    added = await put(own_api, kind, code, body)
    assert (added.status_code, added.json()) == (201, {"code": code, **body})
    assert await revision(own_api) == before + 1
    renamed = await put(own_api, kind, code, {**body, "name": "Tên mới"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Tên mới")
    assert await revision(own_api) == before + 2
    assert (await get(own_api, kind))[code] == {"code": code, **body, "name": "Tên mới"}


async def test_putting_what_is_there_changes_nothing(own_api: Api) -> None:
    before = await revision(own_api)
    for kind, code in (("departments", "sxd"), ("categories", LIGHT), ("categories", "traffic")):
        same = await change(own_api, kind, code)
        assert same.status_code == 200
    assert await revision(own_api) == before


async def test_the_city_uses_a_change_at_once(own_api: Api) -> None:
    await own_api.file()  # the configuration is in memory now
    await put(own_api, "departments", "bqlc", DEPARTMENT)
    await put(own_api, "categories", "waste.bridge", CATEGORY)
    departments = (await own_api.http.get("/v1/departments")).json()["items"]
    assert "bqlc" in {item["code"] for item in departments}
    filed = await own_api.file(Draft("waste.bridge").body())
    assert filed["department"]["code"]


@pytest.mark.parametrize("kind", ["departments", "categories"])
async def test_the_list_has_everything_also_what_is_retired(own_api: Api, kind: str) -> None:
    code, body = ("bqlc", DEPARTMENT) if kind == "departments" else ("traffic.old", CATEGORY)
    await put(own_api, kind, code, {**body, "active": False})
    rows = await get(own_api, kind)
    assert rows[code]["active"] is False
    table = await fetch_one(own_api, f"select count(*) as n from {kind}")
    assert len(rows) == table.n


@pytest.mark.parametrize(
    ("kind", "code", "body"),
    [("departments", "bqlc", DEPARTMENT), ("categories", "waste.bridge", CATEGORY)],
)
async def test_every_field_must_be_there_and_no_other(
    api: Api, kind: str, code: str, body: dict[str, Any]
) -> None:
    missing = faults(await put(api, kind, code, {}))
    needed = body.keys() - {"photos_public"}  # came later: clients of before do not send it
    assert sorted(missing) == sorted((f"/{name}", "field_required") for name in needed)
    extra = await put(api, kind, code, {**body, "colour": "red"})
    assert faults(extra) == [("/colour", "field_unknown")]
    assert code not in await get(api, kind)


@pytest.mark.parametrize("code", ["BQLC", "1a", "a-b", "a.b", "x" * 41, "ă"])
async def test_a_code_is_short_and_plain(api: Api, code: str) -> None:
    answer = await put(api, "departments", code, DEPARTMENT)
    assert faults(answer) == [("?code", "text_malformed")]


async def test_of_many_administrators_at_once_all_get_through(own_api: Api) -> None:
    await own_api.staff("admin")
    before = await revision(own_api)
    same = [put(own_api, "departments", "same", DEPARTMENT | {"name": f"{n}"}) for n in range(4)]
    others = [put(own_api, "departments", f"d{n}", DEPARTMENT) for n in range(4)]
    answers = await asyncio.gather(*same, *others)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [201] * 5
    assert await revision(own_api) == before + 8


async def test_an_account_that_is_no_administrators_any_more_changes_nothing(own_api: Api) -> None:
    """Their token still says so, for hours."""
    headers = await own_api.staff("admin")
    await execute(own_api, "update people set role = 'analyst' where username = 'admin'")
    answer = await put(own_api, "departments", "bqlc", DEPARTMENT)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")
    await execute(own_api, "update people set active = false where username = 'admin'")
    answer = await put(own_api, "departments", "bqlc", DEPARTMENT)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    rows = await own_api.http.get("/v1/admin/departments", headers=headers)
    assert "bqlc" not in rows.text


# Departments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"deputy": "bqlc"}, ("/deputy", "deputy_is_itself")),
        ({"deputy": "nobody"}, ("/deputy", "department_unknown")),
        ({"calendar": "moon"}, ("/calendar", "calendar_unknown")),
        ({"name": "   "}, ("/name", "text_too_short")),
        ({"name": None}, ("/name", "not_a_text")),
        ({"email": "cho@"}, ("/email", "text_malformed")),
        ({"phone": "1" * 31}, ("/phone", "text_too_long")),
        ({"active": "true"}, ("/active", "not_a_flag")),
        ({"name": "a\x00b"}, ("/name", "not_a_text")),
    ],
)
async def test_a_department_that_cannot_be_is_refused_by_its_field(
    api: Api, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(await put(api, "departments", "bqlc", DEPARTMENT | changes)) == [fault]


async def test_a_retired_department_is_nobodys_deputy(own_api: Api) -> None:
    await put(own_api, "departments", "old", {**DEPARTMENT, "active": False})
    answer = await put(own_api, "departments", "bqlc", {**DEPARTMENT, "deputy": "old"})
    assert faults(answer) == [("/deputy", "department_retired")]
    assert "“old”" in answer.json()["errors"][0]["detail"]


async def test_a_department_is_not_retired_while_anything_is_given_to_it(own_api: Api) -> None:
    default = await change(own_api, "departments", "ioc", active=False)
    assert {code for _, code in faults(default)} >= {
        "department_is_default",
        "department_is_deputy",
        "department_is_routed_to",
    }
    await stage(own_api, category=BUS)
    routed = await change(own_api, "departments", BUS_DEPARTMENT, active=False)
    assert {code for _, code in faults(routed)} == {
        "department_is_routed_to",
        "department_has_cases",
    }
    assert all(pointer == "/active" for pointer, _ in faults(routed))
    assert (await get(own_api, "departments"))["ioc"]["active"]


async def test_a_department_with_nothing_to_do_is_retired_and_comes_back(own_api: Api) -> None:
    await put(own_api, "departments", "bqlc", DEPARTMENT)
    assert (await change(own_api, "departments", "bqlc", active=False)).status_code == 200
    shown = (await own_api.http.get("/v1/departments")).json()["items"]
    assert "bqlc" not in {item["code"] for item in shown}
    assert (await change(own_api, "departments", "bqlc", active=True)).status_code == 200


async def test_a_case_keeps_its_department_from_being_retired_until_it_is_done(
    own_api: Api,
) -> None:
    await put(own_api, "departments", "bqlc", DEPARTMENT)
    case = await stage(own_api, "intake", category=OTHER)
    routed = await press(own_api, case, "route", {"department": "bqlc"}, "operator")
    assert routed.status_code == 200
    refused = await change(own_api, "departments", "bqlc", active=False)
    assert faults(refused) == [("/active", "department_has_cases")]
    form = {"department": "sxd", "reason": "giải thể"}
    await press(own_api, case, "transfer", form, "operator")
    assert (await change(own_api, "departments", "bqlc", active=False)).status_code == 200


async def test_dates_follow_another_calendar_of_the_department(own_api: Api) -> None:
    assert await recounts(own_api) == 0
    assert (await change(own_api, "departments", "ca", phone="113")).status_code == 200
    assert await recounts(own_api) == 0
    assert (await change(own_api, "departments", "ca", calendar="always")).status_code == 200
    assert await recounts(own_api) == 1
    assert (await change(own_api, "departments", "ca", calendar="always")).status_code == 200
    assert await recounts(own_api) == 1


# Categories --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"parent": None}, ("/parent", "category_roots_are_fixed")),
        ({"parent": "moon"}, ("/parent", "category_unknown")),
        ({"visibility": "secret"}, ("/visibility", "not_a_choice")),
        ({"target_on_time": 0}, ("/target_on_time", "field_invalid")),
        ({"target_on_time": 101}, ("/target_on_time", "field_invalid")),
        ({"target_on_time": "90"}, ("/target_on_time", "not_a_number")),
        ({"position": 1.5}, ("/position", "not_a_number")),
        ({"position": True}, ("/position", "not_a_number")),
        ({"photo_required": 1}, ("/photo_required", "not_a_flag")),
        ({"questions": []}, ("/questions", "not_an_object")),
        ({"questions": {"type": "array"}}, ("/questions/type", "schema_of_no_object")),
    ],
)
async def test_a_category_that_cannot_be_is_refused_by_its_field(
    api: Api, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(await put(api, "categories", "waste.bridge", CATEGORY | changes)) == [fault]


@pytest.mark.parametrize("code", ["traffic.", ".bridge", "Traffic.bridge", "a..b", "a" * 41])
async def test_a_categorys_code_is_words_between_dots(api: Api, code: str) -> None:
    answer = await put(api, "categories", code, CATEGORY)
    assert faults(answer) == [("?code", "text_malformed")]


async def test_the_six_fields_of_the_letter_stay_as_they_are(own_api: Api) -> None:
    roots = [code for code, row in (await get(own_api, "categories")).items() if not row["parent"]]
    assert len(roots) == 6
    for code in roots:
        retired = await change(own_api, "categories", code, active=False)
        assert ("/active", "category_roots_are_fixed") in faults(retired)
        moved = await change(own_api, "categories", code, parent=f"{roots[0]}.other")
        assert ("/parent", "category_roots_are_fixed") in faults(moved)
    seventh = await put(own_api, "categories", "seventh", {**CATEGORY, "parent": None})
    assert faults(seventh) == [("/parent", "category_roots_are_fixed")]
    lifted = await change(own_api, "categories", LIGHT, parent=None)
    assert faults(lifted) == [("/parent", "category_roots_are_fixed")]
    named = await change(own_api, "categories", "traffic", name="Giao thông, vận tải")
    assert named.status_code == 200  # what they are called is the city's business


async def test_no_category_lies_below_itself(own_api: Api) -> None:
    await put(own_api, "categories", "waste.bridge", CATEGORY)
    await put(own_api, "categories", "waste.bridge.rail", {**CATEGORY, "parent": "waste.bridge"})
    for parent in ("waste.bridge", "waste.bridge.rail"):
        answer = await change(own_api, "categories", "waste.bridge", parent=parent)
        assert faults(answer) == [("/parent", "category_below_itself")]
    moved = await change(own_api, "categories", "waste.bridge", parent="energy")
    assert moved.status_code == 200
    tree = (await own_api.http.get("/v1/categories")).json()["items"]
    energy = next(root for root in tree if root["code"] == "energy")
    bridge = next(child for child in energy["children"] if child["code"] == "waste.bridge")
    assert [child["code"] for child in bridge["children"]] == ["waste.bridge.rail"]


async def test_what_is_in_use_lies_below_what_is_in_use(own_api: Api) -> None:
    await put(own_api, "categories", "waste.bridge", CATEGORY)
    rail = {**CATEGORY, "parent": "waste.bridge"}
    await put(own_api, "categories", "waste.bridge.rail", rail)
    refused = await change(own_api, "categories", "waste.bridge", active=False)
    assert faults(refused) == [("/active", "category_has_others")]
    assert (await change(own_api, "categories", "waste.bridge.rail", active=False)).is_success
    assert (await change(own_api, "categories", "waste.bridge", active=False)).is_success
    back = await change(own_api, "categories", "waste.bridge.rail", active=True)
    assert faults(back) == [("/parent", "category_retired")]


async def test_nobody_files_under_a_retired_category_and_its_cases_go_on(own_api: Api) -> None:
    case = await stage(own_api, category=BUS)
    assert (await change(own_api, "categories", BUS, active=False)).status_code == 200
    refused = await own_api.http.put(f"/v1/reports/{new_id()}", json=Draft(BUS).body())
    assert faults(refused) == [("/category", "category_unknown")]
    assert (await press(own_api, case, "accept", {})).status_code == 200
    seen = await own_api.http.get(case.url, headers=await login(own_api, case, "staff"))
    assert seen.json()["category"]["code"] == BUS


async def test_new_questions_are_asked_of_the_next_report(own_api: Api) -> None:
    assert (await change(own_api, "categories", BUS, questions=QUESTIONS)).status_code == 200
    without = await own_api.http.put(f"/v1/reports/{new_id()}", json=Draft(BUS).body())
    assert faults(without) == [("/answers", "answer_invalid")]
    await own_api.file(Draft(BUS).body(answers={"closed": True}))


@pytest.mark.parametrize(
    ("questions", "fault"),
    [
        ({"properties": {}}, ("/questions/type", "schema_of_no_object")),
        (
            {**QUESTIONS, "$schema": "http://json-schema.org/draft-07/schema#"},
            ("/questions/$schema", "schema_dialect"),
        ),
        (
            {**QUESTIONS, "properties": {"a": {"type": "integr"}}},
            ("/questions/properties/a/type", "schema_invalid"),
        ),
        ({**QUESTIONS, "required": "closed"}, ("/questions/required", "schema_invalid")),
        (
            {**QUESTIONS, "properties": {"a": {"type": "string", "pattern": "("}}},
            ("/questions/properties/a/pattern", "schema_invalid"),
        ),
        (
            {**QUESTIONS, "properties": {"a": {"$ref": "http://169.254.169.254/"}}},
            ("/questions/properties/a/$ref", "schema_reference"),
        ),
        ({**QUESTIONS, "allOf": [{"$ref": "#"}]}, ("/questions/allOf/0/$ref", "schema_reference")),
        ({**QUESTIONS, "$id": "file:///etc/passwd"}, ("/questions/$id", "schema_reference")),
        ({**QUESTIONS, "title": "x" * 20_000}, ("/questions", "text_too_long")),
    ],
)
async def test_questions_are_a_schema_that_stands_alone(
    api: Api, questions: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = await put(api, "categories", "waste.bridge", {**CATEGORY, "questions": questions})
    assert faults(answer) == [fault]
    assert answer.json()["errors"][0]["detail"]


async def test_all_questions_of_the_demo_may_be_asked(own_api: Api) -> None:
    for code, row in (await get(own_api, "categories")).items():
        answer = await change(own_api, "categories", code, position=row["position"] + 1)
        assert answer.status_code == 200, (code, answer.text)


async def test_nothing_opens_to_the_public_before_it_is_ready(own_api: Api) -> None:
    """No rule says who owns it, and no target is set: it may be prepared, and not be opened."""
    bridge = {**CATEGORY, "parent": "traffic", "target_on_time": None}
    answer = await put(own_api, "categories", "traffic.bridge", bridge)
    assert answer.status_code == 422
    missing = {error["code"] for error in answer.json()["errors"]}
    assert missing == {"routing_category_without_owner", "routing_target_missing"}
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/active"}
    listed = await own_api.http.get("/v1/categories")
    assert "traffic.bridge" not in listed.text
    prepared = await put(own_api, "categories", "traffic.bridge", bridge | {"active": False})
    assert prepared.status_code == 201
