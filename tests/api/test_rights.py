"""Who may do what: every role on every route, and what each is shown of the same case."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from fastapi.routing import iter_route_contexts

from core.actor import Actor, Role
from core.keys import Keyring
from identity.numbers import index_of
from identity.tokens import AUDIENCE, ISSUER, PURPOSE, create_access_token
from tests.api import (
    test_person_requests,
    test_rights_of_insight,
    test_rights_of_layers,
    test_rights_of_map,
    test_rights_of_my_data,
    test_rights_of_ogc,
    test_rights_of_photos,
    test_rights_of_services,
    test_rights_of_shaping,
    test_rights_of_uploads,
)
from tests.support.casework import (
    BUS,
    HIDDEN,
    NOISE,
    Staged,
    login,
    press,
    stage,
)
from tests.support.city import CENTRE, Draft
from tests.support.client import KEYS, SECRET, Api
from tests.support.phones import new_key, spki_of
from tests.support.photos import make_jpeg
from tests.support.rights import (
    CITIZENS,
    ELSEWHERE,
    HELPING,
    IN_CHARGE,
    OTHER_PHONE,
    OWN_PHONE,
    ROLES,
    USERNAMES,
    all_roles,
    headers_of,
)
from tests.support.rows import execute, fetch_one
from tests.support.sealing import SEALER


@dataclass(frozen=True)
class Operation:
    """One route with a request that is right in itself, and what each role is answered."""

    method: str
    path: str
    expected: dict[str, int]
    json: dict[str, object] | None = None
    params: dict[str, object] = field(default_factory=dict[str, object])
    names: dict[str, str] = field(default_factory=dict[str, str])
    upload: bool = False


PUBLIC = all_roles(200)
ACCOUNT = all_roles(200, {"anonymous": 401})
FILING = all_roles(403, {"anonymous": 201, CITIZENS: 201, "operator": 201})
CASE = all_roles(200, {"anonymous": 401, CITIZENS: 403, ELSEWHERE: 404})
ADMIN = all_roles(403, {"anonymous": 401, "admin": 200})
RESCUE = all_roles(200, {"anonymous": 401, (*CITIZENS, "analyst", "admin"): 403})
EMERGENCY = all_roles(403, {"anonymous": 401, ("operator", "leader"): 204})
STAFF_ALONE = all_roles(200, {"anonymous": 401, CITIZENS: 401})
NO_ROUTE = all_roles(404)
PUBLIC_KEY = spki_of(new_key())
OPERATIONS = {
    # citizens
    "file": Operation("PUT", "/v1/reports/{report_id}", FILING, Draft(BUS).body(), names={"report_id": "new"}),
    "file by post": Operation("POST", "/v1/reports", FILING, {**Draft(BUS).body(), "id": "new"}),
    "file a batch": Operation("POST", "/v1/reports/batch", PUBLIC, {"items": ["each is answered for itself"]}),
    "add photos": Operation(
        "PUT", "/v1/reports/{report_id}/uploads", all_roles(404, {"citizen_own": 422}),
        {"uploads": [str(uuid4())]},  # which nobody has uploaded
    ),
    "nearby": Operation("GET", "/v1/reports/nearby", PUBLIC, params=dict(CENTRE)),
    "look up": Operation("GET", "/v1/reports/lookup", PUBLIC, params={"code": "code"}),
    "read a report": Operation(
        "GET", "/v1/reports/{report_id}",
        all_roles(404, {"citizen_own": 200, IN_CHARGE: 200, HELPING: 200, "operator": 200, "leader": 200}),
    ),
    "withdraw": Operation(
        "POST", "/v1/reports/{report_id}/actions/{action}", all_roles(404, {"citizen_own": 200}),
        {}, names={"action": "withdraw"},
    ),
    "call for help": Operation(
        "PUT", "/v1/sos/{report_id}", FILING, {"people": 1, "location": dict(CENTRE)}, names={"report_id": "new"}
    ),
    "change what is no call": Operation("PATCH", "/v1/sos/{report_id}", all_roles(404), {"note": "x"}),
    "text message without a gateway": Operation("POST", "/v1/sms/inbound", all_roles(404), {}),
    "my reports": Operation("GET", "/v1/me/reports", all_roles(403, {"anonymous": 401, CITIZENS: 200})),
    # rescuers
    "calls for help": Operation("GET", "/v1/sos", RESCUE),
    "calls as a table": Operation("GET", "/v1/sos.csv", RESCUE),
    "calls as a map": Operation("GET", "/v1/sos.geojson", RESCUE),
    "emergency on": Operation(
        "PUT", "/v1/sos/areas/{code}", EMERGENCY, {"message": "x", "message_en": "x"}, names={"code": "19777"}
    ),
    "emergency off": Operation("DELETE", "/v1/sos/areas/{code}", EMERGENCY, names={"code": "19777"}),
    # staff
    "list cases": Operation("GET", "/v1/cases", all_roles(200, {"anonymous": 401, CITIZENS: 403})),
    "export cases": Operation(
        "GET", "/v1/cases/export",
        all_roles(200, {"anonymous": 401, (*CITIZENS, "staff_own", "staff_co", "staff_other", "admin"): 403}),
    ),
    "read a case": Operation("GET", "/v1/cases/{case_id}", CASE),
    "duplicates": Operation("GET", "/v1/cases/{case_id}/duplicates", CASE),
    "accept": Operation(
        "POST", "/v1/cases/{case_id}/actions/{action}",
        all_roles(403, {"anonymous": 401, IN_CHARGE: 200, ELSEWHERE: 404}),
        {}, names={"action": "accept"},
    ),
    "transfer": Operation(
        "POST", "/v1/cases/{case_id}/actions/{action}",
        all_roles(403, {"anonymous": 401, "supervisor_own": 204, "operator": 200, ELSEWHERE: 404}),
        {"department": "hepco", "reason": "x"}, names={"action": "transfer"},
    ),
    "prioritise": Operation(
        "POST", "/v1/cases/{case_id}/actions/{action}",
        all_roles(403, {"anonymous": 401, ("operator", "leader"): 200, ELSEWHERE: 404}),
        {"priority": 1, "reason": "x"}, names={"action": "prioritise"},
    ),
    "direct": Operation(
        "POST", "/v1/cases/{case_id}/actions/{action}",
        all_roles(403, {"anonymous": 401, "leader": 200, ELSEWHERE: 404}),
        {"directive": "x"}, names={"action": "direct"},
    ),
    "withdraw as staff": Operation(
        "POST", "/v1/cases/{case_id}/actions/{action}",
        all_roles(403, {"anonymous": 401, ELSEWHERE: 404}),
        {}, names={"action": "withdraw"},
    ),
    "note": Operation(
        "POST", "/v1/cases/{case_id}/notes",
        all_roles(201, {"anonymous": 401, (*CITIZENS, "analyst", "admin"): 403, ELSEWHERE: 404}),
        {"text": "x"},
    ),
    "end a review": Operation(
        "DELETE", "/v1/cases/{case_id}/review",
        all_roles(200, {"anonymous": 401, (*CITIZENS, "analyst", "admin"): 403, ELSEWHERE: 404}),
    ),
    "explain": Operation(
        "GET", "/v1/cases/{case_id}/explain",
        all_roles(200, {"anonymous": 401, (*CITIZENS, "analyst"): 403, ELSEWHERE: 404}),
    ),
    "who reported": Operation(
        "GET", "/v1/cases/{case_id}/reporters",
        all_roles(403, {"anonymous": 401, "operator": 200, ELSEWHERE: 404}), params={"reason": "x"},
    ),
    # shaping the city
    "audit log": Operation("GET", "/v1/admin/audit", ADMIN),
    "who may know reporters": Operation("GET", "/v1/admin/privacy", ADMIN),
    "say who may know reporters": Operation(
        "PUT", "/v1/admin/privacy", ADMIN, {"reporter_visible_to": "nobody"}
    ),
    "catalogue of departments": Operation("GET", "/v1/admin/departments", ADMIN),
    "put a department": Operation(
        "PUT", "/v1/admin/departments/{code}", ADMIN | {"admin": 201},
        {"name": "x", "name_en": "x", "phone": None, "email": None, "deputy": None, "calendar": None,
         "active": False},
        names={"code": "matrix"},
    ),
    "catalogue of categories": Operation("GET", "/v1/admin/categories", ADMIN),
    "put a category": Operation(
        "PUT", "/v1/admin/categories/{code}", ADMIN | {"admin": 201},
        {"parent": "traffic", "name": "x", "name_en": "x", "questions": {}, "photo_required": False,
         "after_photo_required": False, "visibility": "exact", "target_on_time": None,
         "publish_check": False, "position": 0, "active": False},
        names={"code": "traffic.matrix"},
    ),
    "list areas": Operation("GET", "/v1/admin/areas", ADMIN),
    "change an area": Operation(
        "PATCH", "/v1/admin/areas/{code}", ADMIN, {"population": 21_344}, names={"code": "19777"}
    ),
    "import areas": Operation(
        "POST", "/v1/admin/areas/import", ADMIN | {"admin": 422}, upload=True  # a photo is no map
    ),
    "list calendars": Operation("GET", "/v1/admin/calendars", ADMIN),
    "read a calendar": Operation(
        "GET", "/v1/admin/calendars/{code}", ADMIN, names={"code": "office"}
    ),
    "put a calendar": Operation(
        "PUT", "/v1/admin/calendars/{code}", ADMIN | {"admin": 201},
        {"name": "x", "timezone": "Asia/Ho_Chi_Minh", "week": [[["07:00", "11:00"]]] * 7},
        names={"code": "matrix"},
    ),
    "put a day": Operation(
        "PUT", "/v1/admin/calendars/{code}/days/{day}", ADMIN, {"open": [], "name": "x"},
        names={"code": "office", "day": "2199-12-31"},
    ),
    "delete a day": Operation(
        "DELETE", "/v1/admin/calendars/{code}/days/{day}", ADMIN | {"admin": 404},
        names={"code": "office", "day": "2199-12-30"},
    ),
    "list accounts": Operation("GET", "/v1/admin/users", ADMIN),
    "add an account": Operation(
        "POST", "/v1/admin/users", ADMIN | {"admin": 201},
        {"username": "matrix", "name": "x", "role": "analyst"},
    ),
    "put an account": Operation(
        "PUT", "/v1/admin/users/{user_id}", ADMIN | {"admin": 404},
        {"name": "x", "role": "analyst", "department": None, "email": None, "language": "vi",
         "active": True},
        names={"user_id": str(uuid4())},
    ),
    "list webhooks": Operation("GET", "/v1/admin/webhooks", ADMIN),
    "put a webhook": Operation(
        "PUT", "/v1/admin/webhooks/{name}", ADMIN | {"admin": 201},
        {"url": "https://example.vn/", "active": False}, names={"name": "matrix"},
    ),
    "retire a webhook": Operation(
        "DELETE", "/v1/admin/webhooks/{name}", ADMIN | {"admin": 404}, names={"name": "of_nobody"}
    ),
    # signing in: whoever one was before
    "staff login": Operation("POST", "/v1/auth/staff", PUBLIC, {"username": "leader", "password": "demo"}),
    "ask for a code": Operation("POST", "/v1/auth/otp", all_roles(202), {"phone": "phone"}),
    "give the code": Operation(
        "POST", "/v1/auth/otp/verify", PUBLIC, {"phone": "phone", "code": "000000"}
    ),
    "refresh with nothing": Operation(
        "POST", "/v1/auth/refresh", all_roles(401), {"refresh_token": "x"}
    ),
    "log out": Operation("POST", "/v1/auth/logout", all_roles(204), {"refresh_token": "x"}),
    "staff login for a page": Operation(
        "POST", "/v1/auth/staff/session", all_roles(403), {"username": "leader", "password": "demo"}
    ),  # no page of ours sends this
    "own session": Operation("GET", "/v1/auth/staff/session", STAFF_ALONE),
    "own sessions": Operation("GET", "/v1/auth/staff/sessions", STAFF_ALONE),
    "end another session": Operation(
        "DELETE", "/v1/auth/staff/sessions/{session_id}", STAFF_ALONE | dict.fromkeys(USERNAMES, 404),
        names={"session_id": str(uuid4())},
    ),
    "own factors": Operation("GET", "/v1/auth/staff/factors", STAFF_ALONE),
    "passkey to sign in": Operation("POST", "/v1/auth/staff/passkey/options", PUBLIC),
    "sign in with no passkey": Operation(
        "POST", "/v1/auth/staff/passkey", all_roles(403), {"credential": {}}
    ),  # no page of ours sends this
    "passkey to step up": Operation("POST", "/v1/auth/staff/step-up/options", STAFF_ALONE),
    "step up": Operation("POST", "/v1/auth/staff/step-up", STAFF_ALONE, {"password": "demo"}),
    "confirm no app": Operation(
        "POST", "/v1/auth/staff/totp/confirm", STAFF_ALONE | dict.fromkeys(USERNAMES, 404),
        {"code": "000000"},
    ),
    "begin an app": Operation(
        "POST", "/v1/auth/staff/totp", STAFF_ALONE | dict.fromkeys(USERNAMES, 201)
    ),
    "remove an app": Operation(
        "DELETE", "/v1/auth/staff/totp", STAFF_ALONE | dict.fromkeys(USERNAMES, 204)
    ),
    "begin a passkey": Operation("POST", "/v1/auth/staff/passkeys/options", STAFF_ALONE),
    "add no passkey": Operation(
        "POST", "/v1/auth/staff/passkeys", STAFF_ALONE | dict.fromkeys(USERNAMES, 422),
        {"name": "x", "credential": {}},
    ),
    "remove a passkey": Operation(
        "DELETE", "/v1/auth/staff/passkeys/{passkey_id}",
        STAFF_ALONE | dict.fromkeys(USERNAMES, 404), names={"passkey_id": str(uuid4())},
    ),
    "sessions of an account": Operation(
        "GET", "/v1/admin/users/{user_id}/sessions", ADMIN | {"admin": 404},
        names={"user_id": str(uuid4())},
    ),
    "end sessions of an account": Operation(
        "DELETE", "/v1/admin/users/{user_id}/sessions", ADMIN | {"admin": 404},
        names={"user_id": str(uuid4())},
    ),
    "reset factors of an account": Operation(
        "DELETE", "/v1/admin/users/{user_id}/factors", ADMIN | {"admin": 404},
        names={"user_id": str(uuid4())},
    ),
    "identity providers": Operation("GET", "/v1/auth/providers", PUBLIC),
    "leave for a provider": Operation(
        "GET", "/v1/auth/oidc/{provider}/login", all_roles(404), names={"provider": "none"},
        params={"return_to": "/app"},
    ),
    "come back from a provider": Operation(
        "GET", "/v1/auth/oidc/{provider}/callback", all_roles(404), names={"provider": "none"},
        params={"state": "x"},
    ),
    "exchange with nothing": Operation(
        "POST", "/v1/auth/oidc/exchange", all_roles(401), {"code": "x", "code_verifier": "x" * 43}
    ),
    "ask for a challenge": Operation(
        "POST", "/v1/auth/device/challenge", PUBLIC, {"public_key": PUBLIC_KEY}
    ),
    "sign in with a phone's key": Operation(
        "POST", "/v1/auth/device", all_roles(422),  # that challenge is none of ours
        {"public_key": PUBLIC_KEY, "challenge": "x", "signature": "x"},
    ),
    "sign in at Firebase": Operation("POST", "/v1/auth/firebase", NO_ROUTE, {"id_token": "x"}),
    # one's own account
    "link a number": Operation(
        "POST", "/v1/me/identities/phone", all_roles(403, {"anonymous": 401, CITIZENS: 422}),
        {"phone": "phone", "code": "999999"},  # nobody asked for one
    ),
    "link an account at Firebase": Operation(
        "POST", "/v1/me/identities/firebase", all_roles(403, {"anonymous": 401, CITIZENS: 404}),
        {"id_token": "x"},
    ),
    "claim a report": Operation(
        "POST", "/v1/me/reports", all_roles(403, {"anonymous": 401, CITIZENS: 404}),
        {"report_id": str(uuid4()), "track_token": "x"},
    ),
    "me": Operation("GET", "/v1/me", ACCOUNT),
    "inbox": Operation("GET", "/v1/me/notifications", ACCOUNT),
    "mark read": Operation(
        "PUT", "/v1/me/notifications/{up_to}/read", all_roles(204, {"anonymous": 401}), names={"up_to": "1"}
    ),
    "add a device": Operation(
        "PUT", "/v1/me/devices/{token}", all_roles(204, {"anonymous": 401}),
        {"platform": "ios"}, names={"token": "device:of-nobody"},
    ),
    "remove a device": Operation(
        "DELETE", "/v1/me/devices/{token}", all_roles(204, {"anonymous": 401}),
        names={"token": "device:of-nobody"},
    ),
    "where am I signed in": Operation("GET", "/v1/me/sessions", ACCOUNT),
    "end a session": Operation(
        "DELETE", "/v1/me/sessions/{session_id}", all_roles(404, {"anonymous": 401}),
        names={"session_id": str(uuid4())},
    ),
    # photos
    "upload": Operation("POST", "/v1/media", all_roles(201), upload=True),
    "photo without a link": Operation(
        "GET", "/media/{attachment_id}/{size}", NO_ROUTE,
        names={"size": "small"}, params={"expires": 2**40, "signature": "x"},
    ),
    "photo by its old link": Operation(
        "GET", "/media/{attachment_id}/{size}.jpg", NO_ROUTE,
        names={"size": "small"}, params={"expires": 2**40, "signature": "x"},
    ),
    "public photo without a link": Operation(
        "GET", "/media/public/{attachment_id}/{rev}/{size}", NO_ROUTE,
        names={"size": "small", "rev": "1"}, params={"expires": 2**40, "signature": "x"},
    ),
    # what anybody may know
    "categories": Operation("GET", "/v1/categories", PUBLIC),
    "city": Operation("GET", "/v1/city", PUBLIC),
    "departments": Operation("GET", "/v1/departments", PUBLIC),
    "locate": Operation("GET", "/v1/areas/locate", PUBLIC, params=dict(CENTRE)),
    "areas": Operation("GET", "/v1/areas.geojson", PUBLIC, params={"kind": "province"}),
    "incidents": Operation("GET", "/v1/incidents.geojson", PUBLIC),
    "up": Operation("GET", "/healthz", PUBLIC),
    "ready": Operation("GET", "/readyz", all_roles(503)),  # no worker runs here
    "metrics": Operation("GET", "/metrics", PUBLIC),
}  # fmt: skip
# Asked by tests of their own, because they end the session that a test's helper keeps.
ELSEWHERE_TESTED = {("DELETE", "/v1/auth/staff/session")}
PAGES = {"/", "/app", "/desk", "/ioc", "/admin", "/assets", "/docs", "/redoc", "/openapi.json"}


def test_every_route_stands_in_the_matrix(api: Api) -> None:
    routes = {
        (method, context.path)
        for context in iter_route_contexts(api.app.routes)
        if context.path not in PAGES and not str(context.path).startswith("/docs/")
        for method in context.methods or ()
    }
    asked = {(operation.method, operation.path) for operation in OPERATIONS.values()}
    asked |= test_rights_of_services.paths() | test_rights_of_shaping.paths()
    asked |= test_rights_of_ogc.paths() | test_rights_of_layers.paths()
    asked |= test_rights_of_insight.paths() | test_rights_of_map.paths()
    asked |= test_rights_of_photos.paths()
    asked |= test_rights_of_uploads.paths()
    asked |= ELSEWHERE_TESTED
    asked |= test_rights_of_my_data.paths() | test_person_requests.paths()
    assert routes - asked == set()
    assert asked - routes == set()


async def send(api: Api, operation: Operation, case: Staged, role: str) -> httpx.Response:
    headers = await headers_of(api, role)
    values = {"report_id": case.id, "case_id": case.id, "attachment_id": str(uuid4())}
    values |= {name: value for name, value in operation.names.items() if value != "new"}
    if operation.names.get("report_id") == "new":
        values["report_id"] = str(uuid4())
    body = dict(operation.json) if operation.json is not None else None
    if body and body.get("id") == "new":
        body["id"] = str(uuid4())
    if body and body.get("phone") == "phone":
        body["phone"] = f"+8490{uuid4().int % 10_000_000:07d}"
    params = {k: case.code if v == "code" else v for k, v in operation.params.items()}
    if operation.path == "/v1/cases/{case_id}/actions/{action}":
        rev = await fetch_one(api, "select rev from cases where id = %(id)s", id=case.id)
        headers = {**headers, "If-Match": f'"{rev.rev}"'}
    return await api.http.request(
        operation.method,
        operation.path.format(**values),
        json=body,
        params=params,
        headers=headers,
        files={"file": ("a.jpg", make_jpeg(64, 48))} if operation.upload else None,
    )


@pytest.mark.parametrize("name", OPERATIONS)
async def test_each_role_is_answered_as_the_matrix_says(api: Api, name: str) -> None:
    operation = OPERATIONS[name]
    changes_the_case = operation.method == "POST" and "/actions/" in operation.path
    own = await headers_of(api, "citizen_own")
    await execute(api, "delete from totp_secrets")  # which another operation of the matrix began
    # Shown exactly where anybody may see it, filed by `citizen_own`.
    case = await stage(api, category=NOISE, headers=own)
    answered: dict[str, int] = {}
    for role in ROLES:
        if changes_the_case:
            case = await stage(api, category=NOISE, headers=own)
        answer = await send(api, operation, case, role)
        answered[role] = answer.status_code
        if answer.status_code in (401, 403, 404):
            assert answer.headers["Content-Type"] == "application/problem+json"
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answered == operation.expected


# Tokens ------------------------------------------------------------------------------------------


def claims(**changes: object) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(uuid4()),
        "role": "admin",
        "dep": None,
        "iat": now,
        "exp": now + timedelta(hours=1),
        **changes,
    }


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in claims().items() if key != name}


def unsigned() -> str:
    def part(value: dict[str, Any]) -> str:
        raw = json.dumps(value, default=str).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    body = claims(exp=int(datetime.now(UTC).timestamp()) + 3600, iat=0)
    header = {"alg": "none", "typ": "JWT", "kid": KEYS.key_id(PURPOSE)}
    return f"{part(header)}.{part(body)}."


def with_another_payload() -> str:
    mine = signed(claims(role="citizen")).split(".")
    payload = json.dumps(claims(), default=str).encode()
    mine[1] = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    return ".".join(mine)


def signed(
    body: dict[str, object],
    key: bytes = KEYS.key(PURPOSE),
    **header: object,
) -> str:
    """A token as we make them, but for what is changed."""
    algorithm = str(header.pop("alg", "HS256"))
    return jwt.encode(
        body, key, algorithm=algorithm, headers={"kid": KEYS.key_id(PURPOSE)} | header
    )


OTHER = Keyring("another secret, just as long as the right one is")
TOKENS = {
    "another secret": signed(claims(), OTHER.key(PURPOSE)),
    "another secret that names itself": signed(
        claims(), OTHER.key(PURPOSE), kid=OTHER.key_id(PURPOSE)
    ),
    "our key under another name": signed(claims(), kid=OTHER.key_id(PURPOSE)),
    "no key named": jwt.encode(claims(), KEYS.key(PURPOSE), algorithm="HS256"),
    "the secret itself": signed(claims(), SECRET.encode()),
    "the key of another purpose": signed(claims(), KEYS.key("track-token")),
    "another algorithm": signed(claims(), KEYS.key(PURPOSE) * 2, alg="HS512"),
    "not signed": unsigned(),
    "not signed by the library": signed(claims(), None, alg="none"),
    "another payload": with_another_payload(),
    "another audience": signed(claims(aud="other")),
    "another issuer": signed(claims(iss="other")),
    "no expiry": signed(without("exp")),
    "no role": signed(without("role")),
    "unknown role": signed(claims(role="god")),
    "nobody": signed(claims(sub="None")),
    "rubbish": "abc",
    "two dots": "a.b.c",
    "empty": "",
    "not ASCII": "đ.đ.đ",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
async def test_a_token_that_we_did_not_make_is_refused_everywhere(api: Api, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    for method, url in (("GET", "/v1/cases"), ("GET", "/v1/me"), ("PUT", f"/v1/reports/{uuid4()}")):
        answer = await api.http.request(method, url, headers=headers, json=Draft(BUS).body())
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid"), url


async def test_an_expired_token_is_refused_and_says_so(api: Api) -> None:
    past = datetime.now(UTC) - timedelta(hours=2)
    token = create_access_token(
        Actor(Role.ADMIN, uuid4()), keys=KEYS, now=past, life=timedelta(hours=1)
    )
    answer = await api.http.get("/v1/cases", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert answer.json()["detail"] == "Phiên đăng nhập đã hết hạn"


async def test_a_role_that_no_account_has_gives_no_rights_over_cases(api: Api) -> None:
    """Not even a token that we signed: nobody signs in as the system."""
    case = await stage(api)
    token = create_access_token(
        Actor(Role.SYSTEM, uuid4()), keys=KEYS, now=datetime.now(UTC), life=timedelta(hours=1)
    )
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"2"'}
    assert (await api.http.get(case.url, headers=headers)).status_code in (401, 403)
    step = await api.http.post(f"{case.url}/actions/route", json={}, headers=headers)
    assert step.status_code in (401, 403)


async def test_the_track_token_of_another_report_opens_nothing(api: Api) -> None:
    mine, other = await stage(api), await stage(api)
    token = {"track_token": other.track_token}
    assert (await api.http.get(mine.report_url, params=token)).status_code == 404
    for action in ("withdraw", "answer", "rate", "reopen"):
        answer = await api.http.post(f"{mine.report_url}/actions/{action}", json={}, params=token)
        assert answer.status_code == 404
    for wrong in ("", "x", mine.track_token[:-1], mine.track_token + "x", "đ", "\0"):
        answer = await api.http.get(mine.report_url, params={"track_token": wrong})
        assert answer.status_code in (404, 422), wrong


async def test_a_track_token_gives_staff_no_more_than_the_reporters_rights(api: Api) -> None:
    case = await stage(api, category=NOISE)
    elsewhere = await headers_of(api, "staff_other")
    token = {"track_token": case.track_token}
    assert (await api.http.get(case.report_url, params=token, headers=elsewhere)).status_code == 200
    assert (await api.http.get(case.url, params=token, headers=elsewhere)).status_code == 404


# What each is shown ------------------------------------------------------------------------------

NAME, PHONE, EMAIL = "Trần Thị Bí Mật", "+84905333333", "bimat@example.vn"
PLACE = {"lat": 16.461234, "lon": 107.584321}
MIDDLE = pytest.approx({"lat": 16.4625, "lon": 107.5825})  # of its cell
DESCRIPTION, ADDRESS = "Karaoke quá nửa đêm ở nhà ông Tâm", "Kiệt 27 Nguyễn Huệ"
CONTACT = {"name": NAME, "phone": PHONE, "email": EMAIL}
NAMED = "update people set name = %(n)s where phone_index = %(p)s"
SECRETS = (NAME, PHONE, PHONE.removeprefix("+84"), EMAIL)
DETAILS = (DESCRIPTION, ADDRESS, "ông Tâm", "karaoke", "16.461234", "107.584321", "/media/")


async def private_case(api: Api, category: str = NOISE, **changes: object) -> Staged:
    """A case with everything in it that must not get out, one step into its process."""
    photo = await api.upload()
    body: dict[str, object] = {
        "location": PLACE,
        "description": DESCRIPTION,
        "address": ADDRESS,
        "uploads": [photo],
        "answers": {"source": "karaoke"} if category == NOISE else {},
        **changes,
    }
    case = await stage(api, category=category, **body)
    await execute(
        api,
        "update attachments set state = 'ready', small_key = 'a', large_key = 'b'"
        " where case_id = %(id)s",
        id=case.id,
    )
    return case


async def seen_by(api: Api, case: Staged, role: str) -> str:
    """All that `role` is shown of a case: by itself, in the list, as a report."""
    headers = await headers_of(api, role)
    answers = [
        await api.http.get(case.url, headers=headers),
        await api.http.get("/v1/cases", params={"q": case.code}, headers=headers),
        await api.http.get(case.report_url, headers=headers),
    ]
    assert answers[0].status_code == 200
    assert [item["id"] for item in answers[1].json()["items"]] == [case.id]
    return "\n".join(answer.text for answer in answers)


@pytest.mark.parametrize("how", ["contact", "account"])
async def test_only_operators_learn_who_reported(api: Api, how: str) -> None:
    if how == "contact":
        case = await private_case(api, contact=CONTACT)
    else:
        headers = await api.citizen(PHONE)
        await execute(api, NAMED, n=NAME, p=index_of(PHONE, SEALER))
        case = await private_case(api, headers=headers)
        withdrawn = await api.http.post(
            f"{case.report_url}/actions/withdraw", json={"reason": "Nhầm"}, headers=headers
        )
        assert withdrawn.status_code == 200
    operator = await headers_of(api, "operator")
    assert not [s for s in SECRETS if s in await seen_by(api, case, "operator")]  # not unasked
    asked = await api.http.get(
        f"{case.url}/reporters", params={"reason": "Hỏi lại vị trí"}, headers=operator
    )
    [reporter] = asked.json()["items"]
    assert (reporter["name"], reporter["phone"]) == (NAME, PHONE)
    noted = await fetch_one(
        api,
        "select * from audit_log where subject = %(s)s",
        s=f"report:{reporter['report_id']}",
    )
    assert (noted.action, noted.actor_role) == ("reporter.read", "operator")
    assert noted.facts == {"case": case.id, "reason": "Hỏi lại vị trí"}
    for role in (*IN_CHARGE, *HELPING, "leader", "analyst", "admin"):
        shown = await seen_by(api, case, role)
        assert not [secret for secret in SECRETS if secret in shown], role


@pytest.mark.parametrize("how", ["contact", "account"])
async def test_nobody_learns_who_reported_anonymously(api: Api, how: str) -> None:
    if how == "contact":
        case = await private_case(api, contact=CONTACT, anonymous=True)
    else:
        headers = await api.citizen(PHONE)
        await execute(api, NAMED, n=NAME, p=index_of(PHONE, SEALER))
        case = await private_case(api, headers=headers, anonymous=True)
        # They follow it all the same.
        assert (await api.http.get(case.report_url, headers=headers)).status_code == 200
        mine = (await api.http.get("/v1/me/reports", headers=headers)).json()["items"]
        assert case.id in {item["id"] for item in mine}
    for role in (*IN_CHARGE, *HELPING, "operator", "leader", "analyst", "admin"):
        shown = await seen_by(api, case, role)
        assert not [secret for secret in SECRETS if secret in shown], role
    operator = await headers_of(api, "operator")
    asked = await api.http.get(f"{case.url}/reporters", params={"reason": "x"}, headers=operator)
    assert asked.json() == {"items": []}


@pytest.mark.parametrize("role", ["analyst", "admin"])
async def test_those_who_only_count_see_no_words_no_photos_and_no_exact_place(
    api: Api, role: str
) -> None:
    case = await private_case(api, contact=CONTACT)
    await press(api, case, "accept", {"note": "gọi ông Tâm trước"})
    shown = await seen_by(api, case, role)
    assert not [detail for detail in (*DETAILS, *SECRETS) if detail.lower() in shown.lower()]
    headers = await headers_of(api, role)
    seen = (await api.http.get(case.url, headers=headers)).json()
    assert seen["location"] == MIDDLE
    assert (seen["address"], seen["photos"], seen["photo_url"]) == (None, [], None)
    assert seen["summary"] == seen["category"]["name"]
    # Staff in charge see all of it.
    complete = await seen_by(api, case, "staff_own")
    assert not [detail for detail in DETAILS if detail not in complete]


@pytest.mark.parametrize("role", ["analyst", "admin"])
async def test_nor_can_they_find_it_out_by_searching(api: Api, role: str) -> None:
    case = await private_case(api)
    lat, lon = PLACE["lat"], PLACE["lon"]
    around = f"{lon - 0.0001},{lat - 0.0001},{lon + 0.0001},{lat + 0.0001}"
    for params in ({"q": "ông Tâm"}, {"q": "Nguyễn Huệ"}, {"bbox": around}):
        found = {}
        for reader in (role, "operator"):
            answer = await api.http.get(
                "/v1/cases", params=params, headers=await headers_of(api, reader)
            )
            found[reader] = case.id in {item["id"] for item in answer.json()["items"]}
        assert found == {role: False, "operator": True}, params


async def test_a_hidden_case_has_no_place_for_those_who_only_count(api: Api) -> None:
    case = await private_case(api, HIDDEN)
    seen = await api.http.get(case.url, headers=await headers_of(api, "analyst"))
    assert seen.json()["location"] is None


async def test_the_list_holds_the_departments_own_cases_and_those_it_helps_with(api: Api) -> None:
    await stage(api, category=NOISE)
    await stage(api)
    for role in ("staff_own", "staff_co", "staff_other"):
        department = USERNAMES[role].removeprefix("staff.")
        answer = await api.http.get("/v1/cases?limit=200", headers=await headers_of(api, role))
        for item in answer.json()["items"]:
            helpers = {helper["code"] for helper in item["co_departments"]}
            assert department in helpers | {item["department"]["code"]}


async def incidents(api: Api) -> tuple[dict[str, Any], str]:
    answer = await api.http.get("/v1/incidents.geojson")
    return {feature["id"]: feature for feature in answer.json()["features"]}, answer.text


async def test_the_public_learns_neither_words_nor_people(api: Api) -> None:
    case = await private_case(api, BUS, contact=CONTACT)
    await press(api, case, "accept", {"note": "gọi ông Tâm trước"})
    features, layer = await incidents(api)
    looked_up = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    nearby = await api.http.get("/v1/reports/nearby", params=PLACE)
    assert case.id in features
    assert looked_up.status_code == 200
    assert case.id in {item["id"] for item in nearby.json()["items"]}
    words = (DESCRIPTION, ADDRESS, "ông Tâm", "/media/", *SECRETS)
    for shown in (layer, looked_up.text, nearby.text):
        assert not [word for word in words if word in shown]
    seen = looked_up.json()
    assert (seen["description"], seen["address"], seen["photos"]) == (None, None, [])
    assert (seen["actions"], seen["answer"]) == ([], None)


async def test_the_answer_is_not_for_those_who_only_know_the_code(api: Api) -> None:
    case = await stage(api, "resolved")
    looked_up = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    assert looked_up.json()["status"] == "resolved"
    assert "Đã xử lý xong." not in looked_up.text


async def test_hidden_categories_are_nowhere_in_public(api: Api) -> None:
    case = await private_case(api, HIDDEN)
    features, _ = await incidents(api)
    assert case.id not in features
    lookup = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    assert lookup.status_code == 404
    nearby = await api.http.get("/v1/reports/nearby", params={**PLACE, "radius_m": 2000})
    assert case.id not in {item["id"] for item in nearby.json()["items"]}


async def test_sensitive_categories_are_shown_at_a_rounded_place(api: Api) -> None:
    case = await private_case(api, NOISE)
    features, _ = await incidents(api)
    assert features[case.id]["geometry"]["coordinates"] == [107.5825, 16.4625]
    assert "107.584321" not in str(features[case.id])
    lookup = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    assert lookup.json()["location"] == MIDDLE
    # A small box around the true place does not find it, which would tell where it is.
    lat, lon = PLACE["lat"], PLACE["lon"]
    around = f"{lon - 0.0001},{lat - 0.0001},{lon + 0.0001},{lat + 0.0001}"
    boxed = await api.http.get("/v1/incidents.geojson", params={"bbox": around})
    assert case.id not in {feature["id"] for feature in boxed.json()["features"]}
    nearby = await api.http.get("/v1/reports/nearby", params={**PLACE, "radius_m": 2000})
    assert case.id not in {item["id"] for item in nearby.json()["items"]}


async def test_a_photo_opens_by_its_link_and_by_nothing_else(api: Api) -> None:
    case = await private_case(api, BUS)
    headers = await login(api, case, "staff")
    url: str = (await api.http.get(case.url, headers=headers)).json()["photos"][0]["small_url"]
    photo_id = UUID(url.split("/")[2])
    path, _, query = url.partition("?")
    for wrong in (
        path,
        f"{path}?{query}x",
        f"{path}?{query.replace('expires=', 'expires=1')}",
        url.replace("small", "large"),
        url.replace(str(photo_id), str(uuid4())),
    ):
        answer = await api.http.get(wrong, headers=headers)
        assert answer.status_code in (404, 422), wrong
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_an_inbox_is_its_owners_alone(api: Api) -> None:
    mine, other = await api.citizen(OWN_PHONE), await api.citizen(OTHER_PHONE)
    person = (await api.http.get("/v1/me", headers=mine)).json()["id"]
    await execute(
        api,
        "insert into notifications (key, person_id, channel, address, language, title, body, data,"
        " status, next_attempt_at, created_at) values (%(key)s, %(person)s, 'inbox', '', 'vi',"
        " 'Tiêu đề riêng', '', '{}', 'sent', now(), now())",
        key=f"test:{uuid4()}",
        person=person,
    )
    assert "Tiêu đề riêng" in (await api.http.get("/v1/me/notifications", headers=mine)).text
    assert "Tiêu đề riêng" not in (await api.http.get("/v1/me/notifications", headers=other)).text
    # Nor can another mark it as read.
    await api.http.put("/v1/me/notifications/999999999/read", headers=other)
    items = (await api.http.get("/v1/me/notifications", headers=mine)).json()["items"]
    assert items[0]["read_at"] is None


async def test_a_device_is_removed_by_its_owner_alone(api: Api) -> None:
    mine, other = await api.citizen(OWN_PHONE), await api.citizen(OTHER_PHONE)
    token = f"device:{uuid4()}"
    url = f"/v1/me/devices/{token}"
    await api.http.put(url, json={"platform": "android"}, headers=mine)
    await api.http.delete(url, headers=other)
    count = "select count(*) as n from devices where token = %(token)s"
    assert (await fetch_one(api, count, token=token)).n == 1
    await api.http.delete(url, headers=mine)
    assert (await fetch_one(api, count, token=token)).n == 0
