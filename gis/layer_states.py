"""What each layer of the map stands at: equal states mean equal tiles."""

from __future__ import annotations

import asyncio

import asyncpg

FRESH_S = 0.2  # a change shows at the latest this long after it was committed
_STATES = "select layer, version, pending, last_pending from layer_states"


class LayerStates:
    """The states of all layers, asked for at most every 0.2 s, whoever wants to know them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._states: dict[str, str] = {}
        self._read_at = float("-inf")
        self._turn = asyncio.Lock()

    async def of(self, layer: str) -> str:
        """The state of a layer: a short text, another one whenever the layer has changed."""
        if self._is_old():
            async with self._turn:
                if self._is_old():
                    await self._read()
        return self._states[layer]

    def _is_old(self) -> bool:
        return asyncio.get_running_loop().time() - self._read_at > FRESH_S

    async def _read(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        rows = await self._pool.fetch(_STATES)
        self._states = {layer: _state(*numbers) for layer, *numbers in rows}
        self._read_at = asked_at


def _state(version: int, pending: int, last_pending: int) -> str:
    return f"{version}-{pending}-{last_pending}" if pending else str(version)
