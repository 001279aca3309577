"""A worker inside the test, with channels that remember what they were given."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import create_engine, create_session_factory
from core.settings import PrivacySettings
from media.stores.registry import open_store
from notifications.channels.base import Channel, Outgoing
from tests.support.client import KEYS, Api
from tests.support.sealing import SEALER, SECRET
from workflows.announcing import PhotoLinks
from workflows.configuration import ConfigurationCache
from workflows.worker import Workshop, work

PUBLIC_URL = "https://hientruong.example"


@dataclass
class RecordingChannel:
    """A channel whose provider is this list."""

    sent: list[Outgoing] = field(default_factory=list[Outgoing])

    async def send(self, message: Outgoing) -> None:
        self.sent.append(message)

    async def close(self) -> None:
        return None


@asynccontextmanager
async def worker_sessions(api: Api) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions on the API's database with a worker's rights, for one of its rounds by hand."""
    assert api.settings.database is not None
    engine = create_engine(api.settings.database.url, role="hientruong_worker")
    yield create_session_factory(engine)
    await engine.dispose()


@asynccontextmanager
async def open_workshop(api: Api, channels: Mapping[str, Channel]) -> AsyncIterator[Workshop]:
    """What a worker of the API's database and store works with, for jobs run by hand."""
    assert api.settings.database is not None
    engine = create_engine(api.settings.database.url, role="hientruong_worker")
    yield Workshop(
        sessions=create_session_factory(engine),
        store=open_store(api.settings.media),
        channels=dict(channels),
        links=PhotoLinks(PUBLIC_URL, KEYS),
        media=api.settings.media,
        cache=ConfigurationCache(),
        privacy=PrivacySettings(),
        sealer=SEALER,
        keys=KEYS,
    )
    await engine.dispose()


@asynccontextmanager
async def running_worker(api: Api) -> AsyncIterator[dict[str, RecordingChannel]]:
    """A worker on the API's database and store; its channels by name."""
    assert api.settings.database is not None
    channels = {"push": RecordingChannel(), "sms": RecordingChannel()}
    async with open_workshop(api, channels) as workshop:
        stop = asyncio.Event()
        task = asyncio.create_task(work(workshop, api.settings.database.url, stop))
        try:
            yield channels
        finally:
            stop.set()
            await task


async def start_worker(api: Api, **settings: str) -> asyncio.subprocess.Process:
    """`hientruong worker` as production runs it, on the API's database and store."""
    assert api.settings.database is not None
    return await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("hientruong"),
        "worker",
        env=os.environ
        | {
            "DATABASE_URL": api.settings.database.url,
            "HIENTRUONG_SECRET_KEY": SECRET,
            "HIENTRUONG_MEDIA_ROOT": str(api.settings.media.root),
            "HIENTRUONG_LOG_LEVEL": "WARNING",
            **settings,
        },
    )


async def eventually(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait until `condition` holds; fail if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


async def until_true(condition: Callable[[], Awaitable[bool]], *, seconds: float = 20.0) -> None:
    """The same for a condition that must be asked for."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)
