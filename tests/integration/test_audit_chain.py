"""The audit log: whatever is done to it, somebody finds where."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from typer.testing import CliRunner

from cli.main import app
from core.actor import Actor, Role
from core.audit import note
from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory, driver_url, transaction
from core.keys import Keyring
from media.stores.local import LocalStore
from workflows.audit_chain import seal_entries, verify_chain

KEYS = Keyring("a secret of the tests, long enough to be accepted")
FORGED = (
    "insert into audit_log (actor_role, action, subject, facts, seq, hash)"
    " values ('admin', 'x', 'x', '{}', 5, sha256('x'))"
)
OPERATOR = Actor(Role.OPERATOR, uuid4())


@dataclass
class Log:
    """An audit log of its own with ten sealed entries."""

    sessions: async_sessionmaker[AsyncSession]
    store: LocalStore
    url: str

    async def add(self, count: int = 1) -> None:
        for n in range(count):
            async with transaction(self.sessions) as session:
                await note(session, OPERATOR, "reporter.read", f"report:{n}", {"reason": f"vì {n}"})

    async def seal(self) -> int:
        return await seal_entries(self.sessions, self.store, KEYS, utc_now())

    async def faults(self) -> list[tuple[int, str]]:
        verdict = await verify_chain(self.sessions, self.store, KEYS)
        return [(fault.seq, fault.code) for fault in verdict.faults]

    def tamper(self, *statements: str) -> None:
        """As whoever holds the whole database."""
        with psycopg.connect(driver_url(self.url, "")) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest_asyncio.fixture(loop_scope="session")
async def log(committed_database: str, tmp_path: Path) -> AsyncIterator[Log]:
    engine = create_engine(committed_database, role=WORKER)
    made = Log(create_session_factory(engine), LocalStore(tmp_path), committed_database)
    await made.add(10)
    assert await made.seal() == 10
    yield made
    await engine.dispose()


async def test_a_whole_chain_has_no_fault(log: Log) -> None:
    assert await log.faults() == []
    assert await log.seal() == 0
    await log.add(3)
    assert await log.seal() == 3
    assert await log.faults() == []


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["update audit_log set facts = '{}' where seq = 4"], (4, "entry_changed")),
        (["update audit_log set at = at + interval '1 s' where seq = 4"], (4, "entry_changed")),
        (["update audit_log set actor_role = 'admin' where seq = 10"], (10, "entry_changed")),
        (["delete from audit_log where seq = 4"], (4, "entry_missing")),
        (
            [
                "delete from audit_log where seq = 4",
                "update audit_log set seq = seq - 1 where seq > 4",
            ],
            (4, "entry_changed"),
        ),
        (
            [
                "update audit_log set seq = seq + 100 where seq > 4",
                FORGED,
                "update audit_log set seq = seq - 99 where seq > 100",
            ],
            (5, "entry_changed"),
        ),
        (
            [
                "update audit_log set seq = 104 where seq = 4",
                "update audit_log set seq = 4 where seq = 5",
                "update audit_log set seq = 5 where seq = 104",
            ],
            (4, "entry_changed"),
        ),
        (["delete from audit_log where seq > 8"], (9, "end_missing")),
        (
            ["delete from audit_log where seq > 8", "delete from audit_heads where seq > 8"],
            (10, "end_missing"),
        ),
        (["truncate audit_log"], (1, "end_missing")),
        (["truncate audit_log", "truncate audit_heads"], (10, "end_missing")),
        (["update audit_heads set signature = 'x'"], (10, "bad_signature")),
        (["update audit_heads set key_id = 'x'"], (10, "unknown_key")),
    ],
)
async def test_what_is_done_to_it_is_found(
    log: Log, statements: list[str], found: tuple[int, str]
) -> None:
    log.tamper(*statements)
    assert found in await log.faults()


async def test_after_its_end_was_cut_off_it_is_not_taken_up_again(log: Log) -> None:
    log.tamper("delete from audit_log where seq > 8")
    await log.add()
    await log.seal()
    assert (9, "entry_missing") in await log.faults()


async def test_nobody_changes_what_is_sealed(log: Log) -> None:
    for role in ("hientruong_app", WORKER):
        for statement in ("update audit_log set facts = '{}'", "delete from audit_log"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                log.tamper(f"set role {role}", statement)
    log.tamper(f"set role {WORKER}", "update audit_log set seq = null, hash = null")
    assert await log.faults() == []


async def test_sixteen_writers_and_two_sealers_make_one_chain(log: Log) -> None:
    done = asyncio.Event()
    lags: list[float] = []

    async def write() -> None:
        for _ in range(15):
            async with transaction(log.sessions) as session:
                await note(session, OPERATOR, "reporter.read", "report:x", {"reason": "x"})
                await asyncio.sleep(0.002)  # later ids commit first

    async def seal() -> None:
        while not done.is_set():
            started = time.monotonic()
            if await log.seal():
                lags.append(time.monotonic() - started)
            await asyncio.sleep(0.01)

    sealers = [asyncio.create_task(seal()) for _ in range(2)]
    await asyncio.gather(*(write() for _ in range(16)))
    done.set()
    await asyncio.gather(*sealers)
    await log.seal()
    verdict = await verify_chain(log.sessions, log.store, KEYS)
    assert (verdict.sealed, verdict.waiting, verdict.faults) == (250, 0, [])
    print(f"sealing a batch: median {statistics.median(lags) * 1000:.0f} ms")


async def test_heads_of_older_keys_are_verified_while_they_are_known(log: Log) -> None:
    rotated = Keyring("another secret of the tests, also long enough", (KEYS.secret,))
    await log.add()
    await seal_entries(log.sessions, log.store, rotated, utc_now())
    assert (await verify_chain(log.sessions, log.store, rotated)).faults == []
    only_new = await verify_chain(log.sessions, log.store, Keyring(rotated.secret))
    assert "unknown_key" in [fault.code for fault in only_new.faults]


async def test_the_command_says_where_it_is_broken(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", log.url)
    monkeypatch.setenv("HIENTRUONG_SECRET_KEY", KEYS.secret)
    monkeypatch.setenv("HIENTRUONG_MEDIA_ROOT", str(tmp_path))
    runner = CliRunner()
    # In a thread: the command has an event loop of its own.
    good = await asyncio.to_thread(runner.invoke, app, ["audit", "verify"])
    assert (good.exit_code, good.output.splitlines()) == (
        0,
        ["10 entries are sealed, 0 wait to be", "The chain is whole."],
    )
    log.tamper("update audit_log set facts = '{}' where seq = 4")
    bad = await asyncio.to_thread(runner.invoke, app, ["audit", "verify"])
    assert (bad.exit_code, bad.output.splitlines()) == (
        1,
        ["10 entries are sealed, 0 wait to be", "  at 4: the entry is not what was sealed"],
    )
