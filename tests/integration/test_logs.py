"""No log says anything of anybody: canaries through real processes, at level DEBUG."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from core.db import driver_url
from tests.support.city import CENTRE, LIGHT, SIGN
from tests.support.photos import make_jpeg
from tests.support.sealing import SECRET
from tests.support.server import serving

PHONE, WRITTEN = "+84905765432", "0905765432"
NAME, EMAIL = "Đặng Hoàng Yến Canary", "canary.yen@example.vn"
WORDS, ADDRESS = "canary-mo-ta bờ rào đổ", "Hẻm Canary-dia-chi 9"
DEVICE, BROKEN = "canary-device-token-5555", "canary-device-token-6666"
CANARIES = (
    PHONE,
    PHONE[1:],
    WRITTEN,
    NAME,
    EMAIL,
    "canary-mo-ta",
    "Canary-dia-chi",
    DEVICE,
    BROKEN,
)
QUIET = {"HIENTRUONG_LOG_LEVEL": "DEBUG", "HIENTRUONG_LOG_JSON": "1"}
SECONDS = 40.0


@contextmanager
def worker(database_url: str, folder: Path) -> Iterator[Path]:
    """A worker outside the demo, where messages are to real people; the file of its log."""
    log = folder / "worker.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HIENTRUONG_")}
    environment |= {
        "DATABASE_URL": database_url,
        "HIENTRUONG_SECRET_KEY": SECRET,
        "HIENTRUONG_MEDIA_ROOT": str(folder / "media"),
        **QUIET,
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("hientruong"), "worker"],
            env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        yield log
    finally:
        process.terminate()
        process.wait(30)


def report(**changes: Any) -> dict[str, Any]:
    body = {"category": SIGN, "location": CENTRE, "description": WORDS, "address": ADDRESS}
    return body | {"contact": {"name": NAME, "phone": WRITTEN, "email": EMAIL}} | changes


def wait_for(log: Path, event: str) -> None:
    """Until the log has `event`: what follows has happened."""
    deadline = time.monotonic() + SECONDS
    while event not in log.read_text(encoding="utf-8", errors="replace"):
        assert time.monotonic() < deadline, f"{event} is not in {log.name}"
        time.sleep(0.1)


def test_canaries_are_in_no_log(city_database: str, tmp_path: Path) -> None:
    dsn = driver_url(city_database, "")
    with serving(city_database, tmp_path, **QUIET) as server:
        with worker(city_database, tmp_path) as worker_log:
            statuses = asyncio.run(_drive(server.url, dsn))
            wait_for(worker_log, "no_provider")
            wait_for(worker_log, "job_failed")
            of_worker = worker_log.read_text(encoding="utf-8", errors="replace")
        of_api = server.said()
    assert {201, 401, 404, 422, 500} <= set(statuses), statuses
    assert "unhandled_error" in of_api
    assert "CheckViolation" in of_api
    assert "UndefinedTable" in of_api
    assert "UndefinedTable" in of_worker
    for text in (of_api, of_worker):
        assert [canary for canary in CANARIES if canary.lower() in text.lower()] == []


async def _drive(url: str, dsn: str) -> list[int]:
    """Everything that can go right or wrong with somebody's words; the statuses answered."""
    statuses: list[int] = []
    # A connection of its own for each: the server ends one on which something broke.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as http:

        async def send(method: str, path: str, **what: Any) -> httpx.Response:
            answer = await http.request(method, path, **what)
            statuses.append(answer.status_code)
            return answer

        await send("POST", "/v1/auth/otp", json={"phone": WRITTEN})
        signed = await send(
            "POST", "/v1/auth/otp/verify", json={"phone": WRITTEN, "code": "000000"}
        )
        headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
        await send("PATCH", "/v1/me", json={"name": NAME, "email": EMAIL}, headers=headers)
        await send("PUT", f"/v1/me/devices/{DEVICE}", json={"platform": "ios"}, headers=headers)
        filed = await send("PUT", f"/v1/reports/{uuid4()}", json=report())
        await send("PUT", f"/v1/reports/{uuid4()}", json=report(), headers=headers)
        upload = await send("POST", "/v1/media", files={"file": (f"{NAME}.jpg", make_jpeg(64, 48))})
        await send(
            "PUT", f"/v1/reports/{uuid4()}",
            json=report(category=LIGHT, uploads=[upload.json().get("upload_id")]),
        )  # fmt: skip
        # refused, field by field
        for wrong in (
            {"description": [WORDS]}, {"contact": {"phone": NAME}}, {"contact": {"email": WORDS}},
            {"category": WORDS}, {"answers": {NAME: EMAIL}}, {WORDS: PHONE}, {"captured_at": PHONE},
        ):  # fmt: skip
            await send("PUT", f"/v1/reports/{uuid4()}", json=report(**wrong))
        await send("PUT", f"/v1/reports/{uuid4()}", content=f'{{"description": "{WORDS}'.encode())
        await send("GET", "/v1/reports/lookup", params={"code": PHONE})
        await send("GET", f"/v1/{NAME}", params={"q": EMAIL})
        await send("GET", "/v1/me", headers={"Authorization": f"Bearer {NAME.encode()!r}"})
        await send("GET", "/v1/places/search", params={"q": ADDRESS})
        await send("POST", "/v1/auth/refresh", json={"refresh_token": EMAIL})
        token = {"track_token": filed.json()["track_token"]}
        await send("GET", f"/v1/reports/{filed.json()['id']}", params=token)
        # broken: the database refuses the row, and names it; a table is gone
        with psycopg.connect(dsn, autocommit=True) as database:
            database.execute(
                "alter table reports add constraint of_the_test"
                " check (source <> 'app' or description = '') not valid"
            )
            await send("PUT", f"/v1/reports/{uuid4()}", json=report())
            await send("PUT", f"/v1/reports/{uuid4()}", json=report(), headers=headers)
            database.execute("alter table devices rename to devices_of_the_test")
            await send("PUT", f"/v1/me/devices/{BROKEN}", json={"platform": "ios"}, headers=headers)
            step = f"/v1/reports/{filed.json()['id']}/actions/withdraw"
            await send("POST", step, params=token, json={"reason": WORDS})
            metrics = (await send("GET", "/metrics")).text
    assert not [canary for canary in CANARIES if canary in metrics]
    return statuses
