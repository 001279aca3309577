"""`hientruong audit verify`: whether anything in the audit log was changed, taken out or added."""

from __future__ import annotations

import asyncio

import typer

from core.db import WORKER, create_engine, create_session_factory
from core.settings import DatabaseSettings, MediaSettings, SecuritySettings
from media.stores.registry import open_store
from workflows.audit_chain import Verdict, verify_chain

SENTENCES = {
    "entry_changed": "the entry is not what was sealed",
    "entry_missing": "an entry is missing",
    "end_missing": "the chain was cut off here: a signed end lies further on",
    "head_differs": "the entry is not the one whose hash was signed",
    "head_missing": "a signed end is missing",
    "unknown_key": "signed by a key that is not among ours (HIENTRUONG_OLD_SECRET_KEYS)",
    "bad_signature": "the signature is wrong",
}
SHOWN = 50


def verify() -> None:
    """Print what is wrong and where; exits with 1 if anything is."""
    security = SecuritySettings()
    security.check()
    verdict = asyncio.run(_verify(security))
    typer.echo(f"{verdict.sealed} entries are sealed, {verdict.waiting} wait to be")
    for fault in verdict.faults[:SHOWN]:
        typer.echo(f"  at {fault.seq}: {SENTENCES[fault.code]}")
    if len(verdict.faults) > SHOWN:
        typer.echo(f"  and {len(verdict.faults) - SHOWN} more")
    if verdict.faults:
        raise SystemExit(1)
    typer.echo("The chain is whole.")


async def _verify(security: SecuritySettings) -> Verdict:
    engine = create_engine(DatabaseSettings(), role=WORKER)  # pyright: ignore[reportCallIssue]
    try:
        store = open_store(MediaSettings())
        return await verify_chain(create_session_factory(engine), store, security.keys)
    finally:
        await engine.dispose()
