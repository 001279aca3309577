"""Answers that a phone need not load again: an ETag for every JSON answer under `/v1`.

Whatever a GET answers there gets a weak ETag of its content, unless its route gave one, and a
phone that has it is answered 304 without a body. The content is made all the same: what is saved is
the citizen's volume and time, on networks where both are short. Plain ASGI; only such answers
are held back, and only up to MAX_BYTES.
"""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.session_cookies import SESSION

MAX_BYTES = 1_000_000
PATH = "/v1/"
JSON_TYPES = ("application/json", "application/geo+json")
OK, NOT_MODIFIED = 200, 304
VARY = ("Accept-Language", "Authorization", "Cookie")


def has_etag(if_none_match: str | None, etag: str) -> bool:
    """Whether the reader has what `etag` stands for: one of those it names, compared weakly (RFC
    9110, 8.8.3.2), as a proxy that compresses makes a strong one weak.
    """
    if if_none_match is None:
        return False
    named = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in named or etag.removeprefix("W/") in named


def etag_of(content: bytes) -> str:
    """The weak ETag of some content."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


class ConditionalMiddleware:
    """Wraps the application; see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "GET"
        if not asked or not scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(Headers(scope=scope), send).send)


class _Answer:
    """Holds an answer back until it is whole, then sends it, or that nothing has changed."""

    def __init__(self, asked: Headers, send: Send) -> None:
        self._asked = asked
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        else:
            await self._add(message)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(raw=message["headers"])
        kind = headers.get("Content-Type", "").partition(";")[0]
        if message["status"] not in (OK, NOT_MODIFIED) or "no-store" in headers.get(
            "Cache-Control", ""
        ):
            await self._send(message)
            return
        varies = headers.get("Vary", "").lower()
        for name in VARY:
            if name.lower() not in varies:
                headers.add_vary_header(name)
        private = "Authorization" in self._asked or SESSION in self._asked.get("Cookie", "")
        headers.setdefault("Cache-Control", "private, no-cache" if private else "no-cache")
        if message["status"] == OK and kind in JSON_TYPES and "ETag" not in headers:
            self._start = message
        else:
            await self._send(message)

    async def _add(self, message: Message) -> None:
        start = self._start
        assert start is not None
        self._body += message.get("body", b"")
        more = message.get("more_body", False)
        if more and len(self._body) <= MAX_BYTES:
            return
        self._start = None
        if not more:
            headers = MutableHeaders(raw=start["headers"])
            etag = etag_of(bytes(self._body))
            headers["ETag"] = etag
            if has_etag(self._asked.get("If-None-Match"), etag):
                start["status"] = NOT_MODIFIED
                for name in ("Content-Length", "Content-Type"):
                    del headers[name]
                self._body.clear()
        await self._send(start)
        await self._send(
            {"type": "http.response.body", "body": bytes(self._body), "more_body": more}
        )
