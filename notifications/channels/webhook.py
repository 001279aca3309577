"""Calls to other systems: a CloudEvents body under the signature of Standard Webhooks.

The receiver must take `webhook-id` as idempotency key: we may call twice when we die between
calling and noting it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Awaitable, Callable

import httpx

from core.clock import utc_now
from notifications.channels.base import Outgoing, TryLater, Undeliverable
from notifications.hosts import InsideError, find_address

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
GONE = 410
LONGEST_PAUSE_S = 86_400.0  # whatever a receiver asks for
DEFAULT_PORTS = {"https": 443, "http": 80}
FindSecret = Callable[[str], Awaitable[str | None]]


class WebhookChannel:
    """Posts the body of a message to its address.

    `find_secret` answers the secret of the webhook that `data["webhook"]` names, None once it is
    retired. Unless `inside` is allowed, only hosts of the public Internet are called. `tls` says
    whose certificates are trusted, if not the usual ones.
    """

    def __init__(
        self,
        find_secret: FindSecret,
        *,
        inside: bool,
        timeout_s: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._find_secret = find_secret
        self._inside = inside
        self._timeout_s = timeout_s
        # A connection is to an address, its certificate for a name: so each is used once. And
        # nothing of the environment, such as a proxy, comes in between.
        self._client = httpx.AsyncClient(
            verify=tls or True,
            timeout=timeout_s,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def send(self, message: Outgoing) -> None:
        secret = await self._find_secret(str(message.data.get("webhook")))
        if secret is None:
            raise Undeliverable("webhook retired")
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(message, secret)
        except InsideError as error:
            raise Undeliverable("leads into our own network") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise Undeliverable(f"no such address: {error}") from error
        except (httpx.HTTPError, OSError) as error:  # a TimeoutError is one, too
            raise TryLater(f"{type(error).__name__}: {error}") from error
        _check(answer)

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, message: Outgoing, secret: str) -> httpx.Response:
        """The answer without its body, which nobody reads."""
        url = httpx.URL(message.address)
        host, port = url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme]
        address = await find_address(host, port, inside=self._inside)
        body = message.body.encode()
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={
                "Host": url.netloc.decode("ascii"),
                "Content-Type": CONTENT_TYPE,
                "User-Agent": "hientruong",
                **sign(message.key, int(utc_now().timestamp()), body, secret),
            },
            extensions={"sni_hostname": host},
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        return answer


def sign(message_id: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers of Standard Webhooks: who we are, and that nobody changed the body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def _check(answer: httpx.Response) -> None:
    """Anything but "taken" and "gone" may be better next time, a redirection too."""
    if answer.is_success:
        return
    reason = f"webhook answered {answer.status_code}"
    if answer.status_code == GONE:
        raise Undeliverable(reason, gone=True)
    after = answer.headers.get("Retry-After", "")
    is_number = after.isascii() and after.isdigit()
    raise TryLater(reason, min(float(after), LONGEST_PAUSE_S) if is_number else None)
