"""How likely two cases are the same problem: a score from 0 to 1, with its reasons. Pure.

Each thing that can be compared adds points, for or against; what cannot be compared (no text, no
photo) adds none. The points become a score by the logistic function, as in record linkage:

    near      5.3 · e^-(metres / 50)²       at 0, 20, 50, 100 m: 5.3, 4.5, 1.9, 0.1
    recent    1.2 · (1 - hours / 720)       filed together … 30 days apart: 1.2 … 0
    kind      3.4 the same category, 1.2 the same parent, 0 another; 1.2 where it is not known
    words     -1 … 3                        -1 at a similarity of 0, 0 at 0.25 to 0.40, 3 from 0.75
    photos    4 for one pair that looks alike, 5 for more
    asset     4 where reports of both name the same thing of a layer (lamp post 12-034)
    score     1 / (1 + e^-(near + recent + kind + words + photos + asset - 8.5))

The weights of place, time and kind, and the -8.5, are those of a logistic regression on what the
city of Boston marked as duplicates in the first half of 2015, once at the addresses of its file and
once with every place shaken by 10 m, as phones do; of eighteen shapes of "near" this one fitted both
best. The second half of the year measured them: `python -m benchmarks.duplicates` fits and measures
again, and says what that measure cannot tell.

Boston's file has no words, photos or assets, so their weights are a judgement. Of 114 pairs of reports
of the demo city on different incidents of the same category, half had a word similarity of 0.21 and
99 % at most 0.40; ten pairs made up on the same incident had 0.39 to 0.82. Of the 22 real scenes of
the test data no two were closer than 17 bits; the same photo pressed, scaled, brightened or trimmed
by 3 % stayed within 10, but for 3 of 144 (11 and 12), and trimmed by 8 % was mostly lost. Photos
that two people take of one thing from two sides are as far apart as any, so that photos that do not
match say nothing. Nor do different assets: two people pick neighbours of the same lamp post.

A score is no probability that two cases are the same: it ranks, and says which suggestions are
worth a look. Nothing is ever merged because of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Literal

Kinship = Literal["category", "parent", "none", "unknown"]
WINDOW_HOURS = 30 * 24
# Photos are alike up to this many different bits of their 64 (`media.decoder`).
MAX_PHOTO_BITS = 10
# Stands for "alike" where it is not told how much.
ALIKE_SIMILARITY = 0.6
# Shorter texts say too little to be compared.
MIN_TEXT_LETTERS = 12

_BASE = -8.5
_NEAR, _NEAR_M = 5.3, 50.0
_RECENT = 1.2
_KIND: dict[Kinship, float] = {"category": 3.4, "parent": 1.2, "none": 0.0, "unknown": 1.2}
_WORDS_FOR, _WORDS_AGAINST = 3.0, -1.0
_WORDS_OTHER, _WORDS_ALIKE, _WORDS_FULL = 0.25, 0.40, 0.75
_ONE_PHOTO, _MORE_PHOTOS = 4.0, 5.0
_SAME_ASSET = 4.0
_SAME_PLACE_M = 5.0


@dataclass(frozen=True, slots=True)
class Pair:
    """What is known of two cases.

    `similarity` is that of their texts without diacritics, 0 to 1, None where they were not
    compared; `photo_pairs` how many of their photos look alike, MAX_PHOTO_BITS at most;
    `same_asset` whether their reports name the same one.
    """

    distance_m: float
    hours_apart: float
    kinship: Kinship
    similarity: float | None = None
    photo_pairs: int = 0
    same_asset: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was compared: the code of its sentence (`duplicate_…` in the messages), the
    facts in it and the points it gave.
    """

    code: str
    points: float
    facts: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score from 0 to 1 and its reasons, the weightiest first."""

    score: float
    reasons: tuple[Reason, ...]


def judge(pair: Pair) -> Verdict:
    """The score of a pair and why; the order of the two cases does not matter."""
    reasons = [_near(pair), _recent(pair)]
    if pair.kinship != "unknown":
        reasons.append(_kind(pair.kinship))
    reasons += _words(pair.similarity)
    reasons += _photos(pair.photo_pairs)
    if pair.same_asset:
        reasons.append(Reason("same_asset", _SAME_ASSET))
    unknown = _KIND["unknown"] if pair.kinship == "unknown" else 0.0
    points = _BASE + unknown + sum(reason.points for reason in reasons)
    ranked = sorted(reasons, key=lambda reason: -abs(reason.points))
    return Verdict(1 / (1 + exp(-points)), tuple(ranked))


def kinship(one: str | None, other: str, parents: Mapping[str, str | None]) -> Kinship:
    """How two categories are related; `parents` gives the parent of each (None of a root)."""
    if one is None:
        return "unknown"
    if one == other:
        return "category"
    parent = parents.get(one)
    return "parent" if parent is not None and parent == parents.get(other) else "none"


def _near(pair: Pair) -> Reason:
    points = _NEAR * exp(-((pair.distance_m / _NEAR_M) ** 2))
    if pair.distance_m < _SAME_PLACE_M:
        return Reason("same_place", points)
    return Reason("distance", points, {"distance_m": round(pair.distance_m)})


def _recent(pair: Pair) -> Reason:
    hours = abs(pair.hours_apart)
    points = _RECENT * max(0.0, 1 - hours / WINDOW_HOURS)
    if hours < 1:
        return Reason("same_hour", points)
    if hours < 48:
        return Reason("hours_apart", points, {"hours": round(hours)})
    return Reason("days_apart", points, {"days": round(hours / 24)})


def _kind(kinship: Kinship) -> Reason:
    codes: dict[Kinship, str] = {"category": "same_category", "parent": "same_field"}
    return Reason(codes.get(kinship, "other_field"), _KIND[kinship])


def _words(similarity: float | None) -> list[Reason]:
    if similarity is None or _WORDS_OTHER <= similarity <= _WORDS_ALIKE:
        return []
    if similarity < _WORDS_OTHER:
        return [Reason("other_words", _WORDS_AGAINST * (1 - similarity / _WORDS_OTHER))]
    share = min(1.0, (similarity - _WORDS_ALIKE) / (_WORDS_FULL - _WORDS_ALIKE))
    return [Reason("similar_words", _WORDS_FOR * share)]


def _photos(pairs: int) -> list[Reason]:
    if pairs == 0:
        return []
    return [Reason("similar_photos", _ONE_PHOTO if pairs == 1 else _MORE_PHOTOS, {"count": pairs})]
