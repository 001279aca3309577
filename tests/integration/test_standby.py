"""What is acknowledged is on the standby too: a real one, that stops at the worst moment."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio

from cli.cluster import LocalCluster
from cli.database import upgrade
from tests.support.city import Draft, load_test_city
from tests.support.client import Api, open_api
from tests.support.standby import Standby, synchronous_pair

WAITING = """
    select pid from pg_stat_activity
    where wait_event = 'SyncRep' and application_name = 'hientruong-api'
"""
SECONDS = 30


@pytest.fixture
def pair() -> Iterator[tuple[LocalCluster, Standby]]:
    # Not in pytest's own folders: they are closed to the user that runs PostgreSQL.
    folder = Path(tempfile.gettempdir()) / f"hientruong-pair-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    try:
        with synchronous_pair(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="session")
async def pair_api(pair: tuple[LocalCluster, Standby], tmp_path: Path) -> AsyncIterator[Api]:
    primary, _ = pair
    await asyncio.to_thread(upgrade, primary.dsn())
    await asyncio.to_thread(load_test_city, primary.dsn())
    async with open_api(primary.dsn(), tmp_path) as api:
        yield api


def reports_on(server: LocalCluster) -> dict[UUID, int]:
    """Ids of the reports that a server has, with how often each was asked for again."""
    with psycopg.connect(server.dsn()) as connection:
        return dict(connection.execute("select id, replays from reports").fetchall())


async def cancel_waiting_commit(primary: LocalCluster) -> None:
    """What an operator or a failover manager does to a commit that waits for too long."""
    async with asyncio.timeout(SECONDS):
        while True:
            with psycopg.connect(primary.dsn("postgres"), autocommit=True) as connection:
                waiting = connection.execute(WAITING).fetchall()
                for (pid,) in waiting:
                    connection.execute("select pg_cancel_backend(%s)", [pid])
                if waiting:
                    return
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_what_no_standby_has_is_not_acknowledged(
    pair: tuple[LocalCluster, Standby], pair_api: Api
) -> None:
    primary, standby = pair
    report_id, body = uuid4(), Draft().body()

    def put() -> asyncio.Task[httpx.Response]:
        return asyncio.ensure_future(pair_api.http.put(f"/v1/reports/{report_id}", json=body))

    safe = await pair_api.file()
    assert UUID(safe["id"]) in reports_on(standby)

    await asyncio.to_thread(standby.stop)
    for replays in (0, 1):
        # First the report, then its retry: both write, so both wait for the standby.
        request = put()
        await cancel_waiting_commit(primary)
        answer = await request
        assert (answer.status_code, answer.json()["code"]) == (503, "not_replicated")
        assert int(answer.headers["Retry-After"]) > 0
        assert reports_on(primary)[report_id] == replays  # committed here, and only here

    retry = put()
    done, _ = await asyncio.wait([retry], timeout=1)
    assert not done  # it waits rather than say what is not sure
    await asyncio.to_thread(standby.start)
    answer = await asyncio.wait_for(retry, SECONDS)
    assert (answer.status_code, answer.json()["id"]) == (200, str(report_id))
    assert reports_on(standby)[report_id] == 2
