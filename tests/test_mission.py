"""The main job, from end to end. Read this first: it is what the whole system is for.

A citizen photographs a broken street lamp; the responsible department repairs it and proves it
with a photo; the citizen hears of it on their phone, and has the last word.
"""

from __future__ import annotations

import asyncio

import httpx

from tests.support.city import CENTRE, LIGHT, LIGHT_DEPARTMENT
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.worker import PUBLIC_URL, eventually, running_worker

DEVICE = "phone:of-the-citizen"
ANSWER = "Đã thay bóng đèn và kiểm tra tủ điều khiển, đèn sáng lại từ 19 giờ."


async def test_a_broken_lamp_is_reported_repaired_and_confirmed(own_api: Api) -> None:
    api = own_api
    citizen = await api.citizen()
    await api.http.put(f"/v1/me/devices/{DEVICE}", json={"platform": "android"}, headers=citizen)

    async with running_worker(api) as channels:
        # The citizen takes two photos and files the report where they stand.
        photos = [await api.upload(make_jpeg(colour=colour)) for colour in ("navy", "black")]
        report = await api.file(
            {
                "category": LIGHT,
                "location": {**CENTRE, "accuracy_m": 8},
                "description": "Đèn đường tắt ba ngày nay, trời tối rất nguy hiểm",
                "address": "12 Lê Lợi",
                "uploads": photos,
            },
            headers=citizen,
        )
        # At once they know the ward, who is responsible, and until when.
        assert report["area"]["name"] == "Phường Thuận Hoá"
        assert report["department"]["code"] == LIGHT_DEPARTMENT
        assert report["status"] == "assigned"
        assert report["due_at"] > (await now_of(api, report, citizen))
        # The operations centre sees it on its map, the department in its list.
        incidents = (await api.http.get("/v1/incidents.geojson")).json()
        assert [feature["id"] for feature in incidents["features"]] == [report["id"]]
        staff = await api.staff(f"staff.{LIGHT_DEPARTMENT}")
        cases = (await api.http.get("/v1/cases?status=open", headers=staff)).json()["items"]
        assert [case["code"] for case in cases] == [report["code"]]

        # The department accepts, and proves its work with a photo.
        assert (await api.act(report["id"], "accept", {}, staff)).status_code == 200
        without_photo = await api.act(report["id"], "resolve", {"answer": ANSWER}, staff)
        assert without_photo.json()["errors"][0]["pointer"] == "/photos"
        after = await api.upload(make_jpeg(colour="gold"))
        resolved = await api.act(
            report["id"], "resolve", {"answer": ANSWER, "photos": [after]}, staff
        )
        assert resolved.json()["state"] == "approval"
        # Nobody approves their own work: the supervisor does.
        assert "approve" not in [action["action"] for action in resolved.json()["actions"]]
        supervisor = await api.staff(f"supervisor.{LIGHT_DEPARTMENT}")
        assert (await api.act(report["id"], "approve", {}, supervisor)).status_code == 200

        # The citizen's phone receives the department's words and a link to the after-photo.
        await eventually(lambda: any(ANSWER in message.body for message in channels["push"].sent))
        message = next(m for m in channels["push"].sent if ANSWER in m.body)
        assert message.address == DEVICE
        assert report["code"] in message.title
        photo_url = str(message.data["photo_url"])
        assert photo_url.startswith(PUBLIC_URL)
        await eventually_ready(api, report, citizen)
        photo = await api.http.get(photo_url.removeprefix(PUBLIC_URL))
        assert photo.status_code == 200
        assert photo.headers["content-type"] == "image/webp"
        # The inbox holds the same, without any provider.
        inbox = (await api.http.get("/v1/me/notifications", headers=citizen)).json()["items"]
        assert inbox[0]["body"] == message.body

    # It is not fixed after all: the citizen reopens it, and the department works on it again.
    url = f"/v1/reports/{report['id']}"
    reopened = await api.http.post(
        f"{url}/actions/reopen", json={"reason": "Đèn lại tắt tối qua"}, headers=citizen
    )
    assert reopened.json()["status"] == "assigned"
    assert (await api.act(report["id"], "accept", {}, staff)).status_code == 200
    again = await api.upload(make_jpeg(colour="white"))
    await api.act(report["id"], "resolve", {"answer": "Đã thay dây.", "photos": [again]}, staff)
    await api.act(report["id"], "approve", {}, supervisor)
    # Now it is: they say so, without signing in, by the token they got when they filed it.
    rated = await api.http.post(
        f"{url}/actions/rate?track_token={report['track_token']}",
        json={"score": 5, "comment": "Cảm ơn"},
    )
    assert rated.json()["status"] == "closed"
    assert rated.json()["rating"] == 5
    assert rated.json()["actions"] == []
    # Every step stands in the history, in order, with who took it.
    case = (await api.http.get(f"/v1/cases/{report['id']}", headers=staff)).json()
    steps = [(event["rev"], event["action"], event["actor"]["role"]) for event in case["timeline"]]
    assert steps == [
        (1, "file", "citizen"),
        (2, "route", "system"),
        (3, "accept", "staff"),
        (4, "resolve", "staff"),
        (5, "approve", "supervisor"),
        (6, "publish", "system"),
        (7, "reopen", "citizen"),
        (8, "accept", "staff"),
        (9, "resolve", "staff"),
        (10, "approve", "supervisor"),
        (11, "publish", "system"),
        (12, "rate", "citizen"),
    ]


async def now_of(api: Api, report: dict[str, str], headers: dict[str, str]) -> str:
    """When the report was filed, as the API says it."""
    return (await get_report(api, report, headers)).json()["filed_at"]


async def get_report(api: Api, report: dict[str, str], headers: dict[str, str]) -> httpx.Response:
    return await api.http.get(f"/v1/reports/{report['id']}", headers=headers)


async def eventually_ready(api: Api, report: dict[str, str], headers: dict[str, str]) -> None:
    """Wait until the worker has made the pictures of every photo."""
    states: list[str] = []
    for _ in range(200):
        photos = (await get_report(api, report, headers)).json()["photos"]
        states = [photo["state"] for photo in photos]
        if states == ["ready"] * 3:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(states)
