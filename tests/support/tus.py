"""tus requests as a client without a library writes them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator

import httpx

from tests.support.client import Api

RESUMABLE = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


async def begin(api: Api, size: int, **headers: str) -> str:
    """Begin an upload that must be taken; its path."""
    answer = await api.http.post(
        "/v1/uploads", headers=RESUMABLE | {"Upload-Length": str(size)} | headers
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def send(
    api: Api, path: str, data: bytes | AsyncIterator[bytes], *, at: int, **headers: str
) -> httpx.Response:
    """PATCH bytes from `at` on."""
    offset = {"Upload-Offset": str(at)}
    return await api.http.patch(path, content=data, headers=RESUMABLE | BYTES | offset | headers)


async def ask(api: Api, path: str, **headers: str) -> httpx.Response:
    return await api.http.head(path, headers=RESUMABLE | headers)


def checksum(data: bytes, algorithm: str = "sha1") -> dict[str, str]:
    digest = hashlib.new(algorithm, data).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


def id_of(path: str) -> str:
    return path.rpartition("/")[2]
