"""Reading a call for help from a text message, with diacritics or without. Pure.

Nobody on a roof keeps to a form. So everything is optional but a word for help or a position:

    SOS 16.4637 107.5909 5 nguoi 2 tre em nuoc len mai
    cuu voi, nha co 3 nguoi 1 ba bau, thon La Chu xa Huong Chu

Numbers stand before what they count, as digits or as words; who is counted apart is never more
than all. What could not be read is still there: the whole message is the note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from gis.locate import Place
from workflows.rules import plain

Kind = Literal["trapped", "medical", "food", "boat", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 999  # people of one call, as the city's question has it
NOTE_LENGTH = 300
# Roughly Vietnam: what lies outside is no position but two numbers.
_LATS, _LONS = (8.0, 24.0), (102.0, 118.0)
_DEGREES = re.compile(
    r"(?<![\d.,])(\d{1,3}[.,]\d{2,9})(?:\s*[,;/ ]\s*|\s+)(\d{1,3}[.,]\d{2,9})(?!\d)"
)
_WORDS = {
    "mot": 1, "hai": 2, "bon": 4, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
}  # fmt: skip
# These are also a grandmother and a man, so they count only before a word for people.
_DOUBTFUL = {"ba": 3, "nam": 5}
_COUNT = rf"(\d{{1,6}}|{'|'.join(_WORDS)})"
_ANY_COUNT = rf"(\d{{1,6}}|{'|'.join((*_WORDS, *_DOUBTFUL))})"
_GROUPS: dict[str, re.Pattern[str]] = {
    "children": re.compile(
        rf"\b(?:{_ANY_COUNT}\s*)?(?:tre em|tre nho|tre con|em be|chau be|con nit|children|kids|child)\b"
    ),
    "elderly": re.compile(
        rf"\b(?:{_ANY_COUNT}\s*)?(?:nguoi gia|cu gia|cu ong|cu ba|ong ba gia|elderly|old people)\b"
    ),
    "pregnant": re.compile(
        rf"\b(?:{_COUNT}\s*)?(?:ba bau|me bau|phu nu mang thai|mang thai|thai phu|san phu|pregnant)\b"
    ),
    "injured": re.compile(
        rf"\b(?:{_ANY_COUNT}\s*)?(?:nguoi bi thuong|bi thuong|nguoi benh|nguoi om|injured|wounded)\b"
    ),
}
_PEOPLE = re.compile(
    rf"\b{_ANY_COUNT}\s*(?:nguoi|ng|nhan khau|people|persons|pax)\b(?!\s*(?:gia|benh|om|bi))"
)
_HELP = re.compile(r"\b(?:sos|cuu|cap cuu|giup voi|help|mac ket|nuoc len|ngap)\b")
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("medical", re.compile(r"\b(?:cap cuu|bi thuong|dau de|chuyen da|kho tho|injured|nguoi benh)\b")),
    ("trapped", re.compile(r"\b(?:mac ket|mai|noc|co lap|nuoc len|ngap|bi ket|troi|trapped)\b")),
    ("boat", re.compile(r"\b(?:thuyen|xuong|ca no|cano|ghe|boat)\b")),
    ("food", re.compile(r"\b(?:doi|luong thuc|thuc an|do an|nuoc uong|nuoc sach|mi tom|sua|food)\b")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SosText:
    """A call as far as it could be read; `place` is None where the message has no position."""

    kind: Kind
    people: int
    children: int
    elderly: int
    pregnant: int
    injured: int
    place: Place | None
    note: str


def read_sos(message: str) -> SosText | None:
    """The call in a message; None for one that neither calls for help nor has a position."""
    text = " ".join(plain(message).split())
    place, rest = _place(text)
    if place is None and not _HELP.search(rest):
        return None
    groups: dict[str, int] = {}
    for name, pattern in _GROUPS.items():
        groups[name], rest = _counted(pattern, rest)
    said = max((_number(match[1]) for match in _PEOPLE.finditer(rest)), default=1)
    # Somebody may be counted twice: a pregnant woman who is hurt.
    apart = groups["children"] + groups["elderly"] + max(groups["pregnant"], groups["injured"])
    return SosText(
        kind=_kind(text),
        people=min(max(said, apart, 1), MOST),
        place=place,
        note=" ".join(message.split())[:NOTE_LENGTH],
        **groups,
    )


def _kind(text: str) -> Kind:
    for kind, pattern in _KINDS:
        if pattern.search(text):
            return kind
    return "other"


def _place(text: str) -> tuple[Place | None, str]:
    """The first pair of numbers that lies in Vietnam, whichever comes first; and the rest."""
    for match in _DEGREES.finditer(text):
        one, other = (float(number.replace(",", ".")) for number in match.groups())
        for lat, lon in ((one, other), (other, one)):
            if _LATS[0] <= lat <= _LATS[1] and _LONS[0] <= lon <= _LONS[1]:
                return Place(lat, lon), text[: match.start()] + " " + text[match.end() :]
    return None, text


def _counted(pattern: re.Pattern[str], text: str) -> tuple[int, str]:
    """How many a message names of a group, one where it gives no number; and the rest."""
    found = 0
    for match in pattern.finditer(text):
        found += _number(match[1]) if match[1] else 1
    return min(found, MOST), pattern.sub(" ", text)


def _number(word: str) -> int:
    if word.isdecimal():
        return min(int(word), MOST)
    return _WORDS.get(word) or _DOUBTFUL[word]
