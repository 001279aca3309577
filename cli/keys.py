"""`hientruong keys rotate`: what is sealed with older keys is sealed with the newest."""

from __future__ import annotations

import asyncio

import typer

from core.db import create_engine, create_session_factory
from core.errors import ConfigurationError
from core.sealing import SealBroken, create_sealer
from core.settings import DatabaseSettings, SecuritySettings
from workflows.sealing import Sealed, reseal


def rotate() -> None:
    """Go through all sealed rows. Raises ConfigurationError where no key opens one."""
    security = SecuritySettings()
    security.check()
    try:
        done = asyncio.run(_reseal(security))
    except SealBroken as error:
        raise ConfigurationError(f"{error}. Nothing after it was sealed anew.") from None
    typer.echo(
        f"sealed anew: {done.accounts} accounts, {done.contacts} contacts of reporters,"
        f" {done.messages} text messages"
    )


async def _reseal(security: SecuritySettings) -> Sealed:
    engine = create_engine(DatabaseSettings(), role="hientruong_worker")  # pyright: ignore[reportCallIssue]
    try:
        return await reseal(create_session_factory(engine), create_sealer(security))
    finally:
        await engine.dispose()
