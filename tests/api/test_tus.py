"""tus 1.0.0 as the protocol's text says it, and what becomes of the file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from media import judging
from media.stores.local import LocalStore
from tests.support.city import Draft
from tests.support.client import Api
from tests.support.photos import make_jpeg, make_noise
from tests.support.rows import execute, fetch_one
from tests.support.tus import BYTES, RESUMABLE, ask, begin, checksum, id_of, send

PHOTO = make_noise(600, 400)


def files_of(api: Api, path: str) -> list[Path]:
    """The pieces of an upload that lie in the store."""
    folder = api.settings.media.root / "pieces" / id_of(path)
    return sorted(folder.iterdir()) if folder.is_dir() else []


async def original_of(api: Api, path: str) -> bytes:
    row = await fetch_one(api, "select store_key from uploads where id = %(id)s", id=id_of(path))
    return await LocalStore(api.settings.media.root).get(row.store_key)


async def test_options_say_what_is_spoken(api: Api) -> None:
    answer = await api.http.options("/v1/uploads")
    assert answer.status_code == 204
    told = {name: answer.headers[name] for name in ("Tus-Resumable", "Tus-Version", "Tus-Max-Size")}
    size = str(api.settings.media.max_file_bytes)
    assert told == {"Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0", "Tus-Max-Size": size}
    extensions = set(answer.headers["Tus-Extension"].split(","))
    assert extensions == {
        "creation", "creation-with-upload", "expiration", "checksum", "termination",
    }  # fmt: skip
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


async def test_a_photo_in_three_requests_becomes_an_upload(api: Api) -> None:
    path = await begin(api, len(PHOTO))
    assert (await ask(api, path)).headers["Upload-Offset"] == "0"
    third = len(PHOTO) // 3
    for at in (0, third):
        answer = await send(api, path, PHOTO[at : at + third], at=at)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Upload-Offset"] == str(at + third)
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.headers["Upload-Expires"].endswith("GMT")
        told = await ask(api, path)
        assert told.headers["Upload-Offset"] == str(at + third)
        assert told.headers["Upload-Length"] == str(len(PHOTO))
        assert told.headers["Cache-Control"] == "no-store"
    state = (await api.http.get(path)).json()
    assert (state["state"], state["received"], state["upload"]) == ("receiving", 2 * third, None)
    assert (await send(api, path, PHOTO[2 * third :], at=2 * third)).status_code == 204
    assert await original_of(api, path) == PHOTO
    row = await fetch_one(api, "select sha256, size from uploads where id = %(id)s", id=id_of(path))
    assert (bytes(row.sha256), row.size) == (hashlib.sha256(PHOTO).digest(), len(PHOTO))
    assert files_of(api, path) == []
    state = (await api.http.get(path)).json()
    assert (state["state"], state["refusal"]) == ("ready", None)
    assert state["upload"]["upload_id"] == id_of(path)
    assert (state["upload"]["width"], state["upload"]["height"]) == (600, 400)
    filed = await api.file(Draft().body(uploads=[id_of(path)]))
    photo = await fetch_one(
        api, "select upload_id from attachments where report_id = %(id)s", id=filed["id"]
    )
    assert str(photo.upload_id) == id_of(path)


async def test_what_the_photo_claims_is_offered_before_filing(api: Api) -> None:
    photo = make_jpeg(exif_time="2026:11:20 14:30:00", exif_place=(16.4637, 107.5909))
    path = await begin(api, len(photo))
    await send(api, path, photo, at=0)
    upload = (await api.http.get(path)).json()["upload"]
    assert upload["taken_at"] == "2026-11-20T07:30:00Z"
    assert upload["location"] == pytest.approx({"lat": 16.4637, "lon": 107.5909}, abs=1e-4)


async def test_a_file_in_its_first_request(api: Api) -> None:
    length = {"Upload-Length": str(len(PHOTO))}
    answer = await api.http.post("/v1/uploads", content=PHOTO, headers=RESUMABLE | BYTES | length)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert await original_of(api, answer.headers["Location"]) == PHOTO


async def test_a_small_photo_does_not_wait_for_videos(api: Api) -> None:
    path, held = await begin(api, len(PHOTO)), list[None]()
    while not judging._large.locked():  # as many videos as are judged at once
        await judging._large.acquire()
        held.append(None)
    try:
        async with asyncio.timeout(10):
            assert (await send(api, path, PHOTO, at=0)).status_code == 204
    finally:
        for _ in held:
            judging._large.release()


async def test_the_method_may_be_hidden_in_a_post(api: Api) -> None:
    path = await begin(api, len(PHOTO))
    headers = RESUMABLE | BYTES | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = await api.http.post(path, content=PHOTO, headers=headers)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    headers = RESUMABLE | {"X-HTTP-Method-Override": "DELETE"}
    assert (await api.http.post(path, headers=headers)).status_code == 204
    assert (await ask(api, path)).status_code == 404
    headers = RESUMABLE | {"X-HTTP-Method-Override": "PUT"}
    answer = await api.http.post(path, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#X-HTTP-Method-Override"


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0", ""])
async def test_another_version_is_refused_before_anything_else(
    api: Api, version: str | None
) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    path = await begin(api, len(PHOTO))
    for answer in (
        await api.http.post("/v1/uploads", headers=headers | {"Upload-Length": "5"}),
        await api.http.head(path, headers=headers),
        await api.http.patch(path, content=b"x", headers=headers | BYTES | {"Upload-Offset": "0"}),
    ):
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (await ask(api, path)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [
        (None, 400, "field_required"),
        ("", 400, "header_malformed"),
        ("-1", 400, "header_malformed"),
        ("1.5", 400, "header_malformed"),
        ("٣", 400, "header_malformed"),
        ("0", 400, "photo_empty"),
        ("00", 400, "photo_empty"),
        ("999999999", 413, "upload_too_large"),
        ("9" * 40, 413, "upload_too_large"),
    ],
)
async def test_a_length_that_is_none(api: Api, length: str | None, status: int, code: str) -> None:
    headers = {} if length is None else {"Upload-Length": length.encode()}
    before = await fetch_one(api, "select count(*) from transfers")
    answer = await api.http.post("/v1/uploads", headers={**RESUMABLE, **headers})
    assert answer.status_code == status
    body = answer.json()
    told = body["errors"][0]["code"] if status == 400 else body["code"]
    assert told == code
    assert status != 400 or body["errors"][0]["pointer"] == "#upload-length"
    assert await fetch_one(api, "select count(*) from transfers") == before


async def test_a_wrong_offset_changes_nothing_and_says_the_right_one(api: Api) -> None:
    path = await begin(api, len(PHOTO))
    await send(api, path, PHOTO[:100], at=0)
    for at in (0, 99, 101, len(PHOTO), len(PHOTO) + 1):
        answer = await send(api, path, PHOTO[at:], at=at)
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_offset_wrong")
        assert answer.headers["Upload-Offset"] == "100"
    assert (await ask(api, path)).headers["Upload-Offset"] == "100"
    assert len(files_of(api, path)) == 1


async def test_more_than_was_announced_is_refused(api: Api) -> None:
    path = await begin(api, 100)
    answer = await send(api, path, PHOTO[:101], at=0)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_overrun")
    assert (await ask(api, path)).headers["Upload-Offset"] == "0"
    assert files_of(api, path) == []


@pytest.mark.parametrize("content_type", ["image/jpeg", "application/octet-stream", ""])
async def test_another_content_type_is_refused(api: Api, content_type: str) -> None:
    path = await begin(api, len(PHOTO))
    answer = await send(api, path, PHOTO, at=0, **{"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "tus_type_wrong")
    assert (await ask(api, path)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_checksum_is_for_all_of_a_request_or_nothing(api: Api, algorithm: str) -> None:
    photo = make_noise(1200, 900)
    assert len(photo) > 400_000  # several pieces
    half = len(photo) // 2
    path = await begin(api, len(photo))
    wrong = checksum(photo[:half] + b"x", algorithm)
    answer = await send(api, path, photo[:half], at=0, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert (await ask(api, path)).headers["Upload-Offset"] == "0"
    assert files_of(api, path) == []
    for at in (0, half):
        data = photo[at : at + half] if at == 0 else photo[at:]
        answer = await send(api, path, data, at=at, **checksum(data, algorithm))
        assert answer.status_code == 204, answer.text
    assert await original_of(api, path) == photo


@pytest.mark.parametrize("value", ["md5 xyz", "sha1", "sha1 !!!", "crc32 AAAA", ""])
async def test_a_checksum_that_is_none(api: Api, value: str) -> None:
    path = await begin(api, len(PHOTO))
    answer = await send(api, path, PHOTO, at=0, **{"Upload-Checksum": value})
    assert answer.status_code in (400, 460)
    assert (await ask(api, path)).headers["Upload-Offset"] == "0"


async def test_of_two_that_send_at_once_one_is_first(api: Api) -> None:
    """Each byte counts once, whoever sent it, and the file is whole."""
    photo = make_noise(1600, 1200)
    path = await begin(api, len(photo))

    async def slowly() -> AsyncIterator[bytes]:
        for at in range(0, len(photo), 40_000):
            yield photo[at : at + 40_000]
            await asyncio.sleep(0)

    answers = await asyncio.gather(*(send(api, path, slowly(), at=0) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) != [204] * 4
    assert {answer.status_code for answer in answers} <= {204, 409}
    at = int((await ask(api, path)).headers["Upload-Offset"])
    while at < len(photo):  # all may have been in each other's way: one goes on alone
        answer = await send(api, path, photo[at:], at=at)
        assert answer.status_code == 204
        at = int(answer.headers["Upload-Offset"])
    assert await original_of(api, path) == photo
    assert files_of(api, path) == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>" + b" " * 100, 415, "svg_not_accepted"),
        (b"GIF89a" + bytes(200), 415, "gif_not_accepted"),
        (b"%PDF-1.7" + bytes(200), 415, "pdf_not_accepted"),
        (b"\xff\xd8\xff" + bytes(200), 422, "photo_unreadable"),
    ],
)
async def test_the_last_answer_is_the_verdict(
    api: Api, data: bytes, status: int, code: str
) -> None:
    path = await begin(api, len(data))
    answer = await send(api, path, data, at=0, **{"Accept-Language": "en"})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == code
    assert (await ask(api, path)).status_code == 410
    assert (await send(api, path, data, at=0)).json()["code"] == "upload_refused"
    state = (await api.http.get(path, headers={"Accept-Language": "vi"})).json()
    assert (state["state"], state["refusal"]["code"]) == ("refused", code)
    assert state["refusal"]["detail"]
    assert files_of(api, path) == []
    assert (await fetch_one(api, "select count(*) from uploads where id = %(id)s", id=id_of(path)))[
        0
    ] == 0
    body = Draft().body(uploads=[id_of(path)])
    refused = await api.http.put(f"/v1/reports/{uuid4()}", json=body)
    assert refused.json()["errors"][0]["code"] == "upload_unknown"


async def test_what_will_be_refused_is_refused_at_its_first_bytes(api: Api) -> None:
    path = await begin(api, 10_000_000)
    answer = await send(api, path, b"GIF89a" + bytes(1000), at=0)
    assert (answer.status_code, answer.json()["code"]) == (415, "gif_not_accepted")
    assert (await ask(api, path)).status_code == 410


async def test_filing_with_half_a_photo_names_it(api: Api) -> None:
    whole, half = await begin(api, len(PHOTO)), await begin(api, len(PHOTO))
    await send(api, whole, PHOTO, at=0)
    await send(api, half, PHOTO[:100], at=0)
    body = Draft().body(uploads=[id_of(whole), id_of(half)])
    answer = await api.http.put(f"/v1/reports/{uuid4()}", json=body)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/uploads/1", "upload_incomplete")
    ]


async def test_an_upload_of_an_account_is_its_own(api: Api) -> None:
    mine, other = await api.citizen("+84905000001"), await api.citizen("+84905000002")
    path = await begin(api, len(PHOTO), **mine)
    for headers in ({}, other):
        assert (await ask(api, path, **headers)).status_code == 404
        assert (await send(api, path, PHOTO, at=0, **headers)).status_code == 404
        assert (await api.http.get(path, headers=headers)).status_code == 404
        assert (await api.http.delete(path, headers=RESUMABLE | headers)).status_code == 404
    assert (await send(api, path, PHOTO, at=0, **mine)).status_code == 204


async def test_a_report_is_filed_with_uploads_of_its_own_account_only(api: Api) -> None:
    mine, other = await api.citizen(), await api.citizen("+84905000009")
    upload = await api.upload(PHOTO, **mine)
    body = Draft().body(uploads=[upload])
    for headers in ({}, other, await api.staff("operator")):
        refused = await api.http.put(f"/v1/reports/{uuid4()}", json=body, headers=headers)
        assert refused.status_code == 422
        assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
            ("/uploads/0", "upload_unknown")
        ]
    await api.file(body, headers=mine)
    nobodys = await api.upload(PHOTO)
    await api.file(Draft().body(uploads=[nobodys]), headers=other)


async def test_an_ended_upload_is_gone_with_its_bytes(api: Api) -> None:
    for sent in (100, len(PHOTO)):
        path = await begin(api, len(PHOTO))
        await send(api, path, PHOTO[:sent], at=0)
        assert (await api.http.delete(path, headers=RESUMABLE)).status_code == 204
        assert (await ask(api, path)).status_code == 404
        assert (await api.http.delete(path, headers=RESUMABLE)).status_code == 404
        assert files_of(api, path) == []
        originals = api.settings.media.root / "originals"
        assert list(originals.rglob(id_of(path))) == []
    assert (await ask(api, f"/v1/uploads/{uuid4()}")).status_code == 404


async def test_an_upload_that_a_report_has_is_not_ended(api: Api) -> None:
    path = await begin(api, len(PHOTO))
    await send(api, path, PHOTO, at=0)
    await api.file(Draft().body(uploads=[id_of(path)]))
    assert (await api.http.delete(path, headers=RESUMABLE)).status_code == 204
    assert await original_of(api, path) == PHOTO


async def test_an_expired_upload_is_gone(api: Api) -> None:
    path = await begin(api, len(PHOTO))
    await execute(
        api,
        "update transfers set expires_at = now() - interval '1 second' where id = %(id)s",
        id=id_of(path),
    )
    assert (await ask(api, path)).status_code == 410
    answer = await send(api, path, PHOTO, at=0)
    assert (answer.status_code, answer.json()["code"]) == (410, "upload_expired")


async def test_a_file_in_crumbs_is_refused(api: Api) -> None:
    path = await begin(api, 100_000)
    await execute(
        api,
        """
        insert into transfer_pieces (transfer_id, start, size, store_key)
        select %(id)s, n, 1, 'x' from generate_series(1, 4000) n
        """,
        id=id_of(path),
    )
    answer = await send(api, path, b"x", at=0)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_in_crumbs")
