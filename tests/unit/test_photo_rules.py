"""Which photos nobody sees whatever is covered, who may make an exception, and what consents do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workflows.photo_rules import (
    Consent,
    PhotoFacts,
    Standing,
    check_approval,
    check_video,
    consent_known_from,
    follow_consent,
    reasons_against,
)

USUAL = PhotoFacts("report", "exact", "after_approval", shows_children=False)
CHILDREN = replace(USUAL, shows_children=True)
VIOLATION = replace(USUAL, photos_public="never")
UNASKED = replace(USUAL, consent=Consent.UNASKED)
REFUSED = replace(USUAL, consent=Consent.REFUSED)
RESTRICTED = replace(USUAL, consent=Consent.RESTRICTED)
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
        (UNASKED, ["photo_without_consent"]),
        (replace(UNASKED, shows_children=True), ["photo_shows_children", "photo_without_consent"]),
        (
            replace(VIOLATION, shows_children=True),
            ["photos_of_category_never_public", "photo_shows_children"],
        ),
    ],
)
def test_children_violations_and_the_unasked_are_not_shown_by_default(
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
        (REFUSED, "photo_consent_refused"),
        (RESTRICTED, "photo_of_restricted_reporter"),
        (replace(REFUSED, shows_children=True), "photo_consent_refused"),
        (replace(REFUSED, visibility="hidden"), "photo_of_hidden_case"),
    ],
)
def test_there_is_no_exception_for_what_nobody_sees_or_agrees_to(
    photo: PhotoFacts, code: str
) -> None:
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


WAITING = Standing("waiting")
APPROVED = Standing("approved")
EXCEPTION = Standing("approved", overruled=True, reason=WHY)
BY_STAFF = Standing("withheld", reason="Thấy rõ nhà dân")
NO_CONSENT = Standing("withheld", reason="photo_without_consent")
AGAINST_WILL = Standing("withheld", reason="photo_consent_refused")
HELD_BACK = Standing("withheld", reason="photo_of_restricted_reporter")


@pytest.mark.parametrize(
    ("before", "given", "unasked", "refused", "restricted"),
    [
        (WAITING, WAITING, NO_CONSENT, AGAINST_WILL, HELD_BACK),
        (APPROVED, APPROVED, NO_CONSENT, AGAINST_WILL, HELD_BACK),
        (EXCEPTION, replace(EXCEPTION, overruled=False), EXCEPTION, AGAINST_WILL, HELD_BACK),
        (BY_STAFF, BY_STAFF, BY_STAFF, BY_STAFF, BY_STAFF),
        (NO_CONSENT, WAITING, NO_CONSENT, AGAINST_WILL, HELD_BACK),
        (AGAINST_WILL, WAITING, NO_CONSENT, AGAINST_WILL, HELD_BACK),
        (HELD_BACK, WAITING, NO_CONSENT, AGAINST_WILL, HELD_BACK),
    ],
)
def test_a_photo_follows_its_reporters_consent(
    before: Standing, given: Standing, unasked: Standing, refused: Standing, restricted: Standing
) -> None:
    for consent, after in zip(
        (Consent.GIVEN, Consent.UNASKED, Consent.REFUSED, Consent.RESTRICTED),
        (given, unasked, refused, restricted),
        strict=True,
    ):
        assert follow_consent(before, consent, otherwise_against=False) == after
        # Followed once, nothing changes any more.
        assert follow_consent(after, consent, otherwise_against=False) == after


def test_an_exception_that_is_needed_otherwise_stays_when_the_reporter_agrees() -> None:
    assert follow_consent(EXCEPTION, Consent.GIVEN, otherwise_against=True) == EXCEPTION


@pytest.mark.parametrize(
    ("standing", "otherwise_against", "known"),
    [
        (NO_CONSENT, False, Consent.UNASKED),
        (AGAINST_WILL, True, Consent.REFUSED),
        (EXCEPTION, False, Consent.UNASKED),
        (EXCEPTION, True, Consent.GIVEN),  # made for the other reason, as far as one can tell
        (WAITING, False, Consent.GIVEN),
        (APPROVED, False, Consent.GIVEN),
        (BY_STAFF, False, Consent.GIVEN),
        (replace(NO_CONSENT, state="approved"), False, Consent.GIVEN),  # somebody's own words
    ],
)
def test_what_a_row_tells_of_the_consent(
    standing: Standing, known: Consent, *, otherwise_against: bool
) -> None:
    assert consent_known_from(standing, otherwise_against=otherwise_against) is known
