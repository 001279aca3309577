"""The API as its clients meet it: over HTTP, each under their own account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import ApiSettings, create_app, open_services
from core.keys import Keyring
from core.settings import (
    DatabaseSettings,
    FilingLimits,
    IntakeSettings,
    MediaSettings,
    SecuritySettings,
    ServerSettings,
)
from identity.oidc.providers import load_providers
from tests.support.city import Draft
from tests.support.photos import make_jpeg
from tests.support.sealing import SECRET

KEYS = Keyring(SECRET)
NO_PAGES = Path(__file__).parent / "no-pages"
FRESH_SECONDS = 300.0  # an access token, and a proof of who staff are, count for ten minutes
# An application makes its routes at its first request, which takes half a second: one that a test
# is done with serves the next that wants the same of what is fixed in it.
_idle: dict[str, list[FastAPI]] = {}


def api_settings(url: str, folder: Path) -> ApiSettings:
    """Settings of a demo installation on the database `url`, with its files in `folder`."""
    return ApiSettings(
        server=ServerSettings(log_level="WARNING", web_root=NO_PAGES),
        security=SecuritySettings(demo=True, secret_key=SecretStr(SECRET)),
        media=MediaSettings(store="local", root=folder / "media"),
        intake=IntakeSettings(),
        database=DatabaseSettings(DATABASE_URL=url),
        # One client that files for everybody is what budgets are there to stop.
        filing_limits=FilingLimits(
            per_account_hour=0, per_number_hour=0, per_address_hour=0, city_minute=0
        ),
    )


@dataclass
class Api:
    """A client of the API with helpers for what most tests do first."""

    http: httpx.AsyncClient
    app: FastAPI
    settings: ApiSettings
    _tokens: dict[str, str] = field(default_factory=dict[str, str])
    _signed_in: dict[str, float] = field(default_factory=dict[str, float])

    async def staff(self, username: str) -> dict[str, str]:
        """Headers of a staff account (demo password), signed in once, and again before that is too
        long ago to count as proof of who it is.
        """
        return await self._headers(username, "staff", username=username, password="demo")

    async def citizen(self, phone: str = "+84905000001") -> dict[str, str]:
        """Headers of a citizen's account by phone, signed in likewise."""
        return await self._headers(phone, "otp/verify", phone=phone, code="000000")

    async def _headers(self, who: str, path: str, **proof: str) -> dict[str, str]:
        if monotonic() - self._signed_in.get(who, -FRESH_SECONDS) >= FRESH_SECONDS:
            answer = await self.http.post(f"/v1/auth/{path}", json=proof)
            assert answer.status_code == 200, answer.text
            self._tokens[who] = answer.json()["access_token"]
            self._signed_in[who] = monotonic()
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def forget(self, who: str | None = None) -> None:
        """Sign `who` (a username or a phone), or everybody, in anew when next asked."""
        for known in [who] if who else list(self._tokens):
            del self._tokens[known], self._signed_in[known]

    async def upload(self, photo: bytes | None = None, **headers: str) -> str:
        answer = await self.http.post(
            "/v1/media", files={"file": ("photo.jpg", photo or make_jpeg())}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["upload_id"]

    async def file(
        self,
        body: dict[str, object] | None = None,
        *,
        headers: dict[str, str] | None = None,
        report_id: UUID | None = None,
    ) -> dict[str, Any]:
        """File a report that must be accepted; its acknowledgement."""
        answer = await self.http.put(
            f"/v1/reports/{report_id or uuid4()}", json=body or Draft().body(), headers=headers
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def act(
        self, case_id: str, action: str, form: dict[str, object], headers: dict[str, str]
    ) -> httpx.Response:
        """Take a step on the newest version of a case."""
        case = await self.http.get(f"/v1/cases/{case_id}", headers=headers)
        assert case.status_code == 200, case.text
        return await self.http.post(
            f"/v1/cases/{case_id}/actions/{action}",
            json=form,
            headers={**headers, "If-Match": case.headers["ETag"]},
        )


@asynccontextmanager
async def open_api(url: str, folder: Path) -> AsyncIterator[Api]:
    """The application of a demo installation on database `url`, reached without a socket."""
    async with serve(api_settings(url, folder)) as api:
        yield api


@asynccontextmanager
async def serve(settings: ApiSettings, *, base_url: str = "http://test") -> AsyncIterator[Api]:
    """The same with settings of one's own, for a client that thinks it is at `base_url`."""
    media = settings.media.model_dump(exclude={"root"})
    fixed = repr((settings.server.web_root, settings.app, media))
    idle = _idle.setdefault(fixed, [])
    app = idle.pop() if idle else create_app(settings)
    async with (
        open_services(settings, load_providers(settings.oidc)) as services,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=base_url, timeout=30
        ) as client,
    ):
        app.state.services = services
        yield Api(client, app, settings)
    idle.append(app)
