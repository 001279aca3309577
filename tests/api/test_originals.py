"""Photos as they were sent: taken along as evidence, byte for byte, by few, and never unnoticed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from tests.support.casework import NOISE, NOISE_DEPARTMENT, Staged, read, stage
from tests.support.client import Api
from tests.support.photo_desk import with_photo
from tests.support.photos import as_jpeg, make_jpeg, street_with_face
from tests.support.rows import execute, fetch

SENT = make_jpeg(exif_time="2026:11:30 08:00:00", exif_place=(16.0, 107.0))
WHO = f"supervisor.{NOISE_DEPARTMENT}"


async def take(api: Api, photo: str, who: str = WHO, **headers: str) -> Any:
    return await api.http.get(
        f"/v1/photos/{photo}/original", headers=await api.staff(who) | headers
    )


async def with_file(api: Api, data: bytes) -> tuple[Staged, str]:
    case = await stage(api, category=NOISE, uploads=[await api.upload(data)])
    [photo] = (await read(api, case, "operator"))["photos"]
    return case, photo["id"]


async def test_it_is_the_file_as_it_was_sent(own_api: Api) -> None:
    case, photo = await with_file(own_api, SENT)
    answer = await take(own_api, photo)
    assert answer.status_code == 200, answer.text
    assert answer.content == SENT
    digest = hashlib.sha256(SENT)
    assert answer.headers["Repr-Digest"] == f"sha-256=:{b64encode(digest.digest()).decode()}:"
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-store"
    name = f"{case.code}-report-1.jpg"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = await take(own_api, photo, Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, SENT[10:20])


async def test_each_time_is_noted_with_what_was_taken(own_api: Api) -> None:
    case, photo = await with_file(own_api, SENT)
    await execute(own_api, "delete from audit_log")
    for who in (WHO, "operator"):
        assert (await take(own_api, photo, who)).status_code == 200
    for who in ("staff.hepco", f"staff.{NOISE_DEPARTMENT}", "leader"):
        assert (await take(own_api, photo, who)).status_code == 403
    rows = await fetch(own_api, "select * from audit_log order by id")
    facts = {"case": case.id, "sha256": hashlib.sha256(SENT).hexdigest()}
    assert [(row.actor_role, row.action, row.subject, row.facts) for row in rows] == [
        ("supervisor", "photo.original", f"photo:{photo}", facts),
        ("operator", "photo.original", f"photo:{photo}", facts),
    ]


async def test_it_wants_a_fresh_proof(own_api: Api) -> None:
    _, photo = await with_file(own_api, SENT)
    headers = await own_api.staff(WHO)
    await execute(own_api, "update staff_sessions set strong_at = now() - interval '1 day'")
    url = f"/v1/photos/{photo}/original"
    refused = await own_api.http.get(url, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    proved = await own_api.http.post(
        "/v1/auth/staff/step-up", json={"password": "demo"}, headers=headers
    )
    assert proved.status_code == 200, proved.text
    assert (await own_api.http.get(url, headers=headers)).status_code == 200


async def test_what_was_removed_is_said_to_be(own_api: Api) -> None:
    _, photo = await with_file(own_api, SENT)
    await execute(own_api, "update attachments set original_removed_at = now()")
    await execute(own_api, "delete from audit_log")
    gone = await take(own_api, photo, **{"Accept-Language": "en"})
    assert (gone.status_code, gone.json()["code"]) == (404, "original_removed")
    assert await fetch(own_api, "select * from audit_log") == []


async def test_making_its_pictures_leaves_the_file_as_it_was(own_api: Api) -> None:
    case, photo = await with_photo(own_api, NOISE)
    [shown] = (await read(own_api, case, "operator"))["photos"]
    assert shown["state"] == "ready"
    assert (await take(own_api, photo)).content == as_jpeg(street_with_face())
