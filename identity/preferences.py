"""How an account wants to be told: by which channels, and when not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MUTABLE = ("push", "sms", "zalo", "email")  # the inbox cannot be turned off: it disturbs nobody


@dataclass(frozen=True, slots=True)
class Preferences:
    """`muted` channels carry nothing; within the quiet hours (of the city's clock, they may go
    past midnight) messages wait, except in the inbox.
    """

    muted: frozenset[str] = frozenset()
    quiet_from: time | None = None
    quiet_to: time | None = None

    def quiet_until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours end that `now` lies in; None outside of them."""
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        here = now.astimezone(zone)
        past_midnight = self.quiet_from > self.quiet_to
        moment = here.time()
        if past_midnight:
            quiet = moment >= self.quiet_from or moment < self.quiet_to
        else:
            quiet = self.quiet_from <= moment < self.quiet_to
        if not quiet:
            return None
        day = here.date()
        if past_midnight and moment >= self.quiet_from:
            day += timedelta(days=1)
        return datetime.combine(day, self.quiet_to, zone)

    def document(self) -> dict[str, Any]:
        """As `people.preferences` keeps them."""
        return {
            "muted": sorted(self.muted),
            "quiet_from": self.quiet_from.strftime("%H:%M") if self.quiet_from else None,
            "quiet_to": self.quiet_to.strftime("%H:%M") if self.quiet_to else None,
        }


def read_preferences(document: dict[str, Any]) -> Preferences:
    """The preferences of a row; what nobody chose is told by every channel at any hour."""
    return Preferences(
        frozenset(document.get("muted", ())),
        _time(document.get("quiet_from")),
        _time(document.get("quiet_to")),
    )


def _time(value: str | None) -> time | None:
    return time.fromisoformat(value) if value else None
