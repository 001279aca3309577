"""A phone with a queue of reports, on whatever network it finds: it tries until it is acknowledged.

It does what the app's engineers are told to do: photos first, resumed where they were cut, then
the report under an id of its own, again and again until there is an answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

TUS = {"Tus-Resumable": "1.0.0"}
_LOST = (httpx.TransportError, httpx.DecodingError)
_BUSY = {423, 429, 500, 502, 503, 504}
_GIVE_UP_S = 300.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 4.0


class PhoneError(Exception):
    """The API answered what no phone can mend."""


@dataclass(frozen=True)
class Photo:
    """A file to send, and what to know it by."""

    data: bytes

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


@dataclass
class QueuedReport:
    """A report in the phone's queue; `answer` once it was acknowledged."""

    body: dict[str, Any]
    photos: list[Photo]
    id: UUID = field(default_factory=uuid4)
    answer: dict[str, Any] | None = None
    tries: int = 0


@dataclass
class Phone:
    """Hands in reports one after the other at `url`."""

    url: str
    seed: int
    _client: httpx.AsyncClient = field(init=False)
    _random: random.Random = field(init=False)
    _failures: int = 0  # one after the other

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        # A connection per request: each may break.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(base_url=self.url, timeout=10, limits=limits)

    async def hand_in(self, report: QueuedReport) -> None:
        """Send the photos and the report, however often it takes; sets its `answer`."""
        async with asyncio.timeout(_GIVE_UP_S):
            uploads = [await self._send(photo) for photo in report.photos]
            body = {**report.body, "uploads": uploads}
            while report.answer is None:
                report.tries += 1
                answer = await self._try("PUT", f"/v1/reports/{report.id}", json=body)
                if answer is not None:
                    _expect(answer, 200, 201)
                    report.answer = answer.json()

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, photo: Photo) -> str:
        """The id of an upload that holds the whole photo."""
        path, offset = await self._create(photo), 0
        while True:
            answer = await self._try(
                "PATCH", path,
                headers={**TUS, "Upload-Offset": str(offset),
                         "Content-Type": "application/offset+octet-stream"},
                content=photo.data[offset:],
            )  # fmt: skip
            if answer is not None and answer.status_code != 409:
                _expect(answer, 204)
                return path.rsplit("/", 1)[-1]
            offset = await self._offset(path)
            if offset == len(photo.data):
                return path.rsplit("/", 1)[-1]

    async def _create(self, photo: Photo) -> str:
        kind = base64.b64encode(b"image/jpeg").decode()
        headers = {
            **TUS, "Upload-Length": str(len(photo.data)), "Upload-Metadata": f"filetype {kind}",
        }  # fmt: skip
        while (answer := await self._try("POST", "/v1/uploads", headers=headers)) is None:
            pass
        _expect(answer, 201)
        return httpx.URL(answer.headers["Location"]).path

    async def _offset(self, path: str) -> int:
        while (answer := await self._try("HEAD", path, headers=TUS)) is None:
            pass
        _expect(answer, 200, 204)
        return int(answer.headers["Upload-Offset"])

    async def _try(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        """One request; None, after a pause, when there was no answer or a server that is busy."""
        try:
            headers = {**request.pop("headers", {}), "Connection": "close"}
            answer = await self._client.request(method, path, headers=headers, **request)
        except _LOST:
            answer = None
        if answer is None or answer.status_code in _BUSY:
            # As the app does: twice as long each time, by chance, so that phones do not march in step.
            self._failures += 1
            longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self._failures)
            await asyncio.sleep(self._random.uniform(longest / 2, longest))
            return None
        self._failures = 0
        return answer


def _expect(answer: httpx.Response, *statuses: int) -> None:
    if answer.status_code not in statuses:
        request = answer.request
        raise PhoneError(
            f"{request.method} {request.url}: {answer.status_code} {answer.text[:500]}"
        )
