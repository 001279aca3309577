"""Filing a report: what is answered, what is written, and that a refusal writes nothing."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.city import CENTRE, LIGHT, LIGHT_DEPARTMENT, SIGN_DEPARTMENT, Draft
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.rows import counts, execute, fetch, fetch_one
from tests.support.sealing import SEALER
from workflows.contacts import Contact, SealedContact

POTHOLE = "traffic.pothole"  # needs a photo
RESCUE = "security.rescue"  # needs an answer: people
SEA = {"lat": 16.5800, "lon": 107.6300}  # off the coast, less than 2 km from the nearest ward
FAR_AT_SEA = {"lat": 16.9, "lon": 108.3}
HANOI = {"lat": 21.0285, "lon": 105.8542}

FULL: dict[str, object] = {
    "category": LIGHT,
    "location": {**CENTRE, "accuracy_m": 8},
    "description": "Đèn đường tắt ba ngày nay",
    "address": "12 Lê Lợi",
    "answers": {"fault": "off", "pole": "A-12"},
    "anonymous": False,
    "contact": {"name": "Nguyễn Văn An", "phone": "0912 345 678", "email": "an@example.vn"},
    "captured_at": "2026-03-01T08:15:00+07:00",
}

# The same as a phone files it that has a network: strictly judged, as nothing changed meanwhile.
AT_ONCE = {name: value for name, value in FULL.items() if name != "captured_at"}


async def put(api: Api, report_id: UUID | str, body: object, **headers: str) -> httpx.Response:
    return await api.http.put(f"/v1/reports/{report_id}", json=body, headers=headers)


async def test_a_report_is_acknowledged_with_all_that_the_contract_names(api: Api) -> None:
    report_id = uuid4()
    photos = [await api.upload(make_jpeg(colour=colour)) for colour in ("navy", "black")]
    answer = await put(api, report_id, {**FULL, "uploads": photos})
    assert answer.status_code == 201
    filed = answer.json()
    assert set(filed) == {
        "id", "code", "status", "area", "department", "due_at", "track_token",
    }  # fmt: skip
    assert filed["id"] == str(report_id)
    assert filed["status"] == "assigned"
    assert filed["area"] == {"code": "19789", "name": "Phường Thuận Hoá"}
    assert filed["department"]["code"] == LIGHT_DEPARTMENT
    assert datetime.fromisoformat(filed["due_at"]) > datetime.now(UTC)
    # Committed before it was answered: another connection sees it whole.
    report = await fetch_one(api, "select * from reports where id = %(id)s", id=report_id)
    assert report.code == filed["code"]
    assert report.answers == FULL["answers"]
    assert report.captured_at == datetime(2026, 3, 1, 1, 15, tzinfo=UTC)
    assert report.area_distance_m == 0
    assert report.replays == 0
    reporter = await fetch_one(
        api, "select * from reporters where report_id = %(id)s", id=report_id
    )
    assert (reporter.name, reporter.phone, reporter.email) == (None, None, None)
    sealed = SealedContact(
        reporter.name_sealed, reporter.phone_sealed, reporter.email_sealed, Contact()
    )
    assert sealed.open(SEALER) == Contact("Nguyễn Văn An", "+84912345678", "an@example.vn")
    attached = await fetch(
        api,
        "select upload_id, position, purpose from attachments where report_id = %(id)s"
        " order by position",
        id=report_id,
    )
    assert [(str(row.upload_id), row.position, row.purpose) for row in attached] == [
        (photos[0], 0, "report"),
        (photos[1], 1, "report"),
    ]
    events = await fetch(
        api,
        "select rev, action, actor_role from case_events where case_id = %(id)s order by rev",
        id=report_id,
    )
    assert [tuple(event) for event in events] == [(1, "file", "anonymous"), (2, "route", "system")]


async def test_the_track_token_opens_the_report(api: Api) -> None:
    filed = await api.file()
    url = f"/v1/reports/{filed['id']}"
    assert (await api.http.get(url)).status_code == 404
    assert (await api.http.get(f"{url}?track_token=wrong")).status_code == 404
    seen = await api.http.get(f"{url}?track_token={filed['track_token']}")
    assert seen.status_code == 200
    assert seen.json()["code"] == filed["code"]


async def test_a_retry_answers_the_first_result_and_writes_that_it_did(api: Api) -> None:
    report_id = uuid4()
    body = {**FULL, "uploads": [await api.upload()]}
    first = await put(api, report_id, body)
    before = await counts(api)
    again = [await put(api, report_id, body) for _ in range(2)]
    assert first.status_code == 201
    assert [answer.status_code for answer in again] == [200, 200]
    assert [answer.json() for answer in again] == [first.json()] * 2
    assert await counts(api) == before
    report = await fetch_one(api, "select replays from reports where id = %(id)s", id=report_id)
    assert report.replays == 2


async def test_a_retry_may_spell_the_same_content_differently(api: Api) -> None:
    report_id = uuid4()
    first = await put(api, report_id, FULL)
    contact = {"email": "an@example.vn", "phone": "+84912345678", "name": "Nguyễn Văn An"}
    same = dict(reversed({**FULL, "contact": contact, "uploads": []}.items()))
    again = await put(api, report_id, same)
    assert (first.status_code, again.status_code) == (201, 200)


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Khác"},
        {"location": {"lat": 16.4601, "lon": 107.5850}},
        {"anonymous": True},
        {"contact": {"phone": "0912345679"}},
        {"address": "14 Lê Lợi"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_the_same_id_with_other_content_is_a_conflict(
    api: Api, change: dict[str, object]
) -> None:
    report_id = uuid4()
    await api.file(Draft().body(), report_id=report_id)
    before = await counts(api)
    answer = await put(api, report_id, Draft().body(**change))
    assert answer.status_code == 409
    assert answer.json()["code"] == "report_id_taken"
    assert answer.json()["errors"][0]["pointer"] == "/id"
    assert await counts(api) == before


async def test_twenty_at_once_file_one_report(api: Api) -> None:
    report_id = uuid4()
    body = {**FULL, "uploads": [await api.upload()]}
    before = await counts(api)
    answers = await asyncio.gather(*(put(api, report_id, body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.text for answer in answers}) == 1
    after = await counts(api)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {
        "reports": 1,
        "cases": 1,
        "case_events": 2,  # filed, routed
        "announcements": 1,  # to the department
        "reporters": 1,
        "attachments": 1,
        "procrastinate_jobs": 2,  # fan-out, derivatives
        "claimed": 1,
    }
    report = await fetch_one(api, "select replays from reports where id = %(id)s", id=report_id)
    assert report.replays == 19


@pytest.mark.slow
async def test_a_hundred_ids_by_twenty_file_a_hundred_reports(own_api: Api) -> None:
    api = own_api
    body = {name: value for name, value in AT_ONCE.items() if name != "contact"}  # of nobody
    ids = [uuid4() for _ in range(100)]
    for report_id in ids:
        of_it = await asyncio.gather(*(put(api, report_id, body) for _ in range(20)))
        assert sorted(answer.status_code for answer in of_it) == [200] * 19 + [201]
        assert len({answer.text for answer in of_it}) == 1
    rows = await fetch_one(api, "select count(*) as reports, sum(replays) as replays from reports")
    assert (rows.reports, rows.replays) == (100, 1900)
    assert (await fetch_one(api, "select count(*) as n from cases")).n == 100
    other = {**body, "description": "Nội dung khác"}
    for report_id in ids:
        assert (await put(api, report_id, other)).status_code == 409


async def test_one_photo_cannot_be_claimed_by_two_reports_at_once(api: Api) -> None:
    body = {**AT_ONCE, "uploads": [await api.upload()]}
    answers = await asyncio.gather(*(put(api, uuid4(), body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7


async def test_post_files_under_the_id_in_its_body(api: Api) -> None:
    report_id = str(uuid4())
    body = {**Draft().body(), "id": report_id}
    first = await api.http.post("/v1/reports", json=body)
    assert first.status_code == 201
    assert first.json()["id"] == report_id
    # It is the same resource: a retry by either way is recognised.
    assert (await api.http.post("/v1/reports", json=body)).json() == first.json()
    assert (await put(api, report_id, Draft().body())).status_code == 200
    other = await api.http.post("/v1/reports", json={**body, "description": "Khác"})
    assert other.status_code == 409
    missing = await api.http.post("/v1/reports", json=Draft().body())
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["pointer"] == "/id"


async def test_the_answer_is_in_the_language_asked_for(api: Api) -> None:
    report_id = uuid4()
    vietnamese = await put(api, report_id, Draft().body())
    english = await put(api, uuid4(), Draft().body(), **{"Accept-Language": "en"})
    assert vietnamese.json()["department"]["name"] == "Sở Xây dựng"
    assert english.json()["department"] == {
        "code": SIGN_DEPARTMENT,
        "name": "Department of Construction and Transport",
    }


async def test_what_a_rule_wants_verified_waits_for_an_operator(api: Api) -> None:
    sure, unsure = await api.file(), await api.file(Draft("urban_order.other").body())
    assert (sure["status"], unsure["status"]) == ("assigned", "received")
    rows = await fetch(
        api,
        "select routing from cases where id = any(%(ids)s::uuid[]) order by opened_at",
        ids=[sure["id"], unsure["id"]],
    )
    assert [(row.routing["row"], row.routing["certain"]) for row in rows] == [
        ("t-sign", True),
        ("o-other", False),
    ]
    kept = rows[0].routing["facts"]
    # The ward, and the city above it; the citizen's words stay with the report.
    assert kept["areas"] == ["19789", "46"]
    assert kept["source"] == "app"
    assert datetime.fromisoformat(kept["at"]).utcoffset() == timedelta(hours=7)
    assert "góc đường" not in json.dumps(rows[0].routing, ensure_ascii=False)


async def test_a_place_at_sea_is_taken_by_the_nearest_ward_with_its_distance(api: Api) -> None:
    located = (await api.http.get("/v1/areas/locate", params=SEA)).json()["areas"]
    ward = next(area for area in located if area["kind"] == "ward")
    assert 0 < ward["distance_m"] < api.settings.intake.tolerance_m
    filed = await api.file(Draft().body(location=SEA))
    assert filed["area"]["code"] == ward["code"]
    report = await fetch_one(
        api, "select area_distance_m from reports where id = %(id)s", id=filed["id"]
    )
    assert report.area_distance_m == pytest.approx(ward["distance_m"], abs=0.1)


class Bad(NamedTuple):
    """A change to an acceptable body, where the answer points, and with which code."""

    changes: dict[str, Any]
    pointer: str
    code: str


MISSING = object()
LONE = "\ud800"
BAD_BODIES = {
    "no category": Bad({"category": MISSING}, "/category", "field_required"),
    "no location": Bad({"location": MISSING}, "/location", "field_required"),
    "no description": Bad({"description": MISSING}, "/description", "field_required"),
    "no latitude": Bad({"location": {"lon": 107.58}}, "/location/lat", "field_required"),
    "empty description": Bad({"description": ""}, "/description", "text_too_short"),
    "number as text": Bad({"description": 5}, "/description", "not_a_text"),
    "list as text": Bad({"address": ["a"]}, "/address", "not_a_text"),
    "text as object": Bad({"location": "16.46,107.58"}, "/location", "not_an_object"),
    "text as list": Bad({"uploads": "x"}, "/uploads", "not_a_list"),
    "list as object": Bad({"answers": []}, "/answers", "not_an_object"),
    "text as flag": Bad({"anonymous": "true"}, "/anonymous", "not_a_flag"),
    "number as flag": Bad({"anonymous": 1}, "/anonymous", "not_a_flag"),
    "unknown field": Bad({"colour": "red"}, "/colour", "field_unknown"),
    "unknown field inside": Bad(
        {"location": {**CENTRE, "alt": 3}}, "/location/alt", "field_unknown"
    ),
    "slash in a field's name": Bad({"a/b~c": 1}, "/a~1b~0c", "field_unknown"),
    "flag as number": Bad(
        {"location": {"lat": True, "lon": 107.58}}, "/location/lat", "not_a_number"
    ),
    "flag as accuracy": Bad(
        {"location": {**CENTRE, "accuracy_m": False}}, "/location/accuracy_m", "not_a_number"
    ),
    "text as number": Bad(
        {"location": {"lat": "16.46", "lon": 107.58}}, "/location/lat", "not_a_number"
    ),
    "not a number": Bad(
        {"location": {"lat": float("nan"), "lon": 107.58}}, "/location/lat", "not_a_number"
    ),
    "infinite": Bad(
        {"location": {**CENTRE, "accuracy_m": float("inf")}}, "/location/accuracy_m", "not_a_number"
    ),
    "latitude beyond the pole": Bad(
        {"location": {"lat": 90.1, "lon": 107.58}}, "/location/lat", "field_invalid"
    ),
    "swapped": Bad({"location": {"lat": 107.58, "lon": 16.46}}, "/location/lat", "field_invalid"),
    "negative accuracy": Bad(
        {"location": {**CENTRE, "accuracy_m": -1}}, "/location/accuracy_m", "field_invalid"
    ),
    "another city": Bad({"location": HANOI}, "/location", "outside_city"),
    "far at sea": Bad({"location": FAR_AT_SEA}, "/location", "outside_city"),
    "unknown category": Bad({"category": "traffic.dragon"}, "/category", "category_unknown"),
    "category not a leaf": Bad({"category": "traffic"}, "/category", "category_not_a_leaf"),
    "no photo where one is needed": Bad({"category": POTHOLE}, "/uploads", "photo_required"),
    "unknown answer": Bad({"answers": {"depth": 3}}, "/answers", "answer_invalid"),
    "answer of the wrong type": Bad(
        {"category": RESCUE, "answers": {"people": "3"}}, "/answers/people", "answer_invalid"
    ),
    "answer out of range": Bad(
        {"category": RESCUE, "answers": {"people": 0}}, "/answers/people", "answer_invalid"
    ),
    "answer missing": Bad({"category": RESCUE, "answers": {}}, "/answers", "answer_invalid"),
    "answer not a number": Bad(
        {"category": RESCUE, "answers": {"people": float("nan")}}, "/answers", "not_a_number"
    ),
    "description too long": Bad({"description": "x" * 4001}, "/description", "text_too_long"),
    "address too long": Bad({"address": "x" * 301}, "/address", "text_too_long"),
    "category too long": Bad({"category": "x" * 81}, "/category", "text_too_long"),
    "too many photos": Bad(
        {"uploads": [str(uuid4()) for _ in range(9)]}, "/uploads", "list_too_long"
    ),
    "upload no UUID": Bad({"uploads": ["photo.jpg"]}, "/uploads/0", "not_a_uuid"),
    "upload a number": Bad({"uploads": [7]}, "/uploads/0", "not_a_uuid"),
    "upload unknown": Bad({"uploads": [str(uuid4())]}, "/uploads/0", "upload_unknown"),
    "NUL in the description": Bad({"description": "a\0b"}, "/description", "not_a_text"),
    "NUL in the address": Bad({"address": "\0"}, "/address", "not_a_text"),
    "NUL in the category": Bad({"category": "traffic\0"}, "/category", "not_a_text"),
    "NUL in an answer": Bad({"answers": {"pole": "\0"}}, "/answers", "not_a_text"),
    "NUL in an answer's name": Bad({"answers": {"po\0le": "1"}}, "/answers", "not_a_text"),
    "NUL deep in an answer": Bad({"answers": {"a": [{"b": "\0"}]}}, "/answers", "not_a_text"),
    "NUL in the name": Bad({"contact": {"name": "\0"}}, "/contact/name", "not_a_text"),
    "NUL in the phone": Bad({"contact": {"phone": "\0"}}, "/contact/phone", "not_a_text"),
    "NUL in a field's name": Bad({"a\0b": 1}, "/a\0b", "field_unknown"),
    "half a letter in the description": Bad({"description": LONE}, "/description", "not_a_text"),
    "half a letter in the category": Bad({"category": LONE}, "/category", "not_a_text"),
    "half a letter in an answer": Bad({"answers": {"pole": LONE}}, "/answers", "not_a_text"),
    "half a letter in an answer's name": Bad({"answers": {LONE: "1"}}, "/answers", "not_a_text"),
    "half a letter in an upload": Bad({"uploads": [LONE]}, "/uploads/0", "not_a_text"),
    "half a letter in an instant": Bad({"captured_at": LONE}, "/captured_at", "not_an_instant"),
    "phone that is none": Bad({"contact": {"phone": "12"}}, "/contact/phone", "phone_invalid"),
    "phone of letters": Bad({"contact": {"phone": "gọi tôi"}}, "/contact/phone", "phone_invalid"),
    "email that is none": Bad({"contact": {"email": "an"}}, "/contact/email", "text_malformed"),
    "instant without a zone": Bad(
        {"captured_at": "2026-03-01T08:15:00"}, "/captured_at", "not_an_instant"
    ),
    "day as instant": Bad({"captured_at": "2026-03-01"}, "/captured_at", "not_an_instant"),
    "number as instant": Bad({"captured_at": 1_700_000_000}, "/captured_at", "not_an_instant"),
    "number in quotes as instant": Bad(
        {"captured_at": "1700000000"}, "/captured_at", "not_an_instant"
    ),
    "instant before all time": Bad(
        {"captured_at": "0001-01-01T00:00:00+14:00"}, "/captured_at", "not_an_instant"
    ),
    "instant after all time": Bad(
        {"captured_at": "9999-12-31T23:59:59-12:00"}, "/captured_at", "not_an_instant"
    ),
}


def changed(changes: dict[str, Any]) -> dict[str, object]:
    body = {**AT_ONCE, **changes}
    if "category" in changes and "answers" not in changes:
        body["answers"] = {}
    return {name: value for name, value in body.items() if value is not MISSING}


async def send(api: Api, body: object, language: str | None = None) -> httpx.Response:
    """As a client would that writes JSON by hand: NaN and halves of letters as they are."""
    headers = {"Content-Type": "application/json"}
    if language:
        headers["Accept-Language"] = language
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api.http.put(f"/v1/reports/{uuid4()}", content=content, headers=headers)


@pytest.mark.parametrize("bad", BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_bad_input_is_refused_at_its_field_and_nothing_is_written(api: Api, bad: Bad) -> None:
    before = await counts(api)
    vietnamese = await send(api, changed(bad.changes))
    english = await send(api, changed(bad.changes), "en")
    assert vietnamese.status_code == 422, vietnamese.text
    assert vietnamese.headers["Content-Type"] == "application/problem+json"
    problem, other = vietnamese.json(), english.json()
    assert problem["code"] == "invalid_input"
    assert problem["status"] == 422
    faults = {fault["pointer"]: fault for fault in problem["errors"]}
    assert bad.pointer in faults, problem
    assert faults[bad.pointer]["code"] == bad.code
    # A sentence in each language, with its facts filled in.
    sentence = faults[bad.pointer]["detail"]
    translated = next(f["detail"] for f in other["errors"] if f["pointer"] == bad.pointer)
    assert " " in sentence
    assert sentence != translated
    assert "{" not in sentence + translated
    assert problem["detail"] == "Dữ liệu gửi lên chưa đúng"
    assert other["detail"] == "Some of what you sent is not right"
    assert (vietnamese.headers["Content-Language"], english.headers["Content-Language"]) == (
        "vi",
        "en",
    )
    assert await counts(api) == before


async def test_half_a_letter_in_a_fields_name_is_refused(api: Api) -> None:
    before = await counts(api)
    answer = await send(api, {**FULL, f"a{LONE}": 1})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1
    assert await counts(api) == before


async def test_every_fault_of_a_body_is_named_at_once(api: Api) -> None:
    answer = await send(api, {"description": 5, "location": {"lat": "x"}, "uploads": {}})
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {
        "/category", "/description", "/location/lat", "/location/lon", "/uploads",
    }  # fmt: skip
    both = await send(api, changed({"category": POTHOLE, "answers": {"depth_cm": 0}}))
    assert {fault["pointer"] for fault in both.json()["errors"]} == {
        "/uploads",
        "/answers/depth_cm",
    }


@pytest.mark.parametrize("state", ["claimed", "expired", "repeated", "one of two unknown"])
async def test_an_upload_that_cannot_be_used_leaves_the_others_unclaimed(
    api: Api, state: str
) -> None:
    good, bad = await api.upload(), await api.upload()
    if state == "claimed":
        await api.file(Draft().body(uploads=[bad]))
    elif state == "expired":
        past = datetime.now(UTC) - timedelta(seconds=1)
        await execute(
            api, "update uploads set expires_at = %(past)s where id = %(id)s", past=past, id=bad
        )
    elif state == "repeated":
        bad = good
    else:
        bad = str(uuid4())
    before = await counts(api)
    answer = await send(api, Draft().body(uploads=[good, bad]))
    assert answer.status_code == 422
    code = "upload_repeated" if state == "repeated" else "upload_unknown"
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [
        ("/uploads/1", code)
    ]
    assert await counts(api) == before
    # What was good can still be used.
    await api.file(Draft().body(uploads=[good]))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid_input"),
        (b"{", 422, "invalid_input"),
        (b"category=traffic", 422, "invalid_input"),
        (b"\xff\xfe\x00", 422, "invalid_input"),
        (b"null", 422, "invalid_input"),
        (b"[]", 422, "invalid_input"),
        (b'"text"', 422, "invalid_input"),
        (b"[" * 100_000, 422, "invalid_input"),
        (b"1" * 5000, 422, "invalid_input"),
        (json.dumps({**FULL, "description": "x" * 300_000}).encode(), 413, "too_large"),
    ],
    ids=["empty", "cut", "form", "not UTF-8", "null", "list", "text", "deep", "long", "too large"],
)
async def test_a_body_that_is_no_report_is_refused(
    api: Api, body: bytes, status: int, code: str
) -> None:
    before = await counts(api)
    answer = await send(api, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    english = await send(api, body, "en")
    assert english.json()["detail"] != answer.json()["detail"]
    assert await counts(api) == before


async def test_a_body_of_another_type_is_refused(api: Api) -> None:
    content = json.dumps(Draft().body()).encode()
    answer = await api.http.put(
        f"/v1/reports/{uuid4()}", content=content, headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code in (415, 422)


@pytest.mark.parametrize("report_id", ["1", "not-a-uuid", "0" * 31, "%00", "%ED%A0%80"])
async def test_an_id_that_is_no_uuid_is_refused(api: Api, report_id: str) -> None:
    before = await counts(api)
    answer = await put(api, report_id, Draft().body())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "not_a_uuid"
    assert "report_id" in answer.json()["errors"][0]["pointer"]
    assert await counts(api) == before


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "photo_empty"),
        (b"This is a text, not a photo", 415, "photo_type_unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "svg_not_accepted"),
        (b"MZ" + bytes(200), 415, "photo_type_unsupported"),
        (b"\xff\xd8\xff" + bytes(200), 422, "photo_unreadable"),
        (make_jpeg() + bytes(15_000_001), 413, "photo_too_large"),
        (make_jpeg() + bytes(16_000_000), 413, "too_large"),
    ],
    ids=["empty", "text", "svg", "program", "only magic", "too large", "far too large"],
)
async def test_what_is_no_photo_is_refused(
    api: Api, content: bytes, status: int, code: str
) -> None:
    before = await fetch_one(api, "select count(*) as n from uploads")
    answers = [
        await api.http.post(
            "/v1/media", files={"file": ("x.jpg", content)}, headers={"Accept-Language": language}
        )
        for language in ("vi", "en")
    ]
    assert [answer.status_code for answer in answers] == [status, status], answers[0].text
    problem = answers[0].json()
    codes = {problem["code"], *(fault["code"] for fault in problem["errors"])}
    assert code in codes
    if code != "too_large":
        assert problem["errors"][0]["pointer"] == "/file"
    assert answers[0].json()["detail"] != answers[1].json()["detail"]
    assert await fetch_one(api, "select count(*) as n from uploads") == before


async def test_an_upload_without_its_file_is_refused(api: Api) -> None:
    nothing = await api.http.post("/v1/media")
    assert nothing.status_code == 422
    assert nothing.json()["errors"][0]["pointer"] == "/file"
    text = await api.http.post("/v1/media", data={"file": "photo.jpg"})
    assert text.status_code == 422
    assert text.json()["errors"][0]["pointer"] == "/file"
    broken = await api.http.post(
        "/v1/media",
        content=b"--x\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert broken.status_code in (400, 422)
    assert broken.headers["Content-Type"] == "application/problem+json"
