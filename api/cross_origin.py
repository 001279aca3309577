"""Web maps of other sites may read what the public may: its layers, and nothing that knows a reader.

Starlette's CORSMiddleware answers `*` only to requests with an `Origin`: a shared cache that was
filled by one without (QGIS, curl) would then refuse every browser. Here the header is always there.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.session_cookies import SESSION

PUBLIC_LAYERS = re.compile(r"/(tiles|ogc|v1/incidents|v1/layers|v1/areas\.geojson)([/.]|$)")
_ANYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Crs, ETag, X-Request-Id",
}
# Neither `Authorization` nor credentials: no browser sends a token or a cookie here from elsewhere.
_PREFLIGHT = _ANYBODY | {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}


class CrossOriginMiddleware:
    """Opens the paths of PUBLIC_LAYERS to pages of every origin; answers to a token or to the
    cookie of staff stay closed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not PUBLIC_LAYERS.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "Access-Control-Request-Method" in asked:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return

        to_anybody = "Authorization" not in asked and SESSION not in asked.get("Cookie", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _open_up(MutableHeaders(scope=message), to_anybody=to_anybody)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _open_up(headers: MutableHeaders, *, to_anybody: bool) -> None:
    """Say who may read an answer, and to caches that a token or a cookie of staff changes that."""
    if to_anybody:
        headers.update(_ANYBODY)
    varies = headers.get("Vary", "").lower()
    for name in ("Authorization", "Cookie"):
        if name.lower() not in varies:
            headers.add_vary_header(name)
