"""Calls for help: small, idempotent, never lost, in one list for those who go out."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from core.settings import SmsSettings
from tests.support.city import CENTRE
from tests.support.client import Api, api_settings, serve
from tests.support.rows import execute, fetch, fetch_one
from tests.support.server import serving
from tests.support.worker import open_workshop

SECRET = "a secret shared with the gateway"
CALL: dict[str, object] = {
    "kind": "trapped",
    "people": 5,
    "children": 2,
    "location": {**CENTRE, "accuracy_m": 12},
    "phone": "0905123456",
    "note": "Nước lên mái, nhà ngói cạnh đình",
}
AWAY = {"lat": CENTRE["lat"] + 0.01, "lon": CENTRE["lon"]}


async def put(api: Api, body: object = CALL, report_id: object = None) -> httpx.Response:
    return await api.http.put(f"/v1/sos/{report_id or uuid4()}", json=body)


async def file(api: Api, **changes: object) -> dict[str, Any]:
    answer = await put(api, {**CALL, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def lines(api: Api, username: str = "operator", **params: str) -> list[dict[str, Any]]:
    answer = await api.http.get("/v1/sos", params=params, headers=await api.staff(username))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_call_is_a_report_in_the_fastest_lane(own_api: Api) -> None:
    api = own_api
    report_id = uuid4()
    first, again = await put(api, CALL, report_id), await put(api, CALL, report_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = await put(api, {**CALL, "people": 6}, report_id)
    assert (other.status_code, other.json()["code"]) == (409, "report_id_taken")
    case = await fetch_one(
        api,
        "select priority, case_class, source, category, visibility, department, status,"
        " due_at - opened_at < interval '2 hours' as soon from cases where id = %(id)s",
        id=report_id,
    )
    assert (case.priority, case.case_class, case.source) == (1, "urgent", "sos")
    assert (case.category, case.visibility) == ("security.rescue", "hidden")
    assert (case.department, case.status, case.soon) == ("pctt", "assigned", True)
    told = await fetch(
        api, "select audience, template from announcements where case_id = %(id)s", id=report_id
    )
    assert ("operators", "sos_call") in [tuple(row) for row in told]
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"people": 0}, "/people"),
        ({"people": 1000}, "/people"),
        ({"children": 6}, "/children"),
        ({"kind": "party"}, "/kind"),
        ({"phone": "12"}, "/phone"),
        ({"location": {"lat": 21.03, "lon": 105.85}}, "/location"),
        ({"note": "x" * 301}, "/note"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, changes: dict[str, object], pointer: str) -> None:
    answer = await put(api, {**CALL, **changes})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_call_needs_no_more_than_people_and_place(api: Api) -> None:
    answer = await put(api, {"people": 1, "location": CENTRE})
    assert answer.status_code == 201


async def test_rescuers_see_one_line_for_those_who_are_together(own_api: Api) -> None:
    api = own_api
    first = await file(api)
    await file(api, phone="0905000002", people=3, children=0, kind="food")
    await file(api, phone="0905000003", people=2, children=0, location=AWAY, kind="medical")
    await file(api, phone="0905000003", people=4, children=0, location=AWAY, kind="medical")
    for username in ("operator", "leader", "staff.pctt", "supervisor.pccc"):
        urgent, together = await lines(api, username)
        assert (urgent["kind"], urgent["people"], len(urgent["calls"])) == ("medical", 4, 2)
        assert (together["kind"], together["people"], together["children"]) == ("trapped", 8, 2)
        assert together["id"] == first["id"]
        assert [call["phone"] for call in together["calls"]] == ["+84905123456", "+84905000002"]
    assert [line["kind"] for line in await lines(api, order="oldest")] == ["trapped", "medical"]
    assert await lines(api, "staff.hepco") == []
    # Done is done: it stays on the list for a while, behind the others.
    await fetch(
        api,
        "update cases set status = 'resolved' where id = any(%(ids)s) returning id",
        ids=[call["case_id"] for call in urgent["calls"]],
    )
    assert [(line["kind"], line["open"]) for line in await lines(api)] == [
        ("trapped", True), ("medical", False),
    ]  # fmt: skip
    assert [line["kind"] for line in await lines(api, open="true")] == ["trapped"]


async def test_the_list_is_taken_along_as_a_table_and_as_a_map(own_api: Api) -> None:
    api = own_api
    filed = await file(api, note="=HYPERLINK(1)")
    headers = await api.staff("operator")
    table = await api.http.get("/v1/sos.csv", headers=headers)
    assert table.headers["Content-Disposition"] == 'attachment; filename="sos.csv"'
    [row] = csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff")))
    assert (row["people"], row["children"], row["codes"]) == ("5", "2", filed["code"])
    assert (row["notes"], row["phones"]) == ("'=HYPERLINK(1)", "'+84905123456")
    shapes = await api.http.get("/v1/sos.geojson", headers=headers)
    assert shapes.headers["Content-Type"] == "application/geo+json"
    [feature] = shapes.json()["features"]
    assert feature["geometry"]["coordinates"] == [CENTRE["lon"], CENTRE["lat"]]
    assert feature["properties"]["people"] == 5


async def test_people_say_what_is_new_and_operators_where_they_are(own_api: Api) -> None:
    api = own_api
    filed = await file(api)
    url, token = f"/v1/sos/{filed['id']}", {"track_token": filed["track_token"]}
    change = {"counts": {"people": 7, "injured": 1}, "location": AWAY}
    assert (await api.http.patch(url, json=change)).status_code == 404
    assert (await api.http.patch(url, json=change, params=token)).status_code == 204
    [line] = await lines(api)
    assert (line["people"], line["children"], line["injured"], line["kind"]) == (7, 0, 1, "medical")
    assert line["location"] == AWAY
    wrong = await api.http.patch(url, json={"counts": {"people": 1, "elderly": 2}}, params=token)
    assert wrong.json()["errors"][0]["pointer"] == "/elderly"
    by_operator = await api.http.patch(
        url, json={"location": CENTRE}, headers=await api.staff("operator")
    )
    assert by_operator.status_code == 204
    assert (await lines(api))[0]["location"] == CENTRE
    # The report keeps where it was filed.
    report = await fetch_one(
        api, "select ST_Y(geom) as lat from reports where id = %(id)s", id=filed["id"]
    )
    assert report.lat == CENTRE["lat"]
    other = await api.file()
    refused = await api.http.patch(
        f"/v1/sos/{other['id']}", json=change, headers=await api.staff("operator")
    )
    assert refused.status_code == 404


async def test_the_emergency_mode_is_a_banner_for_everybody(own_api: Api) -> None:
    api = own_api
    quiet = (await api.http.get("/v1/city")).json()
    assert (quiet["code"], quiet["sos"]) == ("46", [])
    leader = await api.staff("leader")
    body = {
        "message": "Nước sông Hương trên báo động 3",
        "message_en": "Perfume River above alarm 3",
    }
    url = "/v1/sos/areas/19789"
    for _ in range(2):
        assert (await api.http.put(url, json=body, headers=leader)).status_code == 204
    [banner] = (await api.http.get("/v1/city")).json()["sos"]
    assert (banner["area"]["code"], banner["message"]) == ("19789", body["message"])
    [english] = (await api.http.get("/v1/city", headers={"Accept-Language": "en"})).json()["sos"]
    assert english["message"] == body["message_en"]
    nowhere = await api.http.put("/v1/sos/areas/nowhere", json=body, headers=leader)
    assert nowhere.status_code == 404
    assert (await api.http.delete(url, headers=leader)).status_code == 204
    assert (await api.http.get("/v1/city")).json()["sos"] == []


# --- text messages -------------------------------------------------------------------------------


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Signature": f"sha256={digest}", "Content-Type": "application/json"}


async def text(api: Api, words: str, *, sender: str = "0905777888", message_id: str = "") -> None:
    """A message as the gateway brings it, handled by a worker."""
    body = json.dumps({"id": message_id or str(uuid4()), "sender": sender, "text": words}).encode()
    answer = await api.http.post("/v1/sms/inbound", content=body, headers=signed(body))
    assert answer.status_code == 202, answer.text
    async with open_workshop(api, {}) as workshop:
        waiting = await fetch(api, "select id from sms_messages where handled_at is null")
        for _ in range(2):  # safe to run twice
            await workshop.handle_sms([row.id for row in waiting])


async def answers(api: Api) -> list[str]:
    rows = await fetch(api, "select body from notifications where channel = 'sms' order by id")
    return [row.body for row in rows]


@pytest_asyncio.fixture(loop_scope="session")
async def sms_api(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API on a database of this test's own, with a gateway that brings text messages."""
    settings = replace(
        api_settings(city_database, tmp_path), sms=SmsSettings(inbound_secret=SecretStr(SECRET))
    )
    async with serve(settings) as made:
        yield made


async def test_a_text_message_is_a_call_and_is_answered(sms_api: Api) -> None:
    api = sms_api
    await text(api, "SOS 16.4600 107.5850 5 nguoi 2 tre em nuoc len mai", message_id="m1")
    [line] = await lines(api)
    assert (line["people"], line["children"], line["kind"]) == (5, 2, "trapped")
    assert (line["location"], line["place_known"]) == (CENTRE, True)
    [call] = line["calls"]
    assert (call["phone"], call["channel"]) == ("+84905777888", "sms")
    [answer] = await answers(api)
    assert call["code"] in answer
    assert "5 người" in answer
    # What a gateway brings twice is one message, and of a handled one nothing is kept.
    await text(api, "SOS 16.4600 107.5850 9 nguoi", message_id="m1")
    assert len(await answers(api)) == 1
    kept = await fetch_one(api, "select sender, body, report_id from sms_messages")
    assert (bytes(kept.sender), bytes(kept.body), str(kept.report_id)) == (b"", b"", call["id"])


async def test_the_same_phone_within_the_hour_brings_news_of_the_same_call(sms_api: Api) -> None:
    api = sms_api
    await text(api, "SOS 5 nguoi mac ket o thon La Chu")
    [line] = await lines(api)
    assert (line["people"], line["place_known"]) == (5, False)
    assert "chưa rõ vị trí" in (await answers(api))[0]
    await text(api, "SOS 7 nguoi 16.4600 107.5850")
    [line] = await lines(api)
    assert (line["people"], line["place_known"], line["location"]) == (7, True, CENTRE)
    assert len(line["calls"]) == 1
    # Another phone, and the same one after the hour, are calls of their own.
    await text(api, "SOS 16.4600 107.5850 1 nguoi", sender="0905777999")
    await execute(api, "update sos_calls set called_at = called_at - interval '61 minutes'")
    await text(api, "SOS 16.4600 107.5850 6 nguoi")
    [line] = await lines(api)
    assert len(line["calls"]) == 3
    assert line["people"] == 6 + 1  # of each phone the latest


async def test_a_position_outside_of_the_city_is_heard_all_the_same(sms_api: Api) -> None:
    api = sms_api
    await text(api, "SOS 21.0285 105.8542 3 nguoi")
    [line] = await lines(api)
    assert (line["people"], line["place_known"]) == (3, False)


async def test_what_is_not_understood_is_answered_with_how_to(sms_api: Api) -> None:
    api = sms_api
    await text(api, "Chúc mừng năm mới")
    assert await lines(api) == []
    assert "SOS 16.4637 107.5909" in (await answers(api))[0]


async def test_only_the_gateway_brings_messages(sms_api: Api, api: Api) -> None:
    body = json.dumps({"id": "m9", "sender": "0905777888", "text": "SOS"}).encode()
    for headers in (
        {},
        signed(body, "another secret"),
        signed(b"another body"),
        {"X-Signature": "é"},
    ):
        answer = await sms_api.http.post(
            "/v1/sms/inbound", content=body, headers={k: v.encode() for k, v in headers.items()}
        )
        assert answer.status_code == 401, answer.text
    broken = b'{"id": "m9", "sender": "0905777888"}'
    answer = await sms_api.http.post("/v1/sms/inbound", content=broken, headers=signed(broken))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/text")
    nonsense = b"SOS"
    answer = await sms_api.http.post("/v1/sms/inbound", content=nonsense, headers=signed(nonsense))
    assert answer.status_code == 422
    assert await fetch(sms_api, "select id from sms_messages") == []
    # Where no gateway is set up, there is no such address.
    answer = await api.http.post("/v1/sms/inbound", content=body, headers=signed(body))
    assert answer.status_code == 404


# --- on the wire ---------------------------------------------------------------------------------


def test_a_call_and_its_answer_fit_in_two_kilobytes(city_database: str, tmp_path: Path) -> None:
    """All bytes of both, headers included, the longest note there is."""
    with serving(city_database, tmp_path) as server:
        body = json.dumps({**CALL, "note": "Nước lên mái " * 23}, ensure_ascii=False).encode()
        request = (
            f"PUT /v1/sos/{uuid4()} HTTP/1.1\r\nHost: hue.example.vn\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Accept-Language: vi\r\nConnection: close\r\n\r\n"
        ).encode() + body
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(request)
            answer = b""
            while chunk := connection.recv(65_536):
                answer += chunk
    assert answer.startswith(b"HTTP/1.1 201"), answer
    print(f"\na call for help: {len(request)} bytes asked, {len(answer)} answered")
    assert len(request) + len(answer) <= 2048
