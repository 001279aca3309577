"""What each layer of the map stands at: equal states mean equal tiles."""

from __future__ import annotations

import asyncio
from typing import cast

import asyncpg

FRESH_S = 0.2  # a change shows at the latest this long after it was committed
_STATES = "select layer, version, pending, last_pending from layer_states"


class LayerStates:
    """The states of all layers, shared by all who want to know them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._states: dict[str, str] = {}
        self._read_at = float("-inf")
        self._turn = asyncio.Lock()

    async def of(self, layer: str, *, max_age_s: float = FRESH_S) -> str:
        """The state of a layer at most `max_age_s` ago: a short text, another one whenever the
        layer has changed.
        """
        asked_at = asyncio.get_running_loop().time()
        if asked_at - self._read_at >= max_age_s:
            async with self._turn:
                if self._read_at <= asked_at:  # nobody has read it while we waited
                    await self._read()
        return self._states[layer]

    async def _read(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        rows = cast("list[tuple[str, int, int, int]]", await self._pool.fetch(_STATES))
        self._states = {layer: _state(*numbers) for layer, *numbers in rows}
        self._read_at = asked_at


def _state(version: int, pending: int, last_pending: int) -> str:
    return f"{version}-{pending}-{last_pending}" if pending else str(version)
