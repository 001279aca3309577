"""A worker inside the test, with channels that remember what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.db import create_engine, create_session_factory
from media.stores.registry import open_store
from notifications.channels.base import Outgoing
from tests.support.client import SECRET, Api
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
async def running_worker(api: Api) -> AsyncIterator[dict[str, RecordingChannel]]:
    """A worker on the API's database and store; its channels by name."""
    assert api.settings.database is not None
    url = api.settings.database.url
    engine = create_engine(url, role="hientruong_worker")
    channels = {"push": RecordingChannel(), "sms": RecordingChannel()}
    workshop = Workshop(
        sessions=create_session_factory(engine),
        store=open_store(api.settings.media),
        channels=dict(channels),
        links=PhotoLinks(PUBLIC_URL, SECRET),
        media=api.settings.media,
        cache=ConfigurationCache(),
    )
    stop = asyncio.Event()
    task = asyncio.create_task(work(workshop, url, stop))
    try:
        yield channels
    finally:
        stop.set()
        await task
        await engine.dispose()


async def eventually(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait until `condition` holds; fail if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)
