"""The literals of a filter: numbers, text, patterns, days and instants, each checked."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from core.errors import InvalidInput
from core.text import is_storable
from gis.cql2_scan import FILTER

# A day in a filter has no time zone. It is Vietnam's day, which has been UTC+7 without daylight
# saving since 1975: whoever asks for a date here means the date on the wall.
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
# What `unaccent` turns into a wildcard or into the escape character of LIKE.
_BECOME_SPECIAL = re.compile(r"[﹪％＿∖﹨＼]")


def check_text(value: str) -> str:
    """Text that the database can hold: JSON can write the character NUL, PostgreSQL cannot."""
    if not is_storable(value):
        raise InvalidInput.at(FILTER, "filter_text_invalid")
    return value


def check_number(value: float) -> float:
    """A number that is finite, as a float."""
    if not math.isfinite(value):
        raise InvalidInput.at(FILTER, "filter_number_invalid")
    return float(value)


def like_pattern(value: str, *, without_accents: bool) -> str:
    r"""A pattern of CQL2 as one of SQL's LIKE: % and _ are the same, and so is the escape \.

    A lone \ at the end, which SQL refuses, is taken as the character. Where accents are taken away
    in SQL, what would become special by that is kept as a character.
    """
    pattern = check_text(value)
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        pattern += "\\"
    return _BECOME_SPECIAL.sub(_keep, pattern) if without_accents else pattern


def read_day(value: object) -> date:
    """A day from `YYYY-MM-DD`."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # such as the 30th of February
    raise InvalidInput.at(FILTER, "filter_time_invalid", value=str(value)[:60])


def read_instant(value: object) -> datetime:
    """An instant in UTC from RFC 3339, with the time zone that it must have."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # such as 25 o'clock, or before the year 1 in UTC
    raise InvalidInput.at(FILTER, "filter_time_invalid", value=str(value)[:60])


def first_instant(day: date) -> datetime:
    """When a day begins in Vietnam, in UTC."""
    return _in_utc(datetime.combine(day, time.min, ZONE))


def last_instant(day: date) -> datetime:
    """The last instant of a day in Vietnam, in UTC, to the microsecond that PostgreSQL keeps."""
    return _in_utc(datetime.combine(day, time.max, ZONE))


def is_day(value: str) -> bool:
    """Whether text is written as a day, not as an instant."""
    return bool(_DAY.fullmatch(value))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first day of the year 1
        value = moment.date().isoformat()
        raise InvalidInput.at(FILTER, "filter_time_invalid", value=value) from None


def _keep(special: re.Match[str]) -> str:
    r"""Put a \ before the character, unless the pattern has one there already."""
    before = special.string[: special.start()]
    escaped = (len(before) - len(before.rstrip("\\"))) % 2
    return special[0] if escaped else f"\\{special[0]}"
