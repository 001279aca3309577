"""My own data: corrected, taken along, and told to me as I like."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from identity.preferences import Preferences, read_preferences
from tests.support.casework import press, stage
from tests.support.city import CENTRE
from tests.support.client import Api
from tests.support.copies import COPIES
from tests.support.photos import make_jpeg
from tests.support.rows import execute, fetch
from tests.support.worker import RecordingChannel, open_workshop

HUE = ZoneInfo("Asia/Ho_Chi_Minh")


def new_phone() -> str:
    return f"+8490{uuid4().int % 10_000_000:07d}"


# Correction --------------------------------------------------------------------------------------


async def test_only_what_is_sent_is_corrected(api: Api) -> None:
    headers = await api.citizen(new_phone())
    changes: dict[str, object]
    for changes in ({"name": "Trần Thị Bình"}, {"email": "binh@example.vn"}, {"language": "en"}):
        answer = await api.http.patch("/v1/me", json=changes, headers=headers)
        assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "Trần Thị Bình"
    assert (await api.http.patch("/v1/me", json={"name": None}, headers=headers)).json()[
        "name"
    ] == ""


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"phone": "0905111222"}, "/phone"),
        ({"role": "admin"}, "/role"),
        ({"email": "x"}, "/email"),
        ({"language": "fr"}, "/language"),
        ({"language": None}, "/language"),
        ({"name": "x" * 121}, "/name"),
    ],
)
async def test_nothing_else_is_corrected(
    api: Api, changes: dict[str, object], pointer: str
) -> None:
    headers = await api.citizen(new_phone())
    before = (await api.http.get("/v1/me", headers=headers)).json()
    answer = await api.http.patch("/v1/me", json=changes, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await api.http.get("/v1/me", headers=headers)).json() == before


async def test_another_number_is_proven_by_its_code(api: Api) -> None:
    old, new = new_phone(), new_phone()
    headers = await api.citizen(old)
    me = (await api.http.get("/v1/me", headers=headers)).json()
    wrong = await api.http.put(
        "/v1/me/phone", json={"phone": new, "code": "123456"}, headers=headers
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/code")
    right = await api.http.put(
        "/v1/me/phone", json={"phone": new, "code": "000000"}, headers=headers
    )
    assert (right.status_code, right.json()["phone"]) == (200, new)
    # The new number is this account, the old one somebody new.
    assert (await api.http.get("/v1/me", headers=await api.citizen(new))).json()["id"] == me["id"]
    api.forget(old)
    assert (await api.http.get("/v1/me", headers=await api.citizen(old))).json()["id"] != me["id"]


async def test_a_number_belongs_to_one_account(api: Api) -> None:
    mine, theirs = new_phone(), new_phone()
    headers = await api.citizen(mine)
    await api.citizen(theirs)
    answer = await api.http.put(
        "/v1/me/phone", json={"phone": theirs, "code": "000000"}, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "phone_taken")
    assert (await api.http.get("/v1/me", headers=headers)).json()["phone"] == mine


# Preferences -------------------------------------------------------------------------------------


async def test_what_nobody_chose_is_told_by_every_channel(api: Api) -> None:
    headers = await api.citizen(new_phone())
    answer = await api.http.get("/v1/me/preferences", headers=headers)
    assert answer.json() == {"muted": [], "quiet_from": None, "quiet_to": None}
    chosen = {"muted": ["push"], "quiet_from": "22:00", "quiet_to": "06:30"}
    put = await api.http.put("/v1/me/preferences", json=chosen, headers=headers)
    assert (put.status_code, put.json()) == (200, chosen)
    assert (await api.http.get("/v1/me/preferences", headers=headers)).json() == chosen


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"muted": ["inbox"]}, "/muted/0"),
        ({"quiet_from": "25:00"}, "/quiet_from"),
        ({"quiet_from": "9:00"}, "/quiet_from"),
        ({"quiet_to": None}, "/quiet_to"),
        ({"quiet_from": None}, "/quiet_from"),
        ({"muted": ["sms"] * 5}, "/muted"),
    ],
)
async def test_preferences_that_are_none_are_refused(
    api: Api, changes: dict[str, object], pointer: str
) -> None:
    headers = await api.citizen(new_phone())
    body = {"muted": [], "quiet_from": "22:00", "quiet_to": "06:00"} | changes
    answer = await api.http.put("/v1/me/preferences", json=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_muted_channel_carries_nothing_and_quiet_hours_delay(own_api: Api) -> None:
    headers = await own_api.citizen()
    for token in ("device-one", "device-two"):
        await own_api.http.put(f"/v1/me/devices/{token}", json={"platform": "ios"}, headers=headers)
    case = await stage(own_api, headers=headers)
    push = RecordingChannel()

    async def tell() -> list[Any]:
        async with open_workshop(own_api, {"push": push}) as workshop:
            ids = await fetch(own_api, "select id from announcements where fanned_out_at is null")
            await workshop.fan_out([row.id for row in ids])
            waiting = await fetch(own_api, "select id from notifications where status = 'pending'")
            await workshop.deliver([row.id for row in waiting])
        return await fetch(
            own_api,
            "select next_attempt_at > now() as waits from notifications"
            " where channel = 'push' and status = 'pending'",
        )

    whole_day = {"muted": [], "quiet_from": "00:00", "quiet_to": "23:59"}
    await own_api.http.put("/v1/me/preferences", json=whole_day, headers=headers)
    await press(own_api, case, "accept", {})
    waiting = await tell()
    if datetime.now(HUE).time() < time(23, 59):
        assert [row.waits for row in waiting] == [True, True]
        assert push.sent == []
    muted = {"muted": ["push"], "quiet_from": None, "quiet_to": None}
    await own_api.http.put("/v1/me/preferences", json=muted, headers=headers)
    await execute(own_api, "delete from notifications")
    await press(own_api, case, "resolve", {"answer": "Xong"})
    await press(own_api, case, "approve", {}, "supervisor")
    assert await tell() == []
    assert push.sent == []
    inbox = (await own_api.http.get("/v1/me/notifications", headers=headers)).json()["items"]
    assert len(inbox) == 1


@pytest.mark.parametrize(
    ("start", "end", "at", "until"),
    [
        ("22:00", "06:00", (2026, 3, 1, 23, 0), (2026, 3, 2, 6, 0)),
        ("22:00", "06:00", (2026, 3, 1, 5, 59), (2026, 3, 1, 6, 0)),
        ("22:00", "06:00", (2026, 3, 1, 22, 0), (2026, 3, 2, 6, 0)),
        ("22:00", "06:00", (2026, 3, 1, 6, 0), None),
        ("22:00", "06:00", (2026, 3, 1, 12, 0), None),
        ("12:00", "13:30", (2026, 3, 1, 12, 0), (2026, 3, 1, 13, 30)),
        ("12:00", "13:30", (2026, 3, 1, 13, 30), None),
        ("12:00", "12:00", (2026, 3, 1, 12, 0), None),
        (None, None, (2026, 3, 1, 12, 0), None),
    ],
)
def test_quiet_hours(
    start: str | None, end: str | None, at: tuple[int, ...], until: tuple[int, ...] | None
) -> None:
    chosen = read_preferences({"quiet_from": start, "quiet_to": end})
    now = datetime(*at, tzinfo=HUE).astimezone(UTC)  # type: ignore[arg-type]  # year to minute
    expected = datetime(*until, tzinfo=HUE) if until else None  # type: ignore[arg-type]
    assert chosen.quiet_until(now, HUE) == expected
    assert read_preferences(chosen.document()) == chosen
    assert read_preferences({}) == Preferences()


# Export ------------------------------------------------------------------------------------------


async def exported(api: Api, headers: dict[str, str]) -> tuple[dict[str, Any], zipfile.ZipFile]:
    answer = await api.http.get("/v1/me/export", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return json.loads(archive.read("data.json")), archive


async def test_an_export_has_everything_and_the_photos_as_they_were_sent(own_api: Api) -> None:
    phone = "+84905123999"
    headers = await own_api.citizen(phone)
    await own_api.http.patch("/v1/me", json={"name": "Lê Văn Xuất"}, headers=headers)
    await own_api.http.put("/v1/me/devices/my-device", json={"platform": "ios"}, headers=headers)
    photos = [make_jpeg(64, 48), make_jpeg(80, 60)]
    uploads = [await own_api.upload(photo, **headers) for photo in photos]
    case = await stage(
        own_api,
        headers=headers,
        uploads=uploads,
        address="12 Lê Lợi",
        contact={"email": "xuat@example.vn"},
        consents=[
            {"purpose": "identity", "version": "1", "given": True},
            {"purpose": "survey", "version": "1", "given": False},
        ],
    )
    other = await stage(own_api, description="của người khác")
    for tie in ("support", "follow"):
        await own_api.http.put(f"{other.report_url}/{tie}", headers=headers)
    await press(own_api, case, "accept", {})
    await press(own_api, case, "ask", {"question": "Chỗ nào?"})
    answered = await own_api.http.post(
        f"{case.report_url}/actions/answer", json={"text": "Trước nhà tôi"}, headers=headers
    )
    assert answered.status_code == 200, answered.text
    data, archive = await exported(own_api, headers)
    assert data["schema"] == 1
    assert data["account"]["phone"] == phone
    assert data["account"]["name"] == "Lê Văn Xuất"
    [report] = data["reports"]
    assert report["code"] == case.code
    assert report["address"] == "12 Lê Lợi"
    assert report["place"] == {**CENTRE, "accuracy_m": None}
    assert report["contact"] == {"name": None, "phone": None, "email": "xuat@example.vn"}
    assert [photo["file"] for photo in report["photos"]] == [
        f"files/{case.code}/1.jpg",
        f"files/{case.code}/2.jpg",
    ]
    digests = [hashlib.sha256(photo).digest() for photo in photos]
    stored = [hashlib.sha256(archive.read(p["file"])).digest() for p in report["photos"]]
    assert stored == digests
    mine = [step for step in report["steps"] if step["by"] == "me"]
    assert mine[-1]["form"] == {"text": "Trước nhà tôi"}
    assert [row["token"] for row in data["devices"]] == ["my-device"]
    assert [row["report_id"] for row in data["supports"]] == [other.id]
    assert [row["report_id"] for row in data["follows"]] == [other.id]
    assert {row["purpose"]: row["given"] for row in data["consents"]} == {
        "identity": True,
        "survey": False,
    }
    assert "của người khác" not in json.dumps(data, ensure_ascii=False)


async def test_an_export_of_many_reports_has_each_once(own_api: Api) -> None:
    headers = await own_api.citizen()
    case = await stage(own_api, headers=headers)
    [reporter] = await fetch(own_api, "select person_id from reporters")
    await execute(own_api, COPIES, first=case.id, person=reporter.person_id)
    data, _ = await exported(own_api, headers)
    codes = [report["code"] for report in data["reports"]]
    assert (len(codes), len(set(codes))) == (1000, 1000)


async def test_an_export_names_a_photo_whose_file_is_gone(own_api: Api) -> None:
    headers = await own_api.citizen()
    upload = await own_api.upload(make_jpeg(64, 48), **headers)
    await stage(own_api, headers=headers, uploads=[upload])
    row = (await fetch(own_api, "select original_key from attachments"))[0]
    (own_api.settings.media.root / row.original_key).unlink()
    data, archive = await exported(own_api, headers)
    [photo] = data["reports"][0]["photos"]
    assert photo["file"] not in archive.namelist()
