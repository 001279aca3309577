"""The databases that `conftest.py` gives to tests, and the closed network."""

from __future__ import annotations

import socket

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cli.database import current, head, upgrade


def test_a_worker_database_is_migrated(database_url: str) -> None:
    assert current(database_url) == head()
    assert upgrade(database_url) is False


@pytest.mark.parametrize("_time", [1, 2])
async def test_a_session_leaves_nothing_behind(
    session: AsyncSession, _time: int
) -> None:  # only repeats
    found = await session.scalar(text("select to_regclass('left_behind')"))
    assert found is None
    await session.execute(text("create table left_behind ()"))
    await session.commit()


def test_a_committed_database_is_ones_own(committed_database: str, database_url: str) -> None:
    with psycopg.connect(committed_database) as connection:
        connection.execute("create table committed ()")
    assert committed_database != database_url
    with psycopg.connect(database_url) as connection:
        found = connection.execute("select to_regclass('committed')").fetchone()
    assert found == (None,)


def test_an_empty_database_is_empty(empty_database: str) -> None:
    assert current(empty_database) is None


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "2001:db8::1"])
def test_the_network_is_closed(host: str) -> None:
    with pytest.raises(RuntimeError, match="nothing but this machine"):
        socket.create_connection((host, 80), timeout=1)
