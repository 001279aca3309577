"""Answers that need not be sent again: which get an ETag, and who already has them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api.conditional import MAX_BYTES, ConditionalMiddleware, has_etag

PIECE = b'"' + b"x" * 400_000 + b'"'


async def pieces() -> AsyncIterator[bytes]:
    for _ in range(4):
        yield PIECE


async def plain(_: Request) -> Response:
    return JSONResponse({"a": 1})


async def own(_: Request) -> Response:
    return JSONResponse({"a": 1}, headers={"ETag": '"7"', "Cache-Control": "public, max-age=60"})


async def missing(_: Request) -> Response:
    return JSONResponse({"code": "not_found"}, 404)


async def secret(_: Request) -> Response:
    return JSONResponse({"a": 1}, headers={"Cache-Control": "no-store"})


async def words(_: Request) -> Response:
    return PlainTextResponse("a")


async def large(_: Request) -> Response:
    return StreamingResponse(pieces(), media_type="application/geo+json")


ROUTES = {
    "/v1/plain": plain, "/v1/own": own, "/v1/missing": missing, "/v1/secret": secret,
    "/v1/words": words, "/v1/large": large, "/other": plain,
}  # fmt: skip


def client() -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route(path, made, methods=["GET", "POST"]) for path, made in ROUTES.items()]
    )
    app.add_middleware(ConditionalMiddleware)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_what_has_not_changed_is_not_sent_again() -> None:
    async with client() as http:
        first = await http.get("/v1/plain")
        etag = first.headers["ETag"]
        assert etag.startswith('W/"')
        assert (first.json(), first.headers["Cache-Control"]) == ({"a": 1}, "no-cache")
        assert first.headers["Vary"] == "Accept-Language, Authorization, Cookie"
        again = await http.get("/v1/plain", headers={"If-None-Match": f'"x", {etag}'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert "Content-Length" not in again.headers
        other = await http.get("/v1/plain", headers={"If-None-Match": '"x"'})
        assert other.status_code == 200


async def test_what_is_told_to_one_reader_is_kept_by_nobody_else() -> None:
    async with client() as http:
        answer = await http.get("/v1/plain", headers={"Authorization": "Bearer x"})
        assert answer.headers["Cache-Control"] == "private, no-cache"


async def test_a_route_that_knows_better_is_left_alone() -> None:
    async with client() as http:
        answer = await http.get("/v1/own")
        assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (
            '"7"',
            "public, max-age=60",
        )


@pytest.mark.parametrize("path", ["/v1/missing", "/v1/secret", "/v1/words", "/other"])
async def test_nothing_else_gets_one(path: str) -> None:
    async with client() as http:
        assert "ETag" not in (await http.get(path)).headers
        assert "ETag" not in (await http.post("/v1/plain")).headers


async def test_a_very_large_answer_is_passed_on_as_it_comes() -> None:
    async with client() as http:
        answer = await http.get("/v1/large")
        assert len(answer.content) == 4 * len(PIECE) > MAX_BYTES
        assert "ETag" not in answer.headers
        assert json.loads(PIECE)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, False),
        ('"7"', True),
        ('W/"7"', True),
        ('"6", "7"', True),
        ("*", True),
        ('"8"', False),
    ],
)
def test_etags_are_compared_weakly(named: str | None, *, expected: bool) -> None:
    assert has_etag(named, '"7"') is expected
    assert has_etag(named, 'W/"7"') is expected
