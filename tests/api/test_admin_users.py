"""Administrators look after the accounts of staff; nobody's cases are lost with them.

Who may do so at all stands in the matrix of `test_rights.py`.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.paging import encode_cursor
from identity.numbers import index_of
from tests.support.casework import BUS, BUS_DEPARTMENT, press, read, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.sealing import SEALER

URL = "/v1/admin/users"
PASSWORD = "một mật khẩu dài"
AN: dict[str, Any] = {
    "username": "an.nguyen",
    "name": "Nguyễn Văn An",
    "role": "staff",
    "department": BUS_DEPARTMENT,
    "email": "an@hue.example",
    "password": PASSWORD,
}
SECRETS = ("password", "hash", "argon2", "phone", "preferences")


async def add(api: Api, **changes: object) -> httpx.Response:
    return await api.http.post(URL, json=AN | changes, headers=await api.staff("admin"))


async def change(api: Api, account: dict[str, Any], **changes: object) -> httpx.Response:
    """Put an account as it is but for `changes`."""
    kept = ("name", "role", "department", "email", "language", "active")
    body = {name: account[name] for name in kept} | changes
    headers = await api.staff("admin")
    return await api.http.put(f"{URL}/{account['id']}", json=body, headers=headers)


async def account_of(api: Api, username: str) -> dict[str, Any]:
    return next(item for item in await listed(api, limit=200) if item["username"] == username)


async def listed(api: Api, **params: Any) -> list[dict[str, Any]]:
    """Everything that the list has, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await api.http.get(
            URL,
            params=params | ({"cursor": cursor} if cursor else {}),
            headers=await api.staff("admin"),
        )
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return items


async def sign_in(api: Api, username: str, password: str = PASSWORD) -> httpx.Response:
    return await api.http.post("/v1/auth/staff", json={"username": username, "password": password})


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def revision(api: Api) -> int:
    return (await fetch_one(api, "select revision from city")).revision


# Adding ------------------------------------------------------------------------------------------


async def test_a_new_account_signs_in_with_its_password(own_api: Api) -> None:
    before = await revision(own_api)
    added = await add(own_api)
    assert added.status_code == 201, added.text
    shown = added.json()
    assert {k: shown[k] for k in AN if k != "password"} == {
        k: v for k, v in AN.items() if k != "password"
    }
    assert (shown["active"], shown["language"]) == (True, "vi")
    assert await revision(own_api) == before + 1
    signed = await sign_in(own_api, "an.nguyen")
    assert signed.status_code == 200
    assert signed.json()["person"]["department"]["code"] == BUS_DEPARTMENT
    assert (await sign_in(own_api, "an.nguyen", "một mật khẩu sai")).status_code == 401


async def test_an_account_without_a_password_does_not_open_by_one(own_api: Api) -> None:
    added = await add(own_api, password=None)
    assert added.status_code == 201
    for password in ("", "None", PASSWORD):
        assert (await sign_in(own_api, "an.nguyen", password)).status_code in (401, 422)


async def test_a_username_is_given_once(own_api: Api) -> None:
    answers = await asyncio.gather(*(add(own_api, password=None) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("username_taken", "/username")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"username": "An Nguyễn"}, ("/username", "text_malformed")),
        ({"username": "a"}, ("/username", "text_malformed")),
        ({"role": "citizen"}, ("/role", "not_a_choice")),
        ({"role": "system"}, ("/role", "not_a_choice")),
        ({"role": "god"}, ("/role", "not_a_choice")),
        ({"department": None}, ("/department", "field_required")),
        ({"department": None, "role": "supervisor"}, ("/department", "field_required")),
        ({"department": "nasa"}, ("/department", "department_unknown")),
        ({"password": "quá ngắn"}, ("/password", "text_too_short")),
        ({"password": "x" * 201}, ("/password", "text_too_long")),
        ({"email": "an"}, ("/email", "text_malformed")),
        ({"name": " "}, ("/name", "text_too_short")),
        ({"language": "fr"}, ("/language", "not_a_choice")),
        ({"password_hash": "x"}, ("/password_hash", "field_unknown")),
        ({"active": False}, ("/active", "field_unknown")),
    ],
)
async def test_an_account_that_cannot_be_is_refused_by_its_field(
    api: Api, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(await add(api, **changes)) == [fault]


@pytest.mark.parametrize("role", ["operator", "leader", "analyst", "admin"])
async def test_roles_of_the_whole_city_need_no_department(own_api: Api, role: str) -> None:
    added = await add(own_api, role=role, department=None, password=None)
    assert (added.status_code, added.json()["department"]) == (201, None)


async def test_nobody_starts_at_a_retired_department(own_api: Api) -> None:
    await execute(own_api, "update departments set active = false where code = 'hepco'")
    assert faults(await add(own_api, department="hepco")) == [("/department", "department_retired")]


# Listing -----------------------------------------------------------------------------------------


async def test_pages_hold_every_account_of_staff_once_and_no_citizen(own_api: Api) -> None:
    await own_api.citizen()
    table = await fetch(
        own_api, "select username from people where role <> 'citizen' order by username"
    )
    for limit in (7, 200):
        items = await listed(own_api, limit=limit)
        assert [item["username"] for item in items] == [row.username for row in table]


async def test_the_list_is_filtered(own_api: Api) -> None:
    added = (await add(own_api, password=None)).json()
    await change(own_api, added, active=False)
    mine = await listed(own_api, department=BUS_DEPARTMENT)
    assert {item["department"] for item in mine} == {BUS_DEPARTMENT}
    assert [i["username"] for i in await listed(own_api, active="false")] == ["an.nguyen"]
    assert [i["username"] for i in await listed(own_api, role="leader")] == ["leader"]
    both = await listed(own_api, department=BUS_DEPARTMENT, role="staff", active="true")
    assert [item["username"] for item in both] == [f"staff.{BUS_DEPARTMENT}"]
    assert await listed(own_api, department="nasa") == []


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"role": "citizen"}, ("?role", "not_a_choice")),
        ({"active": "perhaps"}, ("?active", "not_a_flag")),
        ({"cursor": "x"}, ("?cursor", "bad_cursor")),
        ({"cursor": encode_cursor([1, uuid4()])}, ("?cursor", "bad_cursor")),
        ({"cursor": encode_cursor(["a\x00", uuid4()])}, ("?cursor", "bad_cursor")),
        ({"limit": 201}, ("?limit", "field_invalid")),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_by_its_name(
    api: Api, params: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = await api.http.get(URL, params=params, headers=await api.staff("admin"))
    assert faults(answer) == [fault]


async def test_no_answer_tells_anything_of_a_password(own_api: Api) -> None:
    headers = await own_api.staff("admin")
    added = await add(own_api)
    changed = await change(own_api, added.json(), password="mật khẩu khác hẳn")
    everybody = await own_api.http.get(URL, headers=headers)
    for answer in (added, changed, everybody):
        assert answer.is_success
        assert not [word for word in (*SECRETS, "mật khẩu") if word in answer.text]


# Changing ----------------------------------------------------------------------------------------


async def test_an_administrator_sets_a_new_password(own_api: Api) -> None:
    account = (await add(own_api)).json()
    assert (await change(own_api, account, password="mật khẩu mới dài")).status_code == 200
    assert (await sign_in(own_api, "an.nguyen")).status_code == 401
    assert (await sign_in(own_api, "an.nguyen", "mật khẩu mới dài")).status_code == 200
    # Without one, it stays as it is.
    assert (await change(own_api, account, name="Nguyễn An")).json()["name"] == "Nguyễn An"
    assert (await sign_in(own_api, "an.nguyen", "mật khẩu mới dài")).status_code == 200


async def test_a_closed_account_opens_no_more_until_it_is_opened_again(own_api: Api) -> None:
    account = (await add(own_api)).json()
    closed = await change(own_api, account, active=False)
    assert (closed.status_code, closed.json()["active"]) == (200, False)
    assert (await sign_in(own_api, "an.nguyen")).status_code == 401
    assert (await change(own_api, account, active=True)).status_code == 200
    assert (await sign_in(own_api, "an.nguyen")).status_code == 200


async def test_putting_an_account_as_it_is_changes_nothing(own_api: Api) -> None:
    before = await revision(own_api)
    same = await change(own_api, await account_of(own_api, "leader"))
    assert same.status_code == 200
    assert await revision(own_api) == before
    assert (await change(own_api, same.json(), language="en")).status_code == 200
    assert await revision(own_api) == before + 1


@pytest.mark.parametrize("whose", ["nobody", "citizen"])
async def test_only_accounts_of_staff_are_changed(own_api: Api, whose: str) -> None:
    await own_api.citizen("+84905000001")
    citizen = await fetch_one(
        own_api,
        "select id from people where role = 'citizen' and phone_index = %(index)s",
        index=index_of("+84905000001", SEALER),
    )
    leader = await account_of(own_api, "leader")
    person = uuid4() if whose == "nobody" else citizen.id
    answer = await change(own_api, leader | {"id": str(person)})
    assert (answer.status_code, answer.json()["code"]) == (404, "account_not_found")


async def test_administrators_do_not_lock_themselves_out(own_api: Api) -> None:
    me = await account_of(own_api, "admin")
    answer = await change(own_api, me, role="analyst", active=False)
    assert faults(answer) == [
        ("/role", "own_role_is_fixed"),
        ("/active", "own_account_stays_open"),
    ]
    assert (await change(own_api, me, name="Quản trị viên")).status_code == 200
    assert (await account_of(own_api, "admin"))["role"] == "admin"


async def test_of_two_administrators_who_dismiss_each_other_one_stays(own_api: Api) -> None:
    other = (await add(own_api, username="admin2", role="admin", department=None)).json()
    me = await account_of(own_api, "admin")
    token = (await sign_in(own_api, "admin2")).json()["access_token"]
    body = {k: me[k] for k in ("name", "department", "email", "language")}
    theirs = own_api.http.put(
        f"{URL}/{me['id']}",
        json=body | {"role": "analyst", "active": True},
        headers={"Authorization": f"Bearer {token}"},
    )
    answers = await asyncio.gather(change(own_api, other, role="analyst"), theirs)
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    left = await fetch_one(own_api, "select count(*) as n from people where role = 'admin'")
    assert left.n == 1


# Their cases -------------------------------------------------------------------------------------


async def assigned_case(api: Api, account: dict[str, Any]) -> Any:
    case = await stage(api, category=BUS)
    answer = await press(api, case, "assign", {"person": account["id"]}, "supervisor")
    assert answer.status_code == 200, answer.text
    return case


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},
        {"department": "hepco"},
        {"role": "analyst"},
    ],
)
async def test_whoever_leaves_leaves_their_open_cases_to_the_others(
    own_api: Api, changes: dict[str, Any]
) -> None:
    account = (await add(own_api)).json()
    case, done = await assigned_case(own_api, account), await assigned_case(own_api, account)
    for action, form, role in (
        ("accept", {}, "staff"),
        ("resolve", {"answer": "Xong"}, "staff"),
        ("approve", {}, "supervisor"),
    ):
        assert (await press(own_api, done, action, form, role)).status_code == 200
    before = await read(own_api, case)
    assert (await change(own_api, account, **changes)).status_code == 200
    after = await read(own_api, case)
    assert (before["assignee"], after["assignee"]) == (account["id"], None)
    assert after["rev"] == before["rev"]  # nobody's button goes stale
    last = after["timeline"][-1]
    assert (last["action"], last["kind"]) == ("released", "note")
    assert last["label"] == "Bỏ phân công vì người phụ trách không còn ở đơn vị"
    assert last["actor"]["role"] == "admin"
    assert (await read(own_api, done))["assignee"] == account["id"]  # who did it stays known


async def test_whoever_stays_keeps_their_cases(own_api: Api) -> None:
    account = (await add(own_api)).json()
    case = await assigned_case(own_api, account)
    for changes in ({"name": "Nguyễn An"}, {"role": "supervisor"}, {"language": "en"}):
        account = (await change(own_api, account, **changes)).json()
    seen = await read(own_api, case)
    assert seen["assignee"] == account["id"]
    assert "released" not in {event["action"] for event in seen["timeline"]}
