"""A Nominatim on loopback: speaks `jsonv2`, in the moods that a service on the network has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

HIT: dict[str, Any] = {
    "place_id": 1,
    "licence": "Data © OpenStreetMap contributors",
    "osm_type": "node",
    "osm_id": 2,
    "lat": "16.4635",
    "lon": "107.5859",
    "category": "place",
    "type": "house",
    "addresstype": "place",
    "name": "",
    "display_name": "12, Lê Lợi, Phường Thuận Hóa, Thành phố Huế, Việt Nam",
    "address": {"house_number": "12", "road": "Lê Lợi", "suburb": "Phường Thuận Hóa"},
    "boundingbox": ["16.4634", "16.4636", "107.5858", "107.5860"],
}
ELSEWHERE = HIT | {"lat": "10.77", "lon": "106.69", "boundingbox": None}


@dataclass
class StandIn:
    """`search` and `reverse` are what it answers; `status`, `body` or `delay_s` spoil that. With
    `hangs` it says nothing at all, with `drips` a letter at a time, for ever.
    """

    url: str = ""
    search: list[dict[str, Any]] = field(default_factory=lambda: [HIT])
    reverse: dict[str, Any] = field(default_factory=lambda: HIT)
    status: str = "200 OK"
    body: bytes | None = None
    delay_s: float = 0.0
    hangs: bool = False
    drips: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(
        default_factory=list[tuple[str, dict[str, str]]]
    )
    agents: list[str] = field(default_factory=list[str])
    at_once: int = 0
    most_at_once: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await self._answer(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # who asked has gone away
        finally:
            self.at_once -= 1
            writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        target = urlsplit(head.split(" ")[1])
        asked = {name: values[0] for name, values in parse_qs(target.query).items()}
        self.asked.append((target.path, asked))
        self.agents += [
            line.partition(": ")[2]
            for line in head.split("\r\n")
            if line.lower().startswith("user-agent:")
        ]
        if self.hangs:
            await asyncio.sleep(3600)
        await asyncio.sleep(self.delay_s)
        said = self.search if target.path.endswith("/search") else self.reverse
        body = json.dumps(said).encode() if self.body is None else self.body
        writer.write(f"HTTP/1.1 {self.status}\r\nConnection: close\r\n\r\n".encode())
        while self.drips:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write(body)
        await writer.drain()


@asynccontextmanager
async def running_nominatim(**moods: Any) -> AsyncGenerator[StandIn]:
    """The service on a free port, gone afterwards with all who still wait for it."""
    stand_in = StandIn(**moods)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await stand_in.serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/nominatim"
    try:
        yield stand_in
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
