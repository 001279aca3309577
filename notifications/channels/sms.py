"""Text messages through an HTTP gateway: `POST {key, to, text}` as JSON.

The gateway must take `key` (also the header `Idempotency-Key`) as its idempotency key: we may
send twice when we die between sending and noting it.
"""

from __future__ import annotations

import httpx

from notifications.channels.base import Outgoing, TryLater, Undeliverable

_TRY_LATER = {408, 425, 429}


class HttpSmsChannel:
    """Sends to `url` with a bearer token, if one is given."""

    def __init__(self, url: str, token: str = "", timeout_s: float = 10.0) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(timeout=timeout_s, headers=headers)
        self._url = url

    async def send(self, message: Outgoing) -> None:
        body = {"key": message.key, "to": message.address, "text": message.body}
        try:
            answer = await self._client.post(
                self._url, json=body, headers={"Idempotency-Key": message.key}
            )
        except httpx.HTTPError as error:
            raise TryLater(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return
        reason = f"gateway answered {answer.status_code}"
        if answer.is_server_error or answer.status_code in _TRY_LATER:
            after = answer.headers.get("Retry-After", "")
            raise TryLater(reason, float(after) if after.isdigit() else None)
        raise Undeliverable(reason)

    async def close(self) -> None:
        await self._client.aclose()
