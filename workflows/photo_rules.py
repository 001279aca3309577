"""Which photos are never shown in public, whatever their boxes hide. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import FieldError

MIN_REASON = 10  # letters: "ok" is none


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a decision on a photo looks at. `photos_public` is the category's, `visibility` the
    case's; `shows_children` is what the citizen or an earlier decision said of it.
    """

    purpose: str
    visibility: str
    photos_public: str
    shows_children: bool


def reasons_against(photo: PhotoFacts) -> list[str]:
    """Why the photo is not shown even when it is approved, as codes; none if nothing is."""
    reasons: list[str] = []
    if photo.photos_public == "never":
        reasons.append("photos_of_category_never_public")
    if photo.shows_children:
        reasons.append("photo_shows_children")
    return reasons


def check_video(*, is_video: bool, whole: bool, boxes: int) -> list[FieldError]:
    """What keeps somebody from approving the `whole` of something: a photo is no video, and boxes
    do not follow what moves.
    """
    if whole and not is_video:
        return [FieldError("/video", "not_a_video")]
    if whole and boxes:
        return [FieldError("/boxes", "video_cannot_be_covered")]
    return []


def check_approval(
    photo: PhotoFacts, *, overrule: bool, may_overrule: bool, reason: str | None
) -> list[FieldError]:
    """What keeps somebody from approving a photo.

    Notes are between colleagues, and nobody sees a hidden case: there is no exception to those.
    To the other rules there is one for who `may_overrule`, if they say so and why.
    """
    if photo.purpose == "note":
        return [FieldError("/decision", "photo_of_note")]
    if photo.visibility == "hidden":
        return [FieldError("/decision", "photo_of_hidden_case")]
    against = reasons_against(photo)
    if not against:
        return [FieldError("/overrule", "nothing_to_overrule")] if overrule else []
    if not overrule or not may_overrule:
        return [FieldError("/decision", code) for code in against]
    if len((reason or "").strip()) < MIN_REASON:
        return [FieldError("/reason", "reason_required", {"min": MIN_REASON})]
    return []
