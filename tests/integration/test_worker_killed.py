"""A worker that is killed in the middle of its work: nothing is lost, nothing is told twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.city import SIGN, SIGN_DEPARTMENT, Draft
from tests.support.client import Api
from tests.support.gateway import SmsGateway, running_gateway
from tests.support.worker import eventually, start_worker

REPORTS = 60
KILL_AFTER = 12  # messages: the rest is pending, some of it in the worker's hands


@pytest.mark.slow
async def test_no_notification_is_lost_or_told_twice(own_api: Api) -> None:
    api = own_api
    staff = await api.staff(f"staff.{SIGN_DEPARTMENT}")
    for number in range(REPORTS):
        body = Draft(SIGN).body(contact={"phone": f"+8490512{number:04d}"})
        report = await api.file(body)
        assert (await api.act(report["id"], "accept", {}, staff)).status_code == 200

    async with running_gateway(delay_s=0.1) as gateway:
        async with worker_process(api, gateway) as first:
            await eventually(lambda: len(gateway.accepted) >= KILL_AFTER, seconds=60)
            first.kill()
        before = len(gateway.accepted)
        assert before < REPORTS, "the worker was killed too late to prove anything"
        async with worker_process(api, gateway):
            await eventually(lambda: len(gateway.accepted) >= REPORTS, seconds=90)
            await asyncio.sleep(2)  # whoever would tell twice has the time to do so

    expected = {f"+8490512{number:04d}" for number in range(REPORTS)}
    assert set(gateway.accepted.values()) == expected
    assert len(gateway.accepted) == REPORTS
    repeats = sum(count - 1 for count in gateway.received.values())
    # What was on the wire when it died is sent again under the same key: at most one per task.
    assert repeats <= 4
    print(
        f"\n{REPORTS} notifications: {before} accepted before SIGKILL, {REPORTS} after restart,"
        f" 0 missing, 0 accepted twice, {repeats} sent again under their key"
    )


@asynccontextmanager
async def worker_process(
    api: Api, gateway: SmsGateway
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`hientruong worker` as production runs it, on the API's database."""
    process = await start_worker(api, HIENTRUONG_SMS_GATEWAY_URL=gateway.url)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
