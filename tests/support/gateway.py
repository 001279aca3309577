"""A text-message provider on loopback: takes each key once, and counts what it is sent."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class SmsGateway:
    """What arrived. `accepted` holds each key the first time; a repeat only counts."""

    url: str = ""
    delay_s: float = 0.0
    accepted: dict[str, str] = field(default_factory=dict[str, str])
    received: Counter[str] = field(default_factory=Counter[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().split("\r\n")
                length = next(
                    int(line.split(":")[1]) for line in lines if line.startswith("content-length")
                )
                message = json.loads(await reader.readexactly(length))
                self.received[message["key"]] += 1
                self.accepted.setdefault(message["key"], message["to"])
                await asyncio.sleep(self.delay_s)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, or was killed
        finally:
            writer.close()


@asynccontextmanager
async def running_gateway(*, delay_s: float = 0.0) -> AsyncIterator[SmsGateway]:
    """The provider on a free port; it answers after `delay_s`."""
    gateway = SmsGateway(delay_s=delay_s)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gateway.url = f"http://127.0.0.1:{port}/messages"
    try:
        yield gateway
    finally:
        server.close()
