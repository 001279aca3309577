"""Boxes: what detectors found becomes what a person is shown, and what is covered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.privacy.boxes import (
    MAX_BOXES,
    Box,
    PixelBox,
    clamp,
    grow,
    merge,
    settle,
    to_pixels,
)


def face(x: float, y: float, w: float, h: float, score: float | None = None) -> Box:
    return Box("face", x, y, w, h, score)


def test_a_box_is_cut_at_the_edges_of_the_picture() -> None:
    assert clamp(face(-0.25, 0.5, 0.5, 1.0)) == face(0.0, 0.5, 0.25, 0.5)
    assert clamp(face(0.25, 0.25, 0.5, 0.5)) == face(0.25, 0.25, 0.5, 0.5)


@pytest.mark.parametrize(
    "outside", [face(1.0, 0, 0.5, 0.5), face(0, -0.5, 0.5, 0.5), face(0.5, 0.5, 0.0, 0.1)]
)
def test_nothing_is_left_of_a_box_outside_of_it(outside: Box) -> None:
    assert clamp(outside) is None
    assert to_pixels(outside, 100, 100, grid=16) is None


def test_a_margin_grows_to_all_sides() -> None:
    grown = grow(face(0.5, 0.5, 0.1, 0.2), 0.5)
    assert (grown.x, grown.y, grown.w, grown.h) == pytest.approx((0.45, 0.4, 0.2, 0.4))


def test_boxes_about_the_same_thing_become_one() -> None:
    twice = [face(0.1, 0.1, 0.2, 0.2, 0.6), face(0.12, 0.1, 0.2, 0.2, 0.9)]
    [one] = merge(twice)
    assert (one.x, one.y, one.w, one.h) == pytest.approx((0.1, 0.1, 0.22, 0.2))
    assert one.score == 0.9
    assert merge(twice[::-1]) == [one]


def test_a_chain_of_boxes_becomes_one() -> None:
    chain = [face(0.1 * i, 0, 0.2, 0.2, 0.5) for i in range(5)]
    [one] = merge(chain)
    assert (one.x, one.w) == pytest.approx((0, 0.6))


def test_boxes_of_other_kinds_and_those_that_hardly_touch_stay() -> None:
    apart = [face(0, 0, 0.2, 0.2), face(0.15, 0.15, 0.2, 0.2), Box("plate", 0, 0, 0.2, 0.2)]
    assert sorted(merge(apart), key=repr) == sorted(apart, key=repr)


def test_the_surest_come_first_and_only_so_many() -> None:
    many = [face(i % 20 / 20, i // 20 / 20, 0.01, 0.01, i / 400) for i in range(300)]
    settled = settle(many)
    assert len(settled) == MAX_BOXES
    assert settled[0].score == 299 / 400
    assert [box.score for box in settled] == sorted((b.score or 0 for b in settled), reverse=True)


def test_what_grew_out_of_the_picture_is_cut_and_what_was_never_in_it_is_gone() -> None:
    [box] = settle([face(0.9, 0.9, 0.1, 0.1), face(2, 2, 0.1, 0.1)])
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.88, 0.88, 0.12, 0.12))


def test_a_box_covers_every_square_of_the_codec_that_it_touches() -> None:
    assert to_pixels(face(0.1, 0.1, 0.1, 0.1), 100, 200, grid=16) == PixelBox(0, 16, 32, 48)
    # Rounding adds no square: 0.4 + 0.2 is more than 0.6.
    assert to_pixels(face(0.4, 0, 0.2, 0.1), 800, 160, grid=16) == PixelBox(320, 0, 480, 16)
    # The last column of squares is cut by the edge.
    assert to_pixels(face(0.97, 0, 0.03, 1), 100, 200, grid=16) == PixelBox(96, 0, 100, 200)


shares = st.floats(0, 1, allow_nan=False)
boxes = st.builds(
    Box,
    st.sampled_from(["face", "plate", "other"]),
    shares,
    shares,
    st.floats(0.001, 1),
    st.floats(0.001, 1),
    st.one_of(st.none(), shares),
)


@given(st.lists(boxes, max_size=12))
def test_nothing_that_was_found_is_left_uncovered(found: list[Box]) -> None:
    settled = settle(found)
    for box in found:
        inside = clamp(box)
        assert inside is not None or box.x >= 1 or box.y >= 1
        if inside is None:
            continue
        assert any(
            other.kind == box.kind
            and other.x <= inside.x + 1e-9
            and other.y <= inside.y + 1e-9
            and other.x + other.w >= inside.x + inside.w - 1e-9
            and other.y + other.h >= inside.y + inside.h - 1e-9
            for other in settled
        )


@given(boxes, st.integers(1, 1600), st.integers(1, 1600))
def test_pixels_hold_the_whole_box_and_stay_in_the_picture(
    box: Box, width: int, height: int
) -> None:
    area = to_pixels(box, width, height, grid=16)
    inside = clamp(box)
    assert (area is None) == (inside is None)
    if area is None or inside is None:
        return
    assert 0 <= area.left <= inside.x * width + 1e-6
    assert 0 <= area.top <= inside.y * height + 1e-6
    assert (inside.x + inside.w) * width - 1e-6 <= area.right <= width
    assert (inside.y + inside.h) * height - 1e-6 <= area.bottom <= height
    assert area.left < area.right
    assert area.top < area.bottom
