"""An OpenID Provider that lies: signs what a test wants it to, on loopback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

from identity.oidc.id_tokens import at_hash
from tests.support.foreign_servers import CLIENT_ID

ACCESS_TOKEN = "mot-ma-truy-cap"
Change = Callable[[dict[str, Any]], None]


@dataclass
class RogueProvider:
    """`change` spoils the claims of the next token, `document` the discovery document; `sign` signs
    in another way than all others do. `asked` counts the requests by path.
    """

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: _key("thu-nhat"))
    keys: list[RSAKey] = field(default_factory=list[RSAKey])
    nonce: str = ""
    change: Change | None = None
    sign: Callable[[dict[str, Any]], str] | None = None
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    userinfo: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: dict[str, int] = field(default_factory=dict[str, int])
    forms: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def claims(self) -> dict[str, Any]:
        """What an honest one would say."""
        now = int(time())
        return {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "nguoi-dan-1",
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": self.nonce,
            "at_hash": at_hash(ACCESS_TOKEN, "RS256"),
            "name": "Nguyễn Văn Thật",
        }

    def token(self) -> str:
        claims = self.claims()
        if self.change is not None:
            self.change(claims)
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def answer(self, path: str, body: bytes) -> dict[str, Any]:
        self.asked[path] = self.asked.get(path, 0) + 1
        if path == "/token":
            form = {key: value[0] for key, value in parse_qs(body.decode()).items()}
            self.forms.append(form)
            return {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": self.token()}
        if path == "/jwks":
            return {"keys": [key.as_dict(private=False) for key in self.keys]}
        if path == "/me":
            return self.userinfo
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
            **self.document,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                lengths = [int(v) for k, _, v in (line.partition(":") for line in lines)
                           if k.lower() == "content-length"]  # fmt: skip
                body = await reader.readexactly(lengths[0] if lengths else 0)
                path = lines[0].split(" ")[1]
                text = json.dumps(self.answer(path, body)).encode()
                start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                writer.write(start + str(len(text)).encode() + b"\r\n\r\n" + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away
        finally:
            writer.close()


def other_key(key_id: str) -> RSAKey:
    return _key(key_id)


def signed_by(key: RSAKey) -> Callable[[dict[str, Any]], str]:
    """As the provider signs, with a key of somebody else's."""
    return lambda claims: jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def signed_with_secret(secret: bytes) -> Callable[[dict[str, Any]], str]:
    """HS256 by hand: no library signs with a public key as the secret."""

    def sign(claims: dict[str, Any]) -> str:
        message = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        return f"{message}.{_base64(hmac.digest(secret, message.encode(), hashlib.sha256))}"

    return sign


def unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _key(key_id: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": key_id, "use": "sig", "alg": "RS256"})


@asynccontextmanager
async def running_rogue() -> AsyncIterator[RogueProvider]:
    """The liar on a free port."""
    rogue = RogueProvider()
    rogue.keys.append(rogue.key)
    server = await asyncio.start_server(rogue.serve, "127.0.0.1", 0)
    rogue.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield rogue
    finally:
        server.close()
