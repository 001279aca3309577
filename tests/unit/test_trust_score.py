"""How far a report speaks for itself: what counts, how much, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import LANGUAGES, load_messages
from workflows.trust_score import CLOCK_TOLERANCE, FRESH, OLD, START, WEIGHTS, Known, Photo, judge

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
NOTHING = Known(NOW)
SECOND = timedelta(seconds=1)


def codes(known: Known) -> list[str]:
    return [reason.code for reason in judge(known).reasons]


def with_photos(*photos: Photo) -> Known:
    return Known(NOW, photos=photos)


def test_a_report_of_which_nothing_is_known_is_neither_trusted_nor_doubted() -> None:
    trust = judge(NOTHING)
    assert (trust.score, trust.reasons) == (START, ())


def test_an_account_says_more_than_a_contact_and_contains_it() -> None:
    assert codes(replace(NOTHING, contact=True)) == ["contact"]
    assert codes(replace(NOTHING, account=True, contact=True)) == ["account"]


@pytest.mark.parametrize(
    ("accuracy_m", "expected"),
    [
        (None, []),
        (0, ["place_exact"]),
        (25, ["place_exact"]),
        (25.1, []),
        (199.9, []),
        (200, ["place_vague"]),
    ],
)
def test_how_exact_the_place_is(accuracy_m: float | None, expected: list[str]) -> None:
    assert codes(replace(NOTHING, accuracy_m=accuracy_m)) == expected


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([None], []),
        ([200], ["photo_here"]),
        ([200.1], []),
        ([999.9], []),
        ([1000], ["photo_elsewhere"]),
        ([5, 700], ["photo_here"]),
        ([5, 3000], ["photo_elsewhere"]),  # one that does not fit is what counts
        ([None, 5], ["photo_here"]),
    ],
)
def test_where_photos_were_taken(distances: list[float | None], expected: list[str]) -> None:
    found = codes(with_photos(*(Photo(distance_m=distance) for distance in distances)))
    assert sorted(found) == sorted(["photo", *expected])


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([None], []),
        ([timedelta(0)], ["photo_fresh"]),
        ([FRESH], ["photo_fresh"]),
        ([FRESH + SECOND], []),
        ([-CLOCK_TOLERANCE], ["photo_fresh"]),
        ([-CLOCK_TOLERANCE - SECOND], []),  # a clock that is wrong says nothing
        ([OLD], []),
        ([OLD + SECOND], ["photo_old"]),
        ([OLD + SECOND, None], ["photo_old"]),
        ([OLD * 2, FRESH], ["photo_fresh"]),
    ],
)
def test_when_photos_were_taken(ages: list[timedelta | None], expected: list[str]) -> None:
    photos = [Photo(taken_at=None if age is None else NOW - age) for age in ages]
    assert sorted(codes(with_photos(*photos))) == sorted(["photo", *expected])


def test_screens_and_copies_count_once() -> None:
    screen = Photo(screen=True)
    assert codes(with_photos(screen, screen)) == ["photo_screen", "photo"]
    near, far = Photo(known_m=499.9), Photo(known_m=500.0)
    assert codes(with_photos(near, near)) == ["photo", "photo_known"]
    assert codes(with_photos(near, far)) == ["photo_reused", "photo"]


def test_a_reason_has_its_weight_and_facts() -> None:
    trust = judge(with_photos(Photo(distance_m=12_340, known_m=2000)))
    assert [(r.code, r.weight, r.facts) for r in trust.reasons] == [
        ("photo_reused", -30, {"distance_km": 2.0}),
        ("photo_elsewhere", -20, {"distance_km": 12.3}),
        ("photo", 5, {}),
    ]
    assert trust.score == 50 - 30 - 20 + 5


photos = st.builds(
    Photo,
    taken_at=st.none() | st.timedeltas(-OLD * 2, OLD * 2).map(lambda age: NOW - age),
    distance_m=st.none() | st.floats(0, 1e6),
    screen=st.booleans(),
    known_m=st.none() | st.floats(0, 1e6),
)
everything = st.builds(
    Known,
    written_at=st.just(NOW),
    account=st.booleans(),
    contact=st.booleans(),
    accuracy_m=st.none() | st.floats(0, 1e5),
    photos=st.lists(photos, max_size=8).map(tuple),
)


@given(everything)
def test_a_score_is_the_sum_of_its_reasons_each_counted_once(known: Known) -> None:
    trust = judge(known)
    found = [reason.code for reason in trust.reasons]
    assert len(set(found)) == len(found)
    assert trust.score == max(0, min(100, START + sum(WEIGHTS[code] for code in found)))
    weights = [abs(reason.weight) for reason in trust.reasons]
    assert weights == sorted(weights, reverse=True)
    # The order of the photos does not matter.
    turned = judge(replace(known, photos=tuple(reversed(known.photos))))
    assert (turned.score, set(turned.reasons and found)) == (trust.score, set(found))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence(language: str) -> None:
    assert {f"trust_{code}" for code in WEIGHTS} <= set(load_messages(language))
