"""The live feed over real sockets: nothing is missed and nothing comes twice, whatever breaks."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from core.clock import utc_now
from core.db import create_engine, create_session_factory, driver_url, transaction
from gis.cells import forget_changes, number_changes
from gis.live import LOOK_EVERY_S
from tests.support.databases import TestDatabases
from tests.support.feed import Follower, following, until
from tests.support.server import ServerProcess, serving

INSERT = """
    insert into cases (
        id, code, category, geom, area_id, summary, search, visibility, department, process_id,
        state, status, priority, case_class, routing, data, clocks, due_at, overdue, rev, source,
        opened_at, updated_at
    )
    select %(id)s, 'F' || %(id)s, %(category)s, ST_SetSRID(ST_MakePoint(%(lon)s, 16.46), 4326),
        (select id from areas where kind = 'ward' limit 1), '', '', %(visibility)s, %(department)s,
        (select process_id from city), 'assigned', 'assigned', 3, 'normal', '{}', '{}', '{}',
        now() + interval '2 days', false, 1, 'app', now(), now()
"""
UPDATE = "update cases set priority = 1 + (priority + 1) %% 4 where id = %(id)s"
CLOSE = "update cases set status = 'resolved' where id = %(id)s"


@pytest.fixture(scope="module")
def feed_url(databases: TestDatabases, city_template: str, worker_id: str) -> Iterator[str]:
    name = f"feed_{worker_id}"
    yield databases.clone(name, template=city_template)
    databases.drop(name)


@pytest.fixture(scope="module")
def server(feed_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One for the module: look only at the cases that you opened."""
    with serving(feed_url, tmp_path_factory.mktemp("feed")) as made:
        yield made


class Writer:
    """Changes cases as transactions of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.dsn = driver_url(url, "")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[psycopg.AsyncConnection]:
        connection = await psycopg.AsyncConnection.connect(self.dsn)
        async with connection:
            yield connection

    async def open(self, **changes: Any) -> UUID:
        case_id = uuid4()
        values = {
            "id": case_id, "category": "traffic.sign", "lon": 107.585, "visibility": "exact",
            "department": "sxd", **changes,
        }  # fmt: skip
        async with self.begin() as connection:
            await connection.execute(INSERT, values)
        return case_id

    async def run(self, sql: str, case_id: UUID) -> None:
        async with self.begin() as connection:
            await connection.execute(sql, {"id": case_id})

    async def seqs(self) -> list[int]:
        """All numbers given, once every change has one: without a client nobody else gives them."""
        engine = create_engine(self.url)
        numbered = 1
        while numbered:
            async with transaction(create_session_factory(engine)) as session:
                numbered = await number_changes(session)
        await engine.dispose()
        await asyncio.sleep(3 * LOOK_EVERY_S)  # so that the feed has read them, too
        async with self.begin() as connection:
            pending = "select count(*) from case_changes where seq is null"
            async with asyncio.timeout(30):  # while the feed is giving some
                while (await (await connection.execute(pending)).fetchone() or (0,))[0]:
                    await connection.commit()
                    await asyncio.sleep(0.1)
            rows = await connection.execute("select seq from case_changes order by seq")
            return [seq for (seq,) in await rows.fetchall()]


@pytest.fixture
def writer(feed_url: str) -> Writer:
    return Writer(feed_url)


async def test_a_case_appears_changes_and_leaves(server: ServerProcess, writer: Writer) -> None:
    await writer.seqs()
    async with following(server.url) as follower:
        case_id = await writer.open()
        await writer.run(UPDATE, case_id)
        await writer.run(CLOSE, case_id)
        await until(lambda: len(follower.ids) == 3)
    assert [name for name, _ in follower.events] == [
        "feed.ready", "case.opened", "case.changed", "case.closed"
    ]  # fmt: skip
    [opened] = follower.named("case.opened")
    assert opened["id"] == str(case_id)
    assert opened["location"] == {"lat": 16.46, "lon": 107.585}
    assert follower.named("case.closed") == [{"id": str(case_id), "status": "resolved"}]


async def test_everybody_gets_what_they_asked_for_and_may_see(
    server: ServerProcess, writer: Writer
) -> None:
    async def login(username: str) -> dict[str, str]:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            body = {"username": username, "password": "demo"}
            token = (await http.post("/v1/auth/staff", json=body)).json()["access_token"]
            return {"Authorization": f"Bearer {token}"}

    wishes: dict[str, dict[str, Any]] = {
        "public": {},
        "east": {"params": {"bbox": "107.6,16,108,17"}},
        "traffic": {"params": {"category": "traffic"}},
        "hepco": {"params": {"department": "hepco"}},
        "operator": {"headers": await login("operator")},
        "staff of sxd": {"headers": await login("staff.sxd")},
        "staff of hepco": {"headers": await login("staff.hepco")},
    }
    async with AsyncExitStack() as stack:
        followers = {
            name: await stack.enter_async_context(following(server.url, **wish))
            for name, wish in wishes.items()
        }
        plain = await writer.open()
        east = await writer.open(lon=107.62, category="energy.street_light", department="hepco")
        hidden = await writer.open(visibility="hidden")
        last = await writer.open(department="hepco", lon=107.63)
        everything = [str(i) for i in (plain, east, hidden, last)]
        await until(lambda: all(str(last) in json.dumps(f.events) for f in followers.values()))
    told = {
        name: [
            everything.index(data["id"])
            for data in follower.named("case.opened")
            if data["id"] in everything
        ]
        for name, follower in followers.items()
    }
    assert told == {
        "public": [0, 1, 3], "east": [1, 3], "traffic": [0, 3], "hepco": [1, 3],
        "operator": [0, 1, 2, 3], "staff of sxd": [0, 1, 2, 3], "staff of hepco": [0, 1, 3],
    }  # fmt: skip


async def test_what_commits_late_is_neither_missed_nor_out_of_order(
    server: ServerProcess, writer: Writer
) -> None:
    first, second = await writer.open(), await writer.open()
    await writer.seqs()
    async with following(server.url) as follower:
        async with writer.begin() as slow:
            await slow.execute(UPDATE, {"id": first})  # its row is written, and not committed
            await writer.run(UPDATE, second)
            await until(lambda: len(follower.ids) == 1)
        await until(lambda: len(follower.ids) == 2)
    assert [data["id"] for data in follower.named("case.changed")] == [str(second), str(first)]
    assert follower.ids == sorted(follower.ids)


@pytest.mark.slow
async def test_no_gap_and_no_doubling_while_everything_breaks(
    city_database: str, tmp_path: Path
) -> None:
    writer = Writer(city_database)
    chance = random.Random()
    cases = [await writer.open() for _ in range(6)]
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            async with writer.begin() as connection:
                for case_id in sorted(chance.sample(cases, 2)):
                    await connection.execute(UPDATE, {"id": case_id})
                await asyncio.sleep(chance.random() * 0.2)

    with serving(city_database, tmp_path) as one, serving(city_database, tmp_path) as other:
        servers = [one, other]
        async with following(one.url, reconnect=True) as steady:
            start = int(steady.last_id or 0)
            roaming = Follower(other.url, last_id=str(start))
            writers = [asyncio.create_task(write()) for _ in range(4)]
            for number in range(8):
                roaming.base_url = chance.choice(servers).url
                visit = asyncio.create_task(roaming.follow())
                await asyncio.sleep(0.3 + chance.random())
                if number % 4 == 2:
                    one.kill()
                    one.start()
                visit.cancel()
                await asyncio.gather(visit, return_exceptions=True)
            done.set()
            await asyncio.gather(*writers)
            expected = [seq for seq in await writer.seqs() if seq > start]
            roaming.base_url = other.url
            visit = asyncio.create_task(roaming.follow())
            await until(lambda: roaming.ids[-1:] == expected[-1:])
            await until(lambda: steady.ids[-1:] == expected[-1:])
            visit.cancel()
            await asyncio.gather(visit, return_exceptions=True)
    assert roaming.ids == expected
    assert [seq for seq in steady.ids if seq > start] == expected
    assert not roaming.named("feed.reset")
    print(f"{len(expected)} changes, each once and in order, over 8 reconnections and 2 crashes")


async def test_who_was_away_too_long_is_told_to_load_anew(
    server: ServerProcess, writer: Writer, feed_url: str
) -> None:
    for _ in range(3):
        await writer.open()
    async with following(server.url) as follower:
        pass
    seen = follower.last_id
    await writer.open()
    engine = create_engine(feed_url)
    async with transaction(create_session_factory(engine)) as session:
        await number_changes(session)
    async with transaction(create_session_factory(engine)) as session:
        await forget_changes(session, before=utc_now())
    await engine.dispose()
    for last_id in (seen, "999999999"):
        async with following(server.url, last_id=last_id) as late:
            assert [name for name, _ in late.events] == ["feed.reset"]
    async with following(server.url, last_id=late.last_id) as again:
        assert [name for name, _ in again.events] == ["feed.ready"]


@pytest.mark.slow
async def test_a_client_that_does_not_read_is_cut_and_holds_up_nobody(
    server: ServerProcess, writer: Writer
) -> None:
    many = INSERT.replace("%(id)s", "gen_random_uuid()").rstrip() + " from generate_series(1, 400)"
    values = {"category": "traffic.sign", "lon": 107.7, "visibility": "exact", "department": "sxd"}
    async with writer.begin() as connection:
        await connection.execute(many, values)
    await writer.seqs()
    with socket.create_connection(("127.0.0.1", server.port)) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        stuck.sendall(
            b"GET /v1/incidents/stream?bbox=107.69,16,107.71,17 HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        async with following(server.url, params={"bbox": "107.69,16,107.71,17"}) as follower:
            clients = await clients_of(server)
            for number in range(1, 120):  # more rounds than a client may be behind
                async with writer.begin() as connection:
                    await connection.execute(
                        f"{UPDATE.partition(' where')[0]} where ST_X(geom) = 107.7".replace(
                            "%%", "%"
                        )
                    )
                await until(lambda n=number: len(follower.ids) >= n * 400)
                if await clients_of(server) < clients:
                    break
            assert await clients_of(server) == clients - 1
        assert follower.ids == sorted(set(follower.ids))


async def clients_of(server: ServerProcess) -> int:
    """How many follow the feed, as its metrics say."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        text = (await http.get("/metrics")).text
    [value] = re.findall(r"^hientruong_live_clients ([0-9.]+)$", text, re.MULTILINE)
    return int(float(value))


@pytest.mark.parametrize("value", ["abc", "-3", "1.5", "9" * 30])
async def test_a_malformed_position_is_refused(server: ServerProcess, value: str) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.get("/v1/incidents/stream", headers={"Last-Event-ID": value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#last-event-id"
