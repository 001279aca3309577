"""What a store of files promises, whichever it is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

from core.errors import NotFound, Unavailable

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_PART}(/{_PART})*")
_CHUNK_BYTES = 256 * 1024
RETRY_S = 10
_LISTED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a store knows of a file without reading it; `tag` changes when the file does."""

    key: str
    size: int
    modified_at: datetime
    tag: str


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form that the holder posts to `url`: `fields` first, then the file as `file`."""

    url: str
    fields: dict[str, str]


class Store(Protocol):
    """Files by key, such as `originals/2026/11/<uuid>`.

    Every call raises Unavailable (`store_unavailable`) when the store does not answer or its disk
    fails, and ValueError for a key that `check_key` refuses. None blocks the event loop.
    """

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep `data`, replacing what was there; durable and whole when this returns."""
        ...

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """The same with a file of this machine, of which no more than a part is in memory."""
        ...

    async def get(self, key: str) -> bytes:
        """All bytes of a file; NotFound (`file_not_found`) if there is none."""
        ...

    async def open(self, key: str, start: int = 0, size: int | None = None) -> StoredFile:
        """A file to be read in pieces, or its `size` bytes from `start` on, which must be there.

        NotFound (`file_not_found`) if there is none.
        """
        ...

    async def stat(self, key: str) -> FileInfo:
        """Size and age of a file; NotFound (`file_not_found`) if there is none."""
        ...

    def list(self, prefix: str = "") -> AsyncGenerator[FileInfo]:
        """The files whose key begins with `prefix`, in the order of their keys' bytes.

        What is put or deleted meanwhile may be among them or not.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove a file; removing what is not there is no error."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether a file is there."""
        ...

    async def presign(
        self, key: str, *, content_type: str, size: int, until: datetime
    ) -> PresignedPost | None:
        """A form by which somebody else may put this one file of this type and size, until then.

        None if this store takes files from nobody but us.
        """
        ...

    async def check(self) -> None:
        """Return if files can be kept now, else raise Unavailable. Creates a missing place."""
        ...


class StoredFile:
    """An open file, or the part asked for: `size` in bytes, its content by iterating once; `tag` as
    in FileInfo. Closed at its end or by hand.

    A response streams it with `aclose` as its background task.
    """

    def __init__(
        self, size: int, tag: str, read: Callable[[int], bytes], close: Callable[[], None]
    ) -> None:
        self.size = size
        self.tag = tag
        self._read = read
        self._close = close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while chunk := await asyncio.to_thread(self._read, _CHUNK_BYTES):
                yield chunk
        finally:
            await self.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the file; doing so twice is no error."""
        await asyncio.to_thread(self._close)


async def in_batches(infos: Iterator[FileInfo]) -> AsyncGenerator[FileInfo]:
    """What a listing that blocks yields, fetched in a thread."""
    while batch := await asyncio.to_thread(lambda: list(islice(infos, _LISTED_AT_ONCE))):
        for info in batch:
            yield info


def check_key(key: str) -> str:
    """`key` itself, if it is a relative path of plain names; else ValueError.

    Keys are made by us, so a bad one is our mistake and not the sender's.
    """
    if not _KEY.fullmatch(key):
        message = f"not a key of a stored file: {key!r}"
        raise ValueError(message)
    return key


def missing(key: str) -> NotFound:
    """The error for a file that is not there."""
    return NotFound("file_not_found", key=key)


def unavailable(error: Exception) -> Unavailable:
    """The error for a store that fails; what went wrong is for the log, not for the sender."""
    return Unavailable("store_unavailable", reason=type(error).__name__, retry_after_s=RETRY_S)
