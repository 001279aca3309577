"""What happens around every request, with small ASGI applications of our own inside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware import (
    MAX_JSON_BYTES,
    SECURITY_HEADERS,
    RequestMiddleware,
    request_id_of,
)
from core.errors import TooLarge

MAX_UPLOAD = 1_000_000


def client(app: ASGIApp) -> httpx.AsyncClient:
    wrapped = RequestMiddleware(app, upload_limits={"/v1/media": MAX_UPLOAD})
    return httpx.AsyncClient(transport=httpx.ASGITransport(wrapped), base_url="http://test")


async def tell_id(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    logged = structlog.contextvars.get_contextvars()["request_id"]
    await PlainTextResponse(f"{request_id_of(request)} {logged}")(scope, receive, send)


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        body = await Request(scope, receive).body()
    except TooLarge as error:
        await PlainTextResponse(str(error.facts), 413)(scope, receive, send)
    else:
        await PlainTextResponse(str(len(body)))(scope, receive, send)


async def say_x(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("x")(scope, receive, send)


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a bug")


def seen(**labels: str) -> float:
    return REGISTRY.get_sample_value("hientruong_requests_total", labels) or 0


async def test_every_response_carries_an_id_that_the_log_knows() -> None:
    async with client(tell_id) as browser:
        first, second = await browser.get("/a"), await browser.get("/a")
    for response in (first, second):
        request_id = response.headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f]{32}", request_id)
        assert response.text == f"{request_id} {request_id}"
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("given", ["abc", "a-b_c.D9", "x" * 64])
async def test_an_id_from_outside_is_taken_over(given: str) -> None:
    async with client(tell_id) as browser:
        response = await browser.get("/", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] == given
    assert response.text == f"{given} {given}"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "<script>", "a;b", "đ".encode()])
async def test_an_id_that_could_harm_a_log_is_not(given: str | bytes) -> None:
    async with client(tell_id) as browser:
        response = await browser.get("/", headers=[(b"X-Request-Id", _bytes(given))])
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-Id"])


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


async def test_security_headers() -> None:
    async with client(say_x) as browser:
        response = await browser.get("/v1/cases")
        docs = await browser.get("/docs")
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert {name: docs.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


async def test_what_a_route_says_itself_stays() -> None:
    own = PlainTextResponse("x", headers={"Referrer-Policy": "no-referrer"})
    async with client(own) as browser:
        response = await browser.get("/")
    assert response.headers.get_list("Referrer-Policy") == ["no-referrer"]


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/v1/reports", MAX_JSON_BYTES), ("/v1/media", MAX_UPLOAD), ("/v1/me/media", MAX_JSON_BYTES)],
)
@pytest.mark.parametrize("pieces", [1, 7])
async def test_bodies_up_to_the_limit(path: str, limit: int, pieces: int) -> None:
    async with client(count_body) as browser:
        fits = await browser.post(path, content=_in_pieces(limit, pieces))
        too_large = await browser.post(path, content=_in_pieces(limit + 1, pieces))
    assert (fits.status_code, fits.text) == (200, str(limit))
    assert (too_large.status_code, too_large.text) == (413, str({"max_bytes": limit}))


async def _in_pieces(size: int, pieces: int) -> AsyncIterator[bytes]:
    """Without a Content-Length, as an attacker would."""
    for n in range(pieces):
        yield b"x" * (size // pieces + (size % pieces if n == 0 else 0))


async def test_a_body_is_not_read_beyond_the_limit() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"x" * 100_000

    async with client(count_body) as browser:
        response = await browser.post("/v1/reports", content=endless())
    assert response.status_code == 413
    assert sent <= MAX_JSON_BYTES + 2 * 100_000


async def test_requests_are_counted_by_route_and_not_by_address() -> None:
    class Route:
        path = "/v1/things/{thing}"

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = Route()
        await PlainTextResponse("x", 201)(scope, receive, send)

    labels = {"method": "PUT", "route": "/v1/things/{thing}", "status": "201"}
    before = seen(**labels)
    async with client(routed) as browser:
        await browser.put("/v1/things/1")
        await browser.put("/v1/things/2")
    assert seen(**labels) == before + 2


async def test_a_path_that_nobody_serves_makes_no_new_series() -> None:
    labels = {"method": "GET", "route": "unmatched", "status": "200"}
    before = seen(**labels)
    async with client(say_x) as browser:
        await browser.get("/wp-login.php")
    assert seen(**labels) == before + 1


async def test_a_bug_is_counted_as_one() -> None:
    labels = {"method": "GET", "route": "unmatched", "status": "500"}
    before = seen(**labels)
    async with client(fail) as browser:
        with pytest.raises(RuntimeError, match="a bug"):
            await browser.get("/")
    assert seen(**labels) == before + 1
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_other_scopes_pass_untouched(kind: str) -> None:
    passed: list[Any] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        passed.extend((scope, receive, send))

    async def receive() -> dict[str, Any]:
        return {"type": "x"}

    async def send(message: Iterable[Any]) -> None: ...

    scope = {"type": kind}
    await RequestMiddleware(inner, upload_limits={})(scope, receive, send)  # type: ignore[arg-type]
    assert passed == [{"type": kind}, receive, send]


async def test_messages_other_than_body_pass() -> None:
    """A client that goes away is no body."""
    got: list[Any] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        got.append(await receive())
        got.append(await receive())

    messages = iter([{"type": "http.request"}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Iterable[Any]) -> None: ...

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await RequestMiddleware(inner, upload_limits={})(scope, receive, send)  # type: ignore[arg-type]
    assert [message["type"] for message in got] == ["http.request", "http.disconnect"]
