"""Database: engine, session, the declarative base, and statements kept in `.sql` files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
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
from core.fence import Acting, begin_statement
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
_AFTERWARDS = "afterwards"
_RETRY_S = 5
POOL_TIMEOUT_S = 10  # until a connection must be free
WORKER = "hientruong_worker"  # the role that reaches every row: the worker and the command line
TRIES = 32  # more than any pool of ours holds
# Where PostgreSQL warns that a commit waited for a standby in vain; its words depend on the locale.
_WAIT_FOR_STANDBY = "SyncRepWaitForLSN"

_HOLD = text(
    "select set_config('app.cases',"
    " concat_ws(',', nullif(current_setting('app.cases', true), ''), CAST(:cases AS text)), true)"
)
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
        pool_timeout=POOL_TIMEOUT_S,
        pool_use_lifo=True,
        hide_parameters=True,  # of a failing statement: they are what citizens wrote
        connect_args={"server_settings": server_settings},
    )


async def open_reader_pool(
    url: str, *, size: int, role: str, application_name: str, **settings: str
) -> asyncpg.Pool:
    """Connections of the driver's own that act as `role` and cannot write; each statement stands by
    itself. They are not reset between uses, since nothing read leaves any state behind.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        reset=_leave_as_is,
        server_settings={
            "application_name": application_name,
            "role": role,
            "default_transaction_read_only": "on",
            "jit": "off",
            **settings,
        },
    )


async def _leave_as_is(connection: object) -> None:
    del connection


def create_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that hand out plain rows: nothing is lazily loaded after commit."""
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


@asynccontextmanager
async def transaction(
    factory: async_sessionmaker[AsyncSession],
    acting: Acting | None = None,
    *,
    reports: Iterable[UUID] = (),
) -> AsyncGenerator[AsyncSession]:
    """A session that commits on success and rolls back on any error, in the name of `acting`.

    What the database shows in it is what they may see (`core/fence.py`): the API's role sees
    nothing without a name, the worker and the command line need none. `reports` are the ones that
    the transaction is about.

    The transaction belongs to the driver, so that hot statements (`core/statements.py`) and the
    session's own share it. To undo everything, leave the block by an exception: `rollback()` of
    the session itself undoes nothing here. A commit under way is waited for even when the request
    is cancelled: what the client asked for is then either committed or not, never cut in the middle
    of waiting for a standby. Raises Unavailable `not_replicated` where a standby must confirm every
    commit and this one was not: it is kept here, but nobody may be told that it will stay.
    """
    async with factory() as session:
        driver = await _begin(session, begin_statement(acting, reports))
        try:
            yield session
            if session.new or session.dirty or session.deleted:
                await session.flush()
        except BaseException:
            await _roll_back(session, driver)
            raise
        commit = asyncio.ensure_future(_commit(driver))
        try:
            await asyncio.shield(commit)
        except asyncio.CancelledError:
            await asyncio.wait([commit])
            raise
        afterwards: list[Callable[[], None]] = session.info.get(_AFTERWARDS, [])
        for call in afterwards:
            call()


def after_commit(session: AsyncSession, call: Callable[[], None]) -> None:
    """Have `call` called once the transaction has committed; never, if it does not."""
    session.info.setdefault(_AFTERWARDS, []).append(call)


async def _begin(session: AsyncSession, statement: str) -> asyncpg.Connection:
    """Begin at the driver. Connections that died in the pool, when the database was restarted,
    are thrown away until a living one is found; the last error is raised if there is none.
    """
    last: Exception | None = None
    for _ in range(TRIES):
        connection = await session.connection(
            execution_options={"isolation_level": "AUTOCOMMIT"}  # the session begins nothing
        )
        driver = await _raw_of(connection)
        try:
            await driver.execute(statement)
        except LOST as error:
            last = error
            await session.invalidate()
        except BaseException:
            await session.invalidate()  # half begun: nobody else may be given this connection
            raise
        else:
            session.info[_DRIVER] = driver  # asking SQLAlchemy each time costs as much as a read
            return driver
    assert last is not None
    raise last


async def _commit(driver: asyncpg.Connection) -> None:
    """Commit, and make sure that whoever had to confirm it did. The driver tells of warnings before
    it tells that the statement has ended.
    """
    unconfirmed: list[str] = []

    def note(_: object, message: Any) -> None:
        if message.server_source_function == _WAIT_FOR_STANDBY:
            unconfirmed.append(message.message)

    driver.add_log_listener(note)
    try:
        await driver.execute("commit")
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


async def _roll_back(session: AsyncSession, driver: asyncpg.Connection) -> None:
    try:
        await driver.execute("rollback")
    except (asyncpg.PostgresError, *LOST):
        await session.invalidate()  # a broken connection must not go back to the pool


async def hold(session: AsyncSession, cases: Iterable[UUID]) -> None:
    """Keep these cases in reach until the transaction ends: a step may give one of them to another
    department, or make one. The caller has made sure that they are the actor's to see or to make.
    """
    await session.execute(_HOLD, {"cases": ",".join(map(str, cases))})


def load_sql(path: Path) -> TextClause:
    """The statement in a `.sql` file, with `:name` parameters.

    Write casts as `CAST(:x AS jsonb)`: the shorthand `::` directly after a name would hide it.
    """
    return text(path.read_text(encoding="utf-8"))


def row_to_dict(row: AnyRow) -> dict[str, Any]:
    """The columns of a row by name."""
    return dict(row._mapping)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # public, whatever its name
