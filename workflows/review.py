"""Reports that waited on a phone without a network: what changed meanwhile does not lose them. Pure.

Whoever filed a report without a network saw the categories and questions of some days before. Such
a report is taken as it is, with the reasons why somebody should look at it: a **mark for review**
(`cases.review`), which the desk shows, filters by and takes off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

# From this age on a report was not filed as it was written. Whoever types takes a while, too.
WAITED_FROM = timedelta(minutes=15)
# A phone's clock may be a little ahead of ours; a phone may be without a network for so long.
AHEAD, LONG_AGO = timedelta(minutes=5), timedelta(days=30)


class Reason(StrEnum):
    """Why somebody should look at a case; each has a sentence `review_…` in the messages."""

    CATEGORY_RETIRED = "category_retired"
    CATEGORY_DIVIDED = "category_divided"  # it has kinds of its own now
    ANSWERS_OUTDATED = "answers_outdated"
    ASSET_GONE = "asset_gone"
    PHOTO_MISSING = "photo_missing"  # required, and none was given
    PHOTOS_PENDING = "photos_pending"  # named, and not there yet
    CAPTURED_IN_FUTURE = "captured_in_future"
    CAPTURED_LONG_AGO = "captured_long_ago"


# With these nobody knows for sure what it is about: an operator looks before a department gets it.
UNCERTAIN = frozenset({Reason.CATEGORY_RETIRED, Reason.CATEGORY_DIVIDED, Reason.ANSWERS_OUTDATED})
# What goes away by itself when the photos come.
UNTIL_PHOTOS = frozenset({Reason.PHOTO_MISSING, Reason.PHOTOS_PENDING})


class Kind(Protocol):
    """What is asked of a category."""

    @property
    def parent(self) -> str | None: ...
    @property
    def active(self) -> bool: ...


def has_waited(captured_at: datetime | None, *, now: datetime) -> bool:
    """Whether a report that was written at `captured_at` waited on the phone."""
    return captured_at is not None and now - captured_at >= WAITED_FROM


def is_old_catalogue(seen: str | None, revision: int, *, waited: bool) -> bool:
    """Whether the phone had another catalogue than that of `revision`. It tells by the ETag of
    `/v1/categories`; one that does not tell may have had another if its report waited.
    """
    if seen is None:
        return waited
    return seen.strip().removeprefix("W/").strip('"') != str(revision)


def reasons_of_time(captured_at: datetime | None, *, now: datetime) -> list[Reason]:
    """What is odd about when a report says that it was written."""
    if captured_at is None:
        return []
    if captured_at > now + AHEAD:
        return [Reason.CAPTURED_IN_FUTURE]
    return [Reason.CAPTURED_LONG_AGO] if captured_at < now - LONG_AGO else []


def is_uncertain(reasons: Iterable[str]) -> bool:
    """Whether an operator should look before a department gets the case."""
    return not UNCERTAIN.isdisjoint(reasons)


def standing_category(code: str, categories: Mapping[str, Kind]) -> str:
    """By which category a report of `code` is routed: the nearest that is not retired. A root is
    never retired.
    """
    kind = categories[code]
    if kind.active or kind.parent is None:
        return code
    return standing_category(kind.parent, categories)
