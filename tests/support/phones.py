"""A phone with a key of its own, as the app on it signs in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from identity.device_proofs import to_base64url
from tests.support.client import Api


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def spki_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Its public half as an app sends it."""
    public = key.public_key()
    return to_base64url(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def sign(key: ec.EllipticCurvePrivateKey, text: str, *, raw: bool = False) -> str:
    """A signature in ASN.1 DER as phones and openssl make them, or `raw` as browsers do."""
    signature = key.sign(text.encode(), ec.ECDSA(SHA256()))
    if raw:
        r, s = decode_dss_signature(signature)
        signature = r.to_bytes(32) + s.to_bytes(32)
    return to_base64url(signature)


@dataclass
class PhoneApp:
    """An app on one phone, and the account it is signed in with."""

    api: Api
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    session: dict[str, Any] = field(default_factory=dict[str, Any])

    async def challenge(self) -> dict[str, Any]:
        answer = await self.api.http.post(
            "/v1/auth/device/challenge", json={"public_key": spki_of(self.key)}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def prove(self, **changes: str) -> httpx.Response:
        """Sign in; `changes` are of the body."""
        asked = await self.challenge()
        body = {
            "public_key": spki_of(self.key),
            "challenge": asked["challenge"],
            "signature": sign(self.key, asked["sign"]),
        }
        return await self.api.http.post("/v1/auth/device", json=body | changes)

    async def sign_in(self) -> dict[str, str]:
        """Headers of this phone's account."""
        answer = await self.prove()
        assert answer.status_code == 200, answer.text
        self.session = answer.json()
        return self.headers

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session['access_token']}"}

    async def me(self) -> str:
        """The id of the account."""
        answer = await self.api.http.get("/v1/me", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]
