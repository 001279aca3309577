"""Values that the database keeps only sealed: phone numbers, and how a reporter may be reached.

Sealed by AES-256-GCM under a key that the settings give: a copy of the database alone shows none
of them. What must be found again has a blind index beside it, an HMAC under another key: the same
value gives the same index, and without that key nobody can try numbers out. Both are bound to the
column they were made for; a value that is moved to another column opens as nothing.

A sealed value begins with the id of its key, so that keys can be changed while old values are
still read: the newest seals, all open. Who loses the keys has lost the values.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import ConfigurationError
from core.keys import derive_key
from core.settings import SecuritySettings

KEY_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,15}")
FROM_SECRET = "secret-key"  # noqa: S105  # the id of the key that comes of HIENTRUONG_SECRET_KEY
MIN_SECRET = 32
_FORMAT = b"\x01"
_NONCE = 12


class SealBroken(Exception):
    """A sealed value that none of our keys opens: its key is gone, or somebody changed it."""


class Sealer:
    """Seals and opens values, and finds sealed ones. `keys` (id → secret) has the newest first."""

    def __init__(self, keys: dict[str, str], *, index_secret: str) -> None:
        self._ciphers = {
            key_id: AESGCM(derive_key(secret, f"seal:{key_id}")) for key_id, secret in keys.items()
        }
        self._newest = next(iter(keys))
        self._index_key = derive_key(index_secret, "index")

    @property
    def newest_prefix(self) -> bytes:
        """How values begin that the newest key has sealed."""
        return _prefix(self._newest)

    def seal(self, value: str, column: str) -> bytes:
        """`value` for `column` (`table.column`); never twice the same."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, value.encode(), column.encode())
        return self.newest_prefix + nonce + sealed

    def open(self, sealed: bytes, column: str) -> str:
        """What was sealed for `column`. Raises SealBroken."""
        key_id, rest = _parts(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBroken(f"{column}: sealed by a key that is not among ours: {key_id!r}")
        try:
            opened = cipher.decrypt(rest[:_NONCE], rest[_NONCE:], column.encode())
        except (InvalidTag, ValueError):
            raise SealBroken(f"{column}: not what was sealed") from None
        return opened.decode()

    def index(self, value: str, purpose: str) -> bytes:
        """The blind index of `value`, 32 bytes: the same for the same value and purpose."""
        key = hmac.digest(self._index_key, purpose.encode(), hashlib.sha256)
        return hmac.digest(key, value.encode(), hashlib.sha256)


def create_sealer(settings: SecuritySettings) -> Sealer:
    """The sealer of this installation.

    `HIENTRUONG_DATA_KEYS` names the keys, the newest first; without it there is one that comes of
    the installation's first secret (`HIENTRUONG_SECRET_KEY`, or the last one of
    `HIENTRUONG_OLD_SECRET_KEYS`), and what that one sealed stays readable beside named keys. Raises
    ConfigurationError for keys that are none.
    """
    secret = settings.keys.oldest
    keys = parse_keys(settings.data_keys.get_secret_value()) | {FROM_SECRET: secret}
    index_secret = settings.index_key.get_secret_value()
    if index_secret and len(index_secret) < MIN_SECRET:
        raise ConfigurationError(f"HIENTRUONG_INDEX_KEY must have at least {MIN_SECRET} characters")
    return Sealer(keys, index_secret=index_secret or secret)


def parse_keys(text: str) -> dict[str, str]:
    """`2027:a long secret,2026:another` → the secrets by their ids, in this order. Pure."""
    keys: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, secret = item.partition(":")
        if not KEY_ID.fullmatch(key_id) or key_id == FROM_SECRET or key_id in keys:
            raise ConfigurationError(
                "HIENTRUONG_DATA_KEYS must be id:secret,id:secret,… with a different id each"
            )
        if len(secret) < MIN_SECRET:
            raise ConfigurationError(
                f"HIENTRUONG_DATA_KEYS: the secret of {key_id} must have at least {MIN_SECRET}"
                " characters"
            )
        keys[key_id] = secret
    return keys


def _prefix(key_id: str) -> bytes:
    return _FORMAT + bytes([len(key_id)]) + key_id.encode()


def _parts(sealed: bytes) -> tuple[str, bytes]:
    """The key's id, and nonce with ciphertext."""
    if sealed[:1] != _FORMAT or len(sealed) < 2:  # format and length
        raise SealBroken("not a sealed value")
    start = 2 + sealed[1]
    return sealed[2:start].decode("ascii", "replace"), sealed[start:]
