"""Sessions of staff: held in a cookie, acting from our own pages only, ended at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from starlette.responses import Response

from api.session_cookies import SessionCookies
from core.settings import StaffSettings
from tests.support.client import Api
from tests.support.foreign_servers import PUBLIC_URL
from tests.support.oidc import SAME_ORIGIN, open_site
from tests.support.rows import execute, fetch, fetch_one

COOKIE = "__Host-hientruong"
SESSION = "/v1/auth/staff/session"


@pytest_asyncio.fixture(loop_scope="session")
async def site(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """A demo behind TLS: its cookies are those of a real installation."""
    async with open_site(city_database, tmp_path, demo=True) as made:
        yield made


async def sign_in(api: Api, username: str = "operator", **headers: str) -> httpx.Response:
    body = {"username": username, "password": "demo"}
    return await api.http.post(SESSION, json=body, headers=headers or SAME_ORIGIN)


async def is_over(api: Api, cookie: str) -> None:
    """It opens nothing, and stands in nobody's way where nobody needs to be signed in."""
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    answer = await api.http.get("/v1/cases", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert (await api.http.get("/v1/incidents.geojson", headers=headers)).status_code == 200


async def test_a_page_holds_a_cookie_that_no_script_reads(site: Api) -> None:
    answer = await sign_in(site)
    assert answer.status_code == 200, answer.text
    [cookie] = answer.headers.get_list("Set-Cookie")
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie
    body = answer.json()
    assert "token" not in answer.text
    assert (body["person"]["role"], body["limited"], body["ways"]) == (
        "operator", False, ["password"],
    )  # fmt: skip
    assert (await site.http.get("/v1/cases")).status_code == 200
    assert (await site.http.get(SESSION)).json()["id"] == body["id"]
    row = await fetch_one(site, "select cookie_hash from staff_sessions")
    assert site.http.cookies[COOKIE].encode() not in bytes(row.cookie_hash)


async def test_no_shared_cache_keeps_what_a_cookie_shows(site: Api) -> None:
    await sign_in(site)
    for path in ("/v1/cases", "/v1/incidents.geojson", "/v1/me"):
        answer = await site.http.get(path)
        assert "private" in answer.headers["Cache-Control"], path
        assert "cookie" in answer.headers["Vary"].lower(), path


async def test_the_demo_on_http_uses_plain_names(api: Api) -> None:
    origin = {"Origin": "http://127.0.0.1:8000"}
    answer = await sign_in(api, **origin)
    try:
        assert answer.headers["Set-Cookie"].startswith("hientruong=")
        assert "Secure" not in answer.headers["Set-Cookie"]
    finally:
        api.http.cookies.clear()


def test_outside_the_demo_cookies_are_never_plain() -> None:
    answer = Response()
    SessionCookies("http://127.0.0.1:8000", demo=False).set_session(answer, "x")
    assert answer.headers["Set-Cookie"].startswith("__Host-hientruong=")
    assert "Secure" in answer.headers["Set-Cookie"]


FOREIGN: dict[str, dict[str, str]] = {
    "nothing": {},
    "another site": {"Origin": "https://evil.example"},
    "another site, by the browser": {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "cross-site"},
    "a sister host": {"Origin": "https://khac.example.vn", "Sec-Fetch-Site": "same-site"},
    "a file": {"Origin": "null"},
    "without TLS": {"Origin": PUBLIC_URL.replace("https", "http")},
    "another port": {"Origin": f"{PUBLIC_URL}:8443"},
    "typed": {"Sec-Fetch-Site": "none"},
    "a name that begins alike": {"Origin": f"{PUBLIC_URL}.evil.example"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
async def test_nothing_changes_unless_a_page_of_ours_asks(
    city_database: str, tmp_path: Path, headers: dict[str, str]
) -> None:
    """Outside the demo, where the host that a request names says nothing."""
    async with open_site(city_database, tmp_path, demo=True) as demo:
        await sign_in(demo)
        cookie = demo.http.cookies[COOKIE]
    async with open_site(city_database, tmp_path) as site:
        site.http.cookies.set(COOKIE, cookie)
        view = {"name": "x", "filter": {}, "shared": False}
        url = f"/v1/views/{uuid4()}"
        refused = await site.http.request("DELETE", url, json=view, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")
        assert (await site.http.get("/v1/cases", headers=headers)).status_code == 200
        allowed = await site.http.request("DELETE", url, headers=SAME_ORIGIN)
        assert allowed.status_code == 404, allowed.text
        signing_in = await site.http.post(
            SESSION, json={"username": "operator", "password": "x"}, headers=headers
        )
        assert signing_in.json()["code"] == "foreign_origin"


async def test_a_token_needs_no_origin(api: Api) -> None:
    headers = await api.staff("operator")
    answer = await api.http.delete(f"/v1/views/{uuid4()}", headers=headers)
    assert answer.status_code == 404


async def test_a_token_counts_before_a_cookie(site: Api) -> None:
    await sign_in(site, "operator")
    leader = await site.staff("leader")
    assert (await site.http.get("/v1/me", headers=leader)).json()["role"] == "leader"


async def test_signing_out_ends_the_session_on_the_server(site: Api) -> None:
    await sign_in(site)
    cookie = site.http.cookies[COOKIE]
    assert (await site.http.delete(SESSION)).json()["code"] == "foreign_origin"
    out = await site.http.delete(SESSION, headers=SAME_ORIGIN)
    assert out.status_code == 204
    assert COOKIE not in site.http.cookies
    await is_over(site, cookie)


async def test_signing_in_again_gives_a_new_id_and_ends_the_old(site: Api) -> None:
    await sign_in(site)
    first = site.http.cookies[COOKIE]
    await sign_in(site)
    assert site.http.cookies[COOKIE] != first
    site.http.cookies.clear()
    await is_over(site, first)


async def test_an_id_that_somebody_else_chose_is_never_taken(site: Api) -> None:
    await is_over(site, "chosen-by-an-attacker")
    chosen = {"Cookie": f"{COOKIE}=chosen-by-an-attacker", **SAME_ORIGIN}
    await sign_in(site, **chosen)
    assert site.http.cookies[COOKIE] != "chosen-by-an-attacker"
    site.http.cookies.clear()
    await is_over(site, "chosen-by-an-attacker")


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        ("seen_at = now() - interval '31 minutes'", 401),
        ("seen_at = now() - interval '29 minutes'", 200),
        ("expires_at = now() - interval '1 second'", 401),
        ("ended_at = now()", 401),
    ],
)
async def test_a_session_ends_when_idle_and_after_a_working_day(
    site: Api, ended: str, status: int
) -> None:
    own = (await sign_in(site)).json()
    row = await fetch_one(site, "select * from staff_sessions where id = %(id)s", id=own["id"])
    assert row.expires_at - row.created_at == timedelta(hours=8)
    await execute(site, f"update staff_sessions set {ended}")
    assert (await site.http.get("/v1/cases")).status_code == status
    seen = await fetch_one(
        site, "select now() - seen_at < interval '1 minute' as just from staff_sessions"
    )
    assert seen.just is (status == 200 or "seen_at" not in ended)


async def test_a_token_of_a_program_is_not_idle(site: Api) -> None:
    headers = await site.staff("operator")
    await execute(site, "update staff_sessions set seen_at = now() - interval '2 hours'")
    assert (await site.http.get("/v1/cases", headers=headers)).status_code == 200
    await execute(site, "update staff_sessions set expires_at = now()")
    assert (await site.http.get("/v1/cases", headers=headers)).json()["code"] == "session_ended"


async def test_a_closed_account_is_out_at_once_and_a_new_role_counts_at_once(site: Api) -> None:
    headers = await site.staff("operator")
    await sign_in(site, "operator")
    await execute(site, "update people set role = 'analyst' where username = 'operator'")
    assert (await site.http.get("/v1/me")).json()["role"] == "analyst"
    for shown in ({}, headers):
        note = await site.http.post(
            f"/v1/cases/{uuid4()}/notes", json={"text": "x"}, headers={**SAME_ORIGIN, **shown}
        )
        assert note.status_code == 403
    await execute(site, "update people set active = false where username = 'operator'")
    for shown, code in (({}, "not_signed_in"), (headers, "session_ended")):
        answer = await site.http.get("/v1/cases", headers=shown)
        assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_new_password_signs_everybody_else_out(site: Api) -> None:
    thief = await site.staff("operator")
    admin = await site.staff("admin")
    person = (await site.http.get("/v1/me", headers=thief)).json()["id"]
    account = {"name": "x", "role": "operator", "department": None, "email": None,
               "language": "vi", "active": True}  # fmt: skip
    url = f"/v1/admin/users/{person}"
    changed = await site.http.put(url, json=account, headers=admin)
    assert changed.status_code == 200, changed.text
    assert (await site.http.get("/v1/cases", headers=thief)).status_code == 200
    await site.http.put(url, json={**account, "password": "mot mat khau moi"}, headers=admin)
    assert (await site.http.get("/v1/cases", headers=thief)).json()["code"] == "session_ended"
    assert (await site.http.get("/v1/cases", headers=admin)).status_code == 200


async def test_my_sessions_are_listed_and_ended_one_by_one(site: Api) -> None:
    headers = await site.staff("operator")
    own = (await sign_in(site, **SAME_ORIGIN, **{"User-Agent": "Browser/1.0"})).json()
    others = await site.staff("leader")
    items = (await site.http.get("/v1/auth/staff/sessions")).json()["items"]
    assert [(item["id"] == own["id"], item["current"]) for item in items] == [
        (True, True), (False, False),
    ]  # fmt: skip
    [other] = [item["id"] for item in items if not item["current"]]
    url = f"/v1/auth/staff/sessions/{other}"
    assert (await site.http.delete(url, headers=others)).status_code == 404
    assert (await site.http.delete(url, headers=SAME_ORIGIN)).status_code == 204
    assert (await site.http.get("/v1/cases", headers=headers)).json()["code"] == "session_ended"
    assert (await site.http.delete(url, headers=SAME_ORIGIN)).status_code == 404


async def test_citizens_have_no_such_session(site: Api) -> None:
    headers = await site.citizen()
    assert (await site.http.get(SESSION, headers=headers)).status_code == 401
    assert await fetch(site, "select * from staff_sessions") == []


async def test_passwords_are_tried_twenty_times_from_one_place(site: Api) -> None:
    async def attempt(username: str, password: str) -> int:
        body = {"username": username, "password": password}
        answer = await site.http.post("/v1/auth/staff", json=body)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["code"] == "too_many_sign_ins"
        return answer.status_code

    tried = [await attempt("leader", "wrong") for _ in range(20)]
    assert tried == [401] * 20
    assert await attempt("leader", "demo") == 429  # the right one is no sign either
    body: dict[str, Any] = {"username": "leader", "password": "demo"}
    page = await site.http.post(SESSION, json=body, headers=SAME_ORIGIN)
    assert page.status_code == 429
    assert await attempt("operator", "demo") == 200


@pytest.mark.parametrize(
    ("role", "demo", "setting", "needs"),
    [
        ("admin", False, None, True),
        ("operator", False, None, True),
        ("staff", False, None, False),
        ("admin", True, None, False),
        ("staff", True, ("staff",), True),
        ("admin", False, (), False),
    ],
)
def test_which_roles_need_a_second_factor(
    role: str, *, demo: bool, setting: tuple[str, ...] | None, needs: bool
) -> None:
    settings = StaffSettings(second_factor_roles=setting)
    assert settings.needs_second_factor(role, demo=demo) is needs


async def test_who_must_have_a_second_factor_gets_nowhere_without(site: Api) -> None:
    headers = await site.staff("operator")
    await execute(site, "update staff_sessions set limited = true")
    for url in ("/v1/cases", "/v1/me", "/v1/views"):
        answer = await site.http.get(url, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing"), url
    own = await site.http.get(SESSION, headers=headers)
    assert (own.status_code, own.json()["limited"]) == (200, True)
