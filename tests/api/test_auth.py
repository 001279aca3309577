"""Signing in and out: one-time codes, refresh tokens, passwords, and what demo mode opens."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from api.app import create_app
from core.errors import ConfigurationError
from core.sealing import create_sealer
from core.settings import DEMO_SECRET, SecuritySettings
from identity.citizen_sessions import GRACE
from identity.numbers import index_of
from identity.otp import TRIES
from identity.otp_limits import PAUSE
from notifications.addresses import open_address
from tests.support.city import Draft
from tests.support.client import SECRET, Api, api_settings, serve
from tests.support.rows import execute, fetch, fetch_one
from tests.support.sealing import SEALER
from tests.support.worker import eventually, running_worker


@pytest_asyncio.fixture(loop_scope="session")
async def strict_api(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API outside demo mode, on a database that holds the demo's accounts all the same."""
    settings = dataclasses.replace(
        api_settings(city_database, tmp_path),
        security=SecuritySettings(demo=False, secret_key=SecretStr(SECRET)),
    )
    async with serve(settings) as made:
        yield made


def new_phone() -> str:
    return f"+8490{uuid4().int % 10_000_000:07d}"


async def ask(api: Api, phone: str, **headers: str) -> httpx.Response:
    return await api.http.post("/v1/auth/otp", json={"phone": phone}, headers=headers)


async def verify(api: Api, phone: str, code: str) -> httpx.Response:
    return await api.http.post("/v1/auth/otp/verify", json={"phone": phone, "code": code})


async def messages_to(api: Api, phone: str) -> list[Any]:
    """The text messages to a number, newest first. Their rows keep the number sealed."""
    rows = await fetch(
        api, "select body, address from notifications where channel = 'sms' order by id desc"
    )
    assert phone not in str(rows)
    return [
        row
        for row in rows
        if open_address(row.address, create_sealer(api.settings.security)) == phone
    ]


async def code_sent_to(api: Api, phone: str) -> str:
    """The code in the text message that waits to be sent."""
    row = (await messages_to(api, phone))[0]
    match = re.search(r"\b\d{6}\b", row.body)
    assert match is not None, row.body
    return match[0]


async def forget_code(api: Api, phone: str) -> None:
    index = index_of(phone, SEALER)
    await execute(api, "delete from one_time_codes where phone_index = %(index)s", index=index)
    await execute(api, "delete from rate_limits where key like 'otp:%%'")


async def sign_in(api: Api, phone: str) -> dict[str, str]:
    assert (await ask(api, phone)).status_code == 202
    answer = await verify(api, phone, await code_sent_to(api, phone))
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(session: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


async def test_a_phone_number_signs_in_with_the_code_it_was_sent(api: Api) -> None:
    phone = new_phone()
    asked = await ask(api, phone)
    assert (asked.status_code, asked.json()) == (202, {"status": "sent"})
    code = await code_sent_to(api, phone)
    answer = await verify(api, phone, code)
    assert answer.status_code == 200
    session = answer.json()
    assert set(session) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert session["expires_in"] == api.settings.security.access_token_minutes * 60
    me = (await api.http.get("/v1/me", headers=bearer(session))).json()
    assert (me["role"], me["phone"]) == ("citizen", phone)
    # The code is used up.
    again = await verify(api, phone, code)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "otp_expired")
    # The next sign-in is the same account.
    await forget_code(api, phone)
    second = await sign_in(api, phone)
    assert (await api.http.get("/v1/me", headers=bearer(second))).json()["id"] == me["id"]


async def test_only_a_hash_of_the_code_is_kept(api: Api) -> None:
    phone = new_phone()
    await ask(api, phone)
    code = await code_sent_to(api, phone)
    row = await fetch_one(
        api,
        "select * from one_time_codes where phone_index = %(index)s",
        index=index_of(phone, SEALER),
    )
    assert row.phone is None
    assert code.encode() not in bytes(row.code_hash)
    [job] = await fetch(
        api,
        "select args from procrastinate_jobs where task_name = 'notifications.deliver'"
        " order by id desc limit 1",
    )
    assert code not in str(job.args)


async def test_the_code_is_wiped_once_it_is_sent(own_api: Api) -> None:
    phone = new_phone()
    async with running_worker(own_api) as channels:
        await ask(own_api, phone)
        await eventually(lambda: bool(channels["sms"].sent))
    [message] = channels["sms"].sent
    assert message.address == phone
    match = re.search(r"\b\d{6}\b", message.body)
    assert match is not None
    row = await fetch_one(own_api, "select status, body, data from notifications")
    assert row.status == "sent"
    assert match[0] not in row.body + str(row.data)
    assert (await verify(own_api, phone, match[0])).status_code == 200


@pytest.mark.parametrize("spelling", ["0905 444 555", "0905.444.555", "+84 905 444 555"])
async def test_a_phone_number_is_the_same_however_it_is_typed(api: Api, spelling: str) -> None:
    phone = "+84905444555"
    await forget_code(api, phone)
    assert (await ask(api, spelling)).status_code == 202
    assert (await verify(api, spelling, await code_sent_to(api, phone))).status_code == 200


async def test_the_message_is_in_the_language_asked_for(api: Api) -> None:
    phone = new_phone()
    await ask(api, phone, **{"Accept-Language": "en"})
    [row] = await messages_to(api, phone)
    assert row.body.startswith("Your code is")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/phone"),
        ({"phone": ""}, "/phone"),
        ({"phone": "abc"}, "/phone"),
        ({"phone": "12"}, "/phone"),
        ({"phone": 905444555}, "/phone"),
        ({"phone": "0905\0"}, "/phone"),
        ({"phone": "9" * 31}, "/phone"),
        ({"phone": "0905444555", "x": 1}, "/x"),
    ],
)
async def test_a_code_is_sent_to_phone_numbers_only(
    api: Api, body: dict[str, object], pointer: str
) -> None:
    before = await fetch_one(api, "select count(*) as n from notifications")
    answer = await api.http.post("/v1/auth/otp", json=body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert await fetch_one(api, "select count(*) as n from notifications") == before


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "12345\n", None, 123456])
async def test_a_code_has_six_digits(api: Api, code: object) -> None:
    answer = await api.http.post("/v1/auth/otp/verify", json={"phone": "0905444555", "code": code})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/code"]


async def test_five_wrong_tries_use_the_code_up(api: Api) -> None:
    phone = new_phone()
    await ask(api, phone)
    code = await code_sent_to(api, phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    if wrong == "000000":
        wrong = "000001"
    for _ in range(TRIES):
        answer = await verify(api, phone, wrong)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "otp_wrong")
    late = await verify(api, phone, code)
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "otp_expired")


async def test_guesses_at_once_are_all_counted(api: Api) -> None:
    phone = new_phone()
    await ask(api, phone)
    code = await code_sent_to(api, phone)
    guesses = [f"{(int(code) + n) % 999_999 + 1:06d}" for n in range(1, 21)]
    answers = await asyncio.gather(*(verify(api, phone, guess) for guess in guesses))
    codes = [answer.json()["errors"][0]["code"] for answer in answers]
    assert codes.count("otp_wrong") == TRIES
    assert codes.count("otp_expired") == len(guesses) - TRIES


async def test_a_code_expires(api: Api) -> None:
    phone = new_phone()
    await ask(api, phone)
    code = await code_sent_to(api, phone)
    await execute(
        api,
        "update one_time_codes set expires_at = now() - interval '1 second' where phone_index = %(p)s",
        p=index_of(phone, SEALER),
    )
    answer = await verify(api, phone, code)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "otp_expired")


async def test_a_second_code_has_to_wait(api: Api) -> None:
    phone = new_phone()
    await ask(api, phone)
    first = await code_sent_to(api, phone)
    soon = await ask(api, phone)
    assert (soon.status_code, soon.json()["code"]) == (429, "otp_too_soon")
    assert soon.headers["Retry-After"] == str(int(PAUSE.total_seconds()))
    assert "20" in soon.json()["detail"]
    assert len(await messages_to(api, phone)) == 1
    # After the pause there is a new one, and the first is worth nothing.
    await execute(
        api,
        "update rate_limits set full_at = full_at - %(pause)s where key like 'otp:pause:%%'",
        pause=PAUSE,
    )
    assert (await ask(api, phone)).status_code == 202
    second = await code_sent_to(api, phone)
    if first != second:
        assert (await verify(api, phone, first)).status_code == 422
    assert (await verify(api, phone, second)).status_code == 200


async def test_of_ten_requests_at_once_one_sends_a_code(api: Api) -> None:
    phone = new_phone()
    answers = await asyncio.gather(*(ask(api, phone) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] + [429] * 9


# Refresh tokens ----------------------------------------------------------------------------------


async def refresh(api: Api, session: dict[str, str]) -> httpx.Response:
    return await api.http.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]})


async def test_a_refresh_token_gives_the_next_pair(api: Api) -> None:
    first = await sign_in(api, new_phone())
    second = await refresh(api, first)
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert (await api.http.get("/v1/me", headers=bearer(second.json()))).status_code == 200
    assert (await refresh(api, second.json())).status_code == 200


async def test_a_used_refresh_token_that_comes_again_ends_the_session(api: Api) -> None:
    phone = new_phone()
    first = await sign_in(api, phone)
    second = (await refresh(api, first)).json()
    third = (await refresh(api, second)).json()
    await forget_code(api, phone)
    elsewhere = await sign_in(api, phone)  # on another phone
    stolen = await refresh(api, first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh_token_reused")
    for session in (first, second, third):
        answer = await refresh(api, session)
        assert (answer.status_code, answer.json()["code"]) == (401, "refresh_token_invalid")
    assert (await refresh(api, elsewhere)).status_code == 200


async def test_a_phone_whose_answer_was_lost_gets_the_same_again(api: Api) -> None:
    first = await sign_in(api, new_phone())
    lost = (await refresh(api, first)).json()
    again = await refresh(api, first)
    assert again.status_code == 200
    assert again.json()["refresh_token"] == lost["refresh_token"]
    assert (await api.http.get("/v1/me", headers=bearer(again.json()))).status_code == 200
    assert (await refresh(api, again.json())).status_code == 200


async def test_after_half_a_minute_the_same_is_theft(api: Api) -> None:
    first = await sign_in(api, new_phone())
    second = (await refresh(api, first)).json()
    await execute(
        api,
        "update refresh_tokens set used_at = used_at - %(grace)s"
        " where token_hash = sha256(%(token)s)",
        grace=GRACE + timedelta(seconds=1),
        token=first["refresh_token"].encode(),
    )
    stolen = await refresh(api, first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh_token_reused")
    assert (await refresh(api, second)).status_code == 401


async def test_a_thief_within_the_grace_is_noticed_when_the_phone_goes_on(api: Api) -> None:
    phone = await sign_in(api, new_phone())
    phones = (await refresh(api, phone)).json()
    thiefs = (await refresh(api, phone)).json()
    assert (await refresh(api, thiefs)).status_code == 200
    later = timedelta(minutes=10)
    await execute(api, "update refresh_tokens set used_at = used_at - %(later)s", later=later)
    noticed = await refresh(api, phones)
    assert (noticed.status_code, noticed.json()["code"]) == (401, "refresh_token_reused")


async def test_of_two_refreshes_at_once_both_get_the_same(api: Api) -> None:
    session = await sign_in(api, new_phone())
    answers = await asyncio.gather(*(refresh(api, session) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    rows = await fetch_one(
        api,
        "select count(*) as n from refresh_tokens where family = (select family from"
        " refresh_tokens where token_hash = sha256(%(token)s))",
        token=session["refresh_token"].encode(),
    )
    assert rows.n == 2


@pytest.mark.parametrize("token", ["x", "", "ư" * 10])
async def test_an_unknown_refresh_token_is_refused(api: Api, token: str) -> None:
    answer = await refresh(api, {"refresh_token": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_token_invalid")


async def test_a_refresh_token_expires(api: Api) -> None:
    session = await sign_in(api, new_phone())
    await execute(
        api,
        "update refresh_tokens set expires_at = now() - interval '1 second'"
        " where token_hash = sha256(%(token)s)",
        token=session["refresh_token"].encode(),
    )
    answer = await refresh(api, session)
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_token_invalid")


async def test_logging_out_revokes_all_of_that_sign_in(api: Api) -> None:
    first = await sign_in(api, new_phone())
    second = (await refresh(api, first)).json()
    body = {"refresh_token": second["refresh_token"]}
    out = await api.http.post("/v1/auth/logout", json=body)
    assert (out.status_code, out.content) == (204, b"")
    assert (await refresh(api, second)).status_code == 401
    # Once more, and with a token that never was: there is nothing to tell.
    assert (await api.http.post("/v1/auth/logout", json=body)).status_code == 204
    unknown = await api.http.post("/v1/auth/logout", json={"refresh_token": "x"})
    assert unknown.status_code == 204


async def test_a_closed_account_cannot_go_on(api: Api) -> None:
    phone = new_phone()
    session = await sign_in(api, phone)
    await execute(
        api,
        "update people set active = false where phone_index = %(index)s",
        index=index_of(phone, SEALER),
    )
    assert (await api.http.get("/v1/me", headers=bearer(session))).status_code == 401
    refreshed = await refresh(api, session)
    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "account_closed")
    await forget_code(api, phone)
    await ask(api, phone)
    again = await verify(api, phone, await code_sent_to(api, phone))
    assert (again.status_code, again.json()["code"]) == (401, "account_closed")


async def test_a_phone_proves_no_office(own_api: Api) -> None:
    """Staff who sign in by phone are citizens: their rights come with their password."""
    phone = new_phone()
    await execute(own_api, "update people set phone = %(p)s where username = 'admin'", p=phone)
    session = await sign_in(own_api, phone)
    assert (await own_api.http.get("/v1/cases", headers=bearer(session))).status_code == 403
    renewed = (await refresh(own_api, session)).json()
    assert (await own_api.http.get("/v1/cases", headers=bearer(renewed))).status_code == 403
    filed = await own_api.http.put(
        f"/v1/reports/{uuid4()}", json=Draft().body(), headers=bearer(session)
    )
    assert filed.status_code == 201


# Staff -------------------------------------------------------------------------------------------


async def password(api: Api, username: object, secret: object) -> httpx.Response:
    return await api.http.post("/v1/auth/staff", json={"username": username, "password": secret})


async def test_staff_sign_in_by_password(api: Api) -> None:
    answer = await password(api, "supervisor.hepco", "demo")
    assert answer.status_code == 200
    session = answer.json()
    assert session["expires_in"] == api.settings.staff.session_hours * 3600
    assert session["person"]["role"] == "supervisor"
    assert session["person"]["department"]["code"] == "hepco"
    assert "refresh_token" not in session
    assert (await api.http.get("/v1/cases", headers=bearer(session))).status_code == 200


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(api: Api) -> None:
    await execute(
        api,
        "insert into people (role, username, name, password_hash, active)"
        " select role, 'retired', name, password_hash, false from people where username = 'leader'"
        " on conflict do nothing",
    )
    answers = [
        await password(api, username, secret)
        for username, secret in (
            ("leader", "wrong"), ("nobody", "demo"), ("retired", "demo"), ("", ""), ("leader", ""),
            ("LEADER", "demo"), ("leader", "demo "), ("leader", "Đ" * 200),
        )
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["code"] == "wrong_password"


@pytest.mark.parametrize(
    ("username", "secret", "pointer"),
    [
        (None, "demo", "/username"),
        ("leader", 5, "/password"),
        ("a\0", "demo", "/username"),
        ("x" * 101, "demo", "/username"),
        ("leader", "x" * 201, "/password"),
        ("leader", "\0", "/password"),
    ],
)
async def test_a_login_that_is_none_is_refused(
    api: Api, username: object, secret: object, pointer: str
) -> None:
    answer = await password(api, username, secret)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


# Demo mode ---------------------------------------------------------------------------------------


async def test_outside_demo_mode_the_demos_code_opens_nothing(strict_api: Api) -> None:
    phone = new_phone()
    refused = await verify(strict_api, phone, "000000")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "otp_expired")
    await ask(strict_api, phone)
    code = await code_sent_to(strict_api, phone)
    if code != "000000":
        wrong = await verify(strict_api, phone, "000000")
        assert wrong.json()["errors"][0]["code"] == "otp_wrong"
    assert (await verify(strict_api, phone, code)).status_code == 200


async def test_outside_demo_mode_the_demos_password_opens_nothing(strict_api: Api) -> None:
    for username in ("admin", "operator", "staff.hepco"):
        answer = await password(strict_api, username, "demo")
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")


async def test_in_demo_mode_the_demos_code_is_accepted(api: Api) -> None:
    assert (await verify(api, new_phone(), "000000")).status_code == 200


@pytest.mark.parametrize("secret", [DEMO_SECRET, "", "short", "x" * 31])
def test_the_api_does_not_start_with_a_secret_that_guards_nothing(
    tmp_path: Path, secret: str
) -> None:
    settings = dataclasses.replace(
        api_settings("postgresql://127.0.0.1/none", tmp_path),
        security=SecuritySettings(demo=False, secret_key=SecretStr(secret)),
    )
    with pytest.raises(ConfigurationError):
        create_app(settings)


def test_the_api_starts_with_a_secret_of_its_own_or_as_a_demo(tmp_path: Path) -> None:
    settings = api_settings("postgresql://127.0.0.1/none", tmp_path)
    for security in (
        SecuritySettings(demo=False, secret_key=SecretStr("x" * 32)),
        SecuritySettings(demo=True, secret_key=SecretStr(DEMO_SECRET)),
    ):
        create_app(dataclasses.replace(settings, security=security))
