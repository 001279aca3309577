"""Staff's and citizens' steps: the buttons, the version that guards them, and what each does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.support.casework import (
    BUS_DEPARTMENT,
    NOISE,
    NOISE_DEPARTMENT,
    NOISE_HELPER,
    STATES,
    Staged,
    login,
    press,
    read,
    stage,
)
from tests.support.city import LIGHT, LIGHT_DEPARTMENT
from tests.support.client import Api
from tests.support.rows import counts, fetch, fetch_one
from workflows.catalogue import DEFINITIONS, read_document

ACTIONS = tuple(read_document(DEFINITIONS / "process.json")["actions"])
NO_FIELD: dict[str, object] = {"no_such_field": 1}  # refused, but only after the right to press

# What the default process promises, state by state, to whoever may press anything at all.
BUTTONS: dict[str, dict[str, set[str]]] = {
    "intake": {
        "staff": {"ask"},
        "supervisor": {"ask", "duplicate"},
        "operator": {"route", "ask", "reject", "duplicate", "prioritise"},
        "leader": {"prioritise", "direct"},
        "reporter": {"withdraw"},
    },
    "clarifying": {
        "staff": {"go_on"},
        "supervisor": {"go_on"},
        "operator": {"go_on"},
        "reporter": {"answer"},
    },
    "assigned": {
        "staff": {"accept", "take", "return"},
        "supervisor": {"accept", "assign", "return", "transfer", "duplicate"},
        "operator": {"transfer", "duplicate", "prioritise"},
        "leader": {"prioritise", "direct"},
        "reporter": {"withdraw"},
    },
    "in_progress": {
        "staff": {"take", "return", "ask", "coordinate", "extend", "resolve"},
        "supervisor": {
            "assign", "return", "transfer", "ask", "coordinate", "extend", "resolve", "duplicate",
        },
        "operator": {"transfer", "ask", "coordinate", "duplicate", "prioritise"},
        "leader": {"prioritise", "direct"},
    },
    "waiting": {
        "staff": {"go_on", "extend"},
        "supervisor": {"go_on", "extend"},
        "operator": {"go_on"},
        "reporter": {"answer"},
    },
    "coordinating": {
        "staff": {"coordinate", "extend"},
        "supervisor": {"coordinate", "extend"},
        "operator": {"coordinate", "prioritise"},
        "leader": {"prioritise", "direct"},
    },
    "approval": {
        "supervisor": {"approve", "send_back"},
        "operator": {"send_back"},
        "leader": {"approve", "send_back", "direct"},
    },
    "publication": {
        "supervisor": {"send_back"},
        "operator": {"publish", "send_back"},
        "leader": {"send_back"},
    },
    "resolved": {"reporter": {"rate", "reopen"}},
    "closed": {},
    "rejected": {"reporter": {"reopen"}},
    "duplicate": {},
    "withdrawn": {},
}  # fmt: skip
READERS = ("staff", "supervisor", "operator", "leader", "analyst", "admin")


async def written(api: Api, case: Staged) -> tuple[Any, ...]:
    """All that a step may change."""
    row = await fetch_one(api, "select * from cases where id = %(id)s", id=case.id)
    events = await fetch(api, "select * from case_events where case_id = %(id)s", id=case.id)
    return (row, len(events), await counts(api))


@pytest.mark.parametrize("state", STATES)
async def test_the_buttons_are_exactly_what_may_be_pressed(api: Api, state: str) -> None:
    case = await stage(api, state)
    before = await written(api, case)
    for role in READERS:
        headers = await login(api, case, role)
        seen = await api.http.get(case.url, headers=headers)
        offered = {action["action"] for action in seen.json()["actions"]}
        assert offered == BUTTONS[state].get(role, set()), role
        pressed: dict[str, int] = {}
        for action in ACTIONS:
            answer = await api.http.post(
                f"{case.url}/actions/{action}",
                json=NO_FIELD,
                headers={**headers, "If-Match": seen.headers["ETag"]},
            )
            pressed[action] = answer.status_code
        assert {action for action, status in pressed.items() if status == 422} == offered, role
        assert {status for action, status in pressed.items() if action not in offered} <= {
            403,
            409,
        }, role
    assert await written(api, case) == before


@pytest.mark.parametrize("state", [state for state in STATES if state != "duplicate"])
async def test_the_reporters_buttons_are_exactly_what_may_be_pressed(api: Api, state: str) -> None:
    case = await stage(api, state)
    token = {"track_token": case.track_token}
    report = (await api.http.get(case.report_url, params=token)).json()
    offered = {action["action"] for action in report["actions"]}
    assert offered == BUTTONS[state].get("reporter", set())
    before = await written(api, case)
    pressed = {
        action: (await press(api, case, action, NO_FIELD, "reporter")).status_code
        for action in ACTIONS
    }
    assert {action for action, status in pressed.items() if status == 422} == offered
    assert {status for action, status in pressed.items() if action not in offered} <= {403, 409}
    assert await written(api, case) == before


async def test_a_button_brings_its_form(api: Api) -> None:
    case = await stage(api, "in_progress", category=LIGHT)
    actions = {a["action"]: a for a in (await read(api, case, "staff"))["actions"]}
    resolve = {field["name"]: field for field in actions["resolve"]["form"]}
    assert actions["resolve"]["label"] == "Báo kết quả"
    assert (resolve["answer"]["type"], resolve["answer"]["required"]) == ("text", True)
    # This kind of case needs proof of the work.
    assert (resolve["photos"]["type"], resolve["photos"]["required"]) == ("photo", True)
    other = await stage(api, "in_progress")
    actions = {a["action"]: a for a in (await read(api, other, "staff"))["actions"]}
    assert [f["required"] for f in actions["resolve"]["form"]] == [True, False]


async def test_a_step_without_the_version_it_is_based_on_is_refused(api: Api) -> None:
    case = await stage(api)
    before = await written(api, case)
    headers = await login(api, case, "staff")
    answer = await api.http.post(f"{case.url}/actions/accept", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_required")
    assert await written(api, case) == before


@pytest.mark.parametrize("etag", ["abc", "*", '"abc"', "", "-1", "1.5", '"1", "2"', "9" * 30, "٣"])
async def test_a_version_that_is_none_is_refused(api: Api, etag: str) -> None:
    case = await stage(api)
    before = await written(api, case)
    headers = {**(await login(api, case, "staff")), "If-Match": etag.encode()}
    answer = await api.http.post(f"{case.url}/actions/accept", json={}, headers=headers)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("#if-match", "if_match_malformed")
    ]
    assert await written(api, case) == before


@pytest.mark.parametrize("etag", ['"{}"', "{}", 'W/"{}"'])
async def test_the_version_may_be_written_as_proxies_write_it(api: Api, etag: str) -> None:
    case = await stage(api)
    headers = await login(api, case, "staff")
    rev = (await read(api, case))["rev"]
    answer = await api.http.post(
        f"{case.url}/actions/accept",
        json={},
        headers={**headers, "If-Match": etag.format(rev)},
    )
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{rev + 1}"'


@pytest.mark.parametrize("off", [-1, 1])
async def test_a_stale_version_changes_nothing(api: Api, off: int) -> None:
    case = await stage(api)
    before = await written(api, case)
    headers = await login(api, case, "staff")
    rev = (await read(api, case))["rev"] + off
    answer = await api.http.post(
        f"{case.url}/actions/accept", json={}, headers={**headers, "If-Match": f'"{rev}"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "case_changed")
    assert await written(api, case) == before


@pytest.mark.parametrize("second", ["accept", "return"])
async def test_of_two_at_once_one_is_told_that_somebody_was_faster(api: Api, second: str) -> None:
    case = await stage(api)
    rev = (await read(api, case))["rev"]
    forms = {"accept": {}, "return": {"reason": "Không thuộc thẩm quyền"}}
    people = ("staff", "supervisor")
    tries = [
        api.http.post(
            f"{case.url}/actions/{action}",
            json=forms[action],
            headers={**(await login(api, case, person)), "If-Match": f'"{rev}"'},
        )
        for action, person in zip(("accept", second), people, strict=True)
    ]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await read(api, case))["rev"] == rev + 1


FORMS: dict[str, tuple[str, str, str, dict[str, object], dict[str, str]]] = {
    # in which state, which action, by whom, with what form, and the code of each fault
    "nothing filled in": (
        "assigned", "transfer", "supervisor", {},
        {"/department": "field_required", "/reason": "field_required"},
    ),
    "blank": ("assigned", "return", "staff", {"reason": "  "}, {"/reason": "field_required"}),
    "null": ("assigned", "return", "staff", {"reason": None}, {"/reason": "field_required"}),
    "a number as text": ("assigned", "return", "staff", {"reason": 5}, {"/reason": "not_a_text"}),
    "too long": (
        "assigned", "return", "staff", {"reason": "x" * 2001}, {"/reason": "text_too_long"},
    ),
    "unknown department": (
        "assigned", "transfer", "supervisor", {"department": "nasa", "reason": "x"},
        {"/department": "department_unknown"},
    ),
    "department no text": (
        "assigned", "transfer", "supervisor", {"department": ["sxd"], "reason": "x"},
        {"/department": "department_unknown"},
    ),
    "number out of range": (
        "assigned", "prioritise", "operator", {"priority": 5, "reason": "x"},
        {"/priority": "number_out_of_range"},
    ),
    "fraction": (
        "assigned", "prioritise", "operator", {"priority": 1.5, "reason": "x"},
        {"/priority": "not_a_whole_number"},
    ),
    "flag as number": (
        "assigned", "prioritise", "operator", {"priority": True, "reason": "x"},
        {"/priority": "not_a_number"},
    ),
    "text as number": (
        "assigned", "prioritise", "operator", {"priority": "1", "reason": "x"},
        {"/priority": "not_a_number"},
    ),
    "unknown choice": (
        "intake", "reject", "operator", {"reason": "boring", "answer": "x"},
        {"/reason": "not_a_choice"},
    ),
    "unknown field": (
        "assigned", "accept", "staff", {"colour": "red"}, {"/colour": "field_unknown"},
    ),
    "score too high": ("resolved", "rate", "reporter", {"score": 6}, {"/score": "number_out_of_range"}),
    "score zero": ("resolved", "rate", "reporter", {"score": 0}, {"/score": "number_out_of_range"}),
    "half a star": ("resolved", "rate", "reporter", {"score": 3.5}, {"/score": "not_a_whole_number"}),
    "photos no list": (
        "in_progress", "resolve", "staff", {"answer": "x", "photos": "photo"},
        {"/photos": "not_photos"},
    ),
    "photo no id": (
        "in_progress", "resolve", "staff", {"answer": "x", "photos": ["photo"]},
        {"/photos": "not_photos"},
    ),
    "too many photos": (
        "in_progress", "resolve", "staff",
        {"answer": "x", "photos": [str(uuid4()) for _ in range(9)]}, {"/photos": "not_photos"},
    ),
    "unknown photo": (
        "in_progress", "resolve", "staff", {"answer": "x", "photos": [str(uuid4())]},
        {"/photos/0": "upload_unknown"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "action", "role", "form", "faults"), FORMS.values(), ids=FORMS.keys()
)
async def test_a_form_is_checked_field_by_field_and_nothing_is_written(
    api: Api, state: str, action: str, role: str, form: dict[str, object], faults: dict[str, str]
) -> None:
    case = await stage(api, state)
    before = await written(api, case)
    answer = await press(api, case, action, form, role)
    assert answer.status_code == 422, answer.text
    assert {e["pointer"]: e["code"] for e in answer.json()["errors"]} == faults
    assert all("{" not in e["detail"] for e in answer.json()["errors"])
    assert await written(api, case) == before


@pytest.mark.parametrize(
    "form", ['{"reason": "a\\u0000b"}', '{"reason": "\\ud800"}', '{"a\\u0000": 1}', "[]", "{", "1"]
)
async def test_a_form_that_cannot_be_kept_is_refused(api: Api, form: str) -> None:
    case = await stage(api)
    before = await written(api, case)
    headers = await login(api, case, "staff")
    etag = (await api.http.get(case.url, headers=headers)).headers["ETag"]
    answer = await api.http.post(
        f"{case.url}/actions/return",
        content=form,
        headers={**headers, "If-Match": etag, "Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    assert await written(api, case) == before


async def test_an_unknown_action_is_a_conflict(api: Api) -> None:
    case = await stage(api)
    answer = await press(api, case, "explode", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_offered")
    assert "explode" in answer.json()["detail"]
    mine = await press(api, case, "explode", {}, "reporter")
    assert mine.status_code == 409


async def test_an_unknown_case_is_not_found(api: Api) -> None:
    headers = await api.staff("operator")
    unknown = await api.http.get(f"/v1/cases/{uuid4()}", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "case_not_found")
    acted = await api.http.post(
        f"/v1/cases/{uuid4()}/actions/route", json={}, headers={**headers, "If-Match": '"1"'}
    )
    assert acted.status_code == 404
    malformed = await api.http.get("/v1/cases/abc", headers=headers)
    assert (malformed.status_code, malformed.json()["errors"][0]["code"]) == (422, "not_a_uuid")


async def test_a_transfer_takes_the_case_out_of_one_list_and_into_another(api: Api) -> None:
    case = await stage(api)
    form: dict[str, object] = {"department": LIGHT_DEPARTMENT, "reason": "Thuộc HEPCO"}
    gone = await press(api, case, "transfer", form, "supervisor")
    assert (gone.status_code, gone.content) == (204, b"")
    before, after = await api.staff(f"staff.{BUS_DEPARTMENT}"), await api.staff("staff.hepco")
    assert (await api.http.get(case.url, headers=before)).status_code == 404
    seen = await api.http.get(case.url, headers=after)
    assert seen.status_code == 200
    assert seen.json()["department"]["code"] == LIGHT_DEPARTMENT
    for headers, found in ((before, []), (after, [case.code])):
        items = (await api.http.get("/v1/cases", params={"q": case.code}, headers=headers)).json()
        assert [item["code"] for item in items["items"]] == found
    # The new department accepts it anew.
    assert (await api.act(case.id, "accept", {}, after)).status_code == 200


async def test_an_operator_still_sees_what_they_transferred(api: Api) -> None:
    case = await stage(api)
    form: dict[str, object] = {"department": LIGHT_DEPARTMENT, "reason": "Thuộc HEPCO"}
    answer = await press(api, case, "transfer", form, "operator")
    assert answer.status_code == 200
    assert answer.json()["state"] == "assigned"


async def test_a_case_is_transferred_three_times_at_most(api: Api) -> None:
    case = await stage(api)
    for department in ("hepco", "sxd", "hepco"):
        form: dict[str, object] = {"department": department, "reason": "x"}
        assert (await press(api, case, "transfer", form, "operator")).status_code == 200
    fourth = await press(api, case, "transfer", {"department": "sxd", "reason": "x"}, "operator")
    assert (fourth.status_code, fourth.json()["code"]) == (409, "action_not_offered")


async def test_a_case_is_returned_twice_at_most(api: Api) -> None:
    case = await stage(api)
    for _ in range(2):
        returned = await press(api, case, "return", {"reason": "Không thuộc thẩm quyền"})
        assert returned.json()["state"] == "intake"
        assert (await press(api, case, "route", {}, "operator")).json()["state"] == "assigned"
    third = await press(api, case, "return", {"reason": "Vẫn không thuộc thẩm quyền"})
    assert (third.status_code, third.json()["code"]) == (409, "action_not_offered")


async def test_a_co_ordinating_department_sees_the_case_and_moves_nothing(api: Api) -> None:
    case = await stage(api, category=NOISE)
    assert case.department == NOISE_DEPARTMENT
    helper = await api.staff(f"staff.{NOISE_HELPER}")
    seen = await api.http.get(case.url, headers=helper)
    assert seen.status_code == 200
    assert seen.json()["actions"] == []
    assert (await api.act(case.id, "accept", {}, helper)).status_code == 403
    noted = await api.http.post(f"{case.url}/notes", json={"text": "Đã đến"}, headers=helper)
    assert noted.status_code == 201


async def test_a_note_is_no_step(api: Api) -> None:
    case = await stage(api)
    headers = await login(api, case, "staff")
    etag = (await api.http.get(case.url, headers=headers)).headers["ETag"]
    for n in (1, 2):
        noted = await api.http.post(
            f"{case.url}/notes", json={"text": f"Ghi chú {n}"}, headers=headers
        )
        assert noted.status_code == 201
        assert noted.headers["ETag"] == etag
        last = noted.json()["timeline"][-1]
        assert (last["kind"], last["text"], last["seq"]) == ("note", f"Ghi chú {n}", n)
    # A colleague who looked before the notes still presses the button.
    answer = await api.http.post(
        f"{case.url}/actions/accept", json={}, headers={**headers, "If-Match": etag}
    )
    assert answer.status_code == 200
    # The citizen sees none of it.
    report = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert "Ghi chú" not in report.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "field_required"),
        ({"text": ""}, "field_required"),
        ({"text": " \n"}, "field_required"),
        ({"text": 5}, "not_a_text"),
        ({"text": "x" * 4001}, "text_too_long"),
        ({"text": "a\0"}, "not_a_text"),
    ],
)
async def test_a_note_needs_words(api: Api, body: dict[str, object], code: str) -> None:
    case = await stage(api)
    before = await written(api, case)
    headers = await login(api, case, "staff")
    answer = await api.http.post(f"{case.url}/notes", json=body, headers=headers)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/text", code)]
    assert await written(api, case) == before


async def test_ten_notes_at_once_are_ten_rows(api: Api) -> None:
    case = await stage(api)
    headers = await login(api, case, "staff")
    answers = await asyncio.gather(
        *(
            api.http.post(f"{case.url}/notes", json={"text": f"{n}"}, headers=headers)
            for n in range(10)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    notes = [e for e in (await read(api, case))["timeline"] if e["kind"] == "note"]
    assert [note["seq"] for note in notes] == list(range(1, 11))
    assert {note["text"] for note in notes} == {str(n) for n in range(10)}


async def test_a_question_pauses_the_promise_until_the_answer(api: Api) -> None:
    case = await stage(api, "in_progress")
    running = clocks(await read(api, case))
    assert running["resolution"]["paused"] is False
    asked = await press(api, case, "ask", {"question": "Ở trạm nào?"})
    assert asked.json()["status"] == "waiting"
    paused = clocks(asked.json())
    assert paused["resolution"]["paused"] is True
    assert paused["resolution"]["due_at"] == running["resolution"]["due_at"]
    assert paused["reply"]["paused"] is False
    report = (await api.http.get(case.report_url, params={"track_token": case.track_token})).json()
    assert report["timeline"][-1]["text"] == "Ở trạm nào?"
    answered = await press(api, case, "answer", {"text": "Trước chợ"}, "reporter")
    assert answered.json()["status"] == "in_progress"
    resumed = clocks(await read(api, case))
    assert resumed["resolution"]["paused"] is False
    assert resumed["resolution"]["due_at"] >= running["resolution"]["due_at"]
    assert "reply" not in resumed
    assert (await read(api, case))["timeline"][-1]["text"] == "Trước chợ"


def clocks(case: dict[str, Any]) -> dict[str, Any]:
    return {clock["name"]: clock for clock in case["clocks"]}


async def test_a_photo_in_an_answer_belongs_to_the_report(api: Api) -> None:
    case = await stage(api, "waiting")
    photo = await api.upload()
    answered = await press(api, case, "answer", {"text": "Đây", "photos": [photo]}, "reporter")
    assert len(answered.json()["photos"]) == 1
    [report] = (await read(api, case))["reports"]
    assert len(report["photos"]) == 1


async def test_staff_may_go_on_without_an_answer(api: Api) -> None:
    case = await stage(api, "waiting")
    assert (await press(api, case, "go_on", {})).json()["state"] == "in_progress"
    late = await press(api, case, "answer", {"text": "Trước chợ"}, "reporter")
    assert late.status_code == 409


async def test_a_rejection_tells_the_citizen_why(api: Api) -> None:
    case = await stage(api, "intake")
    form: dict[str, object] = {
        "reason": "not_ours",
        "responsible": "UBND tỉnh Quảng Trị",
        "answer": "Nơi này thuộc tỉnh khác.",
    }
    answer = await press(api, case, "reject", form, "operator")
    assert (answer.json()["status"], answer.json()["closed_at"] is not None) == ("rejected", True)
    report = (await api.http.get(case.report_url, params={"track_token": case.track_token})).json()
    assert report["status"] == "rejected"
    assert report["answer"] == "Nơi này thuộc tỉnh khác."
    row = await fetch_one(api, "select open, wake_at from cases where id = %(id)s", id=case.id)
    assert tuple(row) == (False, None)


async def test_an_operator_routes_what_no_rule_knew(api: Api) -> None:
    case = await stage(api, "intake")
    routed = await press(api, case, "route", {"department": "hepco", "note": "Rác"}, "operator")
    assert routed.json()["department"]["code"] == "hepco"
    assert routed.json()["state"] == "assigned"
    kept = await stage(api, "intake")
    same = await press(api, kept, "route", {}, "operator")
    assert same.json()["department"]["code"] == "ioc"


async def test_a_returned_case_waits_for_an_operator(api: Api) -> None:
    case = await stage(api)
    returned = await press(api, case, "return", {"reason": "Không thuộc thẩm quyền"})
    assert (returned.json()["state"], returned.json()["status"]) == ("intake", "received")
    routed = await press(api, case, "route", {"department": "hepco"}, "operator")
    assert (routed.json()["state"], routed.json()["department"]["code"]) == ("assigned", "hepco")


async def test_a_withdrawn_report_is_closed(api: Api) -> None:
    case = await stage(api)
    answer = await press(api, case, "withdraw", {"reason": "Tôi nhầm"}, "reporter")
    assert answer.json()["status"] == "closed"
    assert answer.json()["actions"] == []
    incidents = (await api.http.get("/v1/incidents.geojson")).json()["features"]
    assert case.id not in {feature["id"] for feature in incidents}
    assert (await press(api, case, "withdraw", {}, "reporter")).status_code == 409


async def test_a_report_is_reopened_three_times_at_most(api: Api) -> None:
    case = await stage(api, "resolved")
    for n in range(3):
        reopened = await press(api, case, "reopen", {"reason": f"Lần {n}"}, "reporter")
        assert reopened.json()["status"] == "assigned", reopened.text
        row = await read(api, case)
        assert row["resolved_at"] is None
        assert datetime.fromisoformat(row["due_at"]) > datetime.now(UTC)
        await press(api, case, "accept", {})
        await press(api, case, "resolve", {"answer": f"Đã làm lại {n}"})
        approved = await press(api, case, "approve", {}, "supervisor")
        assert approved.json()["resolved_at"] is not None
    report = (await api.http.get(case.report_url, params={"track_token": case.track_token})).json()
    assert [action["action"] for action in report["actions"]] == ["rate"]
    fourth = await press(api, case, "reopen", {"reason": "Lần 3"}, "reporter")
    assert (fourth.status_code, fourth.json()["code"]) == (409, "action_not_offered")


async def test_a_rejected_report_can_be_reopened(api: Api) -> None:
    case = await stage(api, "rejected")
    reopened = await press(api, case, "reopen", {"reason": "Vẫn thuộc thành phố"}, "reporter")
    assert reopened.json()["status"] == "assigned"
    assert (await read(api, case))["closed_at"] is None


async def test_a_rating_closes_the_case_once(api: Api) -> None:
    case = await stage(api, "resolved")
    rated = await press(api, case, "rate", {"score": 2, "comment": "Chậm"}, "reporter")
    assert (rated.json()["status"], rated.json()["rating"]) == ("closed", 2)
    again = await press(api, case, "rate", {"score": 5}, "reporter")
    assert again.status_code == 409
    assert (await read(api, case))["rating"] == 2


async def test_the_result_is_hidden_until_it_is_approved(api: Api) -> None:
    case = await stage(api, "approval")
    token = {"track_token": case.track_token}
    hidden = await api.http.get(case.report_url, params=token)
    assert "Đã xử lý xong." not in hidden.text
    back = await press(api, case, "send_back", {"reason": "Ảnh chưa rõ"}, "supervisor")
    assert back.json()["state"] == "in_progress"
    await press(api, case, "resolve", {"answer": "Đã sơn lại."})
    await press(api, case, "approve", {}, "leader")
    shown = (await api.http.get(case.report_url, params=token)).json()
    assert shown["answer"] == "Đã sơn lại."
    assert "Ảnh chưa rõ" not in str(shown)


async def test_a_result_that_is_checked_is_hidden_until_an_operator_publishes_it(api: Api) -> None:
    case = await stage(api, "publication")
    token = {"track_token": case.track_token}
    hidden = await api.http.get(case.report_url, params=token)
    assert hidden.json()["status"] == "in_progress"
    assert "Đã xử lý xong." not in hidden.text
    assert (await press(api, case, "publish", {}, "supervisor")).status_code == 403
    published = await press(api, case, "publish", {}, "operator")
    assert published.json()["status"] == "resolved"
    assert published.json()["resolved_at"] is not None
    shown = (await api.http.get(case.report_url, params=token)).json()
    assert shown["answer"] == "Đã xử lý xong."
    told = await fetch(
        api,
        "select audience, template from announcements where case_id = %(id)s order by id desc"
        " limit 2",
        id=case.id,
    )
    assert {tuple(row) for row in told} == {
        ("reporter", "resolved"),
        ("followers", "resolved_for_followers"),
    }


async def test_a_leader_directs_and_sets_the_priority(api: Api) -> None:
    case = await stage(api)
    directed = await press(api, case, "direct", {"directive": "Làm ngay trong ngày"}, "leader")
    assert directed.json()["state"] == "assigned"
    raised = await press(api, case, "prioritise", {"priority": 1, "reason": "Gần trường"}, "leader")
    assert raised.json()["priority"] == 1
    report = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert "Làm ngay" not in report.text


async def test_the_routing_is_explained(api: Api) -> None:
    filed = await api.file(
        {
            "category": LIGHT,
            "location": {"lat": 16.46, "lon": 107.585},
            "description": "Trụ đèn đổ, rò điện ra vỉa hè",
        }
    )
    case = Staged(filed["id"], filed["code"], filed["department"]["code"], "")
    url = f"{case.url}/explain"
    why = (await api.http.get(url, headers=await login(api, case, "staff"))).json()
    assert why["rule"] == "u-light-leak"
    assert why["department"]["code"] == "hepco"
    assert set(why["words"]) == {"rò điện", "trụ đèn đổ"}
    assert (why["priority"], why["class"], why["hours"]) == (1, "urgent", 2)
    assert why["reason"] == "Trụ đèn đường rò điện: nguy hiểm tính mạng"
    assert why["area"]["code"] == "19789"
    assert why["ruleset_version"] >= 1
    operator = {**(await api.staff("operator")), "Accept-Language": "en"}
    other = await stage(api, "intake")
    unsure = (await api.http.get(f"{other.url}/explain", headers=operator)).json()
    assert unsure["rule"] == "o-other"
    assert unsure["reason"] == "Something else: the operations centre looks and assigns it"


async def test_the_history_says_who_did_what_when(api: Api) -> None:
    case = await stage(api, "resolved")
    timeline = (await read(api, case))["timeline"]
    assert [
        (e["rev"], e["seq"], e["kind"], e["action"], e["actor"]["role"], e["from_state"], e["to_state"])
        for e in timeline
    ] == [
        (1, 0, "step", "file", "anonymous", None, "intake"),
        (2, 0, "step", "route", "system", "intake", "assigned"),
        (3, 0, "step", "accept", "staff", "assigned", "in_progress"),
        (4, 0, "step", "resolve", "staff", "in_progress", "approval"),
        (5, 0, "step", "approve", "supervisor", "approval", "publication"),
        (6, 0, "step", "publish", "system", "publication", "resolved"),
    ]  # fmt: skip
    assert timeline[2]["actor"]["name"] == "Cán bộ Sở Xây dựng"
    assert timeline[3]["text"] == "Đã xử lý xong."
    assert [e["at"] for e in timeline] == sorted(e["at"] for e in timeline)
    assert all("_" not in e["label"] for e in timeline)
    english = await api.http.get(
        case.url, headers={**(await login(api, case, "staff")), "Accept-Language": "en"}
    )
    assert english.json()["timeline"][2]["label"] == "Accept"
    assert english.json()["status_label"] == "Resolved"
