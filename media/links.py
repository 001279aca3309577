"""Signed links to derivatives: who holds one may see that picture until it expires. Pure."""

from __future__ import annotations

import hashlib
import hmac
import math
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.errors import NotFound

Size = Literal["small", "large"]
SIZES: tuple[Size, ...] = ("small", "large")

_HOUR_S = 3600


def sign(attachment_id: UUID, size: Size, *, secret: str, expires_at: datetime) -> str:
    """The path and query of a picture, valid at least until `expires_at`.

    The expiry is rounded up to the full hour, so that pages made within an hour carry the same
    link and browsers find the picture in their cache.
    """
    expires = math.ceil(expires_at.timestamp() / _HOUR_S) * _HOUR_S
    signature = _signature(attachment_id, size, expires, secret)
    return f"/media/{attachment_id}/{size}.jpg?expires={expires}&signature={signature}"


def check(  # the parts of one link
    attachment_id: UUID, size: str, *, expires: int, signature: str, secret: str, now: datetime
) -> None:
    """Raise NotFound (`photo_link_invalid`) unless `sign` made this link and it still holds.

    A changed link and an expired one are told apart by nothing, not even by time.
    """
    expected = _signature(attachment_id, size, expires, secret)
    genuine = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    if not genuine or now.timestamp() >= expires:
        raise NotFound("photo_link_invalid")


def _signature(attachment_id: UUID, size: str, expires: int, secret: str) -> str:
    # The first line keeps these signatures from passing as any other that the secret makes.
    message = f"media-link\n{attachment_id}\n{size}\n{expires}"
    digest = hmac.digest(secret.encode(), message.encode("utf-8", "replace"), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
