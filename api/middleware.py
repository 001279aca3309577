"""What happens around every request: an id, a size limit, security headers, a log line.

Plain ASGI: no task is started per request and bodies are not buffered.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import TooLarge

log = structlog.get_logger()
MAX_JSON_BYTES = 256_000
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline';"
    " worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'self'; object-src 'none'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self)",
    "Content-Security-Policy": PAGE_POLICY,
}

REQUESTS = Counter("hientruong_requests_total", "HTTP requests", ["method", "route", "status"])
SECONDS = Histogram("hientruong_request_seconds", "Seconds per HTTP request", ["method", "route"])


def request_id_of(request: Request) -> str:
    """The id of a request, as its response carries it."""
    return request.scope.get("request_id", "")


class RequestMiddleware:
    """Wraps the application; see the module. `upload_limits` says how many bytes a body may have
    under paths that begin with a pattern; under all others it is MAX_JSON_BYTES.
    """

    def __init__(self, app: ASGIApp, upload_limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = {re.compile(path): limit for path, limit in upload_limits.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex
        scope["request_id"] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                add_headers(MutableHeaders(raw=message["headers"]), request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, self._limited(scope, receive), send_with_headers)
            finally:
                _measure(scope, status, time.perf_counter() - started)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """`receive`, but raising TooLarge once a body exceeds what its path may take.

        FastAPI's own `max_body_size` would answer in plain text, not with a problem.
        """
        path = scope["path"]
        limits = (limit for pattern, limit in self._limits.items() if pattern.match(path))
        limit = next(limits, MAX_JSON_BYTES)
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise TooLarge(max_bytes=limit)
            return message

        return limited


def add_headers(headers: MutableHeaders, request_id: str) -> None:
    """What every response carries."""
    headers["X-Request-Id"] = request_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)


def route_of(scope: Scope) -> str:
    """Which route answers, for logs and figures: the address itself may hold a token."""
    return getattr(scope.get("route"), "path", "unmatched")


def _measure(scope: Scope, status: int, seconds: float) -> None:
    route = route_of(scope)
    REQUESTS.labels(scope["method"], route, str(status)).inc()
    SECONDS.labels(scope["method"], route).observe(seconds)
    log.debug("request", method=scope["method"], route=route, status=status, seconds=seconds)
