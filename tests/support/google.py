"""Google, as far as Firebase's library talks to it: on loopback, behind a proxy.

The library's addresses cannot be set, but every client obeys HTTPS_PROXY and REQUESTS_CA_BUNDLE: so
it asks this proxy for `www.googleapis.com` and is answered here, under a certificate of our own CA.
Nothing of the library or of ours is patched.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PROJECT = "hientruong-thu"
ISSUER = f"https://securetoken.google.com/{PROJECT}"
HOSTS = tuple(
    f"{name}.googleapis.com" for name in ("www", "oauth2", "identitytoolkit", "iamcredentials")
)
_CERTIFICATES = "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"


def new_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def certificate_of(key: rsa.RSAPrivateKey) -> str:
    """A certificate of the key, as Google publishes one for each of its keys."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "securetoken")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@dataclass
class Google:
    """What it knows, and how often it was asked for what. `users` by uid: since when their tokens
    hold (seconds), and whether they are disabled.
    """

    port: int = 0
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"one": new_rsa_key()})
    users: dict[str, tuple[int, bool]] = field(default_factory=dict[str, tuple[int, bool]])
    asked: Counter[str] = field(default_factory=Counter[str])

    def token(
        self,
        uid: str,
        *,
        key: rsa.RSAPrivateKey | str | None = None,
        alg: str = "RS256",
        kid: str | None = "one",
        **changes: object,
    ) -> str:
        """An ID token as Google signs them, but for what is changed; a claim of None is left out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": PROJECT, "auth_time": now - 5, "user_id": uid, "sub": uid,
            "iat": now - 5, "exp": now + 3600, "firebase": {"sign_in_provider": "phone"},
        } | changes  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": kid} if kid is not None else {}
        signing = self.keys["one"] if key is None else key
        return jwt.encode(claims, signing, algorithm=alg, headers=headers)

    def answer(self, path: str, body: bytes) -> tuple[str, dict[str, Any]]:
        """Extra headers and the JSON for a request."""
        self.asked[path] += 1
        if path == _CERTIFICATES:
            certificates = {kid: certificate_of(key) for kid, key in self.keys.items()}
            return "Cache-Control: public, max-age=3600\r\n", certificates
        if path == "/token":
            return "", {"access_token": "x", "expires_in": 3600, "token_type": "Bearer"}
        if path.endswith("/allowedLocations"):  # from where the service account may be used
            return "", {"locations": [], "encodedLocations": "0x0"}
        assert path == f"/v1/projects/{PROJECT}/accounts:lookup", path
        users = [
            {"localId": uid, "validSince": str(since), "disabled": disabled}
            for uid, (since, disabled) in self.users.items()
            if uid in json.loads(body)["localId"]
        ]
        return "", {"kind": "identitytoolkit#GetAccountInfoResponse"} | (
            {"users": users} if users else {}
        )

    @property
    def certificates_fetched(self) -> int:
        return self.asked[_CERTIFICATES]


@asynccontextmanager
async def running_google(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Google]:
    """Google, for whatever this process asks it until the block ends."""
    google = Google()
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await reader.readuntil(b"\r\n\r\n")
            host = asked.split()[1].decode().removesuffix(":443")
            assert host in HOSTS, host
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            await writer.start_tls(context)
            while True:
                await _answer(google, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client is done
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    google.port = server.sockets[0].getsockname()[1]
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{google.port}")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    try:
        yield google
    finally:
        server.close()


async def _answer(
    google: Google, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = head.lower().split("\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
    body = await reader.readexactly(length)
    headers, answer = google.answer(head.split()[1], body)
    raw = json.dumps(answer).encode()
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}"
        f"Date: {formatdate(usegmt=True)}\r\n"
        f"Content-Length: {len(raw)}\r\n\r\n".encode()
        + raw
    )
    await writer.drain()


def write_service_account(folder: Path) -> Path:
    """The file of a service account of PROJECT."""
    path = folder / "service-account.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account", "project_id": PROJECT, "private_key_id": "x",
                "private_key": pem_of(new_rsa_key()), "client_id": "1",
                "client_email": f"admin@{PROJECT}.iam.gserviceaccount.com",
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )
    )  # fmt: skip
    return path
