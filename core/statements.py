"""The few statements that every report and every step runs, handed straight to the driver.

SQLAlchemy costs about twice the driver's CPU per statement (`docs/decisions/0002-hot-statements.md`
has the figures). A hot write stands in a `.sql` file with `:name` parameters; a hot read is a
select that is compiled once. Both share the transaction of the session they are given.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import LOST, POOL_TIMEOUT_S, TRIES, AnySelect, driver_of

_DIALECT = dialect.dialect()

_NAME = re.compile(r"(?<![:\w]):([a-z_]+)\b")
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1…` parameters, and the names that stand for them in order."""

    sql: str
    names: tuple[str, ...]

    def arguments(self, parameters: Mapping[str, object]) -> list[object]:
        """The parameters in the order of the statement; what it does not name is left out."""
        return [parameters[name] for name in self.names]


def load_statement(path: Path, **parts: str) -> Statement:
    """The statement in a `.sql` file; `parts` are SQL of ours that stands in it as `{name}`.

    PostgreSQL must be able to tell the type of each parameter: write `CAST(:x AS jsonb)` where
    its place does not say it.
    """
    names: list[str] = []
    template = _COMMENT.sub("", path.read_text(encoding="utf-8"))

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    sql = _NAME.sub(number, template.format(**parts) if parts else template)
    return Statement(sql, tuple(names))


async def fetch(
    session: AsyncSession, statement: Statement, parameters: Mapping[str, object]
) -> list[asyncpg.Record]:
    """All rows that the statement answers, within the session's transaction."""
    driver = await driver_of(session)
    return cast(
        "list[asyncpg.Record]",
        await driver.fetch(statement.sql, *statement.arguments(parameters)),
    )


async def fetch_one(
    where: AsyncSession | asyncpg.Pool, statement: Statement, parameters: Mapping[str, object]
) -> asyncpg.Record | None:
    """The first row, or None; in the transaction of a session, or by itself on a pool of readers."""
    arguments = statement.arguments(parameters)
    if isinstance(where, asyncpg.Pool):
        return await _look_up(where, statement.sql, arguments)
    driver = await driver_of(where)
    return cast("asyncpg.Record | None", await driver.fetchrow(statement.sql, *arguments))


async def _look_up(pool: asyncpg.Pool, sql: str, arguments: list[object]) -> asyncpg.Record | None:
    """Asked again where connections died in the pool, when the database was restarted."""
    last: Exception | None = None
    for _ in range(TRIES):
        async with pool.acquire(timeout=POOL_TIMEOUT_S) as connection:  # pyright: ignore[reportUnknownVariableType]
            driver = cast("asyncpg.Connection", connection)
            try:
                return cast("asyncpg.Record | None", await driver.fetchrow(sql, *arguments))
            except LOST as error:
                last = error
    assert last is not None
    raise last


@dataclass(frozen=True, slots=True)
class CompiledSelect:
    """A select in the driver's terms, with what makes rows of its records."""

    statement: Statement
    make_row: Callable[..., Any]
    constants: dict[str, object]

    def row(self, record: asyncpg.Record) -> Any:
        """A record as a named tuple."""
        return self.make_row(*record)


def compile_select(query: AnySelect) -> CompiledSelect:
    """Compile a select whose values are all named by `bindparam`, once, when a module is loaded.

    Values are what the driver makes of them: text, numbers, instants, UUIDs, arrays of those, and
    JSON decoded; a geometry must be taken apart in SQL.
    """
    compiled = query.compile(dialect=_DIALECT)
    names = tuple(compiled.positiontup or ())  # pyright: ignore[reportAttributeAccessIssue]
    keys = [str(column.key) for column in query.selected_columns]
    make_row = cast(
        "Callable[..., Any]",
        namedtuple("Row", keys, rename=True),  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple]  # its names come from the query
    )
    # Values that stand in the select itself are parameters too.
    constants: dict[str, object] = {
        name: bind.value for name, bind in compiled.binds.items() if not bind.required
    }  # pyright: ignore[reportAttributeAccessIssue]
    return CompiledSelect(Statement(str(compiled), names), make_row, constants)


async def fetch_rows(
    session: AsyncSession, query: CompiledSelect, parameters: dict[str, object]
) -> list[Any]:
    """All rows of a compiled select."""
    return [
        query.row(record)
        for record in await fetch(session, query.statement, query.constants | parameters)
    ]


async def fetch_row(
    where: AsyncSession | asyncpg.Pool, query: CompiledSelect, parameters: dict[str, object]
) -> Any | None:
    """Its first row, or None."""
    record = await fetch_one(where, query.statement, query.constants | parameters)
    return query.row(record) if record is not None else None
