"""Addresses as people type them, taken apart: house, street, ward. Pure.

    12 Lê Lợi                                  house 12, street Lê Lợi
    số 12 đường Lê Lợi, phường Thuận Hóa       and ward Thuận Hóa
    kiệt 45/3 Nguyễn Huệ, P. Phú Nhuận, Huế    house "kiệt 45/3"; the city is left out
    30 Tháng 4                                 a street, no house: days give streets their names

Only the shape of a text is looked at; whether there is such a street, its finder knows.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WARD = (
    r"(?:phường|xã|thị\s+trấn|đặc\s+khu|phuong|xa|thi\s+tran|dac\s+khu|ward|commune|(?:tt|p|x)\.)"
)
_CITY = (
    r"(?:thành\s+phố|tỉnh|quận|huyện|thị\s+xã|thanh\s+pho|tinh|quan|huyen|thi\s+xa|(?:tp|q|h|tx)\.?"
    r"|việt\s+nam|viet\s+nam|vietnam)"
)
_HOUSE = re.compile(
    r"""
    ^(?:(?:số|so|no\.?)\s*)?
    (?P<house>
        (?:(?:kiệt|kiet|hẻm|hem|ngõ|ngo|ngách|ngach)\s+)?
        [kh]?\d+[a-z]?(?:\s?[/-]\s?\d+[a-z]?)*
    )
    \s+(?!(?:tháng|thang)\s+\d)(?P<street>\D.*|\d+\s*(?:/|\s(?:tháng|thang)\s).*)$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_INLINE_WARD = re.compile(rf"(?<=\S)\s+(?={_WARD}\s+\S)", re.IGNORECASE)
_IS_WARD = re.compile(rf"^{_WARD}\s*\S|\s(?:ward|commune)$", re.IGNORECASE)
_IS_CITY = re.compile(rf"^{_CITY}(?:\s|$)|\s(?:city|province)$", re.IGNORECASE)
_ENGLISH_KIND = re.compile(r"\s+(?:ward|commune|city|province)$", re.IGNORECASE)
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Address:
    """What a text asks for. `street` may be any name: of a street, a park, a ward. Empty parts
    were not given.
    """

    street: str
    house: str = ""
    ward: str = ""


def parse_address(text: str) -> Address:
    """The parts of an address; a text that is none is the name of something."""
    clean = " ".join(unicodedata.normalize("NFC", text)[:MAX_LENGTH].split())
    parts = [part.strip() for part in _INLINE_WARD.sub(",", clean, count=1).split(",")]
    parts = [part for part in parts if part]
    if not parts:
        return Address("")
    first, *others = parts
    around = [part for part in others if not _IS_CITY.search(part)]
    wards = [part for part in around if _IS_WARD.search(part)] or around
    ward = _ENGLISH_KIND.sub("", wards[0]) if wards else ""
    match = _HOUSE.match(first)
    if match is None:
        return Address(_ENGLISH_KIND.sub("", first), "", ward)
    return Address(match["street"], " ".join(match["house"].split()), ward)
