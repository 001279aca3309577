"""Track tokens: who holds one may follow and answer the report it was made for. Pure.

The token is an HMAC over the report's id, so that a repeated request gets the same one and
nothing has to be stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID


def track_token(report_id: UUID, secret: str) -> str:
    """The token of a report; 32 URL-safe characters (192 bits)."""
    digest = hmac.new(secret.encode(), b"track:" + report_id.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def is_track_token(report_id: UUID, token: str, secret: str) -> bool:
    """Whether `token` is the one of `report_id`; takes the same time for any wrong one."""
    return hmac.compare_digest(track_token(report_id, secret).encode(), token.encode())
