"""Whom a message goes to and by which channels. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.addresses import address_name


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who hears of an announcement. Without an account, `phone` is all there is: sealed
    as an address (`notifications/addresses.py`), with a name that is the same for the same number.

    Nothing goes by a `muted` channel; until `quiet_until` all but the inbox waits.
    `report_id` is the report through which a citizen knows the case; None for staff.
    """

    person_id: UUID | None
    language: str
    device_tokens: tuple[str, ...] = ()
    phone: str | None = None
    phone_name: str = ""
    muted: frozenset[str] = frozenset()
    quiet_until: datetime | None = None
    report_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One way to one recipient. `name` tells it from the recipient's other ways."""

    channel: str
    address: str
    name: str


def routes(recipient: Recipient) -> list[Route]:
    """Inbox and every device for an account; a text message for a phone number alone."""
    if recipient.person_id is None:
        told = recipient.phone is not None and "sms" not in recipient.muted
        return [Route("sms", recipient.phone or "", recipient.phone_name)] if told else []
    inbox = Route("inbox", str(recipient.person_id), f"{recipient.person_id}:inbox")
    tokens = () if "push" in recipient.muted else recipient.device_tokens
    devices = [Route("push", token, address_name(token)) for token in tokens]
    return [inbox, *devices]
