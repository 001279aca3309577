"""Deadlines that people move: more time, directives, persons, and departments with hours of
their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from core.clock import utc_now
from core.fence import Errand
from tests.support.casework import BUS_DEPARTMENT, Staged, login, press, read, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import worker_sessions
from workflows import sla
from workflows.configuration import Configuration

HOUR = 3600
MORE: dict[str, object] = {"hours": 16, "reason": "Chờ vật tư nhập về"}
DIRECTIVE: dict[str, object] = {"directive": "Xử lý trước lễ", "hours": 8}


async def city_of(api: Api) -> Configuration:
    services = api.app.state.services
    async with services.begin(Errand.UPKEEP) as session:
        return await services.cache.newest(session)


async def clock_of(api: Api, case: Staged, name: str = "resolution") -> dict[str, Any]:
    """A clock as its column holds it; its date follows from the department's calendar."""
    row = await fetch_one(
        api, "select clocks, department, due_at from cases where id = %(i)s", i=case.id
    )
    clock = row.clocks[name]
    city = await city_of(api)
    days = city.department_calendars.get(row.department, city.working)
    due_at = datetime.fromisoformat(clock["due_at"])
    if clock["remaining"] is None:
        assert due_at == days.add(datetime.fromisoformat(clock["since"]), clock["left"])
    if name == "resolution":
        assert row.due_at == due_at
    return clock


async def told(api: Api, case: Staged) -> list[tuple[str, str]]:
    rows = await fetch(
        api,
        "select audience, template from announcements where case_id = %(id)s order by id",
        id=case.id,
    )
    return [tuple(row) for row in rows]


async def offered(api: Api, case: Staged, role: str) -> set[str]:
    return {action["action"] for action in (await read(api, case, role))["actions"]}


async def person(api: Api, username: str) -> str:
    """The id of an account."""
    me = await api.http.get("/v1/me", headers=await api.staff(username))
    return me.json()["id"]


# More time ---------------------------------------------------------------------------------------


async def test_more_time_is_asked_for_and_granted(api: Api) -> None:
    case = await stage(api, "in_progress")
    before = await clock_of(api, case)
    asked = await press(api, case, "extend", MORE)
    assert asked.status_code == 200, asked.text
    assert await clock_of(api, case) == before  # asking alone moves nothing
    assert "grant_extension" not in await offered(api, case, "staff")
    assert {"grant_extension", "refuse_extension"} <= await offered(api, case, "supervisor")
    granted = await press(api, case, "grant_extension", {"note": "chỉ lần này"}, "supervisor")
    assert granted.status_code == 200, granted.text
    after = await clock_of(api, case)
    assert after["seconds"] == before["seconds"] + 16 * HOUR
    assert after["left"] == before["left"] + 16 * HOUR
    assert (after["since"], after["started_at"]) == (before["since"], before["started_at"])
    assert after["due_at"] > before["due_at"]
    assert (await told(api, case))[-3:] == [
        ("supervisors", "extension_asked"),
        ("reporter", "extended"),
        ("department", "extension_granted"),
    ]
    # The citizen sees the new date, and none of the reasons.
    shown = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert datetime.fromisoformat(shown.json()["due_at"]) == datetime.fromisoformat(after["due_at"])
    assert "vật tư" not in shown.text
    assert "chỉ lần này" not in shown.text


async def test_more_time_is_refused(api: Api) -> None:
    case = await stage(api, "in_progress")
    before = await clock_of(api, case)
    await press(api, case, "extend", MORE)
    nothing = await press(api, case, "refuse_extension", {}, "leader")
    assert [(e["pointer"], e["code"]) for e in nothing.json()["errors"]] == [
        ("/reason", "field_required")
    ]
    refused = await press(api, case, "refuse_extension", {"reason": "Vật tư có sẵn"}, "leader")
    assert refused.status_code == 200
    assert await clock_of(api, case) == before
    assert (await told(api, case))[-1] == ("department", "extension_refused")
    assert "grant_extension" not in await offered(api, case, "supervisor")
    assert "extend" in await offered(api, case, "staff")  # they may ask again


async def test_more_time_is_given_twice_at_most(api: Api) -> None:
    case = await stage(api, "in_progress")
    before = await clock_of(api, case)
    for _ in range(2):
        await press(api, case, "extend", MORE)
        again = await press(api, case, "extend", MORE)
        assert (again.status_code, again.json()["code"]) == (409, "action_not_offered")
        granted = await press(api, case, "grant_extension", {}, "supervisor")
        assert granted.status_code == 200
    third = await press(api, case, "extend", MORE)
    assert (third.status_code, third.json()["code"]) == (409, "action_not_offered")
    assert (await clock_of(api, case))["seconds"] == before["seconds"] + 32 * HOUR


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ({"reason": "x"}, "/hours", "field_required"),
        ({"hours": 8}, "/reason", "field_required"),
        ({"hours": 0, "reason": "x"}, "/hours", "number_out_of_range"),
        ({"hours": -8, "reason": "x"}, "/hours", "number_out_of_range"),
        ({"hours": 401, "reason": "x"}, "/hours", "number_out_of_range"),
        ({"hours": "8", "reason": "x"}, "/hours", "not_a_number"),
        ({"hours": True, "reason": "x"}, "/hours", "not_a_number"),
    ],
)
async def test_a_faulty_request_for_time_changes_nothing(
    api: Api, form: dict[str, object], pointer: str, code: str
) -> None:
    case = await stage(api, "in_progress")
    before = await read(api, case)
    answer = await press(api, case, "extend", form)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert await read(api, case) == before


async def test_nobody_grants_time_to_themselves(api: Api) -> None:
    case = await stage(api, "in_progress")
    await press(api, case, "extend", MORE)
    for role in ("staff", "operator"):
        answer = await press(api, case, "grant_extension", {}, role)
        assert (answer.status_code, answer.json()["code"]) == (403, "action_not_allowed")
    elsewhere = await api.staff("supervisor.hepco")
    assert (await api.http.get(case.url, headers=elsewhere)).status_code == 404


async def test_time_that_is_granted_while_the_citizen_is_asked_waits_with_the_case(
    api: Api,
) -> None:
    case = await stage(api, "waiting")
    before = await clock_of(api, case)
    await press(api, case, "extend", MORE)
    await press(api, case, "grant_extension", {}, "supervisor")
    after = await clock_of(api, case)
    assert after["remaining"] == before["remaining"] + 16 * HOUR
    await press(api, case, "answer", {"text": "Trước chợ"}, "reporter")
    running = await clock_of(api, case)
    assert (running["remaining"], running["left"]) == (None, after["remaining"])


async def test_a_late_case_that_is_given_time_is_no_longer_late(own_api: Api) -> None:
    api = own_api
    case = await stage(api, "in_progress")
    due_at = datetime.fromisoformat((await clock_of(api, case))["due_at"])
    await sweep(api, due_at + timedelta(minutes=1))
    assert (await read(api, case))["overdue"]
    await press(api, case, "extend", MORE)
    granted = await press(api, case, "grant_extension", {}, "supervisor")
    assert granted.json()["overdue"] is False
    await sweep(api, due_at + timedelta(days=30))
    marks = [e["action"] for e in (await read(api, case))["timeline"] if e["kind"] == "mark"]
    assert marks == [
        "halfway", "due_soon", "overdue",
        "halfway", "due_soon", "overdue", "long_overdue",
    ]  # fmt: skip


async def sweep(api: Api, at: datetime) -> None:
    """What workers do at the instant `at`."""
    async with worker_sessions(api) as sessions:
        await sla.sweep(sessions, api.app.state.services.cache, now=at)


# Directives --------------------------------------------------------------------------------------


async def test_a_directive_has_a_date_of_its_own(api: Api) -> None:
    case = await stage(api, "in_progress")
    promise = await clock_of(api, case)
    directed = await press(api, case, "direct", DIRECTIVE, "leader")
    assert directed.status_code == 200, directed.text
    [shown] = [clock for clock in directed.json()["clocks"] if clock["name"] == "directive"]
    assert (shown["promise"], shown["paused"], shown["label"]) == (
        False, False, "Hạn thực hiện chỉ đạo",
    )  # fmt: skip
    clock = await clock_of(api, case, "directive")
    assert (clock["seconds"], clock["left"]) == (8 * HOUR, 8 * HOUR)
    assert await clock_of(api, case) == promise
    assert (await told(api, case))[-1] == ("department", "directive")
    # The citizen learns nothing of it, not even from the date.
    report = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert "trước lễ" not in report.text
    assert datetime.fromisoformat(report.json()["due_at"]).isoformat() == promise["due_at"]


async def test_the_department_reports_back_and_the_clock_ends(api: Api) -> None:
    case = await stage(api, "in_progress")
    early = await press(api, case, "report_back", {"text": "Đã làm"})
    assert (early.status_code, early.json()["code"]) == (409, "action_not_offered")
    await press(api, case, "direct", DIRECTIVE, "leader")
    back = await press(api, case, "report_back", {"text": "Đã bố trí hai tổ"})
    assert [c["name"] for c in back.json()["clocks"]] == ["resolution"]
    assert (await told(api, case))[-1] == ("leaders", "directive_done")
    again = await press(api, case, "report_back", {"text": "Đã làm"})
    assert again.status_code == 409


async def test_a_directive_without_hours_has_no_date(api: Api) -> None:
    case = await stage(api, "in_progress")
    directed = await press(api, case, "direct", {"directive": "Lưu ý trường học"}, "leader")
    assert [clock["name"] for clock in directed.json()["clocks"]] == ["resolution"]
    assert "report_back" in await offered(api, case, "staff")
    await press(api, case, "direct", DIRECTIVE, "leader")
    first = await clock_of(api, case, "directive")
    await press(api, case, "direct", {**DIRECTIVE, "hours": 4}, "leader")
    second = await clock_of(api, case, "directive")
    assert second["started_at"] > first["started_at"]
    assert second["seconds"] == 4 * HOUR


async def test_leaders_hear_of_a_directive_that_was_not_followed(own_api: Api) -> None:
    api = own_api
    case = await stage(api, "in_progress")
    await press(api, case, "direct", {**DIRECTIVE, "hours": 2}, "leader")
    due_at = datetime.fromisoformat((await clock_of(api, case, "directive"))["due_at"])
    await sweep(api, due_at - timedelta(seconds=1))
    assert (await told(api, case))[-1] == ("department", "directive_soon")
    await sweep(api, due_at)
    assert (await told(api, case))[-2:] == [
        ("leaders", "directive_overdue"),
        ("supervisors", "directive_overdue"),
    ]
    before = await told(api, case)
    await sweep(api, due_at + timedelta(seconds=1))
    assert await told(api, case) == before


async def test_a_directive_stands_still_while_the_citizen_is_asked(api: Api) -> None:
    case = await stage(api, "in_progress")
    await press(api, case, "direct", DIRECTIVE, "leader")
    await press(api, case, "ask", {"question": "Ở trạm nào?"})
    assert (await clock_of(api, case, "directive"))["remaining"] == pytest.approx(8 * HOUR, abs=60)
    await press(api, case, "answer", {"text": "Trước chợ"}, "reporter")
    assert (await clock_of(api, case, "directive"))["remaining"] is None


# Who has it --------------------------------------------------------------------------------------


async def test_a_supervisor_gives_a_case_to_a_colleague(api: Api) -> None:
    case = await stage(api)
    colleague = await person(api, f"staff.{BUS_DEPARTMENT}")
    given = await press(api, case, "assign", {"person": colleague}, "supervisor")
    assert given.status_code == 200, given.text
    assert given.json()["assignee"] == colleague
    assert (await told(api, case))[-1] == ("assignee", "assigned_to_you")
    listed = await api.http.get(
        "/v1/cases",
        params={"assignee": colleague, "limit": 200},
        headers=await login(api, case, "staff"),
    )
    assert case.id in {item["id"] for item in listed.json()["items"]}
    # It is nobody's business outside.
    report = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert colleague not in report.text


@pytest_asyncio.fixture(loop_scope="session")
async def strangers(api: Api) -> AsyncIterator[dict[str, str]]:
    """People who cannot get a case of the bus department, by what they are."""
    retired = await fetch_one(
        api,
        "insert into people (id, role, username, name, department, language, active)"
        " values (gen_random_uuid(), 'staff', %(name)s, 'Đã nghỉ', %(department)s, 'vi', false)"
        " returning id",
        name=f"retired.{uuid4()}",
        department=BUS_DEPARTMENT,
    )
    citizen = await api.http.get("/v1/me", headers=await api.citizen())
    yield {
        "of another department": await person(api, "staff.hepco"),
        "an operator": await person(api, "operator"),
        "a citizen": citizen.json()["id"],
        "retired": str(retired.id),
        "nobody": str(uuid4()),
    }


async def test_nobody_else_gets_it(api: Api, strangers: dict[str, str]) -> None:
    case = await stage(api)
    before = await read(api, case)
    for who, stranger in strangers.items():
        answer = await press(api, case, "assign", {"person": stranger}, "supervisor")
        assert answer.status_code == 422, who
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            ("/person", "person_unknown")
        ], who
    assert await read(api, case) == before


async def test_staff_take_a_case(api: Api) -> None:
    case = await stage(api)
    me = await person(api, f"staff.{BUS_DEPARTMENT}")
    taken = await press(api, case, "take", {})
    assert taken.json()["assignee"] == me
    assert "take" not in await offered(api, case, "staff")
    again = await press(api, case, "take", {})
    assert (again.status_code, again.json()["code"]) == (409, "action_not_offered")
    elsewhere = await api.staff("staff.hepco")
    denied = await api.http.post(
        f"{case.url}/actions/take", json={}, headers={**elsewhere, "If-Match": '"3"'}
    )
    assert (denied.status_code, denied.json()["code"]) == (404, "case_not_found")


async def test_a_transfer_leaves_it_to_the_other_departments_people(api: Api) -> None:
    case = await stage(api)
    await press(api, case, "take", {})
    form: dict[str, object] = {"department": "hepco", "reason": "Thuộc HEPCO"}
    moved = await press(api, case, "transfer", form, "operator")
    assert moved.json()["assignee"] is None
    before = await person(api, f"staff.{BUS_DEPARTMENT}")
    theirs = Staged(case.id, case.code, "hepco", case.track_token)
    answer = await press(api, theirs, "assign", {"person": before}, "supervisor")
    assert answer.json()["errors"][0]["code"] == "person_unknown"
    taken = await press(api, theirs, "take", {})
    assert taken.json()["assignee"] == await person(api, "staff.hepco")


# Departments with hours of their own -------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def night_shift(own_api: Api) -> Api:
    """HEPCO works day and night; everybody else keeps the city's office hours."""
    await execute(own_api, "update departments set calendar = 'always' where code = 'hepco'")
    await execute(own_api, "update city set revision = revision + 1")
    return own_api


async def test_who_takes_over_gets_the_working_time_that_is_left(night_shift: Api) -> None:
    api = night_shift
    case = await stage(api)
    before = await clock_of(api, case)
    moved = await press(
        api, case, "transfer", {"department": "hepco", "reason": "Thuộc HEPCO"}, "operator"
    )
    assert moved.status_code == 200, moved.text
    after = await clock_of(api, case)
    assert (after["started_at"], after["seconds"]) == (before["started_at"], before["seconds"])
    assert after["left"] == pytest.approx(before["left"], abs=60)
    # Day and night, so many hours from now; the citizen is promised this.
    due_at, since = (datetime.fromisoformat(after[name]) for name in ("due_at", "since"))
    assert due_at - since == timedelta(seconds=after["left"])
    assert due_at < datetime.fromisoformat(before["due_at"])
    assert datetime.fromisoformat(moved.json()["due_at"]) == due_at
    assert (await clock_of(api, case, "acceptance"))["left"] == 8 * HOUR
    back = await press(api, case, "transfer", {"department": "sxd", "reason": "Nhầm"}, "operator")
    assert back.status_code == 200
    again = await clock_of(api, case)
    assert again["left"] == pytest.approx(before["left"], abs=60)
    gap = datetime.fromisoformat(again["due_at"]) - datetime.fromisoformat(before["due_at"])
    assert abs(gap) < timedelta(minutes=2)


async def test_a_case_of_theirs_counts_their_hours_from_the_first(night_shift: Api) -> None:
    api = night_shift
    filed = await api.file()  # a sign: for the department of construction
    sign = Staged(filed["id"], filed["code"], "sxd", filed["track_token"])
    light = await stage(api, category="energy.street_light")
    assert light.department == "hepco"
    for case, always in ((light, True), (sign, False)):
        clock = await clock_of(api, case)
        due_at, since = (datetime.fromisoformat(clock[name]) for name in ("due_at", "since"))
        assert (due_at - since == timedelta(seconds=clock["left"])) is always


async def test_lateness_goes_along(night_shift: Api) -> None:
    api = night_shift
    case = await stage(api)
    late = utc_now() - timedelta(days=20)
    clock = await clock_of(api, case)
    row = {**clock, "due_at": late.isoformat(), "since": late.isoformat(), "left": 0}
    await execute(
        api,
        "update cases set clocks = jsonb_set(clocks, '{resolution}', %(clock)s::jsonb),"
        " due_at = %(late)s, overdue = true where id = %(id)s",
        clock=str(row).replace("'", '"').replace("None", "null"),
        late=late,
        id=case.id,
    )
    form: dict[str, object] = {"department": "hepco", "reason": "Thuộc HEPCO"}
    moved = await press(api, case, "transfer", form, "operator")
    assert (moved.json()["overdue"], datetime.fromisoformat(moved.json()["due_at"])) == (True, late)
    theirs = Staged(case.id, case.code, "hepco", case.track_token)
    await press(api, theirs, "accept", {})
    await press(api, theirs, "extend", MORE)
    granted = await press(api, theirs, "grant_extension", {}, "supervisor")
    assert datetime.fromisoformat(granted.json()["due_at"]) == late + timedelta(hours=16)
    assert granted.json()["overdue"] is True
