"""Signing in at an OpenID Provider as a browser does, and an API that knows such providers."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from pydantic import SecretStr

from core.settings import OidcSettings, SecuritySettings, ServerSettings, StaffSettings
from identity.oidc.transactions import s256
from tests.support.client import NO_PAGES, SECRET, Api, api_settings, serve
from tests.support.foreign_servers import CLIENT_ID, CLIENT_SECRET, PUBLIC_URL

CITIZENS, STAFF = "tinh", "can-bo"
APP_LINK = "vn.hue.phananh://dang-nhap"
SAME_ORIGIN = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}


def provider(address: str, /, **changes: Any) -> dict[str, Any]:
    """A provider as the settings describe one."""
    return {
        "name": CITIZENS,
        "label": {"vi": "Tài khoản tỉnh", "en": "Province account"},
        "audience": "citizens",
        "issuer": address,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scopes": ["openid", "profile", "email", "phone"],
        "app_links": [APP_LINK],
        **changes,
    }


def staff_provider(address: str, /, **changes: Any) -> dict[str, Any]:
    return {
        **provider(address),
        "name": STAFF,
        "audience": "staff",
        "app_links": [],
        "match_username": True,
        **changes,
    }


@asynccontextmanager
async def open_site(
    database: str,
    folder: Path,
    *providers: dict[str, Any],
    demo: bool = False,
    staff: StaffSettings | None = None,
) -> AsyncIterator[Api]:
    """The API at PUBLIC_URL, over TLS as far as its cookies can tell."""
    settings = dataclasses.replace(
        api_settings(database, folder),
        server=ServerSettings(log_level="WARNING", web_root=NO_PAGES, public_url=PUBLIC_URL),
        security=SecuritySettings(demo=demo, secret_key=SecretStr(SECRET)),
        oidc=OidcSettings(providers=json.dumps(list(providers))),
        staff=staff or StaffSettings(),
    )
    async with serve(settings, base_url=PUBLIC_URL) as api:
        yield api


@dataclasses.dataclass
class AppLogin:
    """An app that signs somebody in, with a verifier of its own."""

    api: Api
    provider: str = CITIZENS
    return_to: str = "/app"
    verifier: str = dataclasses.field(default_factory=lambda: secrets.token_urlsafe(48))

    async def begin(self, **changes: str) -> httpx.Response:
        params = {"return_to": self.return_to, "code_challenge": s256(self.verifier), **changes}
        return await self.api.http.get(f"/v1/auth/oidc/{self.provider}/login", params=params)

    async def exchange(self, code: str, **changes: str) -> httpx.Response:
        body = {"code": code, "code_verifier": self.verifier, **changes}
        return await self.api.http.post("/v1/auth/oidc/exchange", json=body)


async def begin_staff(api: Api, return_to: str = "/desk", **params: str) -> httpx.Response:
    return await api.http.get(
        f"/v1/auth/oidc/{STAFF}/login", params={"return_to": return_to, **params}
    )


async def confirm(url: str, account: str) -> str:
    """Sign in as `account` on the provider's own pages; the address that it sends the browser to."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                url = urljoin(str(answer.url), answer.headers["Location"])
                if url.startswith(PUBLIC_URL):
                    return url
                answer = await browser.get(url)
                continue
            assert answer.status_code == 200, answer.text
            [prompt] = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            [action] = re.findall(r'action="([^"]+)"', answer.text)
            form = {"prompt": prompt, "login": account, "password": "x"}
            answer = await browser.post(urljoin(str(answer.url), action), data=form)
    raise AssertionError(f"{url} leads nowhere")


async def come_back(api: Api, url: str) -> httpx.Response:
    """The browser arrives at our callback."""
    return await api.http.get(url.removeprefix(PUBLIC_URL))


def told(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The page that a redirect leads to, with what it is told."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["Location"])
    route, _, query = parts.fragment.partition("?")
    page = f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.scheme else parts.path
    values = {key: value[0] for key, value in parse_qs(query or parts.query).items()}
    return f"{page}#{route}" if route else page, values
