"""What staff are told of a photo of finished work, and nobody else is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.casework import Staged, login, press, read, stage
from tests.support.city import CENTRE, LIGHT
from tests.support.client import Api
from tests.support.rows import execute


async def proven(api: Api, *, claims: str = "taken_at = null, taken_place = null") -> Staged:
    """A case whose result waits for approval, with an after-photo that claims so."""
    case = await stage(api, "in_progress", category=LIGHT, uploads=[await api.upload()])
    form: dict[str, object] = {"answer": "Đã thay bóng.", "photos": [await api.upload()]}
    answer = await press(api, case, "resolve", form)
    assert answer.status_code == 200, answer.text
    await execute(api, f"update attachments set {claims} where case_id = %(id)s", id=case.id)
    return case


def photos(case: dict[str, Any], purpose: str) -> list[dict[str, Any]]:
    return [photo for photo in case["photos"] if photo["purpose"] == purpose]


def at(lat: float, time: str) -> str:
    place = f"st_setsrid(st_makepoint({CENTRE['lon']}, {lat}), 4326)"
    return f"taken_at = {time}, taken_place = {place}"


@pytest.mark.parametrize(
    ("claims", "codes"),
    [
        ("taken_at = null, taken_place = null", ["photo_without_place", "photo_without_time"]),
        (at(CENTRE["lat"], "now()"), []),
        (at(CENTRE["lat"] + 0.01, "now()"), ["photo_elsewhere"]),
        (at(CENTRE["lat"], "now() - interval '2 days'"), ["photo_before_report"]),
        (at(CENTRE["lat"], "now() + interval '1 day'"), ["photo_in_the_future"]),
    ],
)
async def test_what_does_not_fit_is_told(api: Api, claims: str, codes: list[str]) -> None:
    case = await proven(api, claims=claims)
    seen = await read(api, case, "supervisor")
    [photo] = photos(seen, "after")
    assert [finding["code"] for finding in photo["findings"]] == codes
    assert all(finding["detail"] != finding["code"] for finding in photo["findings"])
    # Only the proof of the work is looked at, and it blocks nothing.
    [reported] = photos(seen, "report")
    assert reported["findings"] == []
    assert (await press(api, case, "approve", {}, "supervisor")).status_code == 200


async def test_it_is_told_in_the_readers_language(api: Api) -> None:
    case = await proven(api, claims=at(CENTRE["lat"] + 0.01, "now()"))
    headers = {**(await login(api, case, "supervisor")), "Accept-Language": "en"}
    seen = (await api.http.get(case.url, headers=headers)).json()
    [finding] = photos(seen, "after")[0]["findings"]
    assert finding["detail"] == "Taken 1112 m away from the reported place."
    seen = await read(api, case, "supervisor")
    [finding] = photos(seen, "after")[0]["findings"]
    assert finding["detail"] == "Ảnh chụp cách vị trí phản ánh 1112 m."


async def test_the_citizen_hears_nothing_of_it(api: Api) -> None:
    case = await proven(api)
    await press(api, case, "approve", {}, "supervisor")
    report = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert [photo["findings"] for photo in report.json()["photos"]] == [[], []]


async def test_a_photo_taken_while_the_work_was_done_fits(api: Api) -> None:
    case = await proven(api)
    opened = datetime.fromisoformat((await read(api, case))["opened_at"])
    taken = (opened + timedelta(minutes=5)).isoformat()
    claims = at(CENTRE["lat"] + 0.0015, f"'{taken}'")  # 170 m
    await execute(api, f"update attachments set {claims} where case_id = %(id)s", id=case.id)
    [photo] = photos(await read(api, case, "leader"), "after")
    assert photo["findings"] == []
