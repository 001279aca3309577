"""Consents: given, refused and taken back by an act, of a text that can be proven."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.settings import CitySettings
from tests.support.casework import press, stage
from tests.support.city import Draft
from tests.support.client import Api, serve
from tests.support.rows import counts, fetch, fetch_one
from tests.support.worker import RecordingChannel, open_workshop
from workflows.consent_texts import built_in_texts

CONTACT = {"name": "Nguyễn Văn An", "phone": "0905 123 456"}
# Of every text that was ever published: whoever agreed to it agreed to these words. A new wording
# is a new version below the old ones, and a new line here.
PUBLISHED = {
    ("handling", "1"): "673c15c4dd60730be7c10f75d8a12f65d8b45c1ab5c9143d7916f8748bc218a2",
    ("identity", "1"): "afecd39f75f950468b54848fae4dd1ba3eedc0b40babde470f38df7945d62d24",
    ("contact_phone", "1"): "ae5a2a83820dd098e8645b5e02a2d1a06b524da9e7752e572f220e3b927a0b28",
    ("contact_zalo", "1"): "5484f4aba789ccc4b801c9476ab5d26e008d2b6edffbd3008800c4f03f8cd430",
    ("publish_photo", "1"): "772fa6ce4e4309f0292fade6af43876ca11782bc60f369b205530c0a84d1dc61",
    ("survey", "1"): "6500a15fd1856c60ea4b0dc0ec4c74f67ac5d1473540d273d0df6d871826f428",
}


def decision(purpose: str, *, given: bool = True, version: str = "1") -> dict[str, object]:
    return {"purpose": purpose, "version": version, "given": given}


def test_published_texts_are_never_changed() -> None:
    found = {
        (text.purpose, text.version): text.sha256.hex()
        for versions in built_in_texts().versions.values()
        for text in versions
    }
    assert found == PUBLISHED


async def test_the_texts_are_shown_with_their_hash_and_nothing_is_decided(api: Api) -> None:
    vi = (await api.http.get("/v1/consents")).json()["items"]
    en = (await api.http.get("/v1/consents", headers={"Accept-Language": "en"})).json()["items"]
    assert [item["purpose"] for item in vi] == [text.purpose for text in built_in_texts().newest()]
    assert all("Huế" in item["text"] for item in vi)
    assert [item["sha256"] for item in vi] == [item["sha256"] for item in en]
    text = built_in_texts().find("identity", "1")
    assert text is not None
    assert text.sha256 == hashlib.sha256(f"{text.vi}\n{text.en}".encode()).digest()
    headers = await api.citizen(f"+8490{uuid4().int % 10_000_000:07d}")
    mine = (await api.http.get("/v1/me/consents", headers=headers)).json()
    assert set(mine["current"].values()) == {None}
    assert "handling" not in mine["current"]  # a duty: nobody is asked
    assert mine["history"] == []


async def test_taking_back_is_the_same_act_as_giving_and_history_stays(api: Api) -> None:
    headers = await api.citizen("+84905666001")
    for given in (True, False):
        answer = await api.http.post(
            "/v1/me/consents",
            json={"consents": [decision("contact_zalo", given=given)]},
            headers=headers,
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["current"]["contact_zalo"] is given
    history = answer.json()["history"]
    assert [(row["purpose"], row["given"], row["channel"]) for row in history] == [
        ("contact_zalo", True, "app"),
        ("contact_zalo", False, "app"),
    ]
    text = built_in_texts().find("contact_zalo", "1")
    assert text is not None
    assert {row["sha256"] for row in history} == {text.sha256.hex()}


@pytest.mark.parametrize(
    ("items", "pointer", "code"),
    [
        ([decision("contact_zalo", version="0")], "/consents/0", "consent_text_unknown"),
        ([decision("everything")], "/consents/0", "consent_text_unknown"),
        ([decision("handling")], "/consents/0/purpose", "consent_not_asked"),
        ([decision("survey"), decision("survey")], "/consents/1/purpose", "consent_repeated"),
        ([], "/consents", None),
        ([{"purpose": "survey", "version": "1"}], "/consents/0/given", None),
        ([{"purpose": "survey", "version": "1", "given": "yes"}], "/consents/0/given", None),
    ],
)
async def test_what_is_no_decision_is_refused(
    api: Api, items: list[Any], pointer: str, code: str | None
) -> None:
    headers = await api.citizen("+84905666002")
    answer = await api.http.post("/v1/me/consents", json={"consents": items}, headers=headers)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert code in (None, error["code"])
    assert (await api.http.get("/v1/me/consents", headers=headers)).json()["history"] == []


async def test_a_report_brings_the_decisions_made_when_it_was_filed(api: Api) -> None:
    report_id = uuid4()
    consents = [decision("identity"), decision("publish_photo", given=False)]
    body = Draft().body(contact=CONTACT, consents=consents)
    filed = await api.file(body, report_id=report_id)
    again = await api.http.put(f"/v1/reports/{report_id}", json=body)
    assert again.status_code == 200
    other = await api.http.put(f"/v1/reports/{report_id}", json=body | {"consents": consents[:1]})
    assert other.status_code == 409
    token = {"track_token": filed["track_token"]}
    mine = (await api.http.get(f"/v1/reports/{report_id}/consents", params=token)).json()
    assert mine["current"] | {"identity": True, "publish_photo": False} == mine["current"]
    assert mine["current"]["survey"] is None
    assert len(mine["history"]) == 2
    assert (await api.http.get(f"/v1/reports/{report_id}/consents")).status_code == 404


async def test_a_client_that_asks_keeps_no_contact_without_consent(api: Api) -> None:
    before = await counts(api)
    for consents in ([decision("survey")], [decision("identity", given=False)]):
        answer = await api.http.put(
            f"/v1/reports/{uuid4()}", json=Draft().body(contact=CONTACT, consents=consents)
        )
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/contact", "consent_to_identity_missing")
    assert await counts(api) == before
    await api.file(Draft().body(consents=[decision("identity", given=False)]))
    await api.file(Draft().body(contact=CONTACT))  # a client of before, which does not ask


async def told_by_sms(api: Api) -> list[str]:
    sms = RecordingChannel()
    async with open_workshop(api, {"sms": sms}) as workshop:
        ids = await fetch(api, "select id from announcements where fanned_out_at is null")
        await workshop.fan_out([row.id for row in ids])
        waiting = await fetch(api, "select id from notifications where status = 'pending'")
        await workshop.deliver([row.id for row in waiting])
    return [message.address for message in sms.sent]


async def test_whoever_takes_back_contact_is_not_written_to_any_more(own_api: Api) -> None:
    consents = [decision("identity"), decision("contact_phone")]
    case = await stage(own_api, contact=CONTACT, consents=consents)
    await press(own_api, case, "accept", {})
    assert await told_by_sms(own_api) == ["+84905123456"]
    answer = await own_api.http.post(
        f"{case.report_url}/consents",
        json={"consents": [decision("contact_phone", given=False)]},
        params={"track_token": case.track_token},
    )
    assert answer.json()["current"]["contact_phone"] is False
    await press(own_api, case, "resolve", {"answer": "Xong"})
    await press(own_api, case, "approve", {}, "supervisor")
    assert await told_by_sms(own_api) == []


async def test_the_version_and_hash_stand_in_the_row(own_api: Api) -> None:
    headers = await own_api.citizen()
    await own_api.http.post(
        "/v1/me/consents",
        json={"consents": [decision("survey")]},
        headers=headers | {"Accept-Language": "en"},
    )
    row = await fetch_one(own_api, "select * from consents")
    text = built_in_texts().find("survey", "1")
    assert text is not None
    assert (row.version, row.text_sha256, row.language) == ("1", text.sha256, "en")


async def test_a_city_asks_in_its_own_words_and_the_old_ones_stay_proven(
    own_api: Api, tmp_path: Path
) -> None:
    headers = await own_api.citizen("+84905666009")
    before = await own_api.http.post(
        "/v1/me/consents", json={"consents": [decision("survey")]}, headers=headers
    )
    assert before.status_code == 200, before.text
    words = {"vi": "{city} được hỏi tôi sau này.", "en": "{city} may ask me later."}
    own = {"purposes": {"survey": {"versions": {"hue-1": words}}}}
    (tmp_path / "consents.json").write_text(json.dumps(own), encoding="utf-8")
    settings = replace(own_api.settings, city=CitySettings(folder=tmp_path))
    async with serve(settings) as api:
        asked = (await api.http.get("/v1/consents")).json()["items"]
        [survey] = [item for item in asked if item["purpose"] == "survey"]
        assert (survey["version"], survey["text"]) == (
            "hue-1", "Thành phố Huế được hỏi tôi sau này.",
        )  # fmt: skip
        # Whoever saw the words of before (a phone without a network) may still answer those.
        said = [decision("survey", version="hue-1", given=False)]
        report = await api.file(Draft().body(consents=said), headers=headers)
        mine = (await api.http.get("/v1/me/consents", headers=headers)).json()
        assert [(row["version"], row["given"]) for row in mine["history"]] == [
            ("1", True), ("hue-1", False),
        ]  # fmt: skip
        assert mine["history"][1]["sha256"] == survey["sha256"]
        assert mine["history"][1]["report_id"] == report["id"]
        answer = await api.http.post(
            "/v1/me/consents", json={"consents": [decision("survey")]}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        exported = await api.http.get("/v1/me/export", headers=headers)
        with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
            told = json.loads(archive.read("data.json"))["consents"]
        old = built_in_texts().find("survey", "1")
        assert old is not None
        assert [row["text"] for row in told] == [old.vi, words["vi"], old.vi]
