"""A store that writes behind the caller's back, for the demo's hundreds of small files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path

from media.stores.base import FileInfo, PresignedPost, Store, StoredFile

_AT_ONCE = 8


class WriteBehindStore:
    """Hands every `put` to the real store in the background: each waits for the disk by itself.

    Nothing may be read, and no row that names a file committed, before `settle` has returned.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._writes: list[asyncio.Task[None]] = []

    async def settle(self) -> None:
        """Wait until all is written; raises what a write has raised."""
        await asyncio.gather(*self._writes)
        self._writes.clear()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep `data` soon."""
        self._writes.append(asyncio.create_task(self._put(key, data, content_type)))

    async def get(self, key: str) -> bytes:
        """As the real store."""
        return await self._store.get(key)

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """As the real store: at once, for the file may be gone soon."""
        await self._store.put_file(key, path, content_type)

    async def open(self, key: str, start: int = 0, size: int | None = None) -> StoredFile:
        """As the real store."""
        return await self._store.open(key, start, size)

    async def stat(self, key: str) -> FileInfo:
        """As the real store."""
        return await self._store.stat(key)

    def list(self, prefix: str = "") -> AsyncGenerator[FileInfo]:
        """As the real store."""
        return self._store.list(prefix)

    async def delete(self, key: str) -> None:
        """As the real store."""
        await self._store.delete(key)

    async def exists(self, key: str) -> bool:
        """As the real store."""
        return await self._store.exists(key)

    async def presign(
        self, key: str, *, content_type: str, size: int, until: datetime
    ) -> PresignedPost | None:
        """As the real store."""
        return await self._store.presign(key, content_type=content_type, size=size, until=until)

    async def check(self) -> None:
        """As the real store."""
        await self._store.check()

    async def _put(self, key: str, data: bytes, content_type: str) -> None:
        async with self._gate:
            await self._store.put(key, data, content_type)
