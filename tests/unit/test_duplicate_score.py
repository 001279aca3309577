"""How likely two cases are the same: what counts for it, what against, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import LANGUAGES, load_messages, translate
from workflows.duplicate_score import Pair, judge, kinship

CLOSE = Pair(distance_m=12, hours_apart=3, kinship="category")
PARENTS = {"traffic": None, "traffic.sign": "traffic", "traffic.bus": "traffic", "other": None}
pairs = st.builds(
    Pair,
    distance_m=st.floats(0, 2000),
    hours_apart=st.floats(-5000, 5000),
    kinship=st.sampled_from(["category", "parent", "none", "unknown"]),
    similarity=st.none() | st.floats(0, 1),
    photo_pairs=st.integers(0, 20),
)


def codes(pair: Pair) -> list[str]:
    return [reason.code for reason in judge(pair).reasons]


def score(pair: Pair) -> float:
    return judge(pair).score


def test_the_formula_is_the_one_that_was_measured() -> None:
    """The figures that the module's docstring and the benchmark give."""
    best = Pair(distance_m=0, hours_apart=0, kinship="category")
    assert score(best) == pytest.approx(0.802, abs=0.001)
    assert score(replace(best, similarity=1)) == pytest.approx(0.988, abs=0.001)
    assert score(replace(best, distance_m=50)) == pytest.approx(0.125, abs=0.001)
    assert score(replace(best, distance_m=150)) == pytest.approx(0.020, abs=0.001)
    assert score(replace(best, kinship="none")) == pytest.approx(0.119, abs=0.001)
    assert score(replace(best, hours_apart=720)) == pytest.approx(0.550, abs=0.001)


@given(pairs, st.floats(0, 500))
def test_further_away_is_never_likelier(pair: Pair, more_m: float) -> None:
    assert score(replace(pair, distance_m=pair.distance_m + more_m)) <= score(pair)


@given(pairs, st.floats(0, 500))
def test_longer_apart_is_never_likelier(pair: Pair, more: float) -> None:
    later = replace(pair, hours_apart=abs(pair.hours_apart) + more)
    assert score(later) <= score(pair)


@given(pairs)
def test_it_does_not_matter_which_came_first(pair: Pair) -> None:
    assert judge(replace(pair, hours_apart=-pair.hours_apart)) == judge(pair)


@given(pairs)
def test_every_score_lies_between_no_and_yes_and_has_reasons(pair: Pair) -> None:
    verdict = judge(pair)
    assert 0 < verdict.score < 1
    assert len(verdict.reasons) >= 2
    weights = [abs(reason.points) for reason in verdict.reasons]
    assert weights == sorted(weights, reverse=True)


@given(pairs)
def test_every_reason_is_a_whole_sentence_in_both_languages(pair: Pair) -> None:
    for reason in judge(pair).reasons:
        for language in LANGUAGES:
            code = f"duplicate_{reason.code}"
            assert code in load_messages(language)
            assert "{" not in translate(code, language, reason.facts)


def test_nearer_kinds_are_likelier() -> None:
    same, parent, none = (
        score(replace(CLOSE, kinship=kin)) for kin in ("category", "parent", "none")
    )
    assert same > parent > none


def test_like_words_speak_for_it_and_other_words_against() -> None:
    without = score(CLOSE)
    assert score(replace(CLOSE, similarity=0.6)) > without
    assert score(replace(CLOSE, similarity=0.3)) == without
    assert score(replace(CLOSE, similarity=0.1)) < without
    assert "similar_words" in codes(replace(CLOSE, similarity=0.6))
    assert "other_words" in codes(replace(CLOSE, similarity=0.1))


@pytest.mark.parametrize("similarity", [None, 0.25, 0.3, 0.4])
def test_words_that_were_not_compared_or_say_nothing_are_no_reason(
    similarity: float | None,
) -> None:
    told = codes(replace(CLOSE, similarity=similarity))
    assert not {"similar_words", "other_words"} & set(told)


def test_a_photo_of_the_same_view_outweighs_other_words() -> None:
    photo = replace(CLOSE, similarity=0.0, photo_pairs=1)
    assert score(photo) > score(CLOSE)
    assert score(replace(photo, photo_pairs=2)) > score(photo)
    assert "similar_photos" in codes(photo)


def test_photos_of_other_views_say_nothing() -> None:
    assert "similar_photos" not in codes(CLOSE)


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (replace(CLOSE, distance_m=4.9), "Cùng một vị trí"),
        (CLOSE, "Cách nhau 12 m"),
        (replace(CLOSE, hours_apart=0.5), "Gửi cách nhau chưa đến một giờ"),
        (CLOSE, "Gửi cách nhau 3 giờ"),
        (replace(CLOSE, hours_apart=-100), "Gửi cách nhau 4 ngày"),
        (CLOSE, "Cùng loại phản ánh"),
        (replace(CLOSE, kinship="parent"), "Cùng lĩnh vực, khác loại"),
        (replace(CLOSE, kinship="none"), "Khác lĩnh vực"),
        (replace(CLOSE, similarity=0.9), "Nội dung mô tả gần giống nhau"),
        (replace(CLOSE, similarity=0.1), "Nội dung mô tả khác nhau"),
        (replace(CLOSE, photo_pairs=2), "Số cặp ảnh gần giống nhau: 2"),
    ],
)
def test_what_is_compared_is_told(pair: Pair, sentence: str) -> None:
    told = [translate(f"duplicate_{r.code}", "vi", r.facts) for r in judge(pair).reasons]
    assert sentence in told


def test_a_kind_that_is_not_known_yet_counts_in_between_and_is_no_reason() -> None:
    unknown = replace(CLOSE, kinship="unknown")
    assert score(replace(CLOSE, kinship="none")) < score(unknown) < score(CLOSE)
    assert len(codes(unknown)) == 2


@pytest.mark.parametrize(
    ("one", "other", "kin"),
    [
        ("traffic.sign", "traffic.sign", "category"),
        ("traffic.sign", "traffic.bus", "parent"),
        ("traffic.sign", "other", "none"),
        ("traffic", "other", "none"),  # two roots have no parent in common
        ("gone", "lost", "none"),
        (None, "traffic.sign", "unknown"),
    ],
)
def test_categories_are_related_by_their_parent(one: str | None, other: str, kin: str) -> None:
    assert kinship(one, other, PARENTS) == kin
