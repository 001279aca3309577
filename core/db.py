"""Database: engine, session, the declarative base, and statements kept in `.sql` files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg
import asyncpg.transaction
from sqlalchemy import BigInteger, DateTime, MetaData, Row, Select, Text, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from core.errors import Unavailable
from core.settings import DatabaseSettings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables. Text is `text`, instants carry their zone, dicts are `jsonb`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  # read once by SQLAlchemy when the class is made
        str: Text,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


# Rows and selects whose columns are read by name.
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]

# What the driver raises on a connection that is no more.
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)
_DRIVER = "driver"
_RETRY_S = 5
TRIES = 32  # more than any pool of ours holds
# Where PostgreSQL warns that a commit waited for a standby in vain; its words depend on the locale.
_WAIT_FOR_STANDBY = "SyncRepWaitForLSN"

Instant = DateTime(timezone=True)
BigId = BigInteger


def driver_url(url: str, driver: str) -> str:
    """`url` with its driver replaced, e.g. `postgresql+asyncpg://…`; "" gives the plain DSN."""
    name = f"postgresql+{driver}" if driver else "postgresql"
    return make_url(url).set(drivername=name).render_as_string(hide_password=False)


def create_engine(
    settings: DatabaseSettings | str,
    *,
    role: str | None = None,
    application_name: str = "hientruong",
    for_lists: bool = False,
) -> AsyncEngine:
    """Engine for transactions. Every connection acts as database role `role` when one is given.

    Opens nothing until first used. With `for_lists` each statement is planned for its values:
    PostgreSQL otherwise plans a prepared statement once for all after five times, and a filter
    that keeps everything needs another plan than one that keeps nothing.
    """
    if isinstance(settings, str):
        settings = DatabaseSettings(DATABASE_URL=settings)  # pyright: ignore[reportCallIssue]
    # What many small statements need: starting a second process for one costs more than it gives.
    server_settings = {
        "application_name": application_name,
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
    }
    if for_lists:
        server_settings["plan_cache_mode"] = "force_custom_plan"
    if role:
        server_settings["role"] = role
    return create_async_engine(
        driver_url(settings.url, "asyncpg"),
        pool_size=settings.read_pool_size if for_lists else settings.pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        connect_args={"server_settings": server_settings},
    )


def create_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that hand out plain rows: nothing is lazily loaded after commit."""
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


@asynccontextmanager
async def transaction(factory: async_sessionmaker[AsyncSession]) -> AsyncGenerator[AsyncSession]:
    """A session that commits on success and rolls back on any error.

    The transaction belongs to the driver, so that hot statements (`core/statements.py`) and the
    session's own share it. To undo everything, leave the block by an exception: `rollback()` of
    the session itself undoes nothing here. A commit under way is waited for even when the request
    is cancelled: what the client asked for is then either committed or not, never cut in the middle
    of waiting for a standby. Raises Unavailable `not_replicated` where a standby must confirm every
    commit and this one was not: it is kept here, but nobody may be told that it will stay.
    """
    async with factory() as session:
        begun = await _begin(session)
        try:
            yield session
            if session.new or session.dirty or session.deleted:
                await session.flush()
        except BaseException:
            await _roll_back(session, begun)
            raise
        commit = asyncio.ensure_future(_commit(session.info[_DRIVER], begun))
        try:
            await asyncio.shield(commit)
        except asyncio.CancelledError:
            await asyncio.wait([commit])
            raise


async def _begin(session: AsyncSession) -> asyncpg.transaction.Transaction:
    """Begin at the driver. Connections that died in the pool, when the database was restarted,
    are thrown away until a living one is found; the last error is raised if there is none.
    """
    last: Exception | None = None
    for _ in range(TRIES):
        connection = await session.connection(
            execution_options={"isolation_level": "AUTOCOMMIT"}  # the session begins nothing
        )
        driver = await _raw_of(connection)
        begun = driver.transaction()
        try:
            await begun.start()
        except LOST as error:
            last = error
            await session.invalidate()
        else:
            session.info[_DRIVER] = driver  # asking SQLAlchemy each time costs as much as a read
            return begun
    assert last is not None
    raise last


async def _commit(driver: asyncpg.Connection, begun: asyncpg.transaction.Transaction) -> None:
    """Commit, and make sure that whoever had to confirm it did. The driver tells of warnings before
    it tells that the statement has ended.
    """
    unconfirmed: list[str] = []

    def note(_: object, message: Any) -> None:
        if message.server_source_function == _WAIT_FOR_STANDBY:
            unconfirmed.append(message.message)

    driver.add_log_listener(note)
    try:
        await begun.commit()
    finally:
        driver.remove_log_listener(note)
    if unconfirmed:
        raise Unavailable("not_replicated", retry_after_s=_RETRY_S)


async def driver_of(session: AsyncSession) -> asyncpg.Connection:
    """The driver's own connection under the transaction of `session`."""
    known: asyncpg.Connection | None = session.info.get(_DRIVER)
    return known if known is not None else await _raw_of(await session.connection())


async def _raw_of(connection: AsyncConnection) -> asyncpg.Connection:
    raw = await connection.get_raw_connection()
    return cast("asyncpg.Connection", raw.driver_connection)


async def _roll_back(session: AsyncSession, begun: asyncpg.transaction.Transaction) -> None:
    try:
        await begun.rollback()
    except (asyncpg.PostgresError, *LOST):
        await session.invalidate()  # a broken connection must not go back to the pool


def load_sql(path: Path) -> TextClause:
    """The statement in a `.sql` file, with `:name` parameters.

    Write casts as `CAST(:x AS jsonb)`: the shorthand `::` directly after a name would hide it.
    """
    return text(path.read_text(encoding="utf-8"))


def row_to_dict(row: AnyRow) -> dict[str, Any]:
    """The columns of a row by name."""
    return dict(row._mapping)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # public, whatever its name
