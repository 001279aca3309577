"""Accounts that turn out to be one person's, and reports that move into an account."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from core.db import Base
from core.settings import FirebaseSettings
from tests.api.test_auth import ask, code_sent_to, forget_code, new_phone, sign_in
from tests.support.casework import BUS, press, read, stage
from tests.support.city import Draft
from tests.support.client import Api, api_settings, serve
from tests.support.google import Google, running_google, write_service_account
from tests.support.phones import PhoneApp
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import open_workshop
from workflows import linking
from workflows.consent_texts import built_in_texts

# Tables of people that nothing moves from: a phone's own account has no rows there.
STAYS = {
    "staff_sessions", "totp_secrets", "recovery_codes", "passkeys", "passkey_challenges",
    "oidc_handovers",
}  # fmt: skip


async def link_number(phone: PhoneApp, number: str) -> httpx.Response:
    """Ask for a code and link the number; the phone goes on with what it is answered."""
    await forget_code(phone.api, number)
    assert (await ask(phone.api, number, **phone.headers)).status_code == 202
    return await give_code(phone, number, await code_sent_to(phone.api, number))


async def give_code(phone: PhoneApp, number: str, code: str) -> httpx.Response:
    answer = await phone.api.http.post(
        "/v1/me/identities/phone", json={"phone": number, "code": code}, headers=phone.headers
    )
    if answer.status_code == 200:
        phone.session = answer.json()
    return answer


async def reports_of(phone: PhoneApp) -> set[str]:
    answer = await phone.api.http.get("/v1/me/reports", headers=phone.headers)
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


async def new_app(api: Api) -> PhoneApp:
    phone = PhoneApp(api)
    await phone.sign_in()
    return phone


async def file(phone: PhoneApp) -> str:
    return (await phone.api.file(Draft(BUS).body(), headers=phone.headers))["id"]


async def test_a_number_that_nobody_has_is_the_phones_own_from_now_on(api: Api) -> None:
    phone, number = await new_app(api), new_phone()
    me, report = await phone.me(), await file(phone)
    assert (await link_number(phone, number)).status_code == 200
    seen = (await api.http.get("/v1/me", headers=phone.headers)).json()
    assert (seen["id"], seen["phone"]) == (me, number)
    await forget_code(api, number)
    elsewhere = PhoneApp(api, session=await sign_in(api, number))
    assert await elsewhere.me() == me
    assert await reports_of(elsewhere) == {report}
    # Once more changes nothing.
    assert (await link_number(phone, number)).status_code == 200
    assert await phone.me() == me


async def test_a_number_with_an_account_draws_the_phones_account_in(api: Api) -> None:
    number = new_phone()
    known = PhoneApp(api, session=await sign_in(api, number))
    owner, older = await known.me(), await file(known)
    phone = await new_app(api)
    gone, newer = await phone.me(), await file(phone)
    strange = (await api.file(Draft(BUS).body()))["id"]
    for tied, headers in ((older, phone.headers), (newer, known.headers)):
        url = f"/v1/reports/{tied}/support"
        assert (await api.http.put(url, headers=headers)).status_code == 204
    for headers in (phone.headers, known.headers):  # both: one of them is left
        for tie in ("support", "follow"):
            answer = await api.http.put(f"/v1/reports/{strange}/{tie}", headers=headers)
            assert answer.status_code == 204
    push = f"device:{uuid4()}"
    put = await api.http.put(
        f"/v1/me/devices/{push}", json={"platform": "ios"}, headers=phone.headers
    )
    assert put.status_code == 204
    photo = await api.upload(**phone.headers)
    await add_message(api, gone)
    await refuse_survey(api, phone)

    assert (await link_number(phone, number)).status_code == 200
    assert await phone.me() == owner
    assert await reports_of(phone) == {older, newer}
    row = await fetch_one(api, "select * from people where id = %(id)s", id=gone)
    assert (row.active, str(row.merged_into)) == (False, owner)
    for table in (
        "reporters",
        "devices",
        "notifications",
        "uploads",
        "device_keys",
        "follows",
        "consents",
    ):
        counted = f"select count(*) as n from {table} where person_id = %(id)s"
        assert (await fetch_one(api, counted, id=gone)).n == 0, table
    device = await fetch_one(api, "select * from devices where token = %(token)s", token=push)
    assert str(device.person_id) == owner
    upload = await fetch_one(api, "select * from uploads where id = %(id)s", id=photo)
    assert str(upload.person_id) == owner
    ties = await fetch(
        api, "select report_id::text from supports where person_id = %(id)s", id=owner
    )
    assert [tie.report_id for tie in ties] == [strange]  # of one's own reports there is none
    inbox = await api.http.get("/v1/me/notifications", headers=phone.headers)
    assert [item["title"] for item in inbox.json()["items"]] == ["Tin của điện thoại"]
    mine = (await api.http.get("/v1/me/consents", headers=phone.headers)).json()
    assert mine["current"]["survey"] is False
    # The phone's key opens the account that goes on.
    again = PhoneApp(api, phone.key)
    await again.sign_in()
    assert await again.me() == owner


async def refuse_survey(api: Api, phone: PhoneApp) -> None:
    [text] = [each for each in built_in_texts().newest() if each.purpose == "survey"]
    decision = {"purpose": text.purpose, "version": text.version, "given": False}
    answer = await api.http.post(
        "/v1/me/consents", json={"consents": [decision]}, headers=phone.headers
    )
    assert answer.status_code == 200, answer.text


async def add_message(api: Api, person: str) -> None:
    await execute(
        api,
        "insert into notifications (key, person_id, channel, address, language, title, body, data,"
        " status, next_attempt_at, created_at) values (%(key)s, %(person)s, 'inbox', '', 'vi',"
        " 'Tin của điện thoại', '', '{}', 'sent', now(), now())",
        key=f"test:{uuid4()}",
        person=person,
    )


async def test_the_old_session_ends_and_the_old_token_opens_no_account(api: Api) -> None:
    number = new_phone()
    await sign_in(api, number)
    phone = await new_app(api)
    before = dict(phone.session)
    await link_number(phone, number)
    old = {"Authorization": f"Bearer {before['access_token']}"}
    assert (await api.http.get("/v1/me", headers=old)).json()["code"] == "account_closed"
    renewed = await api.http.post(
        "/v1/auth/refresh", json={"refresh_token": before["refresh_token"]}
    )
    assert renewed.status_code == 401


async def test_what_was_on_its_way_under_the_old_token_is_not_lost(own_api: Api) -> None:
    number = new_phone()
    await sign_in(own_api, number)
    phone = await new_app(own_api)
    old = dict(phone.headers)
    await link_number(phone, number)
    late = (await own_api.file(Draft(BUS).body(), headers=old))["id"]
    assert await reports_of(phone) == set()
    async with open_workshop(own_api, {}) as workshop:
        await workshop.reconcile()
    assert await reports_of(phone) == {late}


async def test_uploads_go_along_with_the_account(api: Api) -> None:
    number = new_phone()
    await sign_in(api, number)
    phone = await new_app(api)
    old = dict(phone.headers)
    before = [await api.upload(**old) for _ in range(2)]
    await link_number(phone, number)
    late = await api.upload(**old)  # sent by the phone before it heard
    await api.file(Draft(BUS).body(uploads=[before[0], late]), headers=phone.headers)
    await api.file(Draft(BUS).body(uploads=[before[1]]), headers=old)


async def test_two_phones_that_link_one_number_at_once_lose_nothing(api: Api) -> None:
    for known in (True, False):
        number = new_phone()
        if known:
            await sign_in(api, number)
            await forget_code(api, number)
        phones = [await new_app(api) for _ in range(2)]
        filed = {await file(phone) for phone in phones}
        # Each has a code of its own in the end; the demo's opens for both at once.
        answers = await asyncio.gather(*(give_code(phone, number, "000000") for phone in phones))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({await phone.me() for phone in phones}) == 1
        assert await reports_of(phones[0]) == filed
        await forget_code(api, number)


async def test_a_phone_links_itself_five_times_at_once(api: Api) -> None:
    number = new_phone()
    await sign_in(api, number)
    await forget_code(api, number)
    phone = await new_app(api)
    report, headers = await file(phone), dict(phone.headers)
    body = {"phone": number, "code": "000000"}
    answers = await asyncio.gather(
        *(api.http.post("/v1/me/identities/phone", json=body, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {200}
    phone.session = answers[0].json()
    assert await reports_of(phone) == {report}


async def test_two_accounts_with_numbers_are_not_joined(api: Api) -> None:
    mine, other = new_phone(), new_phone()
    phone = PhoneApp(api, session=await sign_in(api, mine))
    await sign_in(api, other)
    report = await file(phone)
    refused = await link_number(phone, other)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_has_phone")
    assert await reports_of(phone) == {report}


async def test_somebody_may_take_a_new_number(api: Api) -> None:
    phone = PhoneApp(api, session=await sign_in(api, new_phone()))
    me, number = await phone.me(), new_phone()
    assert (await link_number(phone, number)).status_code == 200
    seen = (await api.http.get("/v1/me", headers=phone.headers)).json()
    assert (seen["id"], seen["phone"]) == (me, number)


async def test_a_wrong_code_links_nothing_and_is_counted(api: Api) -> None:
    phone, number = await new_app(api), new_phone()
    assert (await ask(api, number, **phone.headers)).status_code == 202
    code = await code_sent_to(api, number)
    wrong = "000001" if code != "000001" else "000002"
    for _ in range(5):
        answer = await give_code(phone, number, wrong)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "otp_wrong")
    late = await give_code(phone, number, code)
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "otp_expired")
    assert (await api.http.get("/v1/me", headers=phone.headers)).json()["phone"] is None


async def test_a_closed_account_draws_nothing_in(api: Api) -> None:
    number = new_phone()
    closed = PhoneApp(api, session=await sign_in(api, number))
    await execute(api, "update people set active = false where id = %(id)s", id=await closed.me())
    phone = await new_app(api)
    report = await file(phone)
    refused = await link_number(phone, number)
    assert (refused.status_code, refused.json()["code"]) == (401, "account_closed")
    assert await reports_of(phone) == {report}


def test_every_table_of_people_is_thought_of() -> None:
    """A new table with a person in it: does it move along (`workflows/linking.py`)?"""
    owned = {
        table.name
        for table in Base.metadata.tables.values()
        if any(
            key.column.table.name == "people" and key.parent.name == "person_id"
            for key in table.foreign_keys
        )
    }
    moved = {table.__tablename__ for table in (*linking.MOVED, *linking.TIES)}
    assert owned - moved - STAYS == set()
    # A support may outlive the account, so nothing binds it to one.
    assert moved - owned == {"supports"}


# Firebase ----------------------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Google]:
    async with running_google(tmp_path, monkeypatch) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def firebase_api(city_database: str, tmp_path: Path, google: Google) -> AsyncIterator[Api]:
    settings = dataclasses.replace(
        api_settings(city_database, tmp_path),
        firebase=FirebaseSettings(service_account=write_service_account(tmp_path)),
    )
    async with serve(settings) as made:
        yield made


async def at_firebase(api: Api, token: str) -> PhoneApp:
    answer = await api.http.post("/v1/auth/firebase", json={"id_token": token})
    assert answer.status_code == 200, answer.text
    return PhoneApp(api, session=answer.json())


async def test_firebase_opens_one_account_for_one_user(firebase_api: Api, google: Google) -> None:
    google.users |= {"one": (0, False), "two": (0, False)}
    first = await at_firebase(firebase_api, google.token("one"))
    phones = await asyncio.gather(
        *(at_firebase(firebase_api, google.token("two")) for _ in range(5))
    )
    assert len({await phone.me() for phone in phones}) == 1
    assert await first.me() != await phones[0].me()
    refused = await firebase_api.http.post(
        "/v1/auth/firebase", json={"id_token": google.token("one", aud="other")}
    )
    assert (refused.status_code, refused.json()["code"]) == (401, "firebase_token_invalid")


async def test_a_number_that_firebase_verified_is_the_same_account_as_by_code(
    firebase_api: Api, google: Google
) -> None:
    number = new_phone()
    by_code = PhoneApp(firebase_api, session=await sign_in(firebase_api, number))
    google.users["one"] = (0, False)
    by_firebase = await at_firebase(firebase_api, google.token("one", phone_number=number))
    assert await by_firebase.me() == await by_code.me()


async def test_a_phone_links_its_user_at_firebase(firebase_api: Api, google: Google) -> None:
    api = firebase_api
    google.users |= {"new": (0, False), "known": (0, False)}
    phone = await new_app(api)
    me, report = await phone.me(), await file(phone)

    async def link(uid: str, **headers: str) -> httpx.Response:
        return await api.http.post(
            "/v1/me/identities/firebase", json={"id_token": google.token(uid)},
            headers=headers or phone.headers,
        )  # fmt: skip

    linked = await link("new")
    assert linked.status_code == 200
    phone.session = linked.json()
    assert await phone.me() == me
    assert await (await at_firebase(api, google.token("new"))).me() == me
    # Another user that has an account already draws this one in, with all its names.
    known = await at_firebase(api, google.token("known"))
    before = dict(phone.headers)
    phone.session = (await link("known")).json()
    assert await phone.me() == await known.me()
    assert await reports_of(known) == {report}
    assert await (await at_firebase(api, google.token("new"))).me() == await known.me()
    # Asked again under the token of before: it is done.
    assert (await link("known", **before)).status_code == 200


# Reports without an account ----------------------------------------------------------------------


async def claim(phone: PhoneApp, report_id: str, token: str) -> httpx.Response:
    return await phone.api.http.post(
        "/v1/me/reports",
        json={"report_id": report_id, "track_token": token},
        headers=phone.headers,
    )


async def test_a_report_moves_into_an_account_by_its_track_token(api: Api) -> None:
    case = await stage(api)
    phone = await new_app(api)
    support = await api.http.put(f"{case.report_url}/support", headers=phone.headers)
    assert support.status_code == 204
    for _ in range(2):  # twice is once
        assert (await claim(phone, case.id, case.track_token)).status_code == 204
    assert await reports_of(phone) == {case.id}
    assert (await api.http.get(case.report_url, headers=phone.headers)).json()["actions"]
    left = await fetch_one(
        api, "select count(*) as n from supports where report_id = %(id)s", id=case.id
    )
    assert left.n == 0
    # The history says so once, and not who it was.
    events = [event for event in await events_of(api, case.id) if event.action == "claimed"]
    assert [(event.actor_id, event.actor_role, event.public) for event in events] == [
        (None, "citizen", False)
    ]
    assert await phone.me() not in str(await read(api, case))
    # Who holds the token goes on as before.
    assert (await press(api, case, "withdraw", {}, "reporter")).status_code == 200


async def events_of(api: Api, case_id: str) -> list[Any]:
    return await fetch(api, "select * from case_events where case_id = %(id)s", id=case_id)


async def test_a_report_of_somebody_else_is_not_claimed(api: Api) -> None:
    owner, other = await new_app(api), await new_app(api)
    case = await stage(api, headers=owner.headers)
    refused = await claim(other, case.id, case.track_token)
    assert (refused.status_code, refused.json()["code"]) == (409, "report_claimed")
    assert await reports_of(owner) == {case.id}


async def test_of_five_that_claim_at_once_one_gets_it(api: Api) -> None:
    case = await stage(api)
    phones = [await new_app(api) for _ in range(5)]
    answers = await asyncio.gather(*(claim(phone, case.id, case.track_token) for phone in phones))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409]


async def test_without_the_token_nothing_is_claimed(api: Api) -> None:
    case, other = await stage(api), await stage(api)
    phone = await new_app(api)
    for report_id, token in (
        (case.id, other.track_token), (case.id, ""), (str(uuid4()), case.track_token),
    ):  # fmt: skip
        answer = await claim(phone, report_id, token)
        assert (answer.status_code, answer.json()["code"]) == (404, "report_not_found")
    assert await reports_of(phone) == set()


async def test_late_is_not_for_ever(own_api: Api) -> None:
    """Accounts that were merged long ago are left alone."""
    number = new_phone()
    await sign_in(own_api, number)
    phone = await new_app(own_api)
    old = dict(phone.headers)
    await link_number(phone, number)
    await execute(
        own_api, "update people set merged_at = merged_at - %(late)s",
        late=linking.LATE + timedelta(seconds=1),
    )  # fmt: skip
    await own_api.file(Draft(BUS).body(), headers=old)
    async with open_workshop(own_api, {}) as workshop:
        await workshop.reconcile()
    assert await reports_of(phone) == set()
