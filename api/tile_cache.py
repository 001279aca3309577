"""Tiles that were made already, as long as nothing has changed: many screens show the same map."""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

WORTH_COMPRESSING = 500
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class CachedTile:
    """A tile as of `etag`; `packed` is the same in gzip, where that is worth it."""

    etag: str
    body: bytes
    packed: bytes | None

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed or b"")


class TileCache:
    """The latest tiles, the least used dropped first. One request at a time makes a tile; others
    that want the same wait for it.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._tiles: OrderedDict[Hashable, CachedTile] = OrderedDict()
        self._bytes = 0
        self._making: dict[Hashable, asyncio.Future[CachedTile]] = {}

    async def get(
        self, key: Hashable, etag: str, make: Callable[[], Awaitable[bytes]]
    ) -> CachedTile:
        """The tile of `key` as of `etag`, made if it is not here. What `make` raises is raised."""
        known = self._tiles.get(key)
        if known is not None and known.etag == etag:
            self._tiles.move_to_end(key)
            return known
        under_way = self._making.get((key, etag))
        if under_way is None:
            under_way = asyncio.ensure_future(self._make(key, etag, make))
            self._making[key, etag] = under_way
            under_way.add_done_callback(lambda made: self._made((key, etag), made))
        return await asyncio.shield(under_way)  # a client that leaves does not stop it for others

    async def _make(
        self, key: Hashable, etag: str, make: Callable[[], Awaitable[bytes]]
    ) -> CachedTile:
        body = await make()
        packed = _gzip(body) if len(body) > WORTH_COMPRESSING else None
        tile = CachedTile(etag, body, packed)
        self._keep(key, tile)
        return tile

    def _made(self, key: Hashable, made: asyncio.Future[CachedTile]) -> None:
        del self._making[key]
        if not made.cancelled():
            made.exception()  # seen, also when everybody who waited has left

    def _keep(self, key: Hashable, tile: CachedTile) -> None:
        if (old := self._tiles.pop(key, None)) is not None:
            self._bytes -= old.size
        self._tiles[key] = tile
        self._bytes += tile.size
        while self._bytes > self._max_bytes:
            _, dropped = self._tiles.popitem(last=False)
            self._bytes -= dropped.size


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(
        level=1, wbits=_GZIP
    )  # level 5 takes three times as long for 8 % less
    return packer.compress(body) + packer.flush()
