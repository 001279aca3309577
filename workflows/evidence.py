"""What is odd about the place and time that a photo of finished work claims. Pure.

A file's EXIF can be missing or wrong for honest reasons, and can be forged: a finding is a hint to
whoever approves the result. It blocks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

NEAR_M = 200.0
CLOCK_TOLERANCE = timedelta(minutes=10)  # a phone's clock may be ahead
EARTH_RADIUS_M = 6_371_008.8  # mean radius R1 of GRS 80 (Moritz, Journal of Geodesy 74, 2000)


@dataclass(frozen=True, slots=True)
class Claims:
    """When and where a photo says that it was taken (WGS84 degrees), as far as it says so."""

    taken_at: datetime | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit; `code` has a sentence that takes `facts`."""

    code: str
    facts: dict[str, object] = field(default_factory=dict[str, object])


def find_doubts(
    claims: Claims, *, lat: float, lon: float, opened_at: datetime, now: datetime
) -> list[Finding]:
    """What does not fit a case at `lat`, `lon` that was opened at `opened_at`; empty if all does."""
    return [*_place_doubts(claims, lat, lon), *_time_doubts(claims, opened_at, now)]


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The great-circle distance of two places in metres, on a sphere: within 0.6 % of the truth.

    The haversine formula, which keeps its digits for places close together: R. W. Sinnott,
    "Virtues of the Haversine", Sky & Telescope 68 (2), 1984, p. 159.
    """
    half_lat, half_lon = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    a = sin(half_lat) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(a)))


def _place_doubts(claims: Claims, lat: float, lon: float) -> list[Finding]:
    if claims.lat is None or claims.lon is None:
        return [Finding("photo_without_place")]
    distance = distance_m(lat, lon, claims.lat, claims.lon)
    if distance <= NEAR_M:
        return []
    return [Finding("photo_elsewhere", {"distance_m": round(distance)})]


def _time_doubts(claims: Claims, opened_at: datetime, now: datetime) -> list[Finding]:
    if claims.taken_at is None:
        return [Finding("photo_without_time")]
    if claims.taken_at < opened_at:
        return [Finding("photo_before_report")]
    if claims.taken_at > now + CLOCK_TOLERANCE:
        return [Finding("photo_in_the_future")]
    return []
