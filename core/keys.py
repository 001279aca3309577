"""Keys: one for each purpose, derived from the installation's secret. Pure.

A key that leaks, or a message that one purpose signs, is of no use for another.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 32


@lru_cache(maxsize=64)
def derive_key(secret: str, purpose: str) -> bytes:
    """The 256-bit key of a purpose (HKDF-SHA256, RFC 5869, the purpose being its `info`)."""
    kdf = HKDF(SHA256(), LENGTH, salt=None, info=f"hientruong:{purpose}".encode())
    return kdf.derive(secret.encode())
