"""Another system on loopback: keeps every call, and answers as it is told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

OK = "204 No Content\r\n"


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """As Standard Webhooks has it: over the id, the second and the body, byte by byte."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = ".".join((self.headers["webhook-id"], self.headers["webhook-timestamp"], ""))
        wanted = hmac.new(key, signed.encode() + self.body, hashlib.sha256).digest()
        version, _, signature = self.headers["webhook-signature"].partition(",")
        return version == "v1" and base64.b64decode(signature) == wanted


@dataclass
class Receiver:
    """What was called. `answers` (status line and headers) are given one by one, then OK."""

    url: str = ""
    delay_s: float = 0.0
    endless: bool = False
    answers: list[str] = field(default_factory=list[str])
    calls: list[Call] = field(default_factory=list[Call])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.calls.append(Call(line, headers, body))
            await asyncio.sleep(self.delay_s)
            answer = self.answers.pop(0) if self.answers else OK
            writer.write(f"HTTP/1.1 {answer}Connection: close\r\n\r\n".encode())
            while self.endless:
                writer.write(b"x" * 65536)
                await writer.drain()
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the caller went away
        finally:
            writer.close()


@asynccontextmanager
async def running_receiver(
    tls: ssl.SSLContext | None = None, **moods: Any
) -> AsyncIterator[Receiver]:
    """The other system on a free port of this machine."""
    receiver = Receiver(**moods)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/hooks?city=46"
    try:
        yield receiver
    finally:
        server.close()
