"""The protocol tus 1.0.0 as it looks on the wire: headers in, headers out. https://tus.io"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.errors import answer_error
from core import errors
from core.errors import FieldError, Malformed, UnsupportedType, WrongProtocol

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
CONTENT_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "sha256")
# A phone that has changed its network leaves a connection behind that nothing comes through.
IDLE_S = 30.0
_MAX_DIGITS = 10


class TusRoute(APIRoute):
    """A route all of whose answers say which version is spoken, errors too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_tus(request: Request) -> Response:
            try:
                response = await handle(request)
            except errors.Error as error:
                response = await answer_error(request, error)
                if isinstance(error, WrongProtocol):
                    response.headers["Tus-Version"] = VERSION
                if "offset" in error.facts:
                    response.headers["Upload-Offset"] = str(error.facts["offset"])
            response.headers["Tus-Resumable"] = VERSION
            return response

        return handle_tus


def malformed(header: str, code: str = "header_malformed", **facts: object) -> Malformed:
    """The error for a header that is missing or is not what the protocol says."""
    return Malformed(fields=[FieldError(f"#{header}", code, facts)])


def check_version(version: str | None) -> None:
    """Raise WrongProtocol (`tus_version_wrong`) unless a request speaks our version."""
    if version != VERSION:
        raise WrongProtocol("tus_version_wrong", version=VERSION)


def check_content_type(content_type: str | None) -> None:
    """Raise UnsupportedType (`tus_type_wrong`) unless the body is bytes to be appended."""
    if content_type != CONTENT_TYPE:
        raise UnsupportedType("tus_type_wrong", wanted=CONTENT_TYPE)


def read_number(header: str, value: str | None) -> int:
    """A number of bytes. Malformed if it is none, TooLarge if no file ever has as many."""
    if value is None:
        raise malformed(header, "field_required")
    if not (value.isascii() and value.isdigit()):
        raise malformed(header)
    if len(value.lstrip("0")) > _MAX_DIGITS:
        raise errors.TooLarge("upload_too_large")
    return int(value)


def read_checksum(value: str | None) -> Checksum | None:
    """What `Upload-Checksum` asks for: `sha1 <Base64>`."""
    if value is None:
        return None
    algorithm, _, encoded = value.partition(" ")
    if algorithm not in ALGORITHMS:
        raise malformed("upload-checksum", "checksum_unknown", accepted=", ".join(ALGORITHMS))
    try:
        wanted = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed("upload-checksum") from error
    return Checksum(algorithm, wanted)


class Checksum:
    """A running hash and what it must come to."""

    def __init__(self, algorithm: str, wanted: bytes) -> None:
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._wanted = wanted

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def fits(self) -> bool:
        return self._hash.digest() == self._wanted


async def body_of(request: Request, *, idle_s: float = IDLE_S) -> AsyncGenerator[bytes]:
    """The body as it comes; ends early where the connection breaks or nothing more comes."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(idle_s):
                chunk = await anext(stream)
        except (StopAsyncIteration, ClientDisconnect, TimeoutError):
            return
        if chunk:
            yield chunk


def http_date(instant: datetime) -> str:
    """An instant as `Upload-Expires` gives it (RFC 9110)."""
    return format_datetime(instant, usegmt=True)
