"""Canned answers: which fit a case, and who looks after them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cli.demo_city import DIRECTORY
from tests.support.casework import BUS, BUS_DEPARTMENT, login, press, read, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from workflows.canned_answers import fill
from workflows.catalogue import read_document

OWN = f"supervisor.{BUS_DEPARTMENT}"
DEMO = read_document(DIRECTORY / "answers.json")["answers"]


def body(**changes: object) -> dict[str, object]:
    return {"title": "Mẫu", "text": "Đã xử lý {code}.", **changes}


async def write(api: Api, user: str = "operator", **changes: object) -> dict[str, Any]:
    answer = await api.http.post("/v1/answers", json=body(**changes), headers=await api.staff(user))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(api: Api, user: str) -> dict[int, dict[str, Any]]:
    answer = await api.http.get("/v1/answers?limit=200", headers=await api.staff(user))
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["items"]}


async def rows(api: Api) -> list[Any]:
    return await fetch(api, "select * from canned_answers order by id")


@pytest_asyncio.fixture(loop_scope="session")
async def own(own_api: Api) -> AsyncIterator[Api]:
    """A city without canned answers."""
    await execute(own_api, "delete from canned_answers")
    yield own_api


# For a case --------------------------------------------------------------------------------------


async def test_those_that_fit_come_best_first(own: Api) -> None:
    department = {"department": BUS_DEPARTMENT}
    state = {"state": "in_progress"}
    for title, changes in {
        "6 any": {},
        "5 department": department,
        "4 state": state,
        "3 root": {"category": "traffic"},
        "2 category": {"category": BUS},
        "1 category, department": {"category": BUS, **department},
        "0 all": {"category": BUS, **state, **department},
        "x other state": {"state": "intake"},
        "x other category": {"category": "traffic.sign"},
        "x other root": {"category": "waste"},
        "x other department": {"department": "hepco"},
        "x nearly": {"category": BUS, "state": "intake"},
    }.items():
        await write(own, title=title, **changes)
    case = await stage(own, "in_progress")
    answer = await own.http.get(f"{case.url}/answers", headers=await login(own, case, "staff"))
    assert answer.status_code == 200
    assert answer.json()["next_cursor"] is None
    titles = [item["title"] for item in answer.json()["items"]]
    assert titles == [
        "0 all", "1 category, department", "2 category", "3 root", "4 state", "5 department",
        "6 any",
    ]  # fmt: skip
    # In another state others fit.
    await press(own, case, "ask", {"question": "Ở đâu?"})
    answer = await own.http.get(f"{case.url}/answers", headers=await login(own, case, "staff"))
    assert "4 state" not in [item["title"] for item in answer.json()["items"]]


async def test_what_is_known_of_the_case_is_filled_in(own: Api) -> None:
    case = await stage(own)
    await write(own, text="{code}|{category}|{area}|{department}|{due}|{code}")
    due = datetime.fromisoformat((await read(own, case))["due_at"])
    local = due.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%H:%M %d/%m/%Y")
    filled = f"{case.code}|Xe buýt, nhà chờ|Phường Thuận Hoá|Sở Xây dựng|{local}|{case.code}"
    for language in ("vi", "en"):  # it is the citizen who reads it
        headers = {**(await login(own, case, "staff")), "Accept-Language": language}
        [item] = (await own.http.get(f"{case.url}/answers", headers=headers)).json()["items"]
        assert item["text"] == filled


def test_other_braces_stay_and_nothing_is_looked_into() -> None:
    facts = {"code": "{area}"}
    assert fill("{code} {} {x} {code.__class__} {code!r} {{code}} {", facts) == (
        "{area} {} {x} {code.__class__} {code!r} {{area}} {"
    )


async def test_the_demo_has_some(api: Api) -> None:
    assert len(DEMO) == 8
    demo = {row["title"]: row for row in DEMO}
    assert len(demo) == len(DEMO)
    # Whoever looks after them could have written each.
    for row in DEMO:
        written = await write(api, **row)
        headers = await api.staff("operator")
        deleted = await api.http.delete(f"/v1/answers/{written['id']}", headers=headers)
        assert deleted.status_code == 204
    case = await stage(api, "in_progress")
    answer = await api.http.get(f"{case.url}/answers", headers=await login(api, case, "staff"))
    shown = [item for item in answer.json()["items"] if item["title"] in demo]
    assert len(shown) == 3
    assert all("{" not in item["text"] for item in shown)


async def test_a_case_of_others_has_no_answers(api: Api) -> None:
    case = await stage(api)
    elsewhere = await api.staff("staff.hepco")
    for url in (case.url, f"/v1/cases/{uuid4()}"):
        answer = await api.http.get(f"{url}/answers", headers=elsewhere)
        assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")


# Looking after them ------------------------------------------------------------------------------


async def test_there_and_back(api: Api) -> None:
    headers = await api.staff("operator")
    written = await write(api, category="traffic", state="in_progress", department="hepco")
    assert (await listed(api, "operator"))[written["id"]] == written
    assert written["may_change"] is True
    url = f"/v1/answers/{written['id']}"
    answer = await api.http.put(url, json=body(title="Khác"), headers=headers)
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["title"], changed["category"], changed["state"], changed["department"]) == (
        "Khác", None, None, None,
    )  # fmt: skip
    assert changed["updated_at"] > written["updated_at"]
    assert (await listed(api, "admin"))[written["id"]] == changed
    assert (await api.http.delete(url, headers=headers)).status_code == 204
    for method in ("PUT", "DELETE"):
        gone = await api.http.request(method, url, json=body(), headers=headers)
        assert (gone.status_code, gone.json()["code"]) == (404, "answer_not_found")


async def test_a_supervisor_writes_for_their_own_department_alone(api: Api) -> None:
    own = await write(api, OWN, department=BUS_DEPARTMENT)
    everybodys = await write(api)
    others = await write(api, department="hepco")
    seen = await listed(api, OWN)
    assert seen[own["id"]]["may_change"] is True
    assert seen[everybodys["id"]]["may_change"] is False
    assert others["id"] not in seen
    headers = await api.staff(OWN)
    before = await rows(api)
    for department in (None, "hepco"):
        refused = await api.http.post(
            "/v1/answers", json=body(department=department), headers=headers
        )
        assert (refused.status_code, refused.json()["code"]) == (
            403, "answer_of_another_department",
        )  # fmt: skip
        assert [e["pointer"] for e in refused.json()["errors"]] == ["/department"]
        # Nor by giving one's own away.
        given = await api.http.put(
            f"/v1/answers/{own['id']}", json=body(department=department), headers=headers
        )
        assert given.status_code == 403
    mine = body(department=BUS_DEPARTMENT)
    for answer_id, status in ((everybodys["id"], 403), (others["id"], 404)):
        for method in ("PUT", "DELETE"):
            answer = await api.http.request(
                method, f"/v1/answers/{answer_id}", json=mine, headers=headers
            )
            assert answer.status_code == status
    assert await rows(api) == before
    changed = await api.http.put(f"/v1/answers/{own['id']}", json=mine, headers=headers)
    assert changed.status_code == 200
    assert (await api.http.delete(f"/v1/answers/{own['id']}", headers=headers)).status_code == 204


async def test_the_pages_hold_every_answer_once(own: Api) -> None:
    written = [(await write(own, title=str(n)))["id"] for n in range(5)]
    headers = await own.staff("admin")
    found: list[int] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await own.http.get("/v1/answers", params=params, headers=headers)).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == written


FAULTS: list[tuple[dict[str, object], str, str]] = [
    ({"title": ""}, "/title", "field_required"),
    ({"title": " "}, "/title", "field_required"),
    ({"title": "x" * 121}, "/title", "text_too_long"),
    ({"title": None}, "/title", "not_a_text"),
    ({"text": " \n"}, "/text", "field_required"),
    ({"text": "x" * 2001}, "/text", "text_too_long"),
    ({"text": "a\0"}, "/text", "not_a_text"),
    ({"text": "Chào {name}"}, "/text", "placeholder_unknown"),
    ({"text": "{Code}"}, "/text", "placeholder_unknown"),
    ({"text": "{code.__class__}"}, "/text", "placeholder_unknown"),
    ({"category": "dragons"}, "/category", "category_unknown"),
    ({"category": ""}, "/category", "category_unknown"),
    ({"state": "done"}, "/state", "not_a_state"),
    ({"department": "nowhere"}, "/department", "department_unknown"),
    ({"department": 5}, "/department", "not_a_text"),
    ({"id": 5}, "/id", "field_unknown"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), FAULTS)
async def test_a_fault_is_named_and_nothing_is_kept(
    api: Api, changes: dict[str, object], pointer: str, code: str
) -> None:
    headers = await api.staff("operator")
    known = await write(api)
    before = await rows(api)
    for method, url in (("POST", "/v1/answers"), ("PUT", f"/v1/answers/{known['id']}")):
        answer = await api.http.request(method, url, json=body(**changes), headers=headers)
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
        assert answer.json()["errors"][0]["detail"]
    assert await rows(api) == before


async def test_an_unknown_placeholder_is_told_with_those_there_are(api: Api) -> None:
    answer = await api.http.post(
        "/v1/answers", json=body(text="Chào {ten}"), headers=await api.staff("operator")
    )
    assert answer.json()["errors"][0]["detail"] == (
        "Không có mục điền sẵn {ten}. Các mục có thể dùng:"
        " {code}, {category}, {area}, {department}, {due}."
    )


@pytest.mark.parametrize("answer_id", ["abc", "-1", str(2**63)])
async def test_an_id_that_is_none_is_named(api: Api, answer_id: str) -> None:
    headers = await api.staff("operator")
    answer = await api.http.put(f"/v1/answers/{answer_id}", json=body(), headers=headers)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?answer_id"]


async def test_the_first_ones_are_loaded_once(own_api: Api) -> None:
    loaded = await fetch_one(own_api, "select count(*) as n from canned_answers")
    assert loaded.n == len(DEMO)
