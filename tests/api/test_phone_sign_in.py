"""Phones that sign in by a key of their own: an account without any personal data."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from core.limits import Budget
from identity import device_limits
from tests.support.casework import BUS
from tests.support.city import Draft
from tests.support.client import Api
from tests.support.phones import PhoneApp, new_key, sign, spki_of
from tests.support.rows import execute, fetch_one


async def test_a_phone_files_and_follows_without_saying_who_it_is(api: Api) -> None:
    phone = PhoneApp(api)
    headers = await phone.sign_in()
    me = (await api.http.get("/v1/me", headers=headers)).json()
    assert (me["role"], me["phone"], me["name"]) == ("citizen", None, "")
    filed = await api.file(Draft(BUS).body(), headers=headers)
    mine = (await api.http.get("/v1/me/reports", headers=headers)).json()["items"]
    assert [item["id"] for item in mine] == [filed["id"]]
    other = await api.file(Draft("environment.noise").body())
    follow = await api.http.put(f"/v1/reports/{other['id']}/follow", headers=headers)
    assert follow.status_code == 204
    row = await fetch_one(api, "select * from people where id = %(id)s", id=me["id"])
    personal = (row.phone, row.phone_sealed, row.email, row.username, row.name)
    assert personal == (None, None, None, None, "")


async def test_a_phone_that_lost_its_tokens_finds_its_reports_again(api: Api) -> None:
    phone = PhoneApp(api)
    filed = await api.file(Draft(BUS).body(), headers=await phone.sign_in())
    again = PhoneApp(api, phone.key)
    headers = await again.sign_in()
    mine = (await api.http.get("/v1/me/reports", headers=headers)).json()["items"]
    assert [item["id"] for item in mine] == [filed["id"]]
    stranger = PhoneApp(api)
    assert (await api.http.get("/v1/me/reports", headers=await stranger.sign_in())).json()[
        "items"
    ] == []


async def test_a_replayed_challenge_is_refused(api: Api) -> None:
    phone = PhoneApp(api)
    asked = await phone.challenge()
    body = {
        "public_key": spki_of(phone.key),
        "challenge": asked["challenge"],
        "signature": sign(phone.key, asked["sign"]),
    }
    answers = await asyncio.gather(*(api.http.post("/v1/auth/device", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422]
    # Another signature of the same key makes it no newer.
    again = await api.http.post(
        "/v1/auth/device", json=body | {"signature": sign(phone.key, asked["sign"], raw=True)}
    )
    assert again.json()["errors"] == [
        {
            "pointer": "/challenge",
            "code": "challenge_invalid",
            "detail": "Mã thử thách không đúng, đã dùng hoặc đã hết hạn, hãy lấy mã mới",
        }
    ]


async def test_nobody_else_opens_the_account(api: Api) -> None:
    phone, thief = PhoneApp(api), new_key()
    await phone.sign_in()
    before = await fetch_one(api, "select count(*) as n from people")
    asked = await phone.challenge()
    wrong = await phone.prove(signature=sign(thief, asked["sign"]))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "signature_invalid")
    # With their own key they sign for their own account; the challenge was not made for it.
    other = await phone.prove(public_key=spki_of(thief), signature=sign(thief, asked["sign"]))
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "challenge_invalid")
    assert await fetch_one(api, "select count(*) as n from people") == before


async def test_a_refused_proof_does_not_use_the_challenge_up(api: Api) -> None:
    phone = PhoneApp(api)
    asked = await phone.challenge()
    body = {"public_key": spki_of(phone.key), "challenge": asked["challenge"]}
    wrong = await api.http.post("/v1/auth/device", json=body | {"signature": "AAAA"})
    assert wrong.status_code == 401
    signature = sign(phone.key, asked["sign"])
    right = await api.http.post("/v1/auth/device", json=body | {"signature": signature})
    assert right.status_code == 200


async def test_a_new_phone_that_asks_ten_times_at_once_gets_one_account(api: Api) -> None:
    phone = PhoneApp(api)
    answers = await asyncio.gather(*(phone.prove() for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    people = set()
    for answer in answers:
        phone.session = answer.json()
        people.add(await phone.me())
    assert len(people) == 1


async def test_a_closed_account_is_closed_to_its_phone_too(api: Api) -> None:
    phone = PhoneApp(api)
    await phone.sign_in()
    await execute(api, "update people set active = false where id = %(id)s", id=await phone.me())
    refused = await phone.prove()
    assert (refused.status_code, refused.json()["code"]) == (401, "account_closed")


async def test_one_phone_signs_in_sixty_times_an_hour(own_api: Api) -> None:
    phone = PhoneApp(own_api)
    await phone.sign_in()
    [used] = [
        await fetch_one(
            own_api,
            "select full_at - now() as ahead from rate_limits where key like 'device:key:%'",
        )
    ]
    step = Budget("x", "", device_limits.PER_PHONE, device_limits.HOUR).step
    assert step * 0.5 < used.ahead <= step
    await execute(own_api, "update rate_limits set full_at = now() + interval '1 hour'")
    refused = await phone.prove()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/public_key"),
        ({"public_key": "x" * 120}, "/public_key"),
        ({"public_key": "x"}, "/public_key"),
        ({"public_key": "x" * 401}, "/public_key"),
        ({"public_key": {"kty": "EC"}}, "/public_key"),
    ],
)
async def test_what_is_no_key_is_named(api: Api, body: dict[str, object], pointer: str) -> None:
    for path in ("/v1/auth/device/challenge", "/v1/auth/device"):
        proof = {"challenge": "x", "signature": "x"} if path.endswith("device") else {}
        answer = await api.http.post(path, json=body | proof)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


# Sessions ----------------------------------------------------------------------------------------


async def sessions(phone: PhoneApp) -> list[dict[str, object]]:
    answer = await phone.api.http.get("/v1/me/sessions", headers=phone.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_one_sees_where_one_is_signed_in(api: Api) -> None:
    phone = PhoneApp(api)
    await phone.sign_in()
    api.http.headers["X-App-Version"] = "android/1.4.0"
    try:
        answer = await phone.prove(device_name="Điện thoại của An")
    finally:
        del api.http.headers["X-App-Version"]
    phone.session = answer.json()
    newest, oldest = await sessions(phone)
    seen = (newest["name"], newest["method"], newest["platform"], newest["app_version"])
    assert seen == ("Điện thoại của An", "device", "android", "1.4.0")
    assert (newest["current"], oldest["current"]) == (True, False)
    assert (oldest["name"], oldest["platform"]) == ("", None)


async def refresh(phone: PhoneApp, session: dict[str, object] | None = None) -> int:
    token = (session or phone.session)["refresh_token"]
    answer = await phone.api.http.post("/v1/auth/refresh", json={"refresh_token": token})
    return answer.status_code


async def test_a_session_is_ended_from_another_phone(api: Api) -> None:
    phone = PhoneApp(api)
    await phone.sign_in()
    lost = phone.session
    await phone.sign_in()
    [_, there] = await sessions(phone)
    ended = await api.http.delete(f"/v1/me/sessions/{there['id']}", headers=phone.headers)
    assert ended.status_code == 204
    assert await refresh(phone, lost) == 401
    assert await refresh(phone) == 200
    assert [item["current"] for item in await sessions(phone)] == [True]


async def test_nobody_ends_the_session_of_another(api: Api) -> None:
    mine, other = PhoneApp(api), PhoneApp(api)
    await mine.sign_in()
    await other.sign_in()
    [session] = await sessions(mine)
    for session_id in (session["id"], uuid4()):
        answer = await api.http.delete(f"/v1/me/sessions/{session_id}", headers=other.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert await refresh(mine) == 200


async def test_logging_out_everywhere_ends_them_all(api: Api) -> None:
    phone, other = PhoneApp(api), PhoneApp(api)
    await other.sign_in()
    await phone.sign_in()
    first = phone.session
    await phone.sign_in()
    body = {"refresh_token": phone.session["refresh_token"], "everywhere": True}
    assert (await api.http.post("/v1/auth/logout", json=body)).status_code == 204
    assert [await refresh(phone, first), await refresh(phone)] == [401, 401]
    assert await refresh(other) == 200
    # A token whose session has ended rules over none that came later.
    await phone.sign_in()
    assert (await api.http.post("/v1/auth/logout", json=body)).status_code == 204
    assert await refresh(phone) == 200


async def test_a_session_of_the_release_before_is_seen_after_its_next_refresh(api: Api) -> None:
    phone = PhoneApp(api)
    await phone.sign_in()
    await execute(api, "delete from citizen_sessions where person_id = %(id)s", id=await phone.me())
    assert await sessions(phone) == []
    assert await refresh(phone) == 200
    assert [item["current"] for item in await sessions(phone)] == [True]
