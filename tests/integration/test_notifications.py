"""From an announcement to the citizen's phone: once, through whatever breaks on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.clock import utc_now
from core.db import transaction
from notifications.channels.base import Outgoing, TryLater, Undeliverable
from notifications.delivery import MAX_ATTEMPTS
from tests.support.casework import BUS, Staged, press, stage
from tests.support.city import Draft
from tests.support.client import KEYS, Api
from tests.support.photos import make_jpeg
from tests.support.rows import execute, fetch, fetch_one
from tests.support.sealing import SEALER
from tests.support.worker import (
    RecordingChannel,
    eventually,
    open_workshop,
    running_worker,
    worker_sessions,
)
from workflows.announcing import PhotoLinks, fan_out
from workflows.worker import Workshop

PHONE = "+84905666666"
DEVICE = "device:of-the-citizen"


@dataclass
class MoodyChannel:
    """Raises its moods one by one, then sends."""

    moods: list[Exception] = field(default_factory=list[Exception])
    sent: list[Outgoing] = field(default_factory=list[Outgoing])
    tried: list[str] = field(default_factory=list[str])

    async def send(self, message: Outgoing) -> None:
        self.tried.append(message.key)
        if self.moods:
            raise self.moods.pop(0)
        self.sent.append(message)

    async def close(self) -> None:
        return None


@asynccontextmanager
async def workshop_with(api: Api, push: Any = None) -> AsyncIterator[tuple[Workshop, Any, Any]]:
    """A workshop with its push and SMS channels."""
    channels = {"push": push or RecordingChannel(), "sms": RecordingChannel()}
    async with open_workshop(api, channels) as workshop:
        yield workshop, channels["push"], channels["sms"]


async def citizens_case(api: Api) -> tuple[Staged, dict[str, str]]:
    """A case whose reporter has an account and a phone with the app."""
    headers = await api.citizen(PHONE)
    device = await api.http.put(
        f"/v1/me/devices/{DEVICE}", json={"platform": "android"}, headers=headers
    )
    assert device.status_code == 204
    return await stage(api, headers=headers), headers


async def announced(api: Api, audience: str = "reporter") -> list[int]:
    rows = await fetch(
        api, "select id from announcements where audience = %(a)s order by id", a=audience
    )
    return [row.id for row in rows]


async def notified(api: Api, channel: str) -> list[Any]:
    return await fetch(
        api, "select * from notifications where channel = %(c)s order by id", c=channel
    )


async def jobs(api: Api, task: str) -> list[list[Any]]:
    """The ids that waiting jobs of a kind carry."""
    rows = await fetch(
        api,
        "select args from procrastinate_jobs where task_name = %(t)s and status = 'todo'"
        " order by id",
        t=task,
    )
    return [row.args["ids"] for row in rows]


async def lose_all_jobs(api: Api) -> None:
    await execute(api, "delete from procrastinate_events")
    await execute(api, "delete from procrastinate_jobs")


async def one_push(api: Api, workshop: Workshop) -> Any:
    """The row of a push message that waits to be sent."""
    case, _ = await citizens_case(api)
    assert (await press(api, case, "accept", {})).status_code == 200
    await workshop.fan_out(await announced(api))
    [row] = await notified(api, "push")
    assert row.status == "pending"
    return row


# Fan-out -----------------------------------------------------------------------------------------


async def test_fanning_out_twice_adds_nothing(own_api: Api) -> None:
    case, _ = await citizens_case(own_api)
    await press(own_api, case, "accept", {})
    ids = [*(await announced(own_api)), *(await announced(own_api, "department"))]
    async with workshop_with(own_api) as (workshop, _, _):
        await asyncio.gather(*(workshop.fan_out(ids) for _ in range(4)))
        first = await fetch(own_api, "select key, fanned_out_at from announcements order by id")
        rows = await fetch(own_api, "select id, key from notifications order by id")
        # Even if the mark that it was done is lost.
        await execute(own_api, "update announcements set fanned_out_at = null")
        await workshop.fan_out(ids)
    assert all(row.fanned_out_at for row in first)
    assert await fetch(own_api, "select id, key from notifications order by id") == rows
    kinds = await fetch(
        own_api, "select channel, count(*) as n from notifications group by 1 order by 1"
    )
    # The citizen's inbox and phone; the inboxes of the department's staff and supervisor.
    assert [tuple(row) for row in kinds] == [("inbox", 3), ("push", 1)]


async def test_an_account_hears_by_inbox_and_device_in_its_language(own_api: Api) -> None:
    headers = await own_api.citizen(PHONE)
    english = {**headers, "Accept-Language": "en"}
    await own_api.http.put(f"/v1/me/devices/{DEVICE}", json={"platform": "ios"}, headers=headers)
    case = await stage(own_api, headers=english)
    await press(own_api, case, "accept", {})
    async with workshop_with(own_api) as (workshop, push, sms):
        await workshop.fan_out(await announced(own_api))
        [waiting] = await jobs(own_api, "notifications.deliver")
        await workshop.deliver(waiting)
    [message] = push.sent
    assert message.address == DEVICE
    assert message.title == f"Report {case.code} is being worked on"
    assert message.data["report_id"] == case.id
    assert sms.sent == []
    [inbox] = (await own_api.http.get("/v1/me/notifications", headers=headers)).json()["items"]
    assert (inbox["title"], inbox["body"]) == (message.title, message.body)


async def test_a_phone_number_alone_gets_a_text_message(own_api: Api) -> None:
    case = await stage(own_api, contact={"phone": "0905 777 888"})
    await press(own_api, case, "accept", {})
    async with workshop_with(own_api) as (workshop, push, sms):
        await workshop.fan_out(await announced(own_api))
        for ids in await jobs(own_api, "notifications.deliver"):
            await workshop.deliver(ids)
    [message] = sms.sent
    assert message.address == "+84905777888"
    assert case.code in message.title
    assert push.sent == []
    rows = await fetch(own_api, "select channel, status from notifications")
    assert [tuple(row) for row in rows] == [("sms", "sent")]


@pytest.mark.parametrize("contact", [None, {"name": "An"}, {"email": "an@example.vn"}])
async def test_nobody_is_told_who_left_no_way(own_api: Api, contact: dict[str, str] | None) -> None:
    case = await stage(own_api, **({"contact": contact} if contact else {}))
    await press(own_api, case, "accept", {})
    async with workshop_with(own_api) as (workshop, _, _):
        await workshop.fan_out(await announced(own_api))
    assert await fetch(own_api, "select * from notifications") == []
    pending = await fetch(
        own_api,
        "select id from announcements where audience = 'reporter' and fanned_out_at is null",
    )
    assert pending == []


async def test_what_colleagues_write_is_not_told_to_the_citizen(own_api: Api) -> None:
    case, _ = await citizens_case(own_api)
    await press(own_api, case, "accept", {"note": "bí mật nội bộ"})
    await press(own_api, case, "resolve", {"answer": "Đã lợp lại mái."})
    await press(own_api, case, "send_back", {"reason": "làm ẩu"}, "supervisor")
    await press(own_api, case, "resolve", {"answer": "Đã lợp lại toàn bộ mái."})
    await press(own_api, case, "approve", {"note": "tạm được"}, "supervisor")
    async with workshop_with(own_api) as (workshop, _, _):
        await workshop.fan_out(await announced(own_api))
    told = " ".join(row.body + str(row.data) for row in await notified(own_api, "inbox"))
    assert "Đã lợp lại toàn bộ mái." in told
    for word in ("bí mật", "làm ẩu", "tạm được"):
        assert word not in told


# Delivery ----------------------------------------------------------------------------------------


async def test_delivering_twice_or_at_once_sends_once(own_api: Api) -> None:
    async with workshop_with(own_api) as (workshop, push, _):
        row = await one_push(own_api, workshop)
        await asyncio.gather(*(workshop.deliver([row.id]) for _ in range(4)))
        await workshop.deliver([row.id, row.id, 10**9])
    assert [message.key for message in push.sent] == [row.key]


async def test_a_provider_that_is_busy_is_tried_again_by_the_reconciler(own_api: Api) -> None:
    channel = MoodyChannel([TryLater("busy")])
    async with workshop_with(own_api, channel) as (workshop, _, _):
        row = await one_push(own_api, workshop)
        before = datetime.now(UTC)
        await workshop.deliver([row.id])
        [failed] = await notified(own_api, "push")
        assert (failed.status, failed.attempts, failed.error) == ("pending", 1, "busy")
        assert failed.next_attempt_at >= before + timedelta(seconds=5)
        await lose_all_jobs(own_api)
        # Before its time nothing happens to it, whoever asks.
        await workshop.deliver([row.id])
        await workshop.reconcile()
        assert channel.tried == [row.key]
        assert await jobs(own_api, "notifications.deliver") == []
        await execute(
            own_api,
            "update notifications set next_attempt_at = now() - interval '10 seconds'"
            " where id = %(id)s",
            id=row.id,
        )
        await workshop.reconcile()
        assert await jobs(own_api, "notifications.deliver") == [[row.id]]
        await workshop.deliver([row.id])
    assert [message.key for message in channel.sent] == [row.key]  # under the same key
    [sent] = await notified(own_api, "push")
    assert (sent.status, sent.attempts, sent.error) == ("sent", 2, None)


async def test_a_provider_says_itself_when_to_come_back(own_api: Api) -> None:
    async with workshop_with(own_api, MoodyChannel([TryLater("busy", 7200)])) as (workshop, _, _):
        row = await one_push(own_api, workshop)
        before = datetime.now(UTC)
        await workshop.deliver([row.id])
    [failed] = await notified(own_api, "push")
    assert failed.next_attempt_at >= before + timedelta(seconds=7200)


@pytest.mark.parametrize("gone", [True, False])
async def test_a_device_that_is_gone_is_forgotten(own_api: Api, *, gone: bool) -> None:
    channel = MoodyChannel([Undeliverable("unregistered", gone=gone)])
    async with workshop_with(own_api, channel) as (workshop, _, _):
        row = await one_push(own_api, workshop)
        await workshop.deliver([row.id])
        await workshop.deliver([row.id])
    [failed] = await notified(own_api, "push")
    assert (failed.status, failed.error) == ("failed", "unregistered")
    assert len(channel.tried) == 1
    devices = await fetch(own_api, "select token from devices")
    assert [device.token for device in devices] == ([] if gone else [DEVICE])


async def test_twelve_failures_are_the_end(own_api: Api) -> None:
    channel = MoodyChannel([TryLater(f"busy {n}") for n in range(1, 20)])
    async with workshop_with(own_api, channel) as (workshop, _, _):
        row = await one_push(own_api, workshop)
        for attempt in range(1, MAX_ATTEMPTS + 3):
            await execute(own_api, "update notifications set next_attempt_at = now()")
            await workshop.deliver([row.id])
            [seen] = await notified(own_api, "push")
            assert seen.attempts == min(attempt, MAX_ATTEMPTS)
            assert seen.status == ("pending" if attempt < MAX_ATTEMPTS else "failed")
    assert len(channel.tried) == MAX_ATTEMPTS == 12
    assert seen.error == "busy 12"


async def test_a_channel_that_breaks_holds_up_no_other_message(own_api: Api) -> None:
    """Providers' libraries raise whatever they like, such as ValueError over an odd token."""
    channel = MoodyChannel([ValueError("odd token")])
    headers = await own_api.citizen(PHONE)
    for token in ("device:one", "device:two"):
        await own_api.http.put(f"/v1/me/devices/{token}", json={"platform": "ios"}, headers=headers)
    case = await stage(own_api, headers=headers)
    await press(own_api, case, "accept", {})
    async with workshop_with(own_api, channel) as (workshop, _, _):
        await workshop.fan_out(await announced(own_api))
        await workshop.deliver([row.id for row in await notified(own_api, "push")])
    rows = await notified(own_api, "push")
    assert [(row.status, row.attempts) for row in rows] == [("pending", 1), ("sent", 1)]
    assert "odd token" in rows[0].error


async def test_a_code_that_cannot_be_sent_is_not_kept(own_api: Api) -> None:
    await own_api.http.post("/v1/auth/otp", json={"phone": PHONE})
    [row] = await notified(own_api, "sms")
    channels = {"sms": MoodyChannel([Undeliverable("no such number")])}
    async with open_workshop(own_api, channels) as workshop:
        await workshop.deliver([row.id])
    [failed] = await notified(own_api, "sms")
    assert (failed.status, failed.body) == ("failed", "…")


async def test_a_channel_that_is_not_set_up_fails_and_says_so(own_api: Api) -> None:
    async with open_workshop(own_api, {}) as workshop:
        row = await one_push(own_api, workshop)
        await workshop.deliver([row.id])
    [failed] = await notified(own_api, "push")
    assert (failed.status, failed.error) == ("failed", "no channel push")


# Lost jobs ---------------------------------------------------------------------------------------


async def age(api: Api, table: str, column: str) -> None:
    await execute(api, f"update {table} set {column} = {column} - interval '2 minutes'")


async def test_the_reconciler_finds_rows_whose_job_was_lost(own_api: Api) -> None:
    photo = await own_api.upload()
    headers = await own_api.citizen(PHONE)
    await own_api.http.put(f"/v1/me/devices/{DEVICE}", json={"platform": "ios"}, headers=headers)
    case = await stage(own_api, headers=headers, uploads=[photo])
    await press(own_api, case, "accept", {})
    ids = [*(await announced(own_api, "department")), *(await announced(own_api))]
    attachment = await fetch_one(own_api, "select id from attachments")
    await lose_all_jobs(own_api)
    async with workshop_with(own_api) as (workshop, _, _):
        await workshop.reconcile()
        # What is fresh has its job, as far as anybody knows.
        assert await fetch(own_api, "select id from procrastinate_jobs") == []
        await age(own_api, "announcements", "created_at")
        await age(own_api, "attachments", "created_at")
        await workshop.reconcile()
        [fanned] = await jobs(own_api, "notifications.fan_out")
        assert sorted(fanned) == sorted(ids)
        assert await jobs(own_api, "media.make_derivatives") == [[str(attachment.id)]]
        await workshop.fan_out(ids)
        await workshop.make_derivatives([str(attachment.id)])
        [row] = await notified(own_api, "push")
        await lose_all_jobs(own_api)
        await age(own_api, "notifications", "next_attempt_at")
        await workshop.reconcile()
        assert await jobs(own_api, "notifications.deliver") == [[row.id]]
        await workshop.deliver([row.id])
        await lose_all_jobs(own_api)
        await workshop.reconcile()
    # Nothing is left to do.
    assert await fetch(own_api, "select id from procrastinate_jobs") == []


async def test_a_worker_that_starts_makes_up_for_lost_jobs(own_api: Api) -> None:
    case, headers = await citizens_case(own_api)
    await press(own_api, case, "accept", {})
    await lose_all_jobs(own_api)
    await age(own_api, "announcements", "created_at")
    async with running_worker(own_api) as channels:
        await eventually(lambda: bool(channels["push"].sent))
    [message] = channels["push"].sent
    assert case.code in message.title
    inbox = (await own_api.http.get("/v1/me/notifications", headers=headers)).json()["items"]
    assert len(inbox) == 1


# Photos that cannot be read ----------------------------------------------------------------------


async def test_the_citizen_hears_of_a_photo_that_cannot_be_read(own_api: Api) -> None:
    whole = make_jpeg(1600, 1200)
    cut = await own_api.upload(whole[: len(whole) // 2])  # its header is fine
    good = await own_api.upload(whole)
    headers = await own_api.citizen(PHONE)
    body = Draft(BUS).body(uploads=[cut, good])
    filed = await own_api.file(body, headers=headers, report_id=uuid4())
    [ids] = await jobs(own_api, "media.make_derivatives")
    async with workshop_with(own_api) as (workshop, _, _):
        await workshop.make_derivatives(ids)
        await workshop.make_derivatives(ids)
        failed = await fetch(
            own_api, "select id from announcements where template = 'photo_failed'"
        )
        assert len(failed) == 1
        await workshop.fan_out([row.id for row in failed])
    report = (await own_api.http.get(f"/v1/reports/{filed['id']}", headers=headers)).json()
    assert [photo["state"] for photo in report["photos"]] == ["failed", "ready"]
    [message] = (await own_api.http.get("/v1/me/notifications", headers=headers)).json()["items"]
    assert message["title"].startswith(filed["code"])
    assert message["data"]["report_id"] == filed["id"]


async def test_the_citizen_also_hears_of_one_sent_with_an_answer(own_api: Api) -> None:
    case = await stage(own_api, "waiting", contact={"phone": PHONE})
    whole = make_jpeg(1600, 1200)
    cut = await own_api.upload(whole[: len(whole) // 2])
    answered = await press(own_api, case, "answer", {"text": "Đây", "photos": [cut]}, "reporter")
    assert answered.status_code == 200
    [ids] = await jobs(own_api, "media.make_derivatives")
    async with workshop_with(own_api) as (workshop, _, _):
        await workshop.make_derivatives(ids)
    rows = await fetch(
        own_api, "select audience from announcements where template = 'photo_failed'"
    )
    assert [row.audience for row in rows] == ["reporter"]


async def test_an_announcement_that_cannot_be_told_holds_up_no_other(own_api: Api) -> None:
    report = await own_api.file()
    async with worker_sessions(own_api) as sessions:
        async with transaction(sessions) as session:
            broken = await session.scalar(
                text(
                    "insert into announcements (key, case_id, audience, template, data, created_at)"
                    " values ('broken', :case_id, 'department', 'no_such_template', '{}', now())"
                    " returning id"
                ),
                {"case_id": report["id"]},
            )
            good = await session.scalar(text("select min(id) from announcements"))
        links = PhotoLinks("https://hientruong.example", KEYS)
        with pytest.raises(ExceptionGroup, match="not fanned out"):
            await fan_out(sessions, [broken, good], links=links, sealer=SEALER, now=utc_now())
        async with transaction(sessions) as session:
            pending = await session.scalars(
                text("select id from announcements where fanned_out_at is null")
            )
            assert list(pending) == [broken]
