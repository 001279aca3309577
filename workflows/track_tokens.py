"""Track tokens: who holds one may follow and answer the report it was made for. Pure.

The token is an HMAC over the report's id, so that a repeated request gets the same one and
nothing has to be stored. It does not expire: it lives as long as the secret that made it stands
in the settings.
"""

from __future__ import annotations

import base64
from uuid import UUID

from core.keys import Keyring, is_one_of

_PURPOSE = "track-token"
_BYTES = 24


def track_token(report_id: UUID, keys: Keyring) -> str:
    """The token of a report; 32 URL-safe characters (192 bits)."""
    return _to_text(keys.sign(_PURPOSE, report_id.bytes))


def is_track_token(report_id: UUID, token: str, keys: Keyring) -> bool:
    """Whether `token` is one of `report_id`; takes the same time for any wrong one."""
    signatures = keys.signatures(_PURPOSE, report_id.bytes)
    signatures += keys.plain_signatures(b"track:" + report_id.bytes)
    right = [_to_text(signature).encode() for signature in signatures]
    return is_one_of(token.encode("utf-8", "replace"), right)


def _to_text(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature[:_BYTES]).decode()
