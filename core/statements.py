"""The few statements that every report and every step runs, handed straight to the driver.

SQLAlchemy costs about twice the driver's CPU per statement (`docs/decisions/0002-hot-statements.md`
has the figures). A hot statement stands in a `.sql` file with `:name` parameters, and shares the
transaction of the session it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import driver_of

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


def load_statement(path: Path) -> Statement:
    """The statement in a `.sql` file.

    PostgreSQL must be able to tell the type of each parameter: write `CAST(:x AS jsonb)` where
    its place does not say it.
    """
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    sql = _NAME.sub(number, _COMMENT.sub("", path.read_text(encoding="utf-8")))
    return Statement(sql, tuple(names))


async def fetch(
    session: AsyncSession, statement: Statement, parameters: Mapping[str, object]
) -> list[asyncpg.Record]:
    """All rows that the statement answers, within the session's transaction."""
    driver = await driver_of(await session.connection())
    return cast(
        "list[asyncpg.Record]",
        await driver.fetch(statement.sql, *statement.arguments(parameters)),
    )


async def fetch_one(
    session: AsyncSession, statement: Statement, parameters: Mapping[str, object]
) -> asyncpg.Record | None:
    """The first row, or None."""
    driver = await driver_of(await session.connection())
    return cast(
        "asyncpg.Record | None",
        await driver.fetchrow(statement.sql, *statement.arguments(parameters)),
    )
