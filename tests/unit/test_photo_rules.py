"""Which photos nobody sees whatever is covered, and who may make an exception."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workflows.photo_rules import PhotoFacts, check_approval, check_video, reasons_against

USUAL = PhotoFacts("report", "exact", "after_approval", shows_children=False)
CHILDREN = replace(USUAL, shows_children=True)
VIOLATION = replace(USUAL, photos_public="never")
WHY = "Phụ huynh đã đồng ý bằng văn bản"


def codes(
    photo: PhotoFacts,
    *,
    overrule: bool = False,
    may_overrule: bool = False,
    reason: str | None = None,
) -> list[tuple[str, str]]:
    errors = check_approval(photo, overrule=overrule, may_overrule=may_overrule, reason=reason)
    return [(error.pointer, error.code) for error in errors]


def test_a_usual_photo_needs_no_more_than_a_person() -> None:
    assert reasons_against(USUAL) == []
    assert codes(USUAL) == []
    assert codes(replace(USUAL, purpose="after", visibility="rounded")) == []


def test_an_exception_to_nothing_is_a_mistake() -> None:
    assert codes(USUAL, overrule=True, may_overrule=True, reason=WHY) == [
        ("/overrule", "nothing_to_overrule")
    ]


@pytest.mark.parametrize(
    ("photo", "against"),
    [
        (CHILDREN, ["photo_shows_children"]),
        (VIOLATION, ["photos_of_category_never_public"]),
        (
            replace(VIOLATION, shows_children=True),
            ["photos_of_category_never_public", "photo_shows_children"],
        ),
    ],
)
def test_children_and_violations_are_not_shown_by_default(
    photo: PhotoFacts, against: list[str]
) -> None:
    refused = [("/decision", code) for code in against]
    assert reasons_against(photo) == against
    assert codes(photo) == refused
    assert codes(photo, overrule=True) == refused  # said by somebody without the right
    assert codes(photo, may_overrule=True) == refused  # not said
    assert codes(photo, overrule=True, may_overrule=True) == [("/reason", "reason_required")]
    assert codes(photo, overrule=True, may_overrule=True, reason="   ok   ")
    assert codes(photo, overrule=True, may_overrule=True, reason=WHY) == []


@pytest.mark.parametrize(
    ("photo", "code"),
    [
        (replace(USUAL, visibility="hidden"), "photo_of_hidden_case"),
        (replace(USUAL, purpose="note"), "photo_of_note"),
        (replace(CHILDREN, purpose="note", visibility="hidden"), "photo_of_note"),
    ],
)
def test_there_is_no_exception_for_what_nobody_sees(photo: PhotoFacts, code: str) -> None:
    for overrule in (False, True):
        assert codes(photo, overrule=overrule, may_overrule=True, reason=WHY) == [
            ("/decision", code)
        ]


@pytest.mark.parametrize(
    ("is_video", "whole", "boxes", "expected"),
    [
        (True, True, 0, []),
        (True, False, 3, []),  # of its picture
        (True, True, 1, [("/boxes", "video_cannot_be_covered")]),
        (False, True, 0, [("/video", "not_a_video")]),
        (False, False, 3, []),
    ],
)
def test_a_video_is_approved_as_a_whole_or_not(
    *, is_video: bool, whole: bool, boxes: int, expected: list[tuple[str, str]]
) -> None:
    errors = check_video(is_video=is_video, whole=whole, boxes=boxes)
    assert [(error.pointer, error.code) for error in errors] == expected
