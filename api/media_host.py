"""Photos on a host of their own: what people send can then touch nothing of the city's pages.

Another host is another origin: should a browser ever take a file for a page, that page has no
cookie, no token and no storage of ours.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from api.middleware import PAGE_POLICY

MEDIA, HEALTH = "/media/", "/healthz"


class MediaHostMiddleware:
    """Serves photos on the media host and nothing else there; elsewhere their links lead there."""

    def __init__(self, app: ASGIApp, media_url: str) -> None:
        self._app = app
        self._url = media_url
        self._host = urlsplit(media_url).netloc.lower()
        self._policy = PAGE_POLICY.replace("img-src 'self'", f"img-src 'self' {media_url}").replace(
            "default-src 'self';", f"default-src 'self'; media-src 'self' blob: {media_url};"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        here = Headers(scope=scope).get("Host", "").lower() == self._host
        if here:
            if path.startswith(MEDIA) or path == HEALTH:
                await self._app(scope, receive, send)
            else:
                await problem(Request(scope), 404, "not_found")(scope, receive, send)
        elif path.startswith(MEDIA):
            await self._elsewhere(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, self._allowing(send))

    def _elsewhere(self, scope: Scope) -> Response:
        """Links that were made before the host was set go on working."""
        url = Request(scope).url
        path = url.path + (f"?{url.query}" if url.query else "")
        return RedirectResponse(self._url + path, 308, {"Cache-Control": "no-store"})

    def _allowing(self, send: Send) -> Send:
        """Pages may show pictures of the media host."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
            await send(message)

        return send_with_policy
