"""Second factors of staff and proving anew who one is: authenticator apps, passkeys, step-up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pyotp.totp import TOTP

from core.clock import utc_now
from core.fence import Errand
from core.settings import StaffSettings
from identity.totp import SECONDS, matching_step
from identity.upkeep import forget_sign_ins
from tests.support.authenticator import Authenticator, encode
from tests.support.client import Api
from tests.support.foreign_servers import PUBLIC_URL
from tests.support.oidc import SAME_ORIGIN, open_site
from tests.support.rows import execute, fetch, fetch_one

BASE = "/v1/auth/staff"
DOMAIN = urlsplit(PUBLIC_URL).hostname or ""
ACCOUNT: dict[str, object] = {
    "name": "x", "role": "analyst", "department": None, "email": None, "language": "vi",
    "active": True,
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def site(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """A demo behind TLS, at PUBLIC_URL."""
    async with open_site(city_database, tmp_path, demo=True) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def strict(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The same where operators need a second factor."""
    rules = StaffSettings(second_factor_roles=("operator",))
    async with open_site(city_database, tmp_path, demo=True, staff=rules) as made:
        yield made


async def post(api: Api, path: str, body: object = None) -> httpx.Response:
    return await api.http.post(f"{BASE}{path}", json=body, headers=SAME_ORIGIN)


async def sign_in(api: Api, username: str = "operator", **more: str) -> httpx.Response:
    return await post(api, "/session", {"username": username, "password": "demo", **more})


def code_of(secret: str, steps: int = 0) -> str:
    return TOTP(secret).generate_otp(int(utc_now().timestamp()) // SECONDS + steps)


async def enrol_totp(api: Api) -> tuple[str, list[str]]:
    """Set up an app for whoever is signed in; its secret and the recovery codes."""
    begun = await post(api, "/totp")
    assert begun.status_code == 201, begun.text
    secret = begun.json()["secret"]
    # The code of the step before: the present one is left for what the test does with it.
    confirmed = await post(api, "/totp/confirm", {"code": code_of(secret, -1)})
    assert confirmed.status_code == 200, confirmed.text
    return secret, confirmed.json()["recovery_codes"]


def device(**changes: Any) -> Authenticator:
    return Authenticator(PUBLIC_URL, DOMAIN, **changes)


async def enrol_passkey(api: Api, made: Authenticator | None = None) -> Authenticator:
    made = made or device()
    answer = await add_passkey(api, made)
    assert answer.status_code == 201, answer.text
    return made


async def add_passkey(api: Api, made: Authenticator) -> httpx.Response:
    options = await post(api, "/passkeys/options")
    assert options.status_code == 200, options.text
    body = {"name": "Điện thoại", "credential": made.make(options.json())}
    return await post(api, "/passkeys", body)


async def use_passkey(api: Api, made: Authenticator) -> httpx.Response:
    options = (await post(api, "/passkey/options")).json()
    return await post(api, "/passkey", {"credential": made.sign(options)})


async def grow_stale(api: Api) -> None:
    """More than ten minutes pass since anybody proved who they are."""
    await execute(api, "update staff_sessions set strong_at = now() - interval '11 minutes'")


# Authenticator apps ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_counts_within_half_a_minute(steps: int, *, fits: bool) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    now = utc_now()
    present = int(now.timestamp()) // SECONDS
    code = TOTP(secret).generate_otp(present + steps)
    expected = present + steps if fits else None
    assert matching_step(secret, code, after=0, now=now) == expected
    assert matching_step(secret, code, after=present + steps, now=now) is None


async def test_an_app_is_set_up_and_then_asked_for(site: Api) -> None:
    await sign_in(site)
    begun = (await post(site, "/totp")).json()
    assert parse_qs(urlsplit(begun["url"]).query)["secret"] == [begun["secret"]]
    wrong = await post(site, "/totp/confirm", {"code": "000000"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "otp_wrong")
    assert (await sign_in(site)).status_code == 200  # not confirmed: not asked for
    secret, codes = await enrol_totp(site)
    assert len(set(codes)) == 10
    bare = await sign_in(site)
    assert (bare.status_code, bare.json()["code"], bare.json()["ways"]) == (
        401, "second_factor_required", ["totp"],
    )  # fmt: skip
    answer = await sign_in(site, otp=code_of(secret))
    assert answer.status_code == 200
    assert answer.json()["ways"] == ["totp"]
    row = await fetch_one(site, "select * from staff_sessions where ended_at is null")
    assert row.method == "totp"


async def test_a_code_works_once(site: Api) -> None:
    await sign_in(site)
    secret, _ = await enrol_totp(site)
    code = code_of(secret)
    answers = await asyncio.gather(*(sign_in(site, otp=code) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    again = await sign_in(site, otp=code)
    assert again.json()["code"] == "second_factor_wrong"
    older = await sign_in(site, otp=code_of(secret, -1))  # the one that confirmed it
    assert older.json()["code"] == "second_factor_wrong"


async def test_a_code_without_the_password_opens_nothing(site: Api) -> None:
    await sign_in(site)
    secret, codes = await enrol_totp(site)
    for otp in (code_of(secret), codes[0]):
        body = {"username": "operator", "password": "wrong", "otp": otp}
        assert (await post(site, "/session", body)).json()["code"] == "wrong_password"
    assert (await sign_in(site, otp=codes[0])).status_code == 200  # they were not used up


async def test_a_recovery_code_works_once_and_only_its_hash_is_kept(site: Api) -> None:
    await sign_in(site)
    _, codes = await enrol_totp(site)
    kept = b"".join(
        bytes(row.code_hash) for row in await fetch(site, "select * from recovery_codes")
    )
    assert codes[0].replace("-", "").encode() not in kept
    assert (await sign_in(site, otp=codes[0].upper())).status_code == 200
    assert (await sign_in(site, otp=codes[0])).json()["code"] == "second_factor_wrong"
    assert (await site.http.get(f"{BASE}/factors")).json()["recovery_codes"] == 9


async def test_the_secret_is_kept_sealed(site: Api) -> None:
    await sign_in(site)
    secret, _ = await enrol_totp(site)
    row = await fetch_one(site, "select secret_sealed from totp_secrets")
    assert secret.encode() not in bytes(row.secret_sealed)


async def test_codes_are_tried_ten_times(site: Api) -> None:
    await sign_in(site)
    await enrol_totp(site)
    tried = [(await sign_in(site, otp="000000")).status_code for _ in range(10)]
    assert tried == [401] * 10
    assert (await sign_in(site, otp="000000")).status_code == 429


async def test_a_second_app_does_not_replace_the_first_in_silence(site: Api) -> None:
    await sign_in(site)
    await enrol_totp(site)
    assert (await post(site, "/totp")).json()["code"] == "totp_exists"
    removed = await site.http.delete(f"{BASE}/totp", headers=SAME_ORIGIN)
    assert removed.status_code == 204
    assert (await sign_in(site)).status_code == 200
    assert await fetch(site, "select * from recovery_codes") == []


# Passkeys ----------------------------------------------------------------------------------------


async def test_a_passkey_signs_in_without_name_or_password(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    site.http.cookies.clear()
    answer = await use_passkey(site, made)
    assert answer.status_code == 200, answer.text
    assert answer.json()["person"]["role"] == "operator"
    assert (await site.http.get("/v1/cases")).status_code == 200
    row = await fetch_one(site, "select * from staff_sessions order by created_at desc limit 1")
    assert row.method == "passkey"
    factors = (await site.http.get(f"{BASE}/factors")).json()
    assert [(key["name"], key["used_at"] is None) for key in factors["passkeys"]] == [
        ("Điện thoại", False)
    ]


async def test_the_device_must_verify_its_owner(site: Api) -> None:
    await sign_in(site)
    options = (await post(site, "/passkeys/options")).json()
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert (await add_passkey(site, device(verified=False))).status_code == 422
    made = await enrol_passkey(site)
    made.verified = False
    refused = await use_passkey(site, made)
    assert (refused.status_code, refused.json()["code"]) == (401, "passkey_wrong")
    made.verified = True
    assert (await use_passkey(site, made)).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": PUBLIC_URL.replace("https", "http")},
        {"domain": "evil.example"},
        {"domain": "example.vn"},
    ],
    ids=str,
)
async def test_another_page_can_neither_make_nor_use_a_passkey(
    site: Api, wrong: dict[str, str]
) -> None:
    await sign_in(site)
    bad = device()
    vars(bad).update(wrong)
    refused = await add_passkey(site, bad)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "passkey_refused")
    made = await enrol_passkey(site)
    vars(made).update(wrong)
    assert (await use_passkey(site, made)).json()["code"] == "passkey_wrong"


async def test_a_count_never_goes_back(site: Api) -> None:
    """A copy of the device would be behind, or the original after it."""
    await sign_in(site)
    made = await enrol_passkey(site)
    made.count = 7
    assert (await use_passkey(site, made)).status_code == 200
    for count in (7, 3):
        made.count = count
        assert (await use_passkey(site, made)).json()["code"] == "passkey_wrong"
    made.count = 8
    assert (await use_passkey(site, made)).status_code == 200


async def test_a_challenge_is_ours_and_used_once(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    options = (await post(site, "/passkey/options")).json()
    signed = made.sign(options)
    assert (await post(site, "/passkey", {"credential": signed})).status_code == 200
    assert (await post(site, "/passkey", {"credential": signed})).json()["code"] == "passkey_wrong"
    assert (await post(site, "/passkey", {"credential": made.sign(options)})).status_code == 401
    own = {"challenge": encode(b"x" * 32)}
    assert (await post(site, "/passkey", {"credential": made.sign(own)})).status_code == 401
    options = (await post(site, "/passkey/options")).json()
    await execute(site, "update passkey_challenges set expires_at = now()")
    assert (await post(site, "/passkey", {"credential": made.sign(options)})).status_code == 401


async def test_a_challenge_is_for_one_purpose(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    for path in ("/passkeys/options", "/step-up/options"):
        options = (await post(site, path)).json()
        assert (await post(site, "/passkey", {"credential": made.sign(options)})).status_code == 401
    options = (await post(site, "/passkey/options")).json()
    proved = await post(site, "/step-up", {"credential": made.sign(options)})
    assert proved.json()["errors"][0]["code"] == "passkey_wrong"


async def test_a_signature_of_another_key_or_for_another_person_is_refused(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    thief = device(credential_id=made.credential_id, user_handle=made.user_handle)
    assert (await use_passkey(site, thief)).json()["code"] == "passkey_wrong"
    made.user_handle = uuid4().bytes
    assert (await use_passkey(site, made)).json()["code"] == "passkey_wrong"
    assert (await use_passkey(site, device())).json()["code"] == "passkey_wrong"


async def test_a_passkey_is_registered_once(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    options = (await post(site, "/passkeys/options")).json()
    assert [item["id"] for item in options["excludeCredentials"]] == [encode(made.credential_id)]
    await sign_in(site, "leader")
    taken = await add_passkey(site, made)
    assert (taken.status_code, taken.json()["code"]) == (409, "passkey_exists")


@pytest.mark.parametrize(
    "credential",
    [{}, {"response": 1}, {"rawId": 5, "response": {"clientDataJSON": "e30"}},
     {"rawId": "x", "response": {"clientDataJSON": "!!"}}, {"response": {"clientDataJSON": None}}],
    ids=str,
)  # fmt: skip
async def test_an_answer_that_is_none_is_refused(site: Api, credential: dict[str, Any]) -> None:
    answer = await post(site, "/passkey", {"credential": credential})
    assert (answer.status_code, answer.json()["code"]) == (401, "passkey_wrong")
    await sign_in(site)
    made = await post(site, "/passkeys", {"name": "x", "credential": credential})
    assert (made.status_code, made.json()["errors"][0]["code"]) == (422, "passkey_refused")


async def test_a_passkey_of_a_closed_account_opens_nothing(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    await execute(site, "update people set active = false where username = 'operator'")
    assert (await use_passkey(site, made)).json()["code"] == "account_closed"


async def test_one_removes_ones_own_passkeys_only(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    [key] = (await site.http.get(f"{BASE}/factors")).json()["passkeys"]
    await sign_in(site, "leader")
    url = f"{BASE}/passkeys/{key['id']}"
    assert (await site.http.delete(url, headers=SAME_ORIGIN)).status_code == 404
    assert (await use_passkey(site, made)).status_code == 200
    assert (await site.http.delete(url, headers=SAME_ORIGIN)).status_code == 204
    assert (await use_passkey(site, made)).status_code == 401


# Who needs one -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["totp", "passkey"])
async def test_who_needs_a_second_factor_sets_one_up_and_gets_on(strict: Api, way: str) -> None:
    assert (await sign_in(strict)).json()["limited"] is True
    refused = await strict.http.get("/v1/cases")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
    if way == "totp":
        await enrol_totp(strict)
        remove = f"{BASE}/totp"
    else:
        await enrol_passkey(strict)
        [key] = (await strict.http.get(f"{BASE}/factors")).json()["passkeys"]
        remove = f"{BASE}/passkeys/{key['id']}"
    assert (await strict.http.get("/v1/cases")).status_code == 200
    last = await strict.http.delete(remove, headers=SAME_ORIGIN)
    assert (last.status_code, last.json()["code"]) == (409, "second_factor_kept")
    assert (await sign_in(strict)).json()["code"] == "second_factor_required"
    assert (await sign_in(strict, "leader")).json()["limited"] is False


async def test_a_token_is_limited_too(strict: Api) -> None:
    headers = await strict.staff("operator")
    assert (await strict.http.get("/v1/cases", headers=headers)).status_code == 403


# Step-up -----------------------------------------------------------------------------------------


async def give_role(api: Api, **headers: str) -> httpx.Response:
    body = {**ACCOUNT, "role": "analyst"}
    row = await fetch_one(api, "select id from people where username = 'leader'")
    return await api.http.put(
        f"/v1/admin/users/{row.id}", json=body, headers=headers or SAME_ORIGIN
    )


async def test_roles_are_given_only_just_after_proving_who_one_is(site: Api) -> None:
    await sign_in(site, "admin")
    assert (await give_role(site)).status_code == 200
    await grow_stale(site)
    refused = await give_role(site)
    assert (refused.status_code, refused.json()["code"], refused.json()["ways"]) == (
        403, "step_up_required", ["password"],
    )  # fmt: skip
    added = await site.http.post(
        "/v1/admin/users", json={"username": "x.y", "name": "x", "role": "admin"},
        headers=SAME_ORIGIN,
    )  # fmt: skip
    assert added.json()["code"] == "step_up_required"
    wrong = await post(site, "/step-up", {"password": "wrong"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "wrong_password")
    assert (await give_role(site)).status_code == 403
    proved = await post(site, "/step-up", {"password": "demo"})
    assert proved.status_code == 200
    assert proved.json()["strong_until"] is not None
    assert (await give_role(site)).status_code == 200
    assert (await site.http.get("/v1/admin/users")).status_code == 200  # reading needs none


async def test_the_audit_log_is_read_only_just_after_proving_who_one_is(site: Api) -> None:
    await sign_in(site, "admin")
    assert (await site.http.get("/v1/admin/audit")).status_code == 200
    await grow_stale(site)
    assert (await site.http.get("/v1/admin/audit")).json()["code"] == "step_up_required"


async def test_ways_into_an_account_are_noted(site: Api) -> None:
    me = (await sign_in(site, "operator")).json()["person"]["id"]
    await post(site, "/totp")  # which nobody confirms
    assert (await site.http.delete(f"{BASE}/totp", headers=SAME_ORIGIN)).status_code == 204
    await enrol_totp(site)
    await enrol_passkey(site)
    assert (await site.http.delete(f"{BASE}/totp", headers=SAME_ORIGIN)).status_code == 204
    key = (await site.http.get(f"{BASE}/factors")).json()["passkeys"][0]["id"]
    url = f"{BASE}/passkeys/{key}"
    assert (await site.http.delete(url, headers=SAME_ORIGIN)).status_code == 204
    rows = await fetch(site, "select * from audit_log order by id")
    assert [(row.action, row.facts["kind"]) for row in rows] == [
        ("factor.add", "totp"),
        ("factor.add", "passkey"),
        ("factor.remove", "totp"),
        ("factor.remove", "passkey"),
    ]
    assert {(row.subject, str(row.actor_id)) for row in rows} == {(f"person:{me}", me)}


async def test_a_password_is_not_enough_for_whoever_has_more(site: Api) -> None:
    await sign_in(site, "admin")
    secret, _ = await enrol_totp(site)
    made = await enrol_passkey(site)
    await grow_stale(site)
    refused = await post(site, "/step-up", {"password": "demo"})
    assert (refused.status_code, refused.json()["ways"]) == (403, ["passkey", "totp"])
    assert (await give_role(site)).status_code == 403
    assert (await post(site, "/step-up", {"otp": code_of(secret)})).status_code == 200
    assert (await give_role(site)).status_code == 200
    await grow_stale(site)
    used = await post(site, "/step-up", {"otp": code_of(secret)})
    assert used.json()["errors"][0]["code"] == "otp_wrong"
    options = (await post(site, "/step-up/options")).json()
    assert [item["id"] for item in options["allowCredentials"]] == [encode(made.credential_id)]
    proved = await post(site, "/step-up", {"credential": made.sign(options)})
    assert proved.status_code == 200, proved.text
    assert (await give_role(site)).status_code == 200


async def test_somebody_elses_passkey_proves_nothing(site: Api) -> None:
    await sign_in(site, "leader")
    other = await enrol_passkey(site)
    await sign_in(site, "admin")
    await enrol_passkey(site)
    await grow_stale(site)
    options = (await post(site, "/step-up/options")).json()
    refused = await post(site, "/step-up", {"credential": other.sign(options)})
    assert refused.json()["errors"][0]["code"] == "passkey_wrong"
    assert (await give_role(site)).status_code == 403


async def test_a_program_proves_itself_too(site: Api) -> None:
    headers = await site.staff("admin")
    await grow_stale(site)
    assert (await give_role(site, **headers)).status_code == 403
    body = {"password": "demo"}
    proved = await site.http.post(f"{BASE}/step-up", json=body, headers=headers)
    assert proved.status_code == 200, proved.text
    assert (await give_role(site, **headers)).status_code == 200


async def test_ways_of_signing_in_are_set_up_only_just_after_proving_who_one_is(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    [key] = (await site.http.get(f"{BASE}/factors")).json()["passkeys"]
    await grow_stale(site)
    for method, path in (
        ("POST", "/totp"), ("POST", "/totp/confirm"), ("DELETE", "/totp"),
        ("POST", "/passkeys/options"), ("POST", "/passkeys"), ("DELETE", f"/passkeys/{key['id']}"),
    ):  # fmt: skip
        body = {"code": "000000"} if "confirm" in path else {"name": "x", "credential": {}}
        sent = body if path in ("/totp/confirm", "/passkeys") else None
        answer = await site.http.request(method, f"{BASE}{path}", json=sent, headers=SAME_ORIGIN)
        assert answer.json()["code"] == "step_up_required", path
    assert (await use_passkey(site, made)).status_code == 200


@pytest.mark.parametrize("body", [{}, {"password": "x", "otp": "123456"}])
async def test_one_proof_at_a_time(site: Api, body: dict[str, str]) -> None:
    await sign_in(site)
    assert (await post(site, "/step-up", body)).status_code == 422


async def test_proofs_are_tried_ten_times(site: Api) -> None:
    await sign_in(site)
    tried = [(await post(site, "/step-up", {"password": "x"})).status_code for _ in range(10)]
    assert tried == [422] * 10
    assert (await post(site, "/step-up", {"password": "demo"})).status_code == 429


# Administrators ----------------------------------------------------------------------------------


async def test_an_administrator_signs_somebody_out_and_helps_after_a_lost_phone(site: Api) -> None:
    await sign_in(site)
    made = await enrol_passkey(site)
    await enrol_totp(site)
    victim = site.http.cookies["__Host-hientruong"]
    site.http.cookies.clear()
    await sign_in(site, "admin")
    person = (await fetch_one(site, "select id from people where username = 'operator'")).id
    url = f"/v1/admin/users/{person}"
    listed = (await site.http.get(f"{url}/sessions")).json()["items"]
    assert [item["current"] for item in listed] == [False]
    ended = await site.http.delete(f"{url}/sessions", headers=SAME_ORIGIN)
    assert ended.status_code == 204
    stale = {"Cookie": f"__Host-hientruong={victim}"}
    admin = dict(site.http.cookies)
    site.http.cookies.clear()
    assert (await site.http.get("/v1/cases", headers=stale)).status_code == 401
    site.http.cookies.update(admin)
    await grow_stale(site)
    reset = await site.http.delete(f"{url}/factors", headers=SAME_ORIGIN)
    assert reset.json()["code"] == "step_up_required"
    await post(site, "/step-up", {"password": "demo"})
    assert (await site.http.delete(f"{url}/factors", headers=SAME_ORIGIN)).status_code == 204
    assert (await use_passkey(site, made)).status_code == 401
    assert (await sign_in(site)).status_code == 200


async def test_what_is_over_is_removed(site: Api) -> None:
    await sign_in(site)
    await post(site, "/passkey/options")
    kept = "select (select count(*) from staff_sessions) + (select count(*) from passkey_challenges) as n"
    assert (await fetch_one(site, kept)).n == 2
    services = site.app.state.services
    async with services.begin(Errand.SIGN_IN) as session:
        await forget_sign_ins(session, now=utc_now())
    assert (await fetch_one(site, kept)).n == 2
    await execute(site, "update staff_sessions set ended_at = now() - interval '25 hours'")
    await execute(site, "update passkey_challenges set expires_at = now()")
    async with services.begin(Errand.SIGN_IN) as session:
        await forget_sign_ins(session, now=utc_now())
    assert (await fetch_one(site, kept)).n == 0
