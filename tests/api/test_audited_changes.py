"""What administrators and providers change stands in the audit log, in the commit that changes it."""

from __future__ import annotations

from typing import Any

import pytest

from core.actor import Role
from core.clock import utc_now
from core.db import transaction
from core.fence import Errand
from identity.accounts import AccountDraft, lock_account
from tests.support.client import Api
from tests.support.rows import fetch, fetch_one
from workflows.staff import add_claimed_account, put_claimed_account

DEPARTMENT = {
    "name": "Ban Quản lý chợ", "name_en": "Markets Board", "phone": None, "email": None,
    "deputy": None, "calendar": None, "active": True,
}  # fmt: skip
WEEK: list[Any] = [[["07:30", "17:00"]]] * 7


async def ask(api: Api, method: str, path: str, body: Any = None) -> int:
    headers = await api.staff("admin")
    answer = await api.http.request(method, f"/v1/admin/{path}", json=body, headers=headers)
    return answer.status_code


async def noted(api: Api) -> list[tuple[str, str]]:
    rows = await fetch(api, "select action, subject from audit_log order by id")
    return [(row.action, row.subject) for row in rows]


async def test_each_change_of_the_city_is_noted_once_and_with_its_author(own_api: Api) -> None:
    calendar = {"name": "Trực ca", "timezone": "Asia/Ho_Chi_Minh", "week": WEEK}
    assert await ask(own_api, "PUT", "departments/markets", DEPARTMENT) == 201
    assert await ask(own_api, "PUT", "departments/markets", DEPARTMENT) == 200  # nothing changes
    changed = DEPARTMENT | {"name": "Ban Quản lý các chợ"}
    assert await ask(own_api, "PUT", "departments/markets", changed) == 200
    refused = DEPARTMENT | {"deputy": "markets"}
    assert await ask(own_api, "PUT", "departments/markets", refused) == 422
    assert await ask(own_api, "PUT", "calendars/shifts", calendar) == 201
    holiday: dict[str, Any] = {"open": [], "name": "Tết"}
    assert await ask(own_api, "PUT", "calendars/shifts/days/2027-02-06", holiday) in (200, 201)
    assert await ask(own_api, "DELETE", "calendars/shifts/days/2027-02-06") == 204
    hook = {"url": "https://example.vn/", "active": False}
    assert await ask(own_api, "PUT", "webhooks/partner", hook) == 201
    assert await ask(own_api, "DELETE", "webhooks/partner") == 204
    assert await ask(own_api, "POST", "routing/1/publish") == 200
    assert await ask(own_api, "POST", "routing/99/publish") == 404
    assert await noted(own_api) == [
        ("department.add", "department:markets"),
        ("department.change", "department:markets"),
        ("calendar.add", "calendar:shifts"),
        ("calendar.change", "calendar:shifts"),
        ("calendar.change", "calendar:shifts"),
        ("webhook.add", "webhook:partner"),
        ("webhook.change", "webhook:partner"),
        ("routing.publish", "routing:1"),
    ]
    authors = await fetch(
        own_api,
        "select distinct actor_role, username from audit_log join people on people.id = actor_id",
    )
    assert [tuple(row) for row in authors] == [("admin", "admin")]


async def test_a_category_is_noted_when_it_changes(own_api: Api) -> None:
    headers = await own_api.staff("admin")
    listed = (await own_api.http.get("/v1/admin/categories", headers=headers)).json()["items"]
    body = next(item for item in listed if item["code"] == "traffic.bus")
    del body["code"]
    assert await ask(own_api, "PUT", "categories/traffic.bus", body | {"target_on_time": 77}) == 200
    assert await noted(own_api) == [("category.change", "category:traffic.bus")]


async def test_what_a_provider_makes_of_staff_is_noted(own_api: Api) -> None:
    sessions, now = own_api.app.state.services.sessions, utc_now()
    row = await fetch_one(own_api, "select * from people where username = 'staff.hepco'")
    draft = AccountDraft(
        name=row.name,
        email=row.email,
        language=row.language,
        role=Role.SUPERVISOR,
        department="hepco",
        active=True,
    )
    async with transaction(sessions, Errand.CLAIMS) as session:
        person = await lock_account(session, row.id)
        await put_claimed_account(session, person, draft, now=now)
        await put_claimed_account(session, person, draft, now=now)  # the same claims once more
        made = await add_claimed_account(session, "moi", draft)
    entries = await fetch(own_api, "select * from audit_log order by id")
    rights = {"role": "supervisor", "department": "hepco", "active": True}
    assert [(entry.action, entry.actor_role, entry.subject, entry.facts) for entry in entries] == [
        (
            "account.claim", "system", f"person:{row.id}",
            {"before": rights | {"role": "staff"}, "after": rights},
        ),
        ("account.claim", "system", f"person:{made.id}", {"after": rights}),
    ]  # fmt: skip


async def test_what_a_provider_does_in_vain_is_not_noted(own_api: Api) -> None:
    row = await fetch_one(own_api, "select * from people where username = 'staff.hepco'")
    draft = AccountDraft(
        name=row.name,
        email=row.email,
        language=row.language,
        role=Role.STAFF,
        department="sxd",
        active=True,
    )
    with pytest.raises(ZeroDivisionError):
        await _fail_after_claim(own_api, row.id, draft)
    assert await noted(own_api) == []


async def _fail_after_claim(api: Api, person_id: Any, draft: AccountDraft) -> None:
    async with transaction(api.app.state.services.sessions, Errand.CLAIMS) as session:
        person = await lock_account(session, person_id)
        await put_claimed_account(session, person, draft, now=utc_now())
        raise ZeroDivisionError
