"""`hientruong media verify`: whether every row has its file and every file its row."""

from __future__ import annotations

import asyncio
from time import perf_counter

from rich.console import Console

from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory
from core.settings import DatabaseSettings, MediaSettings
from media.stores.registry import open_store
from media.verifying import Tally, verify

SENTENCES = {
    "missing": "is missing",
    "wrong_size": "has another size than its row says",
    "wrong_hash": "has other bytes than its row says",
    "unknown": "belongs to no row",
}


def verify_files(*, quick: bool, delete_unknown: bool) -> None:
    """Say what differs; exits with 1 if anything does, but for what was deleted."""
    raise SystemExit(asyncio.run(_verify(quick=quick, delete_unknown=delete_unknown)))


async def _verify(*, quick: bool, delete_unknown: bool) -> int:
    console, started = Console(soft_wrap=True, highlight=False), perf_counter()
    engine = create_engine(DatabaseSettings(), role=WORKER, application_name="hientruong-media")  # pyright: ignore[reportCallIssue]
    store, tally = open_store(MediaSettings()), Tally()
    found = deleted = 0
    try:
        findings = verify(
            create_session_factory(engine), store, now=utc_now(), tally=tally, hashes=not quick
        )
        async for finding in findings:
            console.print(f"{finding.key} {SENTENCES[finding.problem]}", markup=False)
            if delete_unknown and finding.problem == "unknown":
                await store.delete(finding.key)
                deleted += 1
            else:
                found += 1
    finally:
        await engine.dispose()
    console.print(
        f"{tally.files} files with {tally.size / 1e6:.1f} MB"
        f" {'compared' if quick else 'read'} in {perf_counter() - started:.1f} s:"
        f" {found} differ, {deleted} deleted"
    )
    return 1 if found else 0
