"""What is kept only for so long, ended in batches, twice without harm, and never on hold."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from core.clock import utc_now
from core.settings import RetentionSettings
from media.removal import delete_removed_files
from tests.support.casework import Staged, stage
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import open_workshop
from workflows.retention import RULES, count_over, end_what_is_over

KEPT = RetentionSettings(
    codes_days=1, sessions_days=30, notifications_days=180, contacts_days=365, originals_days=730,
    requests_days=1825,
)  # fmt: skip
NOTHING = dict.fromkeys([rule.name for rule in RULES], 0)


async def aged(api: Api) -> Staged:
    """A closed case with a photo and a contact, messages, a session and a code."""
    headers = await api.citizen()
    await api.http.post("/v1/auth/otp", json={"phone": "0905000009"})
    upload = await api.upload(make_jpeg(64, 48))
    case = await stage(
        api, "closed", contact={"name": "An", "phone": "0905000008"}, uploads=[upload]
    )
    await api.http.post("/v1/me/requests", json={"kind": "access"}, headers=headers)
    async with open_workshop(api, {}) as workshop:
        photos = await fetch(api, "select id from attachments")
        await workshop.make_derivatives([str(row.id) for row in photos])
        ids = await fetch(api, "select id from announcements")
        await workshop.fan_out([row.id for row in ids])
    await execute(api, "update notifications set status = 'sent'")
    return case


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def run(api: Api, *arguments: str) -> str:
    """What `hientruong retention` prints."""
    assert api.settings.database is not None
    environment = os.environ | {
        "DATABASE_URL": api.settings.database.url,
        "HIENTRUONG_MEDIA_ROOT": str(api.settings.media.root),
    }
    command = [str(Path(sys.executable).with_name("hientruong")), "retention", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


async def test_each_kind_has_its_own_time(own_api: Api) -> None:
    await aged(own_api)
    expected = {
        "one_time_codes": 2, "refresh_tokens": 91, "notifications": 181, "announcements": 181,
        "contacts": 366, "originals": 731, "person_requests": 1826,
    }  # fmt: skip
    assert set(expected) == set(NOTHING)
    async with open_workshop(own_api, {}) as workshop:
        assert await count_over(workshop.sessions, KEPT, now=utc_now()) == NOTHING
        for name, days in expected.items():
            before = utc_now() + timedelta(days=days - 2, hours=20)
            if days > 2:
                assert (await count_over(workshop.sessions, KEPT, now=before))[name] == 0, name
            over = utc_now() + timedelta(days=days)
            assert (await count_over(workshop.sessions, KEPT, now=over))[name] > 0, name


async def test_what_is_over_ends_once_and_the_case_stays(own_api: Api) -> None:
    case = await aged(own_api)
    root = Path(own_api.settings.media.root)
    late = utc_now() + timedelta(days=3000)
    before = await fetch_one(own_api, "select count(*) as n from case_events")
    async with open_workshop(own_api, {}) as workshop:
        counted = await count_over(workshop.sessions, KEPT, now=late)
        assert await end_what_is_over(workshop.sessions, KEPT, now=late) == counted
        assert await end_what_is_over(workshop.sessions, KEPT, now=late) == NOTHING
        assert len(files(root / "originals")) == 1
        await delete_removed_files(workshop.sessions, workshop.store)
    assert files(root / "originals") == []
    assert len(files(root)) >= 2  # what people look at
    assert await fetch(own_api, "select * from reporters") == []
    photo = await fetch_one(own_api, "select * from attachments")
    assert photo.original_removed_at is not None
    report = await fetch_one(own_api, "select description from reports where id = %(i)s", i=case.id)
    assert report.description
    assert await fetch_one(own_api, "select count(*) as n from case_events") == before


async def test_a_hold_keeps_contact_and_original(own_api: Api) -> None:
    case = await aged(own_api)
    await execute(
        own_api,
        "insert into legal_holds (case_id, reason, at) values (%(id)s, 'toà án', now())",
        id=case.id,
    )
    async with open_workshop(own_api, {}) as workshop:
        done = await end_what_is_over(workshop.sessions, KEPT, now=utc_now() + timedelta(days=3000))
    assert (done["contacts"], done["originals"]) == (0, 0)
    assert len(await fetch(own_api, "select * from reporters")) == 1


async def test_nothing_is_ended_that_is_to_be_kept_for_ever(own_api: Api) -> None:
    await aged(own_api)
    for_ever = RetentionSettings(
        notifications_days=0, contacts_days=0, originals_days=0, requests_days=0
    )
    async with open_workshop(own_api, {}) as workshop:
        late = utc_now() + timedelta(days=30_000)
        done = await end_what_is_over(workshop.sessions, for_ever, now=late)
    assert set(done) == {"one_time_codes", "refresh_tokens"}


async def test_the_command_says_what_would_end(own_api: Api) -> None:
    case = await aged(own_api)
    await execute(
        own_api,
        "update cases set closed_at = now() - interval '400 days' where id = %(id)s",
        id=case.id,
    )
    assert "contacts: 1 over" in await asyncio.to_thread(run, own_api, "--dry-run")
    assert len(await fetch(own_api, "select * from reporters")) == 1
    assert "contacts: 1 ended" in await asyncio.to_thread(run, own_api)
    assert await fetch(own_api, "select * from reporters") == []
