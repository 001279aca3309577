"""Parts of a file: what `Range` and `If-Range` ask for (RFC 9110). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` on, `size` of them, at least one."""

    start: int
    size: int

    def content_range(self, total: int) -> str:
        """`Content-Range` of an answer with these bytes of `total`."""
        return f"bytes {self.start}-{self.start + self.size - 1}/{total}"


class UnsatisfiableError(Exception):
    """The range begins behind the end of the file."""


def find_span(asked: str | None, condition: str | None, *, etag: str, total: int) -> Span | None:
    """The part of a file of `total` bytes that is asked for; None for all of it.

    `condition` is `If-Range`: a part of another version is of no use, so it gets all of this one.
    Several ranges at once and units that nobody knows get all of it too, as the standard allows.
    Raises UnsatisfiableError.
    """
    if asked is None or condition not in (None, etag):
        return None
    match = _SINGLE.fullmatch(asked)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        size = min(int(last), total)
        if size == 0:
            raise UnsatisfiableError
        return Span(total - size, size)
    start, end = int(first), min(int(last), total - 1) if last else total - 1
    if last and int(last) < start:
        return None  # not a range at all
    if start >= total:
        raise UnsatisfiableError
    return Span(start, end - start + 1)
