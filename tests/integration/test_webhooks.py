"""From a button to another system: one signed call, through whatever breaks on the way."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import trustme
from pydantic import SecretStr

from core.settings import PushSettings, SecuritySettings, SmsSettings
from notifications.channels.base import Outgoing, TryLater, Undeliverable
from notifications.channels.registry import open_channels
from notifications.channels.webhook import WebhookChannel
from notifications.webhooks import finder_of_secrets
from tests.support.casework import BUS, Staged, press, stage
from tests.support.client import SECRET, Api, api_settings, serve
from tests.support.receiver import Receiver, running_receiver
from tests.support.rows import execute, fetch, fetch_one, url_of
from tests.support.worker import PUBLIC_URL, open_workshop
from workflows.worker import Workshop

URL = "/v1/admin/webhooks"
NAME = "partner"
PEOPLE = ("Trần Thị Bí Mật", "905333333", "bimat@example.vn", "Kiệt 27", "Karaoke", "gọi ông Tâm")


async def put(api: Api, url: str, name: str = NAME, **changes: object) -> httpx.Response:
    body = {"url": url, "active": True, **changes}
    return await api.http.put(f"{URL}/{name}", json=body, headers=await api.staff("admin"))


async def listed(api: Api) -> list[dict[str, Any]]:
    answer = await api.http.get(URL, headers=await api.staff("admin"))
    assert answer.status_code == 200
    return answer.json()["items"]


async def call_when(api: Api, action: str, *names: str) -> None:
    """Have an action of the city's process call webhooks."""
    row = await fetch_one(
        api,
        "select document from process_versions join city on city.process_id = process_versions.id",
    )
    document = row.document
    document["actions"][action]["webhooks"] = list(names)
    [version] = await fetch(
        api,
        "insert into process_versions (key, version, document, state)"
        " values (%(key)s, 1, %(document)s, 'published') returning id",
        key=f"calls {uuid4()}",
        document=json.dumps(document),
    )
    await execute(
        api, "update city set process_id = %(id)s, revision = revision + 1", id=version.id
    )


async def pressed(api: Api, **details: Any) -> Staged:
    """A case of which `accept` was just pressed."""
    case = await stage(api, category=BUS, **details)
    answer = await press(api, case, "accept", {"note": "gọi ông Tâm trước"})
    assert answer.status_code == 200, answer.text
    return case


@asynccontextmanager
async def workshop_of(api: Api, *, demo: bool = True) -> AsyncIterator[Workshop]:
    """A worker's workshop with the channels that a worker has."""
    async with open_workshop(api, {}) as bare:
        find_secret = finder_of_secrets(bare.sessions)
        channels = open_channels(PushSettings(), SmsSettings(), find_secret, demo=demo)
        yield replace(bare, channels=channels)
        for channel in channels.values():
            await channel.close()


async def work_off(api: Api, workshop: Workshop) -> None:
    """Fan out what was announced to webhooks, and deliver what waits, whatever its time."""
    announced = await fetch(
        api, "select id from announcements where audience = 'webhook' order by id"
    )
    await workshop.fan_out([row.id for row in announced])
    await execute(api, "update notifications set next_attempt_at = now() where status = 'pending'")
    await workshop.deliver([row.id for row in await calls_of(api)])


async def calls_of(api: Api) -> list[Any]:
    return await fetch(api, "select * from notifications where channel = 'webhook' order by id")


@asynccontextmanager
async def partner(api: Api, **moods: Any) -> AsyncIterator[tuple[Receiver, str]]:
    """Another system that `accept` calls, and the secret that it was told."""
    async with running_receiver(**moods) as receiver:
        added = await put(api, receiver.url)
        assert added.status_code == 201, added.text
        await call_when(api, "accept", NAME)
        yield receiver, added.json()["secret"]


# The call ----------------------------------------------------------------------------------------


async def test_an_action_calls_another_system_once_and_signs_the_call(own_api: Api) -> None:
    async with partner(own_api) as (receiver, secret), workshop_of(own_api) as workshop:
        before = datetime.now(UTC)
        case = await pressed(own_api)
        for _ in range(3):
            await work_off(own_api, workshop)
        [call] = receiver.calls
    assert call.line == "POST /hooks?city=46 HTTP/1.1"
    assert call.is_signed_with(secret)
    assert not call.is_signed_with("whsec_" + base64.b64encode(b"another").decode())
    assert call.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert call.headers["host"] == httpx.URL(receiver.url).netloc.decode()
    at = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
    assert abs(at - before) < timedelta(seconds=60)
    [row] = await calls_of(own_api)
    assert (row.status, row.attempts, row.address) == ("sent", 1, receiver.url)
    assert call.headers["webhook-id"] == row.key
    detail = await fetch_one(own_api, "select * from cases where id = %(id)s", id=case.id)
    area = await fetch_one(own_api, "select code from areas where id = %(id)s", id=detail.area_id)
    event = call.event
    assert before <= datetime.fromisoformat(event.pop("time"))
    assert datetime.fromisoformat(event["data"].pop("due_at")) == detail.due_at
    assert event == {
        "specversion": "1.0",
        "id": f"{case.id}:3:0:{event['id'].rpartition(':')[2]}",
        "source": PUBLIC_URL,
        "type": "vn.hientruong.case.accept",
        "subject": case.id,
        "datacontenttype": "application/json",
        "data": {
            "case": case.code,
            "category": BUS,
            "area": area.code,
            "department": "sxd",
            "status": "in_progress",
            "priority": detail.priority,
            "action": "accept",
            "state": "in_progress",
        },
    }


async def test_a_call_tells_nothing_of_people_or_what_they_wrote(own_api: Api) -> None:
    async with partner(own_api) as (receiver, _), workshop_of(own_api) as workshop:
        await pressed(
            own_api,
            description="Karaoke quá nửa đêm",
            address="Kiệt 27 Nguyễn Huệ",
            contact={"name": PEOPLE[0], "phone": "0905333333", "email": PEOPLE[2]},
        )
        await work_off(own_api, workshop)
        [call] = receiver.calls
    assert not [word for word in PEOPLE if word.lower() in call.body.decode().lower()]
    assert not [word for word in PEOPLE if word.lower() in str(await calls_of(own_api)).lower()]


async def test_each_webhook_of_an_action_is_called(own_api: Api) -> None:
    async with partner(own_api) as (first, _), running_receiver() as second:
        secret = (await put(own_api, second.url, "archive")).json()["secret"]
        await call_when(own_api, "accept", NAME, "archive")
        async with workshop_of(own_api) as workshop:
            await pressed(own_api)
            await work_off(own_api, workshop)
    assert len(first.calls) == len(second.calls) == 1
    assert second.calls[0].is_signed_with(secret)
    assert not second.calls[0].is_signed_with((await fetch_one(
        own_api, "select secret from webhooks where name = %(name)s", name=NAME
    )).secret)  # fmt: skip
    ids = {receiver.calls[0].event["id"] for receiver in (first, second)}
    assert len(ids) == 2


# What goes wrong ---------------------------------------------------------------------------------

BUSY = "503 Service Unavailable\r\nRetry-After: 7200\r\n"


async def test_a_system_that_is_busy_is_called_again_under_the_same_id(own_api: Api) -> None:
    async with (
        partner(own_api, answers=[BUSY]) as (receiver, secret),
        workshop_of(own_api) as workshop,
    ):
        await pressed(own_api)
        before = datetime.now(UTC)
        await work_off(own_api, workshop)
        [row] = await calls_of(own_api)
        assert (row.status, row.error) == ("pending", "webhook answered 503")
        assert row.next_attempt_at >= before + timedelta(hours=2)
        await work_off(own_api, workshop)
    first, second = receiver.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert second.is_signed_with(secret)
    assert (await calls_of(own_api))[0].status == "sent"


@pytest.mark.parametrize("status", ["301", "400", "401", "404", "409", "429", "500"])
async def test_whatever_is_no_yes_is_tried_again(own_api: Api, status: str) -> None:
    async with running_receiver() as elsewhere:
        answer = f"{status} No\r\nLocation: {elsewhere.url}\r\n"
        async with (
            partner(own_api, answers=[answer]) as (receiver, _),
            workshop_of(own_api) as workshop,
        ):
            await pressed(own_api)
            await work_off(own_api, workshop)
    assert len(receiver.calls) == 1
    assert elsewhere.calls == []  # nobody sends us elsewhere
    [row] = await calls_of(own_api)
    assert (row.status, row.error) == ("pending", f"webhook answered {status}")


async def test_a_system_that_says_it_is_gone_is_called_no_more(own_api: Api) -> None:
    async with (
        partner(own_api, answers=["410 Gone\r\n"]) as (receiver, _),
        workshop_of(own_api) as workshop,
    ):
        await pressed(own_api)
        await work_off(own_api, workshop)
        await pressed(own_api)
        await work_off(own_api, workshop)
    assert len(receiver.calls) == 1
    assert [(hook["name"], hook["active"]) for hook in await listed(own_api)] == [(NAME, False)]
    [row] = await calls_of(own_api)
    assert (row.status, row.error) == ("failed", "webhook answered 410")
    left = await fetch(
        own_api,
        "select id from announcements where audience = 'webhook' and fanned_out_at is null",
    )
    assert left == []


async def test_what_waits_for_a_retired_webhook_is_not_sent(own_api: Api) -> None:
    async with (
        partner(own_api, answers=[BUSY]) as (receiver, _),
        workshop_of(own_api) as workshop,
    ):
        await pressed(own_api)
        await work_off(own_api, workshop)
        gone = await own_api.http.delete(f"{URL}/{NAME}", headers=await own_api.staff("admin"))
        assert gone.status_code == 204
        await work_off(own_api, workshop)
    assert len(receiver.calls) == 1
    [row] = await calls_of(own_api)
    assert (row.status, row.error) == ("failed", "webhook retired")


async def test_what_waits_goes_to_the_new_address_under_the_new_secret(own_api: Api) -> None:
    async with (
        partner(own_api, answers=[BUSY]) as (receiver, _),
        running_receiver() as moved,
        workshop_of(own_api) as workshop,
    ):
        await pressed(own_api)
        await work_off(own_api, workshop)
        changed = await put(own_api, moved.url, new_secret=True)
        assert changed.status_code == 200
        await work_off(own_api, workshop)
    assert len(receiver.calls) == len(moved.calls) == 1
    assert moved.calls[0].is_signed_with(changed.json()["secret"])


# The channel by itself ---------------------------------------------------------------------------


def message(url: str) -> Outgoing:
    return Outgoing("a:1:0:0:webhook", url, "vn.hientruong.case.accept", "{}", {"webhook": NAME})


async def find_secret(name: str) -> str | None:
    return "whsec_c2VjcmV0" if name == NAME else None


@asynccontextmanager
async def channel(**settings: Any) -> AsyncIterator[WebhookChannel]:
    made = WebhookChannel(find_secret, **{"inside": True, **settings})
    yield made
    await made.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_outside_the_demo_nothing_inside_is_called(host: str) -> None:
    async with running_receiver() as receiver, channel(inside=False) as sends:
        port = httpx.URL(receiver.url).port
        with pytest.raises(Undeliverable, match="our own network"):
            await sends.send(message(f"http://{host}:{port}/"))
    assert receiver.calls == []


async def test_a_system_that_does_not_answer_holds_up_nobody_for_long() -> None:
    async with running_receiver(delay_s=5) as receiver, channel(timeout_s=0.3) as sends:
        with pytest.raises(TryLater, match="Timeout"):
            await sends.send(message(receiver.url))


async def test_an_answer_without_end_is_not_read() -> None:
    async with (
        running_receiver(endless=True, answers=["200 OK\r\n"]) as receiver,
        channel(timeout_s=5) as sends,
    ):
        await sends.send(message(receiver.url))


async def test_a_system_that_is_not_there_is_tried_again() -> None:
    async with running_receiver() as receiver:
        pass
    async with channel() as sends:
        with pytest.raises(TryLater, match="ConnectError"):
            await sends.send(message(receiver.url))


@pytest.mark.parametrize("after", ["9" * 400, "soon", "-1", "²"])
async def test_what_it_asks_for_has_its_limits(after: str) -> None:
    answer = f"503 Busy\r\nRetry-After: {after}\r\n"
    async with running_receiver(answers=[answer]) as receiver, channel() as sends:
        with pytest.raises(TryLater) as caught:
            await sends.send(message(receiver.url))
    assert caught.value.after_s in (None, 86_400)


@pytest.mark.parametrize("url", ["http://", "http://a..b/", "http://" + "a" * 64 + ".localhost/"])
async def test_an_address_that_is_none_is_given_up(url: str) -> None:
    async with channel() as sends:
        with pytest.raises((Undeliverable, TryLater)):
            await sends.send(message(url))


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("example.vn", False)])
async def test_the_certificate_must_be_for_the_name_not_the_address(
    name: str, *, trusted: bool
) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(server)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    async with running_receiver(server) as receiver, channel(tls=ours) as sends:
        named = receiver.url.replace("127.0.0.1", "localhost")
        if trusted:
            await sends.send(message(named))
            assert receiver.calls[0].headers["host"].startswith("localhost:")
        else:
            with pytest.raises(TryLater, match="CERTIFICATE_VERIFY_FAILED"):
                await sends.send(message(named))
            assert receiver.calls == []


# Administration ----------------------------------------------------------------------------------


async def revision(api: Api) -> int:
    return (await fetch_one(api, "select revision from city")).revision


async def test_the_secret_is_told_once(own_api: Api) -> None:
    before = await revision(own_api)
    added = await put(own_api, "https://partner.example.vn/hook")
    assert added.status_code == 201
    secret = added.json()["secret"]
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    again = await put(own_api, "https://partner.example.vn/other", active=False)
    assert (again.status_code, again.json()) == (
        200,
        {
            "name": NAME,
            "url": "https://partner.example.vn/other",
            "active": False,
            "secret": None,
        },
    )
    answer = await own_api.http.get(URL, headers=await own_api.staff("admin"))
    assert "whsec" not in answer.text
    assert "secret" not in answer.text
    renewed = (await put(own_api, "https://partner.example.vn/", new_secret=True)).json()
    assert renewed["secret"] not in (None, secret)
    assert await revision(own_api) == before + 3


async def test_a_retired_webhook_stays_in_the_list_and_may_come_back(own_api: Api) -> None:
    await put(own_api, "https://partner.example.vn/")
    headers = await own_api.staff("admin")
    assert (await own_api.http.delete(f"{URL}/{NAME}", headers=headers)).status_code == 204
    assert [hook["active"] for hook in await listed(own_api)] == [False]
    assert (await put(own_api, "https://partner.example.vn/")).json()["secret"] is None
    assert [hook["active"] for hook in await listed(own_api)] == [True]
    missing = await own_api.http.delete(f"{URL}/nobody", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "webhook_not_found")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.vn/", "url_not_encrypted"),
        ("example.vn/hook", "url_not_encrypted"),
        ("https:///hook", "url_malformed"),
        ("https://user:password@example.vn/", "url_malformed"),
        ("https://example.vn/#part", "url_malformed"),
        ("https://[::1/", "url_malformed"),
        ("https://example.vn:99999/", "url_malformed"),
        ("https://ví-dụ.vn/", "url_malformed"),
        ("https://example.vn/a b", "url_malformed"),
        ("https://exam\nple.vn/", "url_malformed"),
        ("https://example.vn/" + "x" * 2000, "text_too_long"),
    ],
)
async def test_an_address_that_cannot_be_is_refused(api: Api, url: str, code: str) -> None:
    answer = await put(api, url)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/url", code)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.vn/", "url_not_encrypted"),
        ("https://127.0.0.1/", "url_leads_inside"),
        ("https://10.0.0.8:8443/", "url_leads_inside"),
        ("https://[::ffff:192.168.1.1]/", "url_leads_inside"),
        ("https://169.254.169.254/latest/", "url_leads_inside"),
        ("https://localhost/", "url_leads_inside"),
        ("https://db.internal/", "url_leads_inside"),
        ("https://example.vn/", None),
        ("https://1.1.1.1/", None),
    ],
)
async def test_outside_the_demo_calls_are_encrypted_and_lead_outside(
    own_api: Api, tmp_path: Path, url: str, code: str | None
) -> None:
    real = replace(
        api_settings(url_of(own_api), tmp_path),
        security=SecuritySettings(demo=False, secret_key=SecretStr(SECRET)),
    )
    async with serve(real) as api:
        answer = await api.http.put(
            f"{URL}/{NAME}",
            json={"url": url, "active": True},
            headers=await own_api.staff("admin"),
        )
    if code is None:
        assert answer.status_code == 201
    else:
        assert answer.json()["errors"][0]["code"] == code
