"""A file on this machine's disk for as long as it is looked at."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.scratch import scratch_folder
from media.boxes import Read
from media.stores.base import unavailable


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole file; `path` is gone when the block that it was made for ends."""

    path: Path
    size: int
    sha256: bytes


@asynccontextmanager
async def spooled(chunks: AsyncIterator[bytes]) -> AsyncGenerator[Spooled]:
    """All of `chunks` as one file. Unavailable (`store_unavailable`) when the disk is full."""
    path = await asyncio.to_thread(_make)
    try:
        yield await _fill(path, chunks)
    finally:
        await asyncio.to_thread(path.unlink)


@contextmanager
def open_read(path: Path) -> Generator[Read]:
    """A function that reads bytes of a file from a position on."""
    with path.open("rb", 0) as file:
        yield lambda at, length: os.pread(file.fileno(), length, at)


def _make() -> Path:
    try:
        descriptor, name = tempfile.mkstemp(prefix="upload-", dir=scratch_folder())
    except OSError as error:
        raise unavailable(error) from error
    os.close(descriptor)
    return Path(name)


async def _fill(path: Path, chunks: AsyncIterator[bytes]) -> Spooled:
    digest, size = hashlib.sha256(), 0
    file = await asyncio.to_thread(path.open, "wb", 0)
    try:
        async for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            await asyncio.to_thread(_write, file, chunk)
    finally:
        await asyncio.to_thread(file.close)
    return Spooled(path, size, digest.digest())


def _write(file: BinaryIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    try:
        while rest:  # unbuffered, so that a full disk is noticed here
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise unavailable(error) from error
