"""Telling pictures of a screen from photos."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from media.screens import looks_like_screen

TAKEN = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content_type", "width", "height", "taken_at", "expected"),
    [
        ("image/png", 800, 600, None, True),
        ("image/png", 800, 600, TAKEN, False),  # a converted photo
        ("image/jpeg", 1170, 2532, None, True),
        ("image/jpeg", 2532, 1170, None, True),
        ("image/jpeg", 1170, 2532, TAKEN, False),
        ("image/jpeg", 1200, 1600, None, False),  # as phones shrink what their camera made
        ("image/heic", 3024, 4032, None, False),
    ],
)
def test_no_camera_makes_it(
    content_type: str, width: int, height: int, taken_at: datetime | None, *, expected: bool
) -> None:
    assert looks_like_screen(content_type, width, height, taken_at) is expected
