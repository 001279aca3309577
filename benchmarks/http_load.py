"""A closed-loop HTTP client for benchmarks: few instructions per request, so that it measures the
server more than itself. Loopback only.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass
class LoadResult:
    """What a run saw: seconds per answered request, and the answers by status."""

    seconds: float
    latencies: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the latencies in milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000


Request = tuple[str, str, dict[str, str], bytes]  # method, path, headers, body


async def run_load(
    base_url: str, make_request: Callable[[], Request | None], *, clients: int, seconds: float
) -> LoadResult:
    """Let `clients` connections send one request after another for `seconds`, or until
    `make_request` has no more.
    """
    parts = urlsplit(base_url)
    if parts.hostname not in LOOPBACK:
        raise ValueError(f"load goes to loopback only, not to {parts.hostname}")
    result = LoadResult(seconds)
    started = time.perf_counter()
    deadline = started + seconds
    await asyncio.gather(
        *(
            _client(parts.hostname or "", parts.port or 80, make_request, deadline, result)
            for _ in range(clients)
        )
    )
    result.seconds = time.perf_counter() - started
    return result


async def _client(
    host: str,
    port: int,
    make_request: Callable[[], Request | None],
    deadline: float,
    result: LoadResult,
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while (sent_at := time.perf_counter()) < deadline:
            request = make_request()
            if request is None:
                break
            writer.write(_encode(host, request))
            status = await _read_answer(reader)
            result.latencies.append(time.perf_counter() - sent_at)
            result.statuses[status] += 1
    finally:
        writer.close()


def _encode(host: str, request: Request) -> bytes:
    method, path, headers, body = request
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _read_answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    start = lower.find(b"content-length:")
    length = int(lower[start + 15 : lower.index(b"\r\n", start)]) if start >= 0 else 0
    if length:
        await reader.readexactly(length)
    return int(head[9:12])
