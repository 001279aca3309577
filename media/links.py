"""Signed links to derivatives: who holds one may see that picture until it expires. Pure."""

from __future__ import annotations

import math
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.errors import NotFound
from core.keys import Keyring, is_one_of

# Two sizes of a picture, and the video that it is of.
Size = Literal["small", "large", "video"]

_HOUR_S = 3600
_PURPOSE = "photo-link"
_PUBLIC_PURPOSE = "public-photo-link"


def sign(attachment_id: UUID, size: Size, *, keys: Keyring, expires_at: datetime) -> str:
    """The path and query of a picture or a video, valid at least until `expires_at`.

    The path names no format: what a link shows may be stored anew in another one.

    The expiry is rounded up to the full hour, so that pages made within an hour carry the same
    link and browsers find the picture in their cache.
    """
    expires = math.ceil(expires_at.timestamp() / _HOUR_S) * _HOUR_S
    signature = _to_text(keys.sign(_PURPOSE, _message(attachment_id, size, expires)))
    return f"/media/{attachment_id}/{size}?expires={expires}&signature={signature}"


def check(  # the parts of one link
    attachment_id: UUID, size: str, *, expires: int, signature: str, keys: Keyring, now: datetime
) -> None:
    """Raise NotFound (`photo_link_invalid`) unless `sign` made this link and it still holds.

    A changed link and an expired one are told apart by nothing, not even by time.
    """
    message = _message(attachment_id, size, expires)
    signatures = keys.signatures(_PURPOSE, message)
    signatures += keys.plain_signatures(b"media-link\n" + message)  # in messages, for 30 days
    _check(signatures, expires, signature, now)


def sign_public(
    attachment_id: UUID, rev: int, size: Size, *, keys: Keyring, expires_at: datetime
) -> str:
    """The same for a public picture, as decision `rev` made it; no such link opens another."""
    expires = math.ceil(expires_at.timestamp() / _HOUR_S) * _HOUR_S
    message = _message(attachment_id, f"{rev}/{size}", expires)
    signature = _to_text(keys.sign(_PUBLIC_PURPOSE, message))
    return f"/media/public/{attachment_id}/{rev}/{size}?expires={expires}&signature={signature}"


def check_public(  # the parts of one link
    attachment_id: UUID,
    rev: int,
    size: str,
    *,
    expires: int,
    signature: str,
    keys: Keyring,
    now: datetime,
) -> None:
    """Raise NotFound (`photo_link_invalid`) unless `sign_public` made this link and it holds."""
    message = _message(attachment_id, f"{rev}/{size}", expires)
    _check(keys.signatures(_PUBLIC_PURPOSE, message), expires, signature, now)


def _check(signatures: list[bytes], expires: int, signature: str, now: datetime) -> None:
    right = [_to_text(one).encode() for one in signatures]
    genuine = is_one_of(signature.encode("utf-8", "replace"), right)
    if not genuine or now.timestamp() >= expires:
        raise NotFound("photo_link_invalid")


def _message(attachment_id: UUID, size: str, expires: int) -> bytes:
    return f"{attachment_id}\n{size}\n{expires}".encode("utf-8", "replace")


def _to_text(signature: bytes) -> str:
    return urlsafe_b64encode(signature).decode().rstrip("=")
