"""`hientruong retention`: end what is kept only for so long, or say what would be ended."""

from __future__ import annotations

import asyncio

import typer

from core.clock import utc_now
from core.db import create_engine, create_session_factory
from core.settings import DatabaseSettings, MediaSettings, RetentionSettings
from media.removal import delete_removed_files
from media.stores.registry import open_store
from workflows.retention import count_over, end_what_is_over


def run(*, dry_run: bool) -> None:
    """One line for each kind of rows."""
    counts = asyncio.run(_run(dry_run=dry_run))
    for name, count in counts.items():
        typer.echo(f"{name}: {count} {'over' if dry_run else 'ended'}")


async def _run(*, dry_run: bool) -> dict[str, int]:
    engine = create_engine(DatabaseSettings(), role="hientruong_worker")  # pyright: ignore[reportCallIssue]
    sessions, settings, now = create_session_factory(engine), RetentionSettings(), utc_now()
    try:
        if dry_run:
            return await count_over(sessions, settings, now=now)
        counts = await end_what_is_over(sessions, settings, now=now)
        await delete_removed_files(sessions, open_store(MediaSettings()))
        return counts
    finally:
        await engine.dispose()
