"""A mobile network between phones and the API: it delays, cuts, truncates and repeats.

A TCP proxy on loopback that looks at no more of HTTP than it needs to know how long a request is.
What befalls a connection is drawn from a seed, so that a bad run can be had again.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

_CHUNK = 16 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LONGEST_DELAY_S = 0.4
_ANSWER_BYTES = 700  # about as long as an acknowledgement: a cut falls anywhere in it
_TYPICAL_HEAD = 400


class Fate(StrEnum):
    """What befalls a connection."""

    CLEAN = "clean"
    SLOW = "slow"  # late, but whole
    CUT = "cut"  # in the middle of the request: some of it has arrived
    TRUNCATED = "truncated"  # in the middle of the answer, or before it: the sender cannot know
    REPEATED = "repeated"  # the request arrives twice, the answer to the first is lost

    @property
    def breaks(self) -> bool:
        """Whether the phone gets no whole answer."""
        return self in (Fate.CUT, Fate.TRUNCATED, Fate.REPEATED)


@dataclass
class BadNetwork:
    """A proxy to `port`; `broken` is the share of connections whose answer never arrives whole.

    `sent` counts the bytes that phones put on the line, with the heads of their requests.
    """

    port: int
    broken: float
    seed: int
    url: str = ""
    sent: int = 0
    fates: Counter[Fate] = field(default_factory=Counter[Fate])
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    @property
    def broken_share(self) -> float:
        return sum(n for fate, n in self.fates.items() if fate.breaks) / self.fates.total()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from a phone, which sends one request over it."""
        fate = self._draw()
        self.fates[fate] += 1
        try:
            async with asyncio.timeout(60):
                await self._carry(fate, reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a server that is down, or a phone that gave up: both are what this is for
        finally:
            writer.transport.abort() if fate.breaks else writer.close()

    def _draw(self) -> Fate:
        if self._random.random() < self.broken:
            return self._random.choice([fate for fate in Fate if fate.breaks])
        return Fate.SLOW if self._random.random() < 0.1 else Fate.CLEAN

    async def _carry(
        self, fate: Fate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(_HEAD_END)
        self.sent += len(head)
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        up, server = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if fate is Fate.SLOW:
                await asyncio.sleep(self._random.uniform(0.05, _LONGEST_DELAY_S))
            stop = int(self._random.random() * (length + 1)) if fate is Fate.CUT else length
            body = await self._forward(reader, server, head, stop, keep=fate is Fate.REPEATED)
            if fate is Fate.CUT:
                return
            if fate is Fate.REPEATED:
                await up.read()
                await self._say_again(head + body)
                return
            answer = int(self._random.random() * _ANSWER_BYTES)
            await self._return(up, writer, answer if fate is Fate.TRUNCATED else None)
        finally:
            # What was sent arrives, then the line is dead: as when a phone leaves the network.
            with suppress(OSError):
                await server.drain()
            server.close()

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        head: bytes,
        length: int,
        *,
        keep: bool,
    ) -> bytes:
        server.write(head)
        kept, left = bytearray(), length
        while left:
            data = await reader.read(min(_CHUNK, left))
            if not data:
                raise ConnectionResetError
            self.sent += len(data)
            left -= len(data)
            if keep:
                kept += data
            server.write(data)
            await server.drain()
        return bytes(kept)

    async def _say_again(self, request: bytes) -> None:
        up, server = await asyncio.open_connection("127.0.0.1", self.port)
        server.write(request)
        await server.drain()
        await up.read()
        server.close()

    async def _return(
        self, up: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: int | None
    ) -> None:
        passed = 0
        while data := await up.read(_CHUNK):
            if stop is not None and passed + len(data) > stop:
                writer.write(data[: stop - passed])
                await writer.drain()
                return
            passed += len(data)
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def bad_network(port: int, *, broken: float, seed: int) -> AsyncIterator[BadNetwork]:
    """A bad network in front of `port` of this machine, on a port of its own."""
    network = BadNetwork(port, broken, seed)
    server = await asyncio.start_server(network.serve, "127.0.0.1", 0, limit=_CHUNK)
    network.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield network
