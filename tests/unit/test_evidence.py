"""What is odd about a photo's place and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from core.i18n import LANGUAGES, translate
from workflows.evidence import CLOCK_TOLERANCE, NEAR_M, Claims, Finding, distance_m, find_doubts

HERE = {"lat": 16.46, "lon": 107.585}
OPENED, NOW = datetime(2026, 8, 3, 8, tzinfo=UTC), datetime(2026, 8, 5, 8, tzinfo=UTC)
DURING = OPENED + timedelta(days=1)
METRE = 1 / 111_195  # of latitude, on the sphere, in degrees


def doubts(claims: Claims) -> list[Finding]:
    return find_doubts(claims, **HERE, opened_at=OPENED, now=NOW)


def north(metres: float) -> float:
    return HERE["lat"] + metres * METRE


@pytest.mark.parametrize(
    ("claims", "codes"),
    [
        (Claims(DURING, **HERE), []),
        (Claims(DURING, north(NEAR_M - 1), HERE["lon"]), []),
        (Claims(DURING, north(NEAR_M + 1), HERE["lon"]), ["photo_elsewhere"]),
        (Claims(DURING, north(-NEAR_M - 1), HERE["lon"]), ["photo_elsewhere"]),
        (Claims(DURING, None, None), ["photo_without_place"]),
        (Claims(DURING, HERE["lat"], None), ["photo_without_place"]),
        (Claims(DURING, None, HERE["lon"]), ["photo_without_place"]),
        (Claims(None, **HERE), ["photo_without_time"]),
        (Claims(OPENED, **HERE), []),
        (Claims(OPENED - timedelta(seconds=1), **HERE), ["photo_before_report"]),
        (Claims(NOW + CLOCK_TOLERANCE, **HERE), []),
        (Claims(NOW + CLOCK_TOLERANCE + timedelta(seconds=1), **HERE), ["photo_in_the_future"]),
        (Claims(None, None, None), ["photo_without_place", "photo_without_time"]),
        (
            Claims(OPENED - timedelta(days=400), north(5000), HERE["lon"]),
            ["photo_elsewhere", "photo_before_report"],
        ),
    ],
)
def test_what_does_not_fit(claims: Claims, codes: list[str]) -> None:
    assert [doubt.code for doubt in doubts(claims)] == codes


def test_how_far_away_is_told_in_whole_metres() -> None:
    [doubt] = doubts(Claims(DURING, north(350.4), HERE["lon"]))
    assert doubt.facts == {"distance_m": 350}
    assert translate(doubt.code, "en", doubt.facts) == "Taken 350 m away from the reported place."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_doubt_has_a_sentence(language: str) -> None:
    all_of_them = [
        *doubts(Claims(None, None, None)),
        *doubts(Claims(OPENED - timedelta(days=1), 0.0, 0.0)),
        *doubts(Claims(NOW + timedelta(days=1), **HERE)),
    ]
    for doubt in all_of_them:
        sentence = translate(doubt.code, language, doubt.facts)
        assert sentence != doubt.code
        assert "{" not in sentence


ANYWHERE = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(one=ANYWHERE, other=ANYWHERE)
def test_the_distance_is_that_of_the_ellipsoid_but_for_its_flattening(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    _, _, exact = Geod(ellps="WGS84").inv(one[1], one[0], other[1], other[0])
    measured = distance_m(*one, *other)
    assert measured == pytest.approx(exact, rel=0.006, abs=0.001)
    assert measured == pytest.approx(distance_m(*other, *one), abs=0.001)
