"""Against those who have codes sent for money, and those who guess them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.app import ApiSettings
from core.settings import OtpSettings
from identity import otp_limits
from tests.api.test_auth import ask, bearer, code_sent_to, forget_code, new_phone, verify
from tests.support.client import Api, api_settings, serve
from tests.support.phones import PhoneApp
from tests.support.rows import execute, fetch_one

NO_PAUSE = "delete from rate_limits where key like 'otp:pause:%'"


@asynccontextmanager
async def from_address(api: Api, host: str) -> AsyncIterator[Api]:
    """The same API, asked from somewhere."""
    transport = httpx.ASGITransport(api.app, client=(host, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield dataclasses.replace(api, http=http)


async def messages(api: Api) -> int:
    return (await fetch_one(api, "select count(*) as n from notifications where channel = 'sms'")).n


async def test_a_number_is_sent_five_codes_an_hour(own_api: Api) -> None:
    phone = new_phone()
    for _ in range(otp_limits.SENT_TO_NUMBER):
        assert (await ask(own_api, phone)).status_code == 202
        await execute(own_api, NO_PAUSE)
    refused = await ask(own_api, phone)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 700 < int(refused.headers["Retry-After"]) <= 720
    assert await messages(own_api) == otp_limits.SENT_TO_NUMBER
    assert (await ask(own_api, new_phone())).status_code == 202


async def test_neighbouring_numbers_are_one_block(own_api: Api) -> None:
    statuses = [
        (await ask(own_api, f"+8490512{number:04d}")).status_code
        for number in range(otp_limits.SENT_TO_BLOCK + 5)
    ]
    assert statuses == [202] * otp_limits.SENT_TO_BLOCK + [429] * 5
    assert (await ask(own_api, "+84905130000")).status_code == 202


async def test_a_phone_that_asks_for_others_is_stopped(own_api: Api) -> None:
    phone = PhoneApp(own_api)
    headers = await phone.sign_in()
    statuses = [
        (await ask(own_api, new_phone(), **headers)).status_code
        for _ in range(otp_limits.SENT_FROM_PHONE + 1)
    ]
    assert statuses == [202] * otp_limits.SENT_FROM_PHONE + [429]
    assert (await ask(own_api, new_phone())).status_code == 202


async def test_an_address_is_stopped_and_its_neighbours_are_not(own_api: Api) -> None:
    async with from_address(own_api, "203.0.113.9") as crowd:
        assert (await ask(crowd, new_phone())).status_code == 202
        await execute(
            own_api,
            "update rate_limits set full_at = now() + interval '1 hour'"
            " where key like 'otp:address:%'",
        )
        assert (await ask(crowd, new_phone())).status_code == 429
        # What somebody claims of themselves changes nothing.
        claimed = await ask(crowd, new_phone(), **{"X-Forwarded-For": "198.51.100.1"})
        assert claimed.status_code == 429
    async with from_address(own_api, "203.0.113.10") as neighbour:
        assert (await ask(neighbour, new_phone())).status_code == 202


async def test_there_is_a_limit_for_all_together(city_database: str, tmp_path: Path) -> None:
    async with serve(with_otp(city_database, tmp_path, messages_per_hour=3)) as api:
        statuses = [(await ask(api, new_phone())).status_code for _ in range(5)]
        assert statuses == [202, 202, 202, 429, 429]
        assert await messages(api) == 3


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+14155552671", "phone_country_not_served"),
        ("0234 382 2222", "phone_not_mobile"),
        ("1900 123456", "phone_not_mobile"),
    ],
)
async def test_codes_are_sent_to_mobile_phones_of_this_country(
    own_api: Api, phone: str, code: str
) -> None:
    answer = await ask(own_api, phone)
    assert answer.status_code == 422
    assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [
        ("/phone", code)
    ]
    assert await messages(own_api) == 0


async def test_other_countries_are_a_setting(city_database: str, tmp_path: Path) -> None:
    async with serve(with_otp(city_database, tmp_path, countries=("VN", "US"))) as api:
        assert (await ask(api, "+14155552671")).status_code == 202


def with_otp(url: str, folder: Path, **changes: object) -> ApiSettings:
    return dataclasses.replace(api_settings(url, folder), otp=OtpSettings(**changes))


async def test_a_number_with_an_account_is_answered_like_one_without(own_api: Api) -> None:
    known, unknown = new_phone(), new_phone()
    await ask(own_api, known)
    assert (await verify(own_api, known, await code_sent_to(own_api, known))).status_code == 200
    await forget_code(own_api, known)
    closed = new_phone()
    await ask(own_api, closed)
    session = (await verify(own_api, closed, await code_sent_to(own_api, closed))).json()
    me = (await own_api.http.get("/v1/me", headers=bearer(session))).json()["id"]
    await execute(own_api, "update people set active = false where id = %(id)s", id=me)
    await forget_code(own_api, closed)
    answers = [await ask(own_api, phone) for phone in (known, unknown, closed)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"status":"sent"}')}
    tried = [await verify(own_api, phone, "000001") for phone in (known, unknown, closed)]
    assert len({(answer.status_code, answer.text) for answer in tried}) == 1


async def test_a_code_is_worth_something_on_the_phone_that_asked_only(api: Api) -> None:
    number = new_phone()
    asking, other = PhoneApp(api), PhoneApp(api)
    await asking.sign_in()
    await other.sign_in()
    assert (await ask(api, number, **asking.headers)).status_code == 202
    code = await code_sent_to(api, number)
    body = {"phone": number, "code": code}
    for headers in ({}, other.headers):
        answer = await api.http.post("/v1/auth/otp/verify", json=body, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "otp_expired")
    # Nor did they use up its tries.
    wrong = "000001" if code != "000001" else "000002"
    for _ in range(10):
        await verify(api, number, wrong)
    right = await api.http.post("/v1/auth/otp/verify", json=body, headers=asking.headers)
    assert right.status_code == 200


async def test_a_number_is_tried_twenty_times_an_hour(own_api: Api) -> None:
    number = new_phone()
    statuses = [
        (await verify(own_api, number, "000001")).status_code
        for _ in range(otp_limits.TRIED_FOR_NUMBER + 1)
    ]
    assert statuses == [422] * otp_limits.TRIED_FOR_NUMBER + [429]
    assert (await verify(own_api, new_phone(), "000001")).status_code == 422
