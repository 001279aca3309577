"""Talking to one provider: its discovery document, its keys, and the exchange of a code.

The document and the keys are remembered. A token with a key that is not among them makes us look
again, at most once in REFETCH_PAUSE: providers change keys, and nobody's made-up tokens shall make
us ask without end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import NotSignedIn, Unavailable
from core.origins import is_loopback
from identity.oidc.id_tokens import (
    Claims,
    Expected,
    Profile,
    check_id_token,
    key_id_of,
    read_profile,
)
from identity.oidc.providers import Provider

log = structlog.get_logger()
REMEMBERED = timedelta(hours=1)
REFETCH_PAUSE = timedelta(minutes=1)
MAX_BYTES = 256_000
WELL_KNOWN = "/.well-known/openid-configuration"
OK, SERVER_ERROR = 200, 500


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the discovery document says, checked."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    names_itself: bool  # in the answer to the browser, RFC 9207


@dataclass(frozen=True, slots=True)
class Login:
    """The secrets of one sign-in; `verifier` and `nonce` never leave the server before its end."""

    state: str
    nonce: str
    verifier: str
    challenge: str
    max_age: timedelta | None


@dataclass
class ProviderClient:
    """Speaks to `provider` over `http`, which has the time limits."""

    provider: Provider
    http: httpx.AsyncClient
    _metadata: tuple[Metadata, datetime] | None = None
    _keys: tuple[KeySet, datetime] | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def authorization_url(self, login: Login, redirect_uri: str, *, now: datetime) -> str:
        """Where the browser goes to sign in."""
        metadata = await self._find_metadata(now)
        wanted = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": login.state,
            "nonce": login.nonce,
            "code_challenge": login.challenge,
            "code_challenge_method": "S256",
        }
        if login.max_age is not None:
            wanted["max_age"] = str(int(login.max_age.total_seconds()))
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(wanted)}"

    async def check_sender(self, issuer: str | None, *, now: datetime) -> None:
        """Whether the answer in the browser comes from this provider, not from another that was
        mixed up with it (RFC 9207). NotSignedIn `oidc_issuer_wrong`.
        """
        metadata = await self._find_metadata(now)
        if issuer is None and not metadata.names_itself:
            return
        if issuer != self.provider.issuer:
            raise NotSignedIn("oidc_issuer_wrong")

    async def find_profile(
        self, code: str, login: Login, redirect_uri: str, *, now: datetime
    ) -> Profile:
        """Whom a code stands for. NotSignedIn `oidc_code_refused` or `oidc_token_invalid`."""
        metadata = await self._find_metadata(now)
        answer = await self._exchange(metadata, code, login, redirect_uri)
        token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str) or not isinstance(access_token, str):
            raise NotSignedIn("oidc_token_invalid", reason="missing")
        keys = await self._keys_for(token, metadata, now)
        expected = Expected(login.nonce, access_token, login.max_age)
        claims = check_id_token(token, keys, self.provider, expected, now=now)
        if self.provider.userinfo and metadata.userinfo_endpoint:
            claims = await self._with_userinfo(claims, metadata.userinfo_endpoint, access_token)
        return read_profile(claims, self.provider)

    async def _exchange(
        self, metadata: Metadata, code: str, login: Login, redirect_uri: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": login.verifier,
        }
        secret = self.provider.client_secret
        authentication = None
        if secret is None or self.provider.client_auth == "client_secret_post":
            form["client_id"] = self.provider.client_id
            if secret is not None:
                form["client_secret"] = secret.get_secret_value()
        else:  # RFC 6749, 2.3.1: both are form-encoded before they are joined
            user, password = self.provider.client_id, secret.get_secret_value()
            authentication = httpx.BasicAuth(quote(user, safe=""), quote(password, safe=""))
        status, answer = await self._ask(
            "POST", metadata.token_endpoint, data=form, auth=authentication
        )
        if status != OK:
            log.info("oidc_code_refused", provider=self.provider.name, error=answer.get("error"))
            raise NotSignedIn("oidc_code_refused")
        return answer

    async def _with_userinfo(self, claims: Claims, url: str, access_token: str) -> Claims:
        """More claims from the provider itself; about the same person, or none (Core, 5.3.2)."""
        headers = {"Authorization": f"Bearer {access_token}"}
        status, answer = await self._ask("GET", url, headers=headers)
        if status != OK or answer.get("sub") != claims["sub"]:
            raise NotSignedIn("oidc_token_invalid", reason="userinfo")
        return {**answer, **claims}

    async def _find_metadata(self, now: datetime) -> Metadata:
        if self._metadata is None or now - self._metadata[1] > REMEMBERED:
            async with self._one:
                if self._metadata is None or now - self._metadata[1] > REMEMBERED:
                    self._metadata = (await self._fetch_metadata(), now)
        return self._metadata[0]

    async def _fetch_metadata(self) -> Metadata:
        issuer = self.provider.issuer
        status, document = await self._ask("GET", issuer.rstrip("/") + WELL_KNOWN)
        if status != OK or document.get("issuer") != issuer:
            # Whoever answers in its name is not who we were told to trust.
            raise self._unavailable("issuer")
        return Metadata(
            authorization_endpoint=self._endpoint(document, "authorization_endpoint"),
            token_endpoint=self._endpoint(document, "token_endpoint"),
            jwks_uri=self._endpoint(document, "jwks_uri"),
            userinfo_endpoint=(
                self._endpoint(document, "userinfo_endpoint")
                if "userinfo_endpoint" in document
                else None
            ),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _endpoint(self, document: Mapping[str, Any], name: str) -> str:
        """An address that secrets may be sent to: TLS, unless the provider is on this machine."""
        value = document.get(name)
        parts = urlsplit(value) if isinstance(value, str) else None
        local = urlsplit(self.provider.issuer).scheme == "http"
        if parts is None or not (
            parts.scheme == "https"
            or (local and parts.scheme == "http" and is_loopback(parts.hostname or ""))
        ):
            raise self._unavailable(name)
        return cast("str", value)

    async def _keys_for(self, token: str, metadata: Metadata, now: datetime) -> KeySet:
        """The provider's keys, with that of `token` if there is such a one."""
        wanted = key_id_of(token)
        if self._is_stale(wanted, now):
            async with self._one:
                if self._is_stale(wanted, now):
                    self._keys = (await self._fetch_keys(metadata), now)
        assert self._keys is not None
        return self._keys[0]

    def _is_stale(self, wanted: str | None, now: datetime) -> bool:
        if self._keys is None:
            return True
        keys, since = self._keys
        if now - since > REMEMBERED:
            return True
        known = wanted is None or any(key.kid == wanted for key in keys.keys)
        return not known and now - since > REFETCH_PAUSE

    async def _fetch_keys(self, metadata: Metadata) -> KeySet:
        status, document = await self._ask("GET", metadata.jwks_uri)
        if status != OK:
            raise self._unavailable("jwks_uri")
        try:
            return KeySet.import_key_set(cast("Any", document))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise self._unavailable("jwks") from error

    async def _ask(self, method: str, url: str, **request: Any) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON object of an answer. Unavailable when there is none of that kind."""
        try:
            async with self.http.stream(method, url, **request) as response:
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise self._unavailable("too_large")
                if response.status_code >= SERVER_ERROR:
                    raise self._unavailable(f"status {response.status_code}")
                document = json.loads(bytes(body))
        except (httpx.HTTPError, ValueError) as error:
            raise self._unavailable(type(error).__name__) from error
        if not isinstance(document, dict):
            raise self._unavailable("not an object")
        return response.status_code, cast("Mapping[str, Any]", document)

    def _unavailable(self, reason: str) -> Unavailable:
        log.warning("oidc_provider_unavailable", provider=self.provider.name, reason=reason)
        return Unavailable("oidc_unavailable", provider=self.provider.name)


@asynccontextmanager
async def open_clients(
    providers: Mapping[str, Provider], *, timeout_s: float
) -> AsyncGenerator[dict[str, ProviderClient]]:
    """A client for each provider, over one pool of connections. Redirects are not followed: the
    addresses of a provider are those of its document.
    """
    async with httpx.AsyncClient(timeout=timeout_s, follow_redirects=False) as http:
        yield {name: ProviderClient(provider, http) for name, provider in providers.items()}
