"""A connection for one question of a reader, and an answer in words when it takes too long."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg

from core.errors import Unavailable

QUEUE_S = 5.0
RETRY_AFTER_S = 10


@asynccontextmanager
async def borrowed(pool: asyncpg.Pool) -> AsyncGenerator[Any]:
    """A connection of `pool`.

    Unavailable when none is free in time, or when the database's time limit ends a statement: it
    is ended there, so nothing goes on running.
    """
    try:
        async with cast("Any", pool.acquire(timeout=QUEUE_S)) as connection:
            yield connection
    except (asyncpg.QueryCanceledError, TimeoutError) as error:
        raise Unavailable("query_too_slow", retry_after_s=RETRY_AFTER_S) from error
