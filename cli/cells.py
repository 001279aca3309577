"""`hientruong cells check|rebuild`: the counts of open cases that tiles are drawn from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TypeVar

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import WORKER, create_engine, create_session_factory, transaction
from core.settings import DatabaseSettings
from gis.cells import count_wrong_cells, rebuild_cells

T = TypeVar("T")


def check() -> None:
    """Say how many cells are wrong; exits with 1 if any is. The worker does this every night."""
    wrong = asyncio.run(_run(count_wrong_cells))
    Console().print(f"{wrong} cells are wrong" if wrong else "all cells are right")
    raise SystemExit(1 if wrong else 0)


def rebuild() -> None:
    """Count all cells anew; tiles show the old counts until it is done."""
    started = perf_counter()
    asyncio.run(_run(rebuild_cells))
    Console().print(f"counted anew in {perf_counter() - started:.1f} s")


async def _run(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    engine = create_engine(DatabaseSettings(), role=WORKER, application_name="hientruong-cells")  # pyright: ignore[reportCallIssue]
    try:
        async with transaction(create_session_factory(engine)) as session:
            return await work(session)
    finally:
        await engine.dispose()
