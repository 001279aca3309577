"""Signing in at an OpenID Provider: panva's oidc-provider as it is, and one that lies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from identity.oidc.transactions import s256
from tests.support.client import Api
from tests.support.foreign_servers import CLIENT_SECRET, OTHER_CLIENT_ID, PUBLIC_URL, OidcServer
from tests.support.oidc import (
    APP_LINK,
    CITIZENS,
    SAME_ORIGIN,
    STAFF,
    AppLogin,
    begin_staff,
    come_back,
    confirm,
    open_site,
    provider,
    staff_provider,
    told,
)
from tests.support.rogue_provider import (
    RogueProvider,
    other_key,
    running_rogue,
    signed_by,
    signed_with_secret,
    unsigned,
)
from tests.support.rows import execute, fetch, fetch_one

pytestmark = pytest.mark.xdist_group("oidc_provider")
CALLBACK = f"/v1/auth/oidc/{CITIZENS}/callback"
ROLES = {"phan-anh": "supervisor", "tong-dai": "operator"}


@pytest_asyncio.fixture(loop_scope="session")
async def site(oidc_provider: OidcServer, city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with the real provider, for citizens and for staff."""
    issuer = oidc_provider.issuer
    citizens = provider(issuer, trust_phone=True)
    async with open_site(city_database, tmp_path, citizens, staff_provider(issuer)) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def rogue() -> AsyncIterator[RogueProvider]:
    async with running_rogue() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def fooled(rogue: RogueProvider, city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with a provider that lies."""
    others = staff_provider(rogue.issuer)
    async with open_site(city_database, tmp_path, provider(rogue.issuer), others) as made:
        yield made


async def sign_in(site: Api, account: str, **changes: str) -> tuple[AppLogin, httpx.Response]:
    """Up to the page that the provider sends the browser back to."""
    app = AppLogin(site, **changes)
    begun = await app.begin()
    assert begun.status_code == 303, begun.text
    return app, await come_back(site, await confirm(begun.headers["Location"], account))


def bearer(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


# Citizens ----------------------------------------------------------------------------------------


async def test_a_citizen_signs_in_and_is_the_same_person_next_time(site: Api) -> None:
    ids: list[str] = []
    for return_to, page in (("/app", "/app#/signed-in"), (APP_LINK, APP_LINK)):
        app, back = await sign_in(site, "lan", return_to=return_to)
        where, what = told(back)
        assert where == page
        tokens = await app.exchange(what["code"])
        me = (await site.http.get("/v1/me", headers=bearer(tokens))).json()
        assert (me["role"], me["name"], me["phone"]) == (
            "citizen", "Nguyễn Thị Lan", "+84905777001",
        )  # fmt: skip
        ids.append(me["id"])
        refreshed = await site.http.post(
            "/v1/auth/refresh", json={"refresh_token": tokens.json()["refresh_token"]}
        )
        assert refreshed.status_code == 200
    assert ids[0] == ids[1]


async def test_no_token_and_no_code_of_the_provider_reaches_the_page(site: Api) -> None:
    _, back = await sign_in(site, "lan")
    _, what = told(back)
    assert set(what) == {"code"}
    assert "access_token" not in back.headers["Location"]
    assert back.headers["Cache-Control"] == "no-store"


async def test_the_request_to_the_provider_has_pkce_state_and_nonce(site: Api) -> None:
    begun = [await AppLogin(site).begin() for _ in range(2)]
    asked = [parse_qs(urlsplit(answer.headers["Location"]).query) for answer in begun]
    for one in asked:
        assert one["code_challenge_method"] == ["S256"]
        assert one["response_type"] == ["code"]
        assert one["redirect_uri"] == [f"{PUBLIC_URL}{CALLBACK}"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    cookie = begun[0].headers["Set-Cookie"]
    assert cookie.startswith("__Host-hientruong-login=")
    for attribute in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
        assert attribute in cookie
    [row, _] = await fetch(site, "select * from oidc_transactions")
    assert asked[0]["state"][0].encode() not in (bytes(row.state_hash), bytes(row.browser_hash))


async def test_a_number_that_the_provider_did_not_verify_is_nobodys(site: Api) -> None:
    app, back = await sign_in(site, "minh")
    tokens = await app.exchange(told(back)[1]["code"])
    assert (await site.http.get("/v1/me", headers=bearer(tokens))).json()["phone"] is None


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_verified_number_opens_its_account_only_where_the_settings_trust_it(
    oidc_provider: OidcServer, city_database: str, tmp_path: Path, *, trusted: bool
) -> None:
    tinh = provider(oidc_provider.issuer, trust_phone=trusted)
    async with open_site(city_database, tmp_path, tinh, demo=True) as site:
        by_phone = await site.citizen("+84905777001")
        known = (await site.http.get("/v1/me", headers=by_phone)).json()["id"]
        app, back = await sign_in(site, "lan")
        tokens = await app.exchange(told(back)[1]["code"])
        found = (await site.http.get("/v1/me", headers=bearer(tokens))).json()["id"]
    assert (found == known) is trusted


async def test_a_closed_account_stays_closed(site: Api) -> None:
    app, back = await sign_in(site, "lan")
    code = told(back)[1]["code"]
    await execute(site, "update people set active = false where role = 'citizen'")
    assert (await app.exchange(code)).json()["code"] == "account_closed"
    _, again = await sign_in(site, "lan")
    assert told(again) == ("/app#/sign-in", {"problem": "account_closed"})


async def test_the_code_for_the_app_works_once_and_for_that_app_only(site: Api) -> None:
    app, back = await sign_in(site, "lan")
    code = told(back)[1]["code"]
    assert (await app.exchange(code)).status_code == 200
    again = await app.exchange(code)
    assert (again.status_code, again.json()["code"]) == (401, "handover_invalid")
    app, back = await sign_in(site, "lan")
    code = told(back)[1]["code"]
    stolen = await app.exchange(code, code_verifier="x" * 43)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "handover_invalid")
    assert (await app.exchange(code)).status_code == 401  # used up by the attempt
    app, back = await sign_in(site, "lan")
    await execute(site, "update oidc_handovers set expires_at = now() - interval '1 second'")
    assert (await app.exchange(told(back)[1]["code"])).status_code == 401


@pytest.mark.parametrize(
    "return_to",
    ["https://evil.example/", "//evil.example", "/desk", "/app/../desk", "/app?x=1",
     f"{APP_LINK}/x", "javascript:alert(1)", "", "/\\evil.example"],
)  # fmt: skip
async def test_nobody_is_sent_elsewhere(site: Api, return_to: str) -> None:
    answer = await AppLogin(site).begin(return_to=return_to)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "return_not_allowed")
    assert await fetch(site, "select * from oidc_transactions") == []


@pytest.mark.parametrize("challenge", ["", "short", "x" * 44, "é" * 43])
async def test_an_app_must_show_that_it_has_a_verifier(site: Api, challenge: str) -> None:
    answer = await AppLogin(site).begin(code_challenge=challenge)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?code_challenge")
    without = await site.http.get(f"/v1/auth/oidc/{CITIZENS}/login", params={"return_to": "/app"})
    assert without.json()["errors"][0] == {
        "pointer": "?code_challenge", "code": "field_required",
        "detail": without.json()["errors"][0]["detail"],
    }  # fmt: skip


# Coming back -------------------------------------------------------------------------------------


async def test_a_state_is_taken_once_and_in_its_own_browser_only(site: Api) -> None:
    begun = await AppLogin(site).begin()
    url = await confirm(begun.headers["Location"], "lan")
    cookies = dict(site.http.cookies)
    # Another browser, which was sent the address (login CSRF).
    site.http.cookies.clear()
    refused = await come_back(site, url)
    assert (refused.status_code, refused.json()["code"]) == (401, "oidc_state_invalid")
    site.http.cookies.set("__Host-hientruong-login", "x" * 43)
    assert (await come_back(site, url)).status_code == 401
    site.http.cookies.clear()
    site.http.cookies.update(cookies)
    assert "code" in told(await come_back(site, url))[1]
    site.http.cookies.update(cookies)
    replayed = await come_back(site, url)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "oidc_state_invalid")


async def test_a_state_expires(site: Api) -> None:
    begun = await AppLogin(site).begin()
    await execute(site, "update oidc_transactions set expires_at = now() - interval '1 second'")
    url = await confirm(begun.headers["Location"], "lan")
    assert (await come_back(site, url)).json()["code"] == "oidc_state_invalid"


async def test_a_browser_whose_state_has_expired_is_told_by_our_page(site: Api) -> None:
    begun = await AppLogin(site).begin()
    await execute(site, "update oidc_transactions set expires_at = now() - interval '1 second'")
    url = await confirm(begun.headers["Location"], "lan")
    answer = await site.http.get(
        url.removeprefix(PUBLIC_URL), headers={"Accept": "text/html,*/*;q=0.8"}
    )
    assert told(answer) == ("/app#/sign-in", {"problem": "oidc_state_invalid"})


async def test_a_state_belongs_to_its_provider(site: Api) -> None:
    url = await confirm((await AppLogin(site).begin()).headers["Location"], "lan")
    other = url.replace(f"/oidc/{CITIZENS}/", f"/oidc/{STAFF}/")
    assert (await come_back(site, other)).json()["code"] == "oidc_state_invalid"


async def test_a_code_of_another_sign_in_is_refused(site: Api) -> None:
    """The provider itself: its code is bound to the verifier of the sign-in that it was given to."""
    victim = await confirm((await AppLogin(site).begin()).headers["Location"], "lan")
    mine = await confirm((await AppLogin(site).begin()).headers["Location"], "minh")
    code = parse_qs(urlsplit(victim).query)["code"][0]
    own = parse_qs(urlsplit(mine).query)["code"][0]
    assert told(await come_back(site, mine.replace(own, code))) == (
        "/app#/sign-in", {"problem": "oidc_code_refused"},
    )  # fmt: skip


async def test_a_code_works_once_at_the_provider(site: Api) -> None:
    url = await confirm((await AppLogin(site).begin()).headers["Location"], "lan")
    code = parse_qs(urlsplit(url).query)["code"][0]
    assert "code" in told(await come_back(site, url))[1]
    second = await confirm((await AppLogin(site).begin()).headers["Location"], "lan")
    replaced = second.replace(parse_qs(urlsplit(second).query)["code"][0], code)
    assert told(await come_back(site, replaced))[1] == {"problem": "oidc_code_refused"}


@pytest.mark.parametrize("iss", ["https://evil.example", None])
async def test_the_answer_must_come_from_the_provider_that_was_asked(
    site: Api, iss: str | None
) -> None:
    url = await confirm((await AppLogin(site).begin()).headers["Location"], "lan")
    before, _, rest = url.partition("&iss=")
    assert rest, "the real provider names itself"
    answer = await come_back(site, before if iss is None else f"{before}&iss={iss}")
    assert told(answer)[1] == {"problem": "oidc_issuer_wrong"}


async def test_who_cancels_is_told_so_on_the_page(site: Api) -> None:
    begun = await AppLogin(site).begin()
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    issuer = begun.headers["Location"].split("/auth?")[0]
    params = {"state": state, "error": "access_denied", "iss": issuer}
    answer = await site.http.get(CALLBACK, params=params)
    assert told(answer) == ("/app#/sign-in", {"problem": "oidc_refused"})


async def test_an_unknown_provider_is_not_found(site: Api) -> None:
    assert (await AppLogin(site, provider="khong-co").begin()).status_code == 404


async def test_pages_learn_which_providers_there_are(site: Api) -> None:
    answer = await site.http.get("/v1/auth/providers", params={"audience": "staff"})
    assert answer.json()["items"] == [
        {"name": STAFF, "label": "Tài khoản tỉnh", "audience": "staff",
         "login_url": f"/v1/auth/oidc/{STAFF}/login"}
    ]  # fmt: skip
    everybody = (await site.http.get("/v1/auth/providers")).json()["items"]
    assert [item["name"] for item in everybody] == [CITIZENS, STAFF]


# A provider that lies ----------------------------------------------------------------------------


async def lied_to(api: Api, rogue: RogueProvider) -> dict[str, str]:
    """What the page is told of a sign-in at the liar."""
    begun = await AppLogin(api).begin()
    assert begun.status_code == 303, begun.text
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    rogue.nonce = asked["nonce"][0]
    params = {"state": asked["state"][0], "code": "mot-ma"}
    answer = told(await api.http.get(CALLBACK, params=params))[1]
    if rogue.forms:  # the verifier that was sent is that of the challenge
        assert s256(rogue.forms[-1]["code_verifier"]) == asked["code_challenge"][0]
    return answer


def put(**changes: object) -> Any:
    return lambda claims: claims.update(changes)


def drop(name: str) -> Any:
    return lambda claims: claims.pop(name)


LIES = {
    "another issuer": put(iss="https://evil.example"),
    "another audience": put(aud=OTHER_CLIENT_ID),
    "two audiences without a party": put(aud=["hientruong", OTHER_CLIENT_ID]),
    "another authorised party": put(azp=OTHER_CLIENT_ID),
    "expired": put(exp=1),
    "no expiry": drop("exp"),
    "of the future": put(iat=2**33),
    "not yet": put(nbf=2**33),
    "another nonce": put(nonce="x"),
    "no nonce": drop("nonce"),
    "of another access token": put(at_hash="x"),
    "nobody": drop("sub"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    fooled: Api, rogue: RogueProvider, lie: Any
) -> None:
    rogue.change = lie
    assert await lied_to(fooled, rogue) == {"problem": "oidc_token_invalid"}
    assert await fetch(fooled, "select * from identities") == []
    rogue.change = None
    assert "code" in await lied_to(fooled, rogue)


@pytest.mark.parametrize("way", ["none", "public key as a secret", "client's secret", "own key"])
async def test_a_token_that_its_keys_did_not_sign_is_refused(
    fooled: Api, rogue: RogueProvider, way: str
) -> None:
    rogue.sign = {
        "none": unsigned,
        "public key as a secret": signed_with_secret(rogue.key.as_pem(private=False)),
        "client's secret": signed_with_secret(CLIENT_SECRET.encode()),
        "own key": signed_by(other_key(str(rogue.key.kid))),
    }[way]
    assert await lied_to(fooled, rogue) == {"problem": "oidc_token_invalid"}


async def test_new_keys_are_fetched_but_made_up_ones_do_not_make_us_ask_without_end(
    fooled: Api, rogue: RogueProvider
) -> None:
    assert "code" in await lied_to(fooled, rogue)
    assert rogue.asked["/jwks"] == 1
    rogue.key = other_key("thu-hai")
    for _ in range(3):  # within a minute of the last look nobody makes us look again
        assert await lied_to(fooled, rogue) == {"problem": "oidc_token_invalid"}
    assert rogue.asked["/jwks"] == 1
    client = fooled.app.state.services.providers[CITIZENS]
    keys, since = client._keys
    client._keys = (keys, since.replace(year=since.year - 1))
    rogue.keys.append(rogue.key)
    assert "code" in await lied_to(fooled, rogue)
    assert rogue.asked["/jwks"] == 2


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
)
async def test_a_document_that_is_not_the_providers_is_not_believed(
    fooled: Api, rogue: RogueProvider, document: dict[str, Any]
) -> None:
    rogue.document = document
    answer = await AppLogin(fooled).begin()
    assert (answer.status_code, answer.json()["code"]) == (503, "oidc_unavailable")


async def test_more_claims_of_somebody_else_are_refused(
    rogue: RogueProvider, city_database: str, tmp_path: Path
) -> None:
    asks = provider(rogue.issuer, userinfo=True)
    async with open_site(city_database, tmp_path, asks) as site:
        rogue.userinfo = {"sub": "nguoi-khac", "name": "Kẻ Khác"}
        assert await lied_to(site, rogue) == {"problem": "oidc_token_invalid"}
        rogue.userinfo = {"sub": "nguoi-dan-1", "name": "Bị Bỏ Qua", "phone_number": "0905"}
        assert "code" in await lied_to(site, rogue)
        person = await fetch_one(
            site, "select name from people where id in (select person_id from identities)"
        )
    assert person.name == "Nguyễn Văn Thật"  # what is signed counts first


async def test_a_provider_that_is_away_is_said_to_be(city_database: str, tmp_path: Path) -> None:
    gone = provider("http://127.0.0.1:9")
    async with open_site(city_database, tmp_path, gone) as site:
        answer = await AppLogin(site).begin()
    assert (answer.status_code, answer.json()["code"]) == (503, "oidc_unavailable")


# Staff -------------------------------------------------------------------------------------------


async def enter(site: Api, account: str, **params: str) -> httpx.Response:
    begun = await begin_staff(site, **params)
    assert begun.status_code == 303, begun.text
    return await come_back(site, await confirm(begun.headers["Location"], account))


async def test_staff_sign_in_and_hold_a_cookie_only(site: Api) -> None:
    back = await enter(site, "hoa", return_to="/ioc")
    assert told(back) == ("/ioc#/signed-in", {})
    [cookie] = [c for c in back.headers.get_list("Set-Cookie") if "__Host-hientruong=" in c]
    for attribute in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
        assert attribute in cookie
    assert "Domain" not in cookie
    own = (await site.http.get("/v1/auth/staff/session")).json()
    assert own["person"]["role"] == "supervisor"
    assert own["person"]["department"]["code"] == "hepco"
    assert (await site.http.get("/v1/cases")).status_code == 200
    row = await fetch_one(site, "select * from staff_sessions")
    assert row.method == "oidc"
    assert site.http.cookies["__Host-hientruong"].encode() not in bytes(row.cookie_hash)


async def test_staff_without_an_account_get_none(site: Api) -> None:
    before = await fetch_one(site, "select count(*) as n from people")
    assert told(await enter(site, "khach")) == ("/desk#/sign-in", {"problem": "account_unknown"})
    assert await fetch_one(site, "select count(*) as n from people") == before
    assert "__Host-hientruong" not in site.http.cookies


async def test_the_name_counts_at_the_first_sign_in_only(site: Api) -> None:
    """Who takes over a name at the provider does not take over the account here."""
    await enter(site, "hoa")
    await execute(site, "update people set username = 'da-doi' where username = 'supervisor.hepco'")
    await enter(site, "hoa")
    own = (await site.http.get("/v1/auth/staff/session")).json()
    assert own["person"]["department"]["code"] == "hepco"


async def test_a_closed_account_of_staff_stays_closed(site: Api) -> None:
    await enter(site, "hoa")
    await execute(site, "update people set active = false where username = 'supervisor.hepco'")
    assert (await site.http.get("/v1/cases")).status_code == 401
    assert told(await enter(site, "hoa"))[1] == {"problem": "account_closed"}


async def test_roles_and_departments_follow_the_claims_where_the_settings_say_so(
    oidc_provider: OidcServer, city_database: str, tmp_path: Path
) -> None:
    claims = {"role": "groups", "department": "unit"}
    mapped = staff_provider(oidc_provider.issuer, roles=ROLES, claims=claims)
    async with open_site(city_database, tmp_path, mapped) as site:
        await execute(site, "update people set role = 'staff' where username = 'supervisor.hepco'")
        assert told(await enter(site, "hoa")) == ("/desk#/signed-in", {})
        own = (await site.http.get("/v1/auth/staff/session")).json()
        assert own["person"]["role"] == "supervisor"
        assert told(await enter(site, "khach"))[1] == {"problem": "role_unknown"}
        await enter(site, "tam")  # new here: made as the claims say
        made = await fetch_one(site, "select * from people where username = 'tam.moi'")
        assert (made.role, made.name, made.password_hash) == ("operator", "Phạm Văn Tâm", None)


async def test_how_long_ago_staff_proved_themselves_is_asked_for(
    fooled: Api, rogue: RogueProvider
) -> None:
    async def proved(change: Any) -> dict[str, str]:
        begun = await begin_staff(fooled)
        asked = parse_qs(urlsplit(begun.headers["Location"]).query)
        assert asked["max_age"] == [str(8 * 3600)]
        rogue.nonce, rogue.change = asked["nonce"][0], change
        params = {"state": asked["state"][0], "code": "mot-ma"}
        return told(await fooled.http.get(f"/v1/auth/oidc/{STAFF}/callback", params=params))[1]

    assert await proved(drop("auth_time")) == {"problem": "oidc_token_invalid"}
    assert await proved(put(auth_time=1)) == {"problem": "oidc_token_invalid"}
    assert await proved(None) == {"problem": "account_unknown"}


async def test_a_citizens_identity_is_none_of_staff(site: Api) -> None:
    """Each provider has its own names: the same subject elsewhere is somebody else."""
    app, back = await sign_in(site, "hoa")
    tokens = await app.exchange(told(back)[1]["code"])
    assert (await site.http.get("/v1/cases", headers=bearer(tokens))).status_code == 403


async def test_signing_in_again_ends_the_session_before(site: Api) -> None:
    await enter(site, "hoa")
    first = site.http.cookies["__Host-hientruong"]
    await enter(site, "hoa")
    second = site.http.cookies["__Host-hientruong"]
    assert first != second
    site.http.cookies.clear()
    stale = await site.http.get("/v1/cases", headers={"Cookie": f"__Host-hientruong={first}"})
    assert stale.status_code == 401
    out = await site.http.delete(
        "/v1/auth/staff/session", headers={"Cookie": f"__Host-hientruong={second}", **SAME_ORIGIN}
    )
    assert out.status_code == 204
