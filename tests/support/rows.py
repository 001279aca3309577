"""Looking at the tables behind the API, and shifting their rows in time; every commit is real."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from core.db import driver_url
from tests.support.client import Api

# What filing writes: when it is refused, none of these may have grown.
WRITTEN = (
    "reports", "cases", "case_events", "announcements", "notifications", "reporters",
    "attachments", "procrastinate_jobs",
)  # fmt: skip


def url_of(api: Api) -> str:
    """Plain DSN of the database behind `api`, for the owner of the tables."""
    assert api.settings.database is not None
    return driver_url(api.settings.database.url, "")


async def fetch(api: Api, sql: str, **values: object) -> list[Any]:
    """Rows of a query with `%(name)s` parameters; each has its columns as attributes."""
    connection = await psycopg.AsyncConnection.connect(
        url_of(api), autocommit=True, row_factory=namedtuple_row
    )
    async with connection:
        return await (await connection.execute(sql, values or None)).fetchall()


async def fetch_one(api: Api, sql: str, **values: object) -> Any:
    """The one row of a query."""
    [row] = await fetch(api, sql, **values)
    return row


async def execute(api: Api, sql: str, **values: object) -> int:
    """Run a statement as the owner of the tables; how many rows it touched."""
    connection = await psycopg.AsyncConnection.connect(url_of(api), autocommit=True)
    async with connection:
        return (await connection.execute(sql, values or None)).rowcount


async def counts(api: Api) -> dict[str, int]:
    """How many rows there are of all that filing writes, and how many uploads are claimed."""
    numbers = ", ".join(f"(select count(*) from {table}) as {table}" for table in WRITTEN)
    claimed = "(select count(*) from uploads where claimed_at is not null) as claimed"
    return (await fetch_one(api, f"select {numbers}, {claimed}"))._asdict()
