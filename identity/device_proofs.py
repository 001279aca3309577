"""A phone that proves who it is by a key of its own (ECDSA P-256), without any personal data. Pure.

We hand out a challenge; the phone signs it; whoever holds the private key is the account. Private
keys are made in the phone's secure hardware and never leave it.

The challenge is stateless: a nonce, its expiry, and an HMAC over both and the key it was made for.
That it is used once is up to the caller, who remembers nonces until they expire.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from core.errors import InvalidInput, NotSignedIn
from core.keys import Keyring

CHALLENGE_LIFE = timedelta(minutes=2)
SIGNED_TEXT = "hientruong device sign-in v1\n"
"""What stands before the challenge in the text that is signed (UTF-8), so that a signature made for
anything else opens nothing."""

_PURPOSE = "device-challenge"
_NONCE = 16
_HEAD = struct.Struct(f">{_NONCE}sQ")  # nonce, seconds since the epoch
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_RAW_SIGNATURE = 64  # R and S of 32 bytes each, as WebCrypto and JOSE write them


@dataclass(frozen=True, slots=True)
class PhoneKey:
    """The public half of a phone's key; `thumbprint` is the SHA-256 of its SPKI (DER)."""

    public: ec.EllipticCurvePublicKey
    spki: bytes
    thumbprint: bytes


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a phone was asked to sign."""

    nonce: bytes
    expires_at: datetime


def read_public_key(text: str, *, pointer: str = "/public_key") -> PhoneKey:
    """The key in SubjectPublicKeyInfo (DER, base64url). InvalidInput unless it is one of P-256."""
    try:
        key = load_der_public_key(from_base64url(text))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput.at(pointer, "public_key_invalid") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput.at(pointer, "public_key_invalid")
    # Written anew: one key has one thumbprint, however it came.
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PhoneKey(key, spki, hashlib.sha256(spki).digest())


def make_challenge(key: PhoneKey, *, keys: Keyring, now: datetime) -> str:
    """A challenge for this key, to be signed within CHALLENGE_LIFE."""
    head = _HEAD.pack(secrets.token_bytes(_NONCE), int((now + CHALLENGE_LIFE).timestamp()))
    return to_base64url(head + keys.sign(_PURPOSE, head + key.thumbprint))


def check_proof(
    key: PhoneKey, challenge: str, signature: str, *, keys: Keyring, now: datetime
) -> Challenge:
    """The challenge, if it is one of ours for this key and the key has signed it.

    InvalidInput `challenge_invalid` for another, a changed or an expired challenge; NotSignedIn
    `signature_invalid` where somebody else signed, or something else.
    """
    try:
        raw = from_base64url(challenge)
    except ValueError as error:
        raise InvalidInput.at("/challenge", "challenge_invalid") from error
    head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
    if not keys.is_signed(_PURPOSE, head + key.thumbprint, mac):
        raise InvalidInput.at("/challenge", "challenge_invalid")
    nonce, expires = _HEAD.unpack(head)
    if now.timestamp() >= expires:
        raise InvalidInput.at("/challenge", "challenge_invalid")
    _check_signature(key.public, signature, (SIGNED_TEXT + challenge).encode())
    return Challenge(nonce, datetime.fromtimestamp(expires, UTC))


def _check_signature(public: ec.EllipticCurvePublicKey, signature: str, message: bytes) -> None:
    try:
        raw = from_base64url(signature)
        if len(raw) == _RAW_SIGNATURE:
            half = _RAW_SIGNATURE // 2
            r, s = int.from_bytes(raw[:half]), int.from_bytes(raw[half:])
            raw = encode_dss_signature(r, s)
        public.verify(raw, message, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature) as error:
        raise NotSignedIn("signature_invalid") from error


def to_base64url(value: bytes) -> str:
    """Base64url (RFC 4648) without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """The bytes of base64url, with or without padding. ValueError for anything else."""
    bare = text.rstrip("=")
    if not _BASE64URL.fullmatch(bare) or len(bare) % 4 == 1:
        raise ValueError("no base64url")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
