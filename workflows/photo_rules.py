"""Which photos are never shown in public, whatever their boxes hide. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from core.errors import FieldError

MIN_REASON = 10  # letters: "ok" is none


class Consent(StrEnum):
    """What a reporter said last about publishing their photos. The value is why they are not shown."""

    GIVEN = ""
    UNASKED = "photo_without_consent"
    REFUSED = "photo_consent_refused"  # or withdrawn, or asked to be forgotten
    RESTRICTED = "photo_of_restricted_reporter"  # whatever they said before


_MARKS = {Consent.UNASKED, Consent.REFUSED, Consent.RESTRICTED}
FINAL = {Consent.REFUSED, Consent.RESTRICTED}  # to these there is no exception


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a decision on a photo looks at. `photos_public` is the category's, `visibility` the
    case's; `shows_children` is what the citizen or an earlier decision said of it. `consent` is the
    reporter's, of photos of finished work nobody's: those need none.
    """

    purpose: str
    visibility: str
    photos_public: str
    shows_children: bool
    consent: Consent = Consent.GIVEN


@dataclass(frozen=True, slots=True)
class Standing:
    """How a photo of a report stands: see `media.tables.Publication`. Withheld because of the
    consent that is missing, `reason` is that mark; other reasons are what people wrote.
    """

    state: str
    overruled: bool = False
    reason: str | None = None

    @property
    def mark(self) -> Consent | None:
        """Which consent is missing, if that is why it is withheld."""
        if self.state != "withheld" or self.reason not in _MARKS:
            return None
        return Consent(self.reason)


def follow_consent(standing: Standing, consent: Consent, *, otherwise_against: bool) -> Standing:
    """How the photo stands once its reporter's `consent` is known, or another one than before.

    What people withheld themselves stays so, and an exception that somebody made for a reporter who
    was never asked stands until that reporter refuses or has their data restricted. Who agrees
    after all makes the photo wait for a decision; an exception is then needed only if it is
    `otherwise_against` the rules.
    """
    marked = standing.mark is not None
    if consent is Consent.GIVEN:
        if marked:
            return Standing("waiting")
        return replace(standing, overruled=standing.overruled and otherwise_against)
    if standing.state == "withheld" and not marked:
        return standing
    if consent is Consent.UNASKED and standing.state == "approved" and standing.overruled:
        return standing
    return Standing("withheld", reason=consent.value)


def consent_known_from(standing: Standing, *, otherwise_against: bool) -> Consent:
    """What the photo's row tells of the consent to those who may not read the consents: it was
    marked, or somebody made an exception that nothing else asks for.
    """
    if standing.mark is not None:
        return standing.mark
    if standing.state == "approved" and standing.overruled and not otherwise_against:
        return Consent.UNASKED
    return Consent.GIVEN


def reasons_against(photo: PhotoFacts) -> list[str]:
    """Why the photo is not shown even when it is approved, as codes; none if nothing is."""
    reasons: list[str] = []
    if photo.photos_public == "never":
        reasons.append("photos_of_category_never_public")
    if photo.shows_children:
        reasons.append("photo_shows_children")
    if photo.consent is not Consent.GIVEN:
        reasons.append(photo.consent.value)
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

    Notes are between colleagues, nobody sees a hidden case, and whoever refused or had their data
    restricted has the last word: there is no exception to those. To the other rules there is one
    for who `may_overrule`, if they say so and why.
    """
    if (never := _never_shown(photo)) is not None:
        return [FieldError("/decision", never)]
    against = reasons_against(photo)
    if not against:
        return [FieldError("/overrule", "nothing_to_overrule")] if overrule else []
    if not overrule or not may_overrule:
        return [FieldError("/decision", code) for code in against]
    if len((reason or "").strip()) < MIN_REASON:
        return [FieldError("/reason", "reason_required", {"min": MIN_REASON})]
    return []


def _never_shown(photo: PhotoFacts) -> str | None:
    if photo.purpose == "note":
        return "photo_of_note"
    if photo.visibility == "hidden":
        return "photo_of_hidden_case"
    return photo.consent.value if photo.consent in FINAL else None
