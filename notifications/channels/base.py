"""What a channel is: it hands one message to a provider, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way. Providers get `key` as idempotency key, wherever they take one."""

    key: str
    address: str
    title: str
    body: str
    data: dict[str, Any]


class TryLater(Exception):  # names what to do, not what broke
    """The provider could not take it now. `after_s`: when it asked to be tried again."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Undeliverable(Exception):
    """It will never arrive. `gone`: the address itself is dead and can be forgotten."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


class Channel(Protocol):
    """Sends within a few seconds, or raises TryLater or Undeliverable."""

    async def send(self, message: Outgoing) -> None: ...

    async def close(self) -> None: ...
