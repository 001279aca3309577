"""Files put straight into the store, and five ways to put something else there."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.actor import ANONYMOUS
from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from core.settings import MediaSettings
from media.presigned import begin_presigned
from media.stores.registry import open_store
from media.transfers import collect_transfers
from tests.support.city import Draft
from tests.support.client import Api
from tests.support.photos import make_noise
from tests.support.rows import execute, fetch_one
from tests.support.videos import make_video
from tests.support.worker import open_workshop

PHOTO = make_noise(300, 200)
SHA256 = hashlib.sha256(PHOTO).hexdigest()


@dataclass(frozen=True)
class Form:
    """A presigned form as a phone holds it; an attack is another form."""

    url: str
    fields: dict[str, str]
    file: bytes = PHOTO


async def begin(api: Api, **changes: object) -> dict[str, Any]:
    body = {"content_type": "image/jpeg", "size": len(PHOTO), "sha256": SHA256, **changes}
    answer = await api.http.post("/v1/uploads/presigned", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def post(form: Form) -> httpx.Response:
    """As a browser posts it: the fields, then the file."""
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(form.url, data=form.fields, files={"file": ("x", form.file)})


async def complete(api: Api, upload_id: str) -> httpx.Response:
    return await api.http.post(f"/v1/uploads/{upload_id}/complete")


async def test_a_photo_goes_straight_into_the_store(own_api: Api, settings: MediaSettings) -> None:
    begun = await begin(own_api)
    upload_id = begun["upload_id"]
    assert begun["fields"]["key"] == f"staging/{upload_id}"
    early = await complete(own_api, upload_id)
    assert (early.status_code, early.json()["code"]) == (409, "upload_not_stored")
    assert (await post(Form(begun["url"], begun["fields"]))).status_code == 204
    done = await complete(own_api, upload_id)
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["upload"]["width"]) == ("ready", 300)
    store = open_store(settings)
    row = await fetch_one(own_api, "select * from uploads where id = %(id)s", id=upload_id)
    assert bytes(row.sha256).hex() == SHA256
    assert row.store_key.startswith("originals/")
    assert await store.get(row.store_key) == PHOTO
    assert not await store.exists(f"staging/{upload_id}")
    assert (await complete(own_api, upload_id)).json() == done.json()
    await own_api.file(Draft().body(uploads=[upload_id]))


async def test_a_video_goes_straight_into_the_store_and_is_played_from_it(
    own_api: Api, tmp_path: Path
) -> None:
    place = ("-metadata", "location=+16.4600+107.5900/")
    video = make_video(tmp_path / "in.mp4", seconds=2, options=place)
    digest = hashlib.sha256(video).hexdigest()
    begun = await begin(own_api, content_type="video/mp4", size=len(video), sha256=digest)
    assert (await post(Form(begun["url"], begun["fields"], video))).status_code == 204
    done = await complete(own_api, begun["upload_id"])
    assert (done.status_code, done.json()["state"]) == (200, "ready"), done.text
    report = await own_api.file(Draft().body(uploads=[begun["upload_id"]]))
    async with open_workshop(own_api, {}) as workshop:
        row = await fetch_one(own_api, "select id from attachments")
        await workshop.make_derivatives([str(row.id)])
    url = f"/v1/reports/{report['id']}?track_token={report['track_token']}"
    [shown] = (await own_api.http.get(url)).json()["photos"]
    assert (shown["kind"], shown["state"], shown["duration_ms"]) == ("video", "ready", 2000)
    played = await own_api.http.get(shown["video_url"])
    assert (played.status_code, played.headers["content-type"]) == (200, "video/mp4")
    assert b"loci" in video  # where it was taken
    assert b"loci" not in played.content
    part = await own_api.http.get(shown["video_url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


async def test_the_form_says_exactly_what_may_be_put(own_api: Api, settings: MediaSettings) -> None:
    before = datetime.now(UTC)
    begun = await begin(own_api)
    policy = json.loads(base64.b64decode(begun["fields"]["policy"]))
    assert ["eq", "$key", f"staging/{begun['upload_id']}"] in policy["conditions"]
    assert ["eq", "$Content-Type", "image/jpeg"] in policy["conditions"]
    assert ["content-length-range", len(PHOTO), len(PHOTO)] in policy["conditions"]
    assert ["eq", "$bucket", settings.s3_bucket] in policy["conditions"]
    until = datetime.fromisoformat(policy["expiration"])
    assert timedelta(minutes=9) < until - before < timedelta(minutes=11)


def other_key(form: Form) -> Form:
    return replace(form, fields=form.fields | {"key": "originals/2026/11/evil"})


def larger_file(form: Form) -> Form:
    return replace(form, file=form.file + b"x")


def smaller_file(form: Form) -> Form:
    return replace(form, file=form.file[:-1])


def other_type(form: Form) -> Form:
    return replace(form, fields=form.fields | {"Content-Type": "text/html"})


def other_bucket(form: Form) -> Form:
    return replace(form, url=form.url.rpartition("/")[0] + "/another-bucket")


def tampered_signature(form: Form) -> Form:
    signature = form.fields["x-amz-signature"]
    changed = ("0" if signature[0] != "0" else "1") + signature[1:]
    return replace(form, fields=form.fields | {"x-amz-signature": changed})


def tampered_policy(form: Form) -> Form:
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    policy["conditions"] = [
        each for each in policy["conditions"] if each[0] != "content-length-range"
    ]
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    return replace(form, fields=form.fields | {"policy": encoded}, file=form.file * 2)


def unsigned(form: Form) -> Form:
    kept = {"key": form.fields["key"], "Content-Type": form.fields["Content-Type"]}
    return replace(form, fields=kept)


ATTACKS = (
    other_key, larger_file, smaller_file, other_type, other_bucket, tampered_signature,
    tampered_policy, unsigned,
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_refused_and_leaves_nothing(
    own_api: Api, settings: MediaSettings, attack: Callable[[Form], Form]
) -> None:
    store = open_store(settings)
    begun = await begin(own_api)
    form = Form(begun["url"], begun["fields"])
    if attack is other_bucket:
        await open_store(settings.model_copy(update={"s3_bucket": "another-bucket"})).check()
    answer = await post(attack(form))
    assert 400 <= answer.status_code < 500, answer.text
    assert [info.key async for info in store.list()] == []
    assert (await complete(own_api, begun["upload_id"])).json()["code"] == "upload_not_stored"
    assert (await post(form)).status_code == 204  # the form itself was good


async def test_an_expired_form_is_refused(own_api: Api, settings: MediaSettings) -> None:
    assert own_api.settings.database is not None
    engine = create_engine(own_api.settings.database)
    store = open_store(settings)
    await store.check()
    async with transaction(create_session_factory(engine)) as session:
        _, form, until = await begin_presigned(
            session, store, content_type="image/jpeg", size=len(PHOTO), sha256=None,
            actor=ANONYMOUS, settings=settings, now=utc_now() - timedelta(minutes=10, seconds=2),
        )  # fmt: skip
    await engine.dispose()
    assert until < utc_now()
    assert (await post(Form(form.url, form.fields))).status_code == 403
    assert [info.key async for info in store.list()] == []


async def test_another_file_of_the_same_size_is_refused_by_its_hash(
    own_api: Api, settings: MediaSettings
) -> None:
    begun = await begin(own_api)
    other = PHOTO[:-10] + bytes(10)
    assert (await post(Form(begun["url"], begun["fields"], other))).status_code == 204
    answer = await complete(own_api, begun["upload_id"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "sha256_differs")
    assert (await complete(own_api, begun["upload_id"])).status_code == 410
    assert [info.key async for info in open_store(settings).list()] == []


async def test_what_is_no_photo_is_refused_whatever_was_promised(
    own_api: Api, settings: MediaSettings
) -> None:
    page = b"<!doctype html><script>alert(1)</script>".ljust(len(PHOTO))
    begun = await begin(own_api, sha256=None)
    assert (await post(Form(begun["url"], begun["fields"], page))).status_code == 204
    answer = await complete(own_api, begun["upload_id"])
    assert (answer.status_code, answer.json()["code"]) == (415, "photo_type_unsupported")
    assert [info.key async for info in open_store(settings).list()] == []


async def test_putting_another_file_after_the_verdict_changes_nothing(
    own_api: Api, settings: MediaSettings
) -> None:
    store = open_store(settings)
    begun = await begin(own_api)
    await post(Form(begun["url"], begun["fields"]))
    await complete(own_api, begun["upload_id"])
    assert (await post(Form(begun["url"], begun["fields"], bytes(len(PHOTO))))).status_code == 204
    await complete(own_api, begun["upload_id"])
    row = await fetch_one(own_api, "select store_key from uploads")
    assert await store.get(row.store_key) == PHOTO


@pytest.mark.parametrize("ended", [True, False])
async def test_what_is_never_completed_is_collected(
    own_api: Api, settings: MediaSettings, *, ended: bool
) -> None:
    """Also what comes by a form whose upload was ended meanwhile."""
    begun = await begin(own_api)
    if ended:
        gone = await own_api.http.delete(f"/v1/uploads/{begun['upload_id']}")
        assert gone.status_code == 204
    await post(Form(begun["url"], begun["fields"]))
    await execute(own_api, "update transfers set expires_at = now()")
    assert own_api.settings.database is not None
    engine = create_engine(own_api.settings.database)
    store = open_store(settings)
    async with transaction(create_session_factory(engine)) as session:
        assert await collect_transfers(session, store, utc_now()) == 1
    await engine.dispose()
    assert [info.key async for info in store.list()] == []
    assert (await fetch_one(own_api, "select count(*) from transfers"))[0] == 0


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"content_type": "image/svg+xml"}, 415, "/content_type"),
        ({"content_type": ""}, 415, "/content_type"),
        ({"size": 0}, 422, "/size"),
        ({"size": "5"}, 422, "/size"),
        ({"sha256": "xyz"}, 422, "/sha256"),
        ({"key": "originals/x"}, 422, "/key"),
    ],
)
async def test_a_bad_wish_names_its_field(
    own_api: Api, change: dict[str, object], status: int, pointer: str
) -> None:
    body = {"content_type": "image/jpeg", "size": 5, **change}
    answer = await own_api.http.post("/v1/uploads/presigned", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    too_large = {"content_type": "image/jpeg", "size": 10**10}
    answer = await own_api.http.post("/v1/uploads/presigned", json=too_large)
    assert answer.status_code == 413


async def test_a_form_of_an_account_is_completed_by_nobody_else(own_api: Api) -> None:
    mine, other = await own_api.citizen("+84905000001"), await own_api.citizen("+84905000002")
    body = {"content_type": "image/jpeg", "size": len(PHOTO)}
    begun = (await own_api.http.post("/v1/uploads/presigned", json=body, headers=mine)).json()
    await post(Form(begun["url"], begun["fields"]))
    path = f"/v1/uploads/{begun['upload_id']}/complete"
    for headers in ({}, other):
        assert (await own_api.http.post(path, headers=headers)).status_code == 404
    assert (await own_api.http.post(path, headers=mine)).status_code == 200
    assert (await own_api.http.post(f"/v1/uploads/{uuid4()}/complete")).status_code == 404
