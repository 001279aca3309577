"""The live feed of the map as server-sent events."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query
from prometheus_client import Counter, Gauge
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.deps import ActorDep, CityDep, ServicesDep
from api.schemas.map import AreaFilterQuery
from core.errors import InvalidInput
from gis.live import LiveClient, LiveFeed
from gis.live_events import View
from workflows.visibility import map_scope_of

router = APIRouter(prefix="/v1", tags=["map"])
RIGHTS_HOLD_S = 3600  # then the client comes back, and its token is looked at again
EVENT_STREAM = "text/event-stream"
LARGEST_ID = (1 << 63) - 1

CLIENTS = Gauge("hientruong_live_clients", "Connected clients of the live feed")
CUT = Counter("hientruong_live_cut_total", "Clients of the live feed that were too slow")


class EventStream(Response):
    """Sends what the feed has for a client until it leaves, is cut, or its rights must be asked
    for again.
    """

    media_type = EVENT_STREAM

    def __init__(self, feed: LiveFeed, client: LiveClient) -> None:
        # Proxies (nginx) hold an answer back until a buffer is full, unless told not to.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers=headers, media_type=EVENT_STREAM)
        del self.headers["Content-Length"]
        self._feed, self._client = feed, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        CLIENTS.inc()
        parts = {
            asyncio.create_task(part)
            for part in (self._send(send), _gone(receive), self._client.cut.wait())
        }
        try:
            done, _ = await asyncio.wait(
                parts, timeout=RIGHTS_HOLD_S, return_when=asyncio.FIRST_COMPLETED
            )
            for part in done:
                part.result()  # raises what went wrong
        finally:
            self._feed.leave(self._client)
            CLIENTS.dec()
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        if self._client.cut.is_set():
            CUT.inc()
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self._client.events():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


@router.get(
    "/incidents/stream",
    response_class=Response,
    responses={200: {"content": {EVENT_STREAM: {}}, "description": "Events without end"}},
)
async def follow_incidents(
    filters: Annotated[AreaFilterQuery, Query()],
    actor: ActorDep,
    city: CityDep,
    services: ServicesDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventStream:
    """Open cases as they change: `case.opened`, `case.changed`, `case.closed`.

    Each event has an `id`; sent back as `Last-Event-ID` it resumes without a gap. `feed.reset`
    asks to load the map anew.
    """
    view = View(filters.to_filter(city, filters.bbox), map_scope_of(actor))
    if view.wanted.by_age:
        raise InvalidInput.at("?max_age_h", "feed_knows_no_age")
    client = await services.live.join(view, _to_id(last_event_id))
    return EventStream(services.live, client)


async def _gone(receive: Receive) -> None:
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()


def _to_id(value: str | None) -> int | None:
    if value is None or value == "":
        return None
    if not (value.isascii() and value.isdigit()) or int(value) > LARGEST_ID:
        raise InvalidInput.at("#last-event-id", "last_event_id_malformed")
    return int(value)
