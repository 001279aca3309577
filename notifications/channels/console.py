"""The channel of the demo and of development: prints what it would have sent."""

from __future__ import annotations

import sys

from notifications.channels.base import Outgoing


class ConsoleChannel:
    """Prints each message to standard output, marked with the channel that it stands in for."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def send(self, message: Outgoing) -> None:
        body = message.body.replace("\n", " · ")
        photo = f" · {message.data['photo_url']}" if message.data.get("photo_url") else ""
        sys.stdout.write(f"[{self._name} → {message.address}] {message.title}: {body}{photo}\n")
        sys.stdout.flush()

    async def close(self) -> None:
        return None
