"""Every operation that changes the city or reads who people are leaves exactly its rows in the audit
log; one that is new must stand here, with its rows or with a reason why it has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from core.actor import Actor, Role
from core.audit import Readings
from core.clock import utc_now
from core.db import transaction
from tests.support.assets import LAYER, collection, post
from tests.support.boundaries import feature, square
from tests.support.casework import BUS, NOISE, NOISE_DEPARTMENT, stage
from tests.support.city import CENTRE
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import open_workshop
from workflows.catalogue import DEFINITIONS, read_document
from workflows.erasure import list_unfinished

WEEK: list[Any] = [[["07:30", "17:00"]]] * 7
WARD = "19777"
DEPARTMENT = {
    "name": "Ban Quản lý chợ", "name_en": "Markets Board", "phone": None, "email": None,
    "deputy": None, "calendar": None, "active": True,
}  # fmt: skip
CATEGORY = {
    "parent": "traffic", "name": "Đèn", "name_en": "Light", "questions": {}, "photo_required": False,
    "after_photo_required": False, "visibility": "exact", "target_on_time": None,
    "publish_check": False, "position": 0, "active": False,
}  # fmt: skip
RULE = {
    "category": "traffic", "area_kind": "ward", "count": 3, "minutes": 15, "quiet_minutes": 60,
    "active": True,
}  # fmt: skip
ANSWER = {"title": "Cảm ơn", "text": "Cảm ơn bà con", "category": BUS}
PAPER = {
    "kind": "correction", "text": "Sửa tên", "requester": "Bà Trần Thị Giấy", "source": "paper",
}  # fmt: skip
ACCOUNT = {
    "name": "Nguyễn Văn Mới", "role": "analyst", "department": None, "email": None,
    "language": "vi", "active": True,
}  # fmt: skip
LAMP: dict[str, Any] = {
    "geometry": {"type": "Point", "coordinates": [CENTRE["lon"], CENTRE["lat"]]}, "kind": "lamp",
    "name": "", "properties": {},
}  # fmt: skip
CALL = {"people": 2, "kind": "trapped", "phone": "0905123456", "location": dict(CENTRE)}
ROUTING = {"document": read_document(DEFINITIONS / "hue" / "routing.json")}
PROCESS = {"document": read_document(DEFINITIONS / "process.json")}
KIND = "/v1/admin/{kind:kind}"


@dataclass(frozen=True)
class Step:
    """One request and the rows that it leaves, each `action subject`. `asked` is the operation as
    routes have it; in `url` and `rows` a name in braces stands for what came before, and `keep` is
    the name of this answer's id.
    """

    asked: str
    url: str
    rows: tuple[str, ...]
    json: Any = None
    who: str = "admin"
    status: int = 200
    keep: str = ""
    file: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


SHAPING = [
    Step("PUT /v1/admin/departments/{code}", "/v1/admin/departments/markets",
         ("department.add department:markets",), DEPARTMENT, status=201),
    Step("PUT /v1/admin/departments/{code}", "/v1/admin/departments/markets", (), DEPARTMENT),
    Step("PUT /v1/admin/categories/{code}", "/v1/admin/categories/traffic.audit",
         ("category.add category:traffic.audit",), CATEGORY, status=201),
    Step("PATCH /v1/admin/areas/{code}", f"/v1/admin/areas/{WARD}",
         (f"area.change area:{WARD}",), {"population": 41_234}),
    Step("PATCH /v1/admin/areas/{code}", f"/v1/admin/areas/{WARD}", (), {"population": 41_234}),
    Step("POST /v1/admin/areas/import", "/v1/admin/areas/import", ("area.import city",),
         file=collection(feature("99001", square(1)))),
    Step("PUT /v1/admin/calendars/{code}", "/v1/admin/calendars/shifts",
         ("calendar.add calendar:shifts",),
         {"name": "Trực ca", "timezone": "Asia/Ho_Chi_Minh", "week": WEEK}, status=201),
    Step("PUT /v1/admin/calendars/{code}/days/{day}", "/v1/admin/calendars/shifts/days/2027-02-06",
         ("calendar.change calendar:shifts",), {"open": [], "name": "Tết"}),
    Step("DELETE /v1/admin/calendars/{code}/days/{day}",
         "/v1/admin/calendars/shifts/days/2027-02-06", ("calendar.change calendar:shifts",),
         status=204),
    Step("PUT /v1/admin/webhooks/{name}", "/v1/admin/webhooks/partner",
         ("webhook.add webhook:partner",), {"url": "https://example.vn/", "active": False},
         status=201),
    Step("DELETE /v1/admin/webhooks/{name}", "/v1/admin/webhooks/partner",
         ("webhook.change webhook:partner",), status=204),
    Step("PUT /v1/admin/privacy", "/v1/admin/privacy", ("privacy.change city",),
         {"reporter_visible_to": "department"}),
    Step("PUT /v1/admin/layers/{code}", "/v1/admin/layers/lamps", ("layer.add layer:lamps",),
         LAYER, status=201),
    Step("PUT /v1/admin/layers/{code}", "/v1/admin/layers/lamps", (), LAYER),
    Step("PUT /v1/admin/layers/{code}/features/{feature:path}",
         "/v1/admin/layers/lamps/features/1", ("feature.add feature:lamps/1",), LAMP, status=201),
    Step("DELETE /v1/admin/layers/{code}/features/{feature:path}",
         "/v1/admin/layers/lamps/features/1", ("feature.remove feature:lamps/1",), status=204),
    Step("POST /v1/admin/layers/{code}/import", "/v1/admin/layers/lamps/import",
         ("layer.import layer:lamps",), file=collection(post("2"), post("3"))),
    Step("POST /v1/admin/layers/{code}/import", "/v1/admin/layers/lamps/import",
         (), file=collection(post("2"), post("3"))),
    Step("POST /v1/admin/surge-rules", "/v1/admin/surge-rules",
         ("surge_rule.add surge_rule:{rule}",), RULE, status=201, keep="rule"),
    Step("PUT /v1/admin/surge-rules/{rule_id}", "/v1/admin/surge-rules/{rule}",
         ("surge_rule.change surge_rule:{rule}",), RULE | {"count": 5}),
    Step("DELETE /v1/admin/surge-rules/{rule_id}", "/v1/admin/surge-rules/{rule}",
         ("surge_rule.change surge_rule:{rule}",), status=204),
    Step(f"POST {KIND}", "/v1/admin/routing", ("routing.draft routing:2",), ROUTING, status=201),
    Step(f"POST {KIND}", "/v1/admin/processes", ("process.draft process:2",), PROCESS, status=201),
    Step(f"DELETE {KIND}/{{version}}", "/v1/admin/routing/2", ("routing.discard routing:2",),
         status=204),
    Step(f"POST {KIND}/{{version}}/check", "/v1/admin/processes/2/check", ()),
    Step(f"POST {KIND}/{{version}}/publish", "/v1/admin/processes/2/publish",
         ("process.publish process:2",)),
    Step("POST /v1/admin/processes/{version}/migrate", "/v1/admin/processes/2/migrate",
         ("process.migrate process:2",), {}, status=202),
    Step("POST /v1/admin/users", "/v1/admin/users", ("account.add person:{account}",),
         {"username": "moi", "name": "Mới", "role": "analyst"}, status=201, keep="account"),
    Step("PUT /v1/admin/users/{user_id}", "/v1/admin/users/{account}",
         ("account.change person:{account}",), ACCOUNT),
    Step("DELETE /v1/admin/users/{user_id}/factors", "/v1/admin/users/{account}/factors",
         ("factors.reset person:{account}",), status=204),
    Step("DELETE /v1/admin/users/{user_id}/sessions", "/v1/admin/users/{account}/sessions",
         ("sessions.end person:{account}",), status=204),
    Step("POST /v1/answers", "/v1/answers", ("answer.add answer:{answer}",), ANSWER, status=201,
         keep="answer"),
    Step("PUT /v1/answers/{answer_id}", "/v1/answers/{answer}", ("answer.change answer:{answer}",),
         ANSWER),
    Step("DELETE /v1/answers/{answer_id}", "/v1/answers/{answer}",
         ("answer.remove answer:{answer}",), status=204),
    Step("POST /v1/alerts/{alert_id}/acknowledge", "/v1/alerts/{alert}/acknowledge",
         ("alert.acknowledge alert:{alert}",), who="operator"),
    Step("POST /v1/alerts/{alert_id}/acknowledge", "/v1/alerts/{alert}/acknowledge", (),
         who="leader"),
    Step("PUT /v1/sos/areas/{code}", f"/v1/sos/areas/{WARD}", (f"emergency.put area:{WARD}",),
         {"message": "Lũ", "message_en": "Flood"}, who="operator", status=204),
    Step("DELETE /v1/sos/areas/{code}", f"/v1/sos/areas/{WARD}", (f"emergency.end area:{WARD}",),
         who="leader", status=204),
    Step("DELETE /v1/sos/areas/{code}", f"/v1/sos/areas/{WARD}", (), who="leader", status=204),
]  # fmt: skip
PEOPLE = [
    Step("GET /v1/cases/{case_id}/reporters", "/v1/cases/{case}/reporters?reason=x",
         ("reporter.read report:{case}",), who="operator"),
    Step("GET /v1/sos", "/v1/sos", (), who="operator"),  # nobody calls yet
    Step("PUT /v1/sos/{report_id}", "/v1/sos/{new}", (), CALL, who="", status=201),
    Step("GET /v1/sos", "/v1/sos", ("sos.read sos:list",), who="operator"),
    Step("GET /v1/sos", "/v1/sos?order=oldest", (), who="operator"),  # the same list again
    Step("GET /v1/sos", "/v1/sos", ("sos.read sos:list",), who="leader"),
    Step("GET /v1/sos.csv", "/v1/sos.csv", ("sos.export sos:list",), who="operator"),
    Step("GET /v1/sos.geojson", "/v1/sos.geojson", ("sos.export sos:list",), who="operator"),
    Step("GET /v1/cases/export", "/v1/cases/export?status=open", ("cases.export cases:list",),
         who="operator"),
    Step("PUT /v1/cases/{case_id}/hold", "/v1/cases/{case}/hold", ("hold.put case:{case}",),
         {"reason": "Công an thành phố yêu cầu"}, who="operator", status=204),
    Step("DELETE /v1/cases/{case_id}/hold", "/v1/cases/{case}/hold", ("hold.release case:{case}",),
         who="leader", status=204),
    Step("DELETE /v1/cases/{case_id}/hold", "/v1/cases/{case}/hold", (), who="leader", status=204),
    Step("POST /v1/person-requests", "/v1/person-requests",
         ("person_request.file person_request:{paper}", "requester.read person_request:{paper}"),
         PAPER, who="supervisor." + NOISE_DEPARTMENT, status=201, keep="paper"),
    Step("GET /v1/person-requests", "/v1/person-requests", (), who="operator"),
    Step("GET /v1/person-requests/{request_id}", "/v1/person-requests/{paper}",
         ("requester.read person_request:{paper}",), who="operator"),
    Step("GET /v1/person-requests/{request_id}", "/v1/person-requests/{paper}", (), who="operator"),
    Step("POST /v1/person-requests/{request_id}/actions/{action}",
         "/v1/person-requests/{paper}/actions/accept",
         ("person_request.accept person_request:{paper}",), {"answer": "Sẽ sửa"}, who="operator",
         headers={"If-Match": '"1"'}),
    Step("POST /v1/me/requests", "/v1/me/requests", ("person_request.file person_request:{own}",),
         {"kind": "correction", "text": "Sửa tên tôi"}, who="citizen", status=201, keep="own"),
    Step("GET /v1/person-requests/{request_id}", "/v1/person-requests/{own}", (), who="operator"),
    Step("POST /v1/person-requests/{request_id}/actions/{action}",
         "/v1/person-requests/{own}/actions/withdraw",
         ("person_request.withdraw person_request:{own}",), {}, who="citizen"),
    Step("GET /v1/me/export", "/v1/me/export", ("data.export person:{citizen}",), who="citizen"),
    Step("DELETE /v1/reports/{report_id}/reporter", "/v1/reports/{case}/reporter?track_token={token}",
         ("erasure.order report:{case}",), who="", status=204),
    Step("DELETE /v1/me", "/v1/me",
         ("person_request.file person_request:*", "erasure.order person:{citizen}"),
         who="citizen", status=202),
    Step("DELETE /v1/me", "/v1/me", (), who="citizen", status=202),  # the same order again
]  # fmt: skip
# Operations that leave no row, and why.
WITHOUT = {
    "the history of the case has it": """
        POST /v1/cases/actions
        POST /v1/cases/actions/{bulk_id}/undo
        POST /v1/cases/{case_id}/actions/{action}
        POST /v1/cases/{case_id}/children
        POST /v1/cases/{case_id}/links
        DELETE /v1/cases/{case_id}/links/{other_id}
        POST /v1/cases/{case_id}/merge
        POST /v1/cases/{case_id}/notes
        DELETE /v1/cases/{case_id}/review
        POST /v1/cases/{case_id}/unmerge
        POST /v1/reports
        POST /v1/reports/batch
        PUT /v1/reports/{report_id}
        POST /v1/reports/{report_id}/actions/{action}
        PUT /v1/reports/{report_id}/uploads
        PUT /v1/sos/{report_id}
        PATCH /v1/sos/{report_id}
        POST /v1/sms/inbound
    """,
    "citizens do it with what is their own": """
        PATCH /v1/me
        POST /v1/me/consents
        PUT /v1/me/devices/{token}
        DELETE /v1/me/devices/{token}
        POST /v1/me/identities/firebase
        POST /v1/me/identities/phone
        PUT /v1/me/notifications/{up_to}/read
        PUT /v1/me/phone
        PUT /v1/me/preferences
        POST /v1/me/reports
        DELETE /v1/me/sessions/{session_id}
        POST /v1/reports/{report_id}/consents
        PUT /v1/reports/{report_id}/follow
        DELETE /v1/reports/{report_id}/follow
        PUT /v1/reports/{report_id}/support
        DELETE /v1/reports/{report_id}/support
    """,
    "a file that belongs to nothing yet": """
        POST /v1/media
        POST /v1/uploads
        POST /v1/uploads/presigned
        PATCH /v1/uploads/{upload_id}
        POST /v1/uploads/{upload_id}
        DELETE /v1/uploads/{upload_id}
        POST /v1/uploads/{upload_id}/complete
    """,
    "signing in and out": """
        POST /v1/auth/device
        POST /v1/auth/device/challenge
        POST /v1/auth/firebase
        POST /v1/auth/logout
        POST /v1/auth/oidc/exchange
        POST /v1/auth/otp
        POST /v1/auth/otp/verify
        POST /v1/auth/refresh
        POST /v1/auth/staff
        POST /v1/auth/staff/passkey
        POST /v1/auth/staff/passkey/options
        POST /v1/auth/staff/passkeys/options
        DELETE /v1/auth/staff/session
        POST /v1/auth/staff/session
        DELETE /v1/auth/staff/sessions/{session_id}
        POST /v1/auth/staff/step-up
        POST /v1/auth/staff/step-up/options
        POST /v1/auth/staff/totp
    """,
    "staff arrange their own desk": """
        PUT /v1/cases/{case_id}/presence
        DELETE /v1/cases/{case_id}/presence
        POST /v1/views
        PUT /v1/views/{view_id}
        DELETE /v1/views/{view_id}
    """,
    "it leaves one, tested in test_photo_approval.py": "PUT /v1/photos/{photo_id}/publication",
    "it leaves one, tested in test_staff_factors.py": """
        POST /v1/auth/staff/passkeys
        DELETE /v1/auth/staff/passkeys/{passkey_id}
        POST /v1/auth/staff/totp/confirm
        DELETE /v1/auth/staff/totp
    """,
}


def test_every_operation_leaves_a_row_or_has_a_reason(api: Api) -> None:
    changing = {
        f"{method} {context.path}"
        for context in iter_route_contexts(api.app.routes)
        for method in context.methods or ()
        if method not in ("GET", "HEAD", "OPTIONS")
    }
    reasons = [line.strip() for lines in WITHOUT.values() for line in lines.split("\n")]
    excepted = {line for line in reasons if line}
    noted = {step.asked for step in (*SHAPING, *PEOPLE)}
    assert changing - noted - excepted == set()
    assert excepted - changing == set()  # no reason for what is no more
    assert {step.asked for step in (*SHAPING, *PEOPLE) if step.rows} & excepted == set()


@pytest.mark.parametrize("steps", [SHAPING, PEOPLE], ids=["shaping", "people"])
async def test_each_operation_leaves_exactly_its_rows(own_api: Api, steps: list[Step]) -> None:
    names = await prepare(own_api)
    wrong: list[str] = []
    for step in steps:
        before = await last_id(own_api)
        answer = await send(own_api, step, names)
        assert answer.status_code == step.status, f"{step.asked}: {answer.text}"
        if step.keep:
            names[step.keep] = str(answer.json()["id"])
        rows = await fetch(
            own_api,
            "select action, subject, actor_role, facts from audit_log where id > %(id)s order by id",
            id=before,
        )
        left = [f"{row.action} {row.subject}" for row in rows]
        expected = [row.format_map(names) for row in step.rows]
        if not fits(left, expected):
            wrong.append(f"{step.asked}: {left} instead of {expected}")
        told = str([row.facts for row in rows])
        assert not any(word in told for word in ("0905", "84905", "Giấy", "Sửa", "Sẽ", "Công an"))
    assert wrong == []


async def prepare(api: Api) -> dict[str, str]:
    """A case with a reporter without an account, a citizen, and an alert."""
    case = await stage(api, category=NOISE, contact={"phone": "0905987654"})
    me = await api.http.get("/v1/me", headers=await api.citizen())
    alert = await fetch_one(
        api,
        "insert into alerts (kind, rule_id, category, area_id, count, since, until, raised_at)"
        " select 'surge', surge_rules.id, 'traffic', areas.id, 3, now(), now(), now()"
        " from surge_rules, areas where areas.kind = 'ward' limit 1 returning id",
    )
    return {
        "case": case.id,
        "token": case.track_token,
        "new": str(uuid4()),
        "citizen": me.json()["id"],
        "alert": str(alert.id),
    }


async def send(api: Api, step: Step, names: dict[str, str]) -> httpx.Response:
    if step.who == "citizen":
        headers = await api.citizen()
    else:
        headers = await api.staff(step.who) if step.who else {}
    method, _, _ = step.asked.partition(" ")
    return await api.http.request(
        method,
        step.url.format_map(names),
        json=step.json,
        files={"file": ("a.geojson", step.file)} if step.file else None,
        headers=headers | step.headers,
    )


async def last_id(api: Api) -> int:
    return (await fetch_one(api, "select coalesce(max(id), 0) as id from audit_log")).id


def fits(left: list[str], expected: list[str]) -> bool:
    """A `*` at the end stands for an id that nobody told."""
    return len(left) == len(expected) and all(
        row.startswith(wanted.removesuffix("*")) if wanted.endswith("*") else row == wanted
        for row, wanted in zip(left, expected, strict=True)
    )


async def test_a_list_leaves_one_row_with_how_much_it_was(own_api: Api) -> None:
    api = own_api
    headers = await api.staff("operator")
    for phone in ("0905000001", "0905000002"):
        call = CALL | {"phone": phone}
        assert (await api.http.put(f"/v1/sos/{uuid4()}", json=call)).status_code == 201
    for _ in range(5):
        assert len((await api.http.get("/v1/sos", headers=headers)).json()["items"]) == 1
    [row] = await fetch(api, "select * from audit_log")
    ward = await fetch_one(
        api, "select areas.code from cases join areas on areas.id = cases.area_id limit 1"
    )
    assert row.facts == {"calls": 2, "areas": {ward.code: 2}}


async def test_it_is_noted_again_after_ten_minutes_and_when_it_failed(own_api: Api) -> None:
    sessions, readings, now = own_api.app.state.services.sessions, Readings(), utc_now()
    me = Actor(Role.OPERATOR, uuid4())
    other = Actor(Role.OPERATOR, uuid4())

    async def read(actor: Actor, minutes: float, subject: str = "sos:list") -> None:
        async with transaction(sessions, actor) as session:
            at = now + timedelta(minutes=minutes)
            await readings.note(session, actor, "sos.read", subject, {}, now=at)

    async def noted() -> int:
        return (await fetch_one(own_api, "select count(*) as n from audit_log")).n

    async def fail() -> None:
        async with transaction(sessions, me) as session:
            await readings.note(session, me, "sos.read", "sos:list", {}, now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await noted() == 0
    for minutes in (0, 5, 9.9):
        await read(me, minutes)
    assert await noted() == 1
    await read(other, 1)
    await read(me, 1, "person_request:1")
    assert await noted() == 3
    await read(me, 10)
    assert await noted() == 4


async def test_the_end_of_an_erasure_is_noted(own_api: Api) -> None:
    headers = await own_api.citizen()
    await stage(own_api, "closed", headers=headers)
    ordered = (await own_api.http.delete("/v1/me", headers=headers)).json()
    async with open_workshop(own_api, {}) as workshop:
        for _ in range(2):  # the second round finds nothing to do
            async with workshop.sessions() as session:
                unfinished = await list_unfinished(session)
            await workshop.erase([str(each) for each in unfinished])
    rows = await fetch(own_api, "select * from audit_log where action = 'erasure.finish'")
    assert [(row.subject, row.actor_role, row.facts) for row in rows] == [
        (f"erasure:{ordered['id']}", "system", {"reports": 1})
    ]


async def test_what_is_refused_leaves_no_row(own_api: Api) -> None:
    await execute(own_api, "delete from audit_log")
    staff = await own_api.staff("staff.hepco")
    for method, url in (
        ("GET", "/v1/cases/export"),
        ("PUT", "/v1/admin/layers/lamps"),
        ("GET", "/v1/me/export"),
    ):
        answer = await own_api.http.request(method, url, json=LAYER, headers=staff)
        assert answer.status_code == 403, answer.text
    dry = await own_api.http.post(
        "/v1/admin/layers/lamps/import",
        files={"file": ("a.geojson", collection(post("1")))},
        data={"dry_run": "true"},
        headers=await own_api.staff("admin"),
    )
    assert dry.status_code == 200, dry.text
    assert await fetch(own_api, "select * from audit_log") == []
