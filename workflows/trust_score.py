"""How far a report speaks for itself: a score from 0 to 100, with its reasons. Pure.

Every report starts at 50. What is known of it adds or takes points; what is not known (no photo, a
photo without its place) does neither, for phones are set up in many ways:

    account          15   filed under an account
    contact           5   without one, but the reporter may be called back
    place_exact       5   the phone knew its place within 25 m
    place_vague     -10   it knew it only within 200 m or worse
    photo             5   there is a photo
    photo_here       20   a photo was taken within 200 m of the pin
    photo_elsewhere -20   a photo was taken 1 km or more away
    photo_fresh      10   a photo was taken in the day before the report was written
    photo_old       -15   every photo with a time is older than 30 days
    photo_screen    -20   a photo looks like a picture of a screen
    photo_known      -5   a photo looks like one of another report near by
    photo_reused    -30   a photo looks like one of another report, 500 m or more away

Of several photos each reason counts once, and what is doubtful before what is not. The weights are
a judgement, not fitted to anything: nobody has marked reports as false yet. So the score says in
which order to look; it refuses nothing, and it moves nothing unless the city's rules say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

START = 50
HIGHEST = 100
EXACT_M, VAGUE_M = 25.0, 200.0
HERE_M, ELSEWHERE_M = 200.0, 1000.0
OTHER_PLACE_M = 500.0
FRESH, OLD = timedelta(days=1), timedelta(days=30)
CLOCK_TOLERANCE = timedelta(minutes=10)

WEIGHTS = {
    "account": 15,
    "contact": 5,
    "place_exact": 5,
    "place_vague": -10,
    "photo": 5,
    "photo_here": 20,
    "photo_elsewhere": -20,
    "photo_fresh": 10,
    "photo_old": -15,
    "photo_screen": -20,
    "photo_known": -5,
    "photo_reused": -30,
}


@dataclass(frozen=True, slots=True)
class Photo:
    """What is known of a photo. `distance_m` is from where it says that it was taken to the pin,
    `known_m` from the nearest other report that has a photo like it, None where there is none.
    """

    taken_at: datetime | None = None
    distance_m: float | None = None
    screen: bool = False
    known_m: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a report that was written at `written_at`."""

    written_at: datetime
    account: bool = False
    contact: bool = False
    accuracy_m: float | None = None
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that counted: the code of its sentence (`trust_…` in the messages), its points and
    the facts in it.
    """

    code: str
    facts: dict[str, object] = field(default_factory=dict[str, object])

    @property
    def weight(self) -> int:
        return WEIGHTS[self.code]


@dataclass(frozen=True, slots=True)
class Trust:
    """A score with its reasons, the weightiest first."""

    score: int
    reasons: tuple[Reason, ...]


def judge(known: Known) -> Trust:
    """The score of a report and why."""
    reasons = [*_of_reporter(known), *_of_place(known.accuracy_m), *_of_photos(known)]
    points = START + sum(reason.weight for reason in reasons)
    ranked = sorted(reasons, key=lambda reason: -abs(reason.weight))
    return Trust(max(0, min(HIGHEST, points)), tuple(ranked))


def _of_reporter(known: Known) -> Iterator[Reason]:
    if known.account:
        yield Reason("account")
    elif known.contact:
        yield Reason("contact")


def _of_place(accuracy_m: float | None) -> Iterator[Reason]:
    if accuracy_m is None:
        return
    if accuracy_m <= EXACT_M:
        yield Reason("place_exact", {"accuracy_m": round(accuracy_m)})
    elif accuracy_m >= VAGUE_M:
        yield Reason("place_vague", {"accuracy_m": round(accuracy_m)})


def _of_photos(known: Known) -> Iterator[Reason]:
    photos = known.photos
    if not photos:
        return
    yield Reason("photo")
    yield from _of_distances(photo.distance_m for photo in photos)
    yield from _of_times([photo.taken_at for photo in photos if photo.taken_at], known.written_at)
    if any(photo.screen for photo in photos):
        yield Reason("photo_screen")
    yield from _of_others([photo.known_m for photo in photos if photo.known_m is not None])


def _of_distances(distances: Iterable[float | None]) -> Iterator[Reason]:
    given = [distance for distance in distances if distance is not None]
    if not given:
        return
    if (farthest := max(given)) >= ELSEWHERE_M:
        yield Reason("photo_elsewhere", {"distance_km": round(farthest / 1000, 1)})
    elif min(given) <= HERE_M:
        yield Reason("photo_here")


def _of_times(times: list[datetime], written_at: datetime) -> Iterator[Reason]:
    if not times:
        return
    newest = max(times)
    if newest < written_at - OLD:
        yield Reason("photo_old", {"days": (written_at - newest).days})
    elif written_at - FRESH <= newest <= written_at + CLOCK_TOLERANCE:
        yield Reason("photo_fresh")


def _of_others(distances: list[float]) -> Iterator[Reason]:
    if not distances:
        return
    if (farthest := max(distances)) >= OTHER_PLACE_M:
        yield Reason("photo_reused", {"distance_km": round(farthest / 1000, 1)})
    else:
        yield Reason("photo_known")
