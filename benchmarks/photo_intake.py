"""Reports with photos at a steady rate, as phones send them, with a worker that makes derivatives.

    python -m benchmarks.photo_intake [--rate 20] [--minutes 10] [--kilobytes 200]

An open loop: a report begins every 1/rate seconds, whether or not those before it are done. Each
sends one photo by tus and then the report, over a connection of its own. Derivatives may fall
behind; how far, and how long they take to catch up, is printed, with the memory of API and worker
and of all children together.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import os
import statistics
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import uvloop
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from benchmarks.environment import Environment, running_city
from cli.children import Child
from core.db import driver_url

API_PROCESSES = 2
PHOTOS = 64  # different ones: what was sent before is looked for among all
CREATED, NO_CONTENT = 201, 204
SAMPLE_EVERY_S = 10.0
CATCH_UP_S = 3600.0
LAG = """
    select count(*) as waiting,
        coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest_s
    from attachments where state = 'pending'
"""
TUS = "Tus-Resumable: 1.0.0\r\n"
JPEG = base64.b64encode(b"image/jpeg").decode()
console = Console()


@dataclass
class Sample:
    """The state of things at `at` seconds; memory in megabytes, resident."""

    at: float
    waiting: int
    oldest_s: float
    api_mb: float
    worker_mb: float


@dataclass
class Run:
    """What was seen: seconds until the acknowledgement, and of the whole, photo included."""

    acknowledged: list[float] = field(default_factory=list[float])
    whole: list[float] = field(default_factory=list[float])
    statuses: Counter[str] = field(default_factory=Counter[str])
    samples: list[Sample] = field(default_factory=list[Sample])
    caught_up_s: float = 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kilobytes", type=int, default=200)
    options = parser.parse_args()
    with running_city(workers=API_PROCESSES) as city:
        worker = _start_worker(city)
        try:
            run = uvloop.run(measure(city, options.rate, options.minutes * 60, options.kilobytes))
        finally:
            worker.ask_to_stop()
            worker.stop(time.monotonic() + 20)
    _print(run, options.rate, options.minutes)


def make_photo(number: int, kilobytes: int) -> bytes:
    """A photo as a phone shrinks it, 1600 by 1200, at the quality that gives about that size."""
    noise = Image.effect_noise((1600, 1200), 30 + number)
    # Coarse, and another one each time: photos that look alike are looked for among all others.
    shade = Image.effect_noise((8, 6), 200).resize(noise.size, Image.Resampling.BICUBIC)
    picture = Image.merge("RGB", (shade, Image.blend(shade, noise, 0.3), ImageOps.invert(shade)))
    for quality in range(95, 5, -5):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= kilobytes * 1000:
            break
    return buffer.getvalue()


async def measure(city: Environment, rate: float, seconds: float, kilobytes: int) -> Run:
    """The steady stream, then the wait until no photo is pending."""
    run = Run()
    photos = [make_photo(number, kilobytes) for number in range(PHOTOS)]
    driver = await asyncpg.connect(driver_url(city.database_url, ""))
    started = time.perf_counter()
    watching = asyncio.create_task(_watch(run, city.database_url, started))
    tasks: set[asyncio.Task[None]] = set()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        task = asyncio.create_task(_report(city.api_url, photos[number % len(photos)], run))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    ended = time.perf_counter()
    while (await driver.fetchrow(LAG))["waiting"] and time.perf_counter() < ended + CATCH_UP_S:
        await asyncio.sleep(1)
    run.caught_up_s = time.perf_counter() - ended
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await driver.close()
    return run


async def _report(api_url: str, photo: bytes, run: Run) -> None:
    parts = urlsplit(api_url)
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        head = f"Upload-Length: {len(photo)}\r\nUpload-Metadata: filetype {JPEG}\r\n"
        status, headers, _ = await _ask(reader, writer, "POST", "/v1/uploads", TUS + head, b"")
        run.statuses[f"POST upload {status}"] += 1
        if status != CREATED:
            return  # counted; a phone would try again
        path = urlsplit(headers["location"]).path
        head = "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
        status, _, _ = await _ask(reader, writer, "PATCH", path, TUS + head, photo)
        run.statuses[f"PATCH upload {status}"] += 1
        if status != NO_CONTENT:
            return
        body = {
            "category": "traffic.sign",
            "location": {"lat": 16.46, "lon": 107.59},
            "description": "Biển báo bị gãy ở góc đường",
            "uploads": [path.rsplit("/", 1)[-1]],
        }
        sent = time.perf_counter()
        status, _, _ = await _ask(
            reader, writer, "PUT", f"/v1/reports/{uuid.uuid4()}",
            "Content-Type: application/json\r\n", json.dumps(body).encode(),
        )  # fmt: skip
        run.statuses[f"PUT report {status}"] += 1
        run.acknowledged.append(time.perf_counter() - sent)
        run.whole.append(time.perf_counter() - began)
    finally:
        writer.close()


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    method: str,
    path: str,
    head: str,
    body: bytes,
) -> tuple[int, dict[str, str], bytes]:
    line = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{head}"
    writer.write(f"{line}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (each.partition(":") for each in lines[1:])
    }
    answer = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(lines[0].split()[1]), headers, answer


async def _watch(run: Run, url: str, started: float) -> None:
    driver = await asyncpg.connect(driver_url(url, ""))
    try:
        while True:
            row = await driver.fetchrow(LAG)
            families = [_family(pid) for pid in _programs()]
            run.samples.append(
                Sample(
                    at=time.perf_counter() - started,
                    waiting=row["waiting"],
                    oldest_s=row["oldest_s"],
                    api_mb=sum(_resident_mb(f) for f in families if "serve" in _command(f[0])),
                    worker_mb=sum(_resident_mb(f) for f in families if "worker" in _command(f[0])),
                )
            )
            await asyncio.sleep(SAMPLE_EVERY_S)
    finally:
        await driver.close()


def _programs() -> list[int]:
    """The programs that this benchmark started: its own children."""
    return _children(os.getpid())


def _family(pid: int) -> list[int]:
    """A process with all that it started."""
    return [pid, *(each for child in _children(pid) for each in _family(child))]


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # ended meanwhile
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _resident_mb(pids: list[int]) -> float:
    """Shared pages count once for each process that has them, so this is an upper bound."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
        except OSError:
            continue
    return total / 1e6


def _start_worker(city: Environment) -> Child:
    program = Path(sys.executable).with_name("hientruong")
    environment = os.environ | city.settings
    return Child("worker", [str(program), "worker"], environment)


def _print(run: Run, rate: float, minutes: float) -> None:
    table = Table(title=f"{rate:g} reports a second for {minutes:g} minutes, one photo each")
    for column in ("milliseconds", "p50", "p95", "p99", "longest"):
        table.add_column(column, justify="right" if column != "milliseconds" else "left")
    for name, values in (("acknowledgement", run.acknowledged), ("with the photo", run.whole)):
        cuts = statistics.quantiles(values, n=100)
        row = (cuts[49], cuts[94], cuts[98], max(values))
        table.add_row(name, *(f"{value * 1000:,.0f}" for value in row))
    console.print(table)
    console.print(", ".join(f"{count:,} × {what}" for what, count in sorted(run.statuses.items())))
    table = Table(title="On the way")
    for column in ("minute", "photos waiting", "oldest s", "API MB", "worker MB"):
        table.add_column(column, justify="right")
    step = max(1, len(run.samples) // 12)
    for sample in run.samples[::step]:
        table.add_row(
            f"{sample.at / 60:.1f}", f"{sample.waiting:,}", f"{sample.oldest_s:.0f}",
            f"{sample.api_mb:,.0f}", f"{sample.worker_mb:,.0f}",
        )  # fmt: skip
    console.print(table)
    console.print(f"derivatives caught up {run.caught_up_s:.0f} s after the last report")


if __name__ == "__main__":
    main()
