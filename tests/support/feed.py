"""Following the live feed as a browser does: over a socket, with `Last-Event-ID`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Follower:
    """A client of the feed: what it was told, and how far it came."""

    base_url: str
    params: dict[str, str] = field(default_factory=dict[str, str])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    last_id: str | None = None
    events: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )
    ids: list[int] = field(default_factory=list[int])

    async def follow(self) -> None:
        """One connection, until it is cut; errors of the connection are raised."""
        headers = dict(self.headers)
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        async with (
            httpx.AsyncClient(base_url=self.base_url, timeout=30, trust_env=False) as http,
            http.stream(
                "GET", "/v1/incidents/stream", params=self.params, headers=headers
            ) as answer,
        ):
            answer.raise_for_status()
            await self._read(answer)

    async def _read(self, answer: httpx.Response) -> None:
        name, data = "", ""
        async for line in answer.aiter_lines():
            key, _, value = line.partition(": ")
            if key == "event":
                name = value
            elif key == "data":
                data = value
            elif key == "id":
                self.last_id = value
            elif not line and name:
                assert self.last_id is not None
                self.events.append((name, json.loads(data)))
                if name.startswith("case."):
                    self.ids.append(int(self.last_id))
                name = ""

    async def keep_following(self) -> None:
        """Reconnect whenever the connection ends, as EventSource does."""
        while True:
            try:
                await self.follow()
            except httpx.HTTPError:
                pass  # the server is away; the next try says where we were
            await asyncio.sleep(0.05)

    def named(self, name: str) -> list[dict[str, Any]]:
        """The data of all events of a name."""
        return [data for event, data in self.events if event == name]


@asynccontextmanager
async def following(
    base_url: str, *, reconnect: bool = False, **parts: Any
) -> AsyncIterator[Follower]:
    """A follower that is connected and live."""
    follower = Follower(base_url, **parts)
    task = asyncio.create_task(follower.keep_following() if reconnect else follower.follow())
    try:
        await until(lambda: bool(follower.events) or task.done())
        if task.done():
            task.result()
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until `condition` holds; fail if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
