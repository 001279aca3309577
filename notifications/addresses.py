"""Addresses of messages as rows keep them: phone numbers sealed, until the message is sent."""

from __future__ import annotations

import base64
import hashlib

from core.sealing import Sealer

ADDRESS = "notifications.address"
_MARK = "sealed:"


def seal_address(phone: str, sealer: Sealer) -> str:
    """A phone number as the address of a message."""
    return _MARK + base64.b64encode(sealer.seal(phone, ADDRESS)).decode()


def open_address(address: str, sealer: Sealer) -> str:
    """What the channel sends to; SealBroken where our keys do not open it."""
    if not address.startswith(_MARK):
        return address  # not a number, or written by the release before
    return sealer.open(base64.b64decode(address.removeprefix(_MARK)), ADDRESS)


def address_name(address: str | bytes) -> str:
    """A name that tells one address from another in the key of a message, and betrays neither."""
    content = address if isinstance(address, bytes) else address.encode()
    return hashlib.sha256(content).hexdigest()[:32]
