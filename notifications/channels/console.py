"""The channel that stands in for a provider: the demo prints what it would have sent."""

from __future__ import annotations

import sys

import structlog

from notifications.channels.base import Outgoing

log = structlog.get_logger()


class ConsoleChannel:
    """Prints each message to standard output, marked with the channel that it stands in for.

    Outside the demo, messages are to and about real people: it then says only that there was one,
    by its key.
    """

    def __init__(self, name: str, *, demo: bool) -> None:
        self._name = name
        self._demo = demo

    async def send(self, message: Outgoing) -> None:
        if not self._demo:
            log.warning("no_provider", channel=self._name, key=message.key)
            return
        body = message.body.replace("\n", " · ")
        photo = f" · {message.data['photo_url']}" if message.data.get("photo_url") else ""
        sys.stdout.write(f"[{self._name} → {message.address}] {message.title}: {body}{photo}\n")
        sys.stdout.flush()

    async def close(self) -> None:
        return None
