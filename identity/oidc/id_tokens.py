"""Whether an ID token is genuine and for us, and what it says of a person. Pure.

OpenID Connect Core 1.0, 3.1.3.7; the algorithm is the one we agreed on with the provider, never the
token's own choice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import NotSignedIn
from identity.oidc.providers import Provider

LEEWAY = timedelta(seconds=30)
MAX_TEXT = 255
_HASHES = {"RS256": hashlib.sha256, "PS256": hashlib.sha256, "ES256": hashlib.sha256,
           "EdDSA": hashlib.sha512}  # fmt: skip

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token of this sign-in must say."""

    nonce: str
    access_token: str
    max_age: timedelta | None  # since the person last proved who they are


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as their provider describes them. Numbers and addresses only if it verified them."""

    subject: str
    name: str
    phone: str | None
    email: str | None
    username: str | None
    roles: tuple[str, ...]
    department: str | None
    proved_at: datetime | None


def key_id_of(token: str) -> str | None:
    """The key that a token says it is signed with. NotSignedIn for what is no token."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError) as error:
        raise NotSignedIn("oidc_token_invalid") from error
    key_id = header.get("kid")
    return key_id if isinstance(key_id, str) else None


def check_id_token(
    token: str, keys: KeySet, provider: Provider, expected: Expected, *, now: datetime
) -> Claims:
    """The claims of a token that is right in everything. NotSignedIn `oidc_token_invalid`."""
    try:
        read = jwt.decode(token, keys, algorithms=list(provider.algorithms))
    except (JoseError, ValueError) as error:
        raise NotSignedIn("oidc_token_invalid", reason="signature") from error
    claims: Claims = read.claims
    reason = (
        _wrong_party(claims, provider)
        or _wrong_time(claims, expected, now)
        or _wrong_exchange(claims, expected, str(read.header["alg"]))
    )
    if reason:
        raise NotSignedIn("oidc_token_invalid", reason=reason)
    return claims


def _wrong_party(claims: Claims, provider: Provider) -> str | None:
    """By whom it must be, and for whom."""
    if claims.get("iss") != provider.issuer:
        return "iss"
    audience = claims.get("aud")
    audiences = cast("list[object]", audience) if isinstance(audience, list) else [audience]
    if provider.client_id not in audiences:
        return "aud"
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != provider.client_id:
        return "azp"
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_TEXT:
        return "sub"
    return None


def _wrong_time(claims: Claims, expected: Expected, now: datetime) -> str | None:
    expires, issued = _instant(claims.get("exp")), _instant(claims.get("iat"))
    if expires is None or now >= expires + LEEWAY:
        return "exp"
    if issued is None or issued > now + LEEWAY:
        return "iat"
    begins = _instant(claims.get("nbf", 0))
    if begins is None or begins > now + LEEWAY:
        return "nbf"
    if expected.max_age is not None:
        proved = _instant(claims.get("auth_time"))
        if proved is None or proved > now + LEEWAY or now - proved > expected.max_age + LEEWAY:
            return "auth_time"
    return None


def _wrong_exchange(claims: Claims, expected: Expected, algorithm: str) -> str | None:
    """It must belong to the sign-in that was begun, and to the access token beside it."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        return "nonce"
    if "at_hash" in claims:
        right = at_hash(expected.access_token, algorithm)
        if not hmac.compare_digest(str(claims["at_hash"]).encode(), right.encode()):
            return "at_hash"
    return None


def at_hash(access_token: str, algorithm: str) -> str:
    """The left half of the token's hash, base64url without padding."""
    digest = _HASHES[algorithm](access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def read_profile(claims: Claims, provider: Provider) -> Profile:
    """What the claims say by the provider's map. NotSignedIn without a subject."""
    names = provider.claims
    subject = _text(claims, names.subject)
    if subject is None:
        raise NotSignedIn("oidc_token_invalid", reason=names.subject)
    return Profile(
        subject=subject,
        name=_text(claims, names.name) or "",
        phone=_text(claims, names.phone) if _flag(claims, names.phone_verified) else None,
        email=_text(claims, names.email) if _flag(claims, names.email_verified) else None,
        username=_text(claims, names.username),
        roles=_texts(claims, names.role) if names.role else (),
        department=_text(claims, names.department) if names.department else None,
        proved_at=_instant(claims.get("auth_time")),
    )


def _find(claims: Claims, name: str) -> object:
    """A claim by its name; one of an object in it by a path with dots."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = cast("dict[str, object]", found).get(part)
    return found


def _text(claims: Claims, name: str) -> str | None:
    value = _find(claims, name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_TEXT or "\0" in value:
        return None
    return value.strip()


def _texts(claims: Claims, name: str) -> tuple[str, ...]:
    value = _find(claims, name)
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(item for item in values if isinstance(item, str))


def _flag(claims: Claims, name: str) -> bool:
    """Some providers write it as a word."""
    return _find(claims, name) in (True, "true")


def _instant(value: object) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
