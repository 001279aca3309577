"""The demo's pictures and stories are the same every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import shapely
from PIL import Image

import cli.demo
from cli.demo_city import DIRECTORY
from cli.demo_photos import draw_photo
from cli.demo_stories import DAYS, Storyteller, Ward
from workflows.catalogue import read_document

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LEAVES = [
    row
    for row in read_document(DIRECTORY / "categories.json")["categories"]
    if row["parent"] is not None
]
TEXTS = read_document(Path(cli.demo.__file__).parent / "demo_texts.json")


@pytest.mark.parametrize("category", ["energy.street_light", "environment.flooding", "security"])
@pytest.mark.parametrize("after", [False, True])
def test_a_picture_is_small_and_always_the_same(category, after):
    data = draw_photo(category, seed=3, after=after)
    assert data == draw_photo(category, seed=3, after=after)
    assert len(data) < 150_000
    with Image.open(BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 900))


def test_the_work_can_be_seen():
    assert draw_photo("waste.dumped", seed=1) != draw_photo("waste.dumped", seed=1, after=True)


def test_every_leaf_has_its_words():
    assert set(TEXTS["texts"]) == {row["code"] for row in LEAVES}


def stories(seed: int = 1, count: int = 150):
    shape = shapely.box(107.55, 16.45, 107.60, 16.50)
    ward = Ward("19789", shape, [(107.57, 16.47)], ["Lê Lợi"], 1)
    return Storyteller(seed, [ward], LEAVES, TEXTS).tell(count, now=NOW)


def test_stories_are_the_same_for_a_seed():
    assert stories() == stories()
    assert stories() != stories(seed=2)


def test_nothing_happens_later_than_now():
    for story in stories():
        moments = [story.filed_at, *(step.at for step in story.steps)]
        assert moments == sorted(moments)
        assert NOW - timedelta(days=DAYS + 1) < moments[0]
        assert moments[-1] < NOW


def test_places_lie_in_their_ward():
    told = stories()
    inside = [
        shapely.contains_xy(shapely.box(107.549, 16.449, 107.601, 16.501), s.lon, s.lat)
        for s in told
    ]
    assert all(inside)
    assert len({(story.lat, story.lon) for story in told}) == len(told)


def test_staff_work_in_office_hours():
    for story in stories():
        for step in story.steps:
            local = step.at.astimezone(NOW.tzinfo) + timedelta(hours=7)
            if step.who != "reporter":
                assert local.weekday() < 5
                assert 7 <= local.hour <= 17
