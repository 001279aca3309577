"""The live feed: one reader of the database per process, any number of clients.

Changes are numbered after their commit, one numberer at a time (`gis/cells.py`), so "all above n"
is never late and never has a gap: a client that says how far it came misses nothing and gets
nothing twice, whichever process it comes back to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.errors import Unavailable
from core.fence import Errand
from gis.cells import number_changes
from gis.changes import list_changes, span_of_changes
from gis.live_events import MapChange, View, encode

log = structlog.get_logger()
LOOK_EVERY_S = 0.2
AFTER_FAILURE_S = 1.0
HEARTBEAT_S = 15.0
BACKLOG = 50  # rounds with changes that a client may be behind before it is cut
LINGER_ROUNDS = 50  # without clients: whoever comes back soon finds the reader running
PAGE = 1000
MAX_CLIENTS = 5000
RETRY_MS = 2000


class LiveClient:
    """One reader of the feed. `cut` is set when it is too slow, or when the feed ends."""

    def __init__(self, feed: LiveFeed, view: View, after: int | None) -> None:
        self.view = view
        self.cut = asyncio.Event()
        self._feed = feed
        self._joined_at = feed.position
        self._after = after
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue(BACKLOG)

    def put(self, chunk: bytes) -> None:
        """Hand over events; a client with too many of them is cut."""
        try:
            self._chunks.put_nowait(chunk)
        except asyncio.QueueFull:
            self.cut.set()

    async def events(self) -> AsyncIterator[bytes]:
        """Server-sent events: what was missed, then whatever comes, without end.

        `feed.ready` says that from here on it is live, `feed.reset` that what was missed is no
        longer kept: load the map anew. An `id:` alone says how far the feed is.
        """
        yield f"retry: {RETRY_MS}\n\n".encode()
        if self._after is None:
            yield _note("feed.reset", self._joined_at)
        else:
            async for chunk in self._feed.replay(self.view, self._after, self._joined_at):
                yield chunk
            yield _note("feed.ready", self._joined_at)
        while True:
            try:
                yield await asyncio.wait_for(self._chunks.get(), HEARTBEAT_S)
            except TimeoutError:
                yield f"id: {self._feed.position}\n\n".encode()


class LiveFeed:
    """Fans the changes of the map out to clients; reads the database only while there are any."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self.position = 0
        self.clients: set[LiveClient] = set()
        self._sessions = sessions
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._looked = asyncio.Event()  # set when the next look is over

    async def join(self, view: View, last_id: int | None) -> LiveClient:
        """Add a client that was told all up to `last_id`, to be removed by `leave`; from now on it
        is handed every change.

        Raises Unavailable when too many are connected.
        """
        if len(self.clients) >= MAX_CLIENTS:
            raise Unavailable("feed_full", clients=MAX_CLIENTS)
        await self._start()
        after = await self._find_start(last_id)
        client = LiveClient(self, view, after)
        self.clients.add(client)
        return client

    def leave(self, client: LiveClient) -> None:
        """Remove a client."""
        self.clients.discard(client)

    async def close(self) -> None:
        """End the reader, and with it all clients."""
        for client in self.clients:
            client.cut.set()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def keeps(self, seq: int) -> bool:
        """Whether all that followed `seq` is still there; False also for a number never given."""
        async with transaction(self._sessions, Errand.FEED) as session:
            first, last = await span_of_changes(session)
        return first - 1 <= seq <= last

    async def replay(self, view: View, after: int, until: int) -> AsyncIterator[bytes]:
        """Changes after one number up to another as events of `view`, in pages."""
        while after < until:
            async with transaction(self._sessions, Errand.FEED) as session:
                changes = await list_changes(session, after=after, until=until, limit=PAGE)
            if not changes:
                return
            if chunk := _encode(changes, view):
                yield chunk
            after = changes[-1].seq

    async def _find_start(self, last_id: int | None) -> int | None:
        """After which number a client goes on; None if what followed `last_id` is gone."""
        if last_id is None:
            return self.position
        if not await self.keeps(last_id):
            await self._looked.wait()  # a position to resume from that is surely kept
            return None
        while last_id > self.position:  # another process has told this client more than we read
            await self._looked.wait()
        return last_id

    async def _start(self) -> None:
        async with self._starting:
            if self._reader is None or self._reader.done():
                async with transaction(self._sessions, Errand.FEED) as session:
                    _, self.position = await span_of_changes(session)
                self._reader = asyncio.create_task(self._read(), name="live-feed")

    async def _read(self) -> None:
        """Look again and again while somebody is there. A lost database only pauses it."""
        alone = 0
        while self.clients or alone < LINGER_ROUNDS:
            alone = 0 if self.clients else alone + 1
            try:
                await self._look()
            except Exception:
                log.exception("live_feed_failed")
                await asyncio.sleep(AFTER_FAILURE_S)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        async with transaction(self._sessions, Errand.FEED) as session:
            await number_changes(session)
        full = True
        while full:
            async with transaction(self._sessions, Errand.FEED) as session:
                _, last = await span_of_changes(session)
                changes = await list_changes(session, after=self.position, until=last, limit=PAGE)
            full = len(changes) == PAGE
            # No other task runs between these two: who joins is told by the one or by the other.
            self._tell(changes)
            self.position = changes[-1].seq if full else last
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def _tell(self, changes: list[MapChange]) -> None:
        encoded: dict[View, bytes] = {}  # most clients look at the same map
        for client in list(self.clients):
            if client.view not in encoded:
                encoded[client.view] = _encode(changes, client.view)
            if chunk := encoded[client.view]:
                client.put(chunk)
            if client.cut.is_set():
                self.clients.discard(client)


def _encode(changes: list[MapChange], view: View) -> bytes:
    return b"".join(encode(change, view) for change in changes)


def _note(name: str, seq: int) -> bytes:
    return f'id: {seq}\nevent: {name}\ndata: {{"seq":{seq}}}\n\n'.encode()
