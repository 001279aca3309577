"""Keys: one for each purpose, derived from the installation's secret. Pure.

A key that leaks, or a message that one purpose signs, is of no use for another. A new secret takes
over at once; what older ones signed is still recognised while they stand in the settings.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 32


@lru_cache(maxsize=256)
def derive_key(secret: str, purpose: str) -> bytes:
    """The 256-bit key of a purpose (HKDF-SHA256, RFC 5869, the purpose being its `info`)."""
    kdf = HKDF(SHA256(), LENGTH, salt=None, info=f"hientruong:{purpose}".encode())
    return kdf.derive(secret.encode())


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets of this installation: the one that signs, and older ones that still verify, the
    oldest last.
    """

    secret: str
    old_secrets: tuple[str, ...] = ()

    @property
    def oldest(self) -> str:
        """The secret that came first: what is kept for ever is kept under it."""
        return self.old_secrets[-1] if self.old_secrets else self.secret

    def key(self, purpose: str) -> bytes:
        """The key that signs."""
        return derive_key(self.secret, purpose)

    def keys(self, purpose: str) -> list[bytes]:
        """All that verify, the newest first."""
        return [derive_key(secret, purpose) for secret in (self.secret, *self.old_secrets)]

    def key_id(self, purpose: str) -> str:
        """Names the key that signs without telling anything of it: a token's `kid`."""
        return _id_of(self.key(purpose))

    def find_key(self, purpose: str, key_id: str) -> bytes | None:
        """The key of that name, if it still verifies."""
        return next((key for key in self.keys(purpose) if _id_of(key) == key_id), None)

    def sign(self, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA256 under the key that signs."""
        return hmac.digest(self.key(purpose), message, hashlib.sha256)

    def signatures(self, purpose: str, message: bytes) -> list[bytes]:
        """The signatures that are right for a message: one for each secret, the newest first."""
        return [hmac.digest(key, message, hashlib.sha256) for key in self.keys(purpose)]

    def is_signed(self, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether one of the secrets made this signature; the same work for any wrong one."""
        return is_one_of(signature, self.signatures(purpose, message))

    def plain_signatures(self, message: bytes) -> list[bytes]:
        """The same under the secrets themselves, as all was signed until November 2026: for what
        people may still hold from then. The message must say its purpose.
        """
        secrets = (self.secret, *self.old_secrets)
        return [hmac.digest(secret.encode(), message, hashlib.sha256) for secret in secrets]


def is_one_of(value: bytes, right: list[bytes]) -> bool:
    """Whether `value` is among them; a wrong one is compared with all, each in constant time."""
    return any(hmac.compare_digest(value, one) for one in right)


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"kid" + key).hexdigest()[:16]
