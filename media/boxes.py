"""The boxes that an MP4 or a QuickTime film is made of (ISO/IEC 14496-12). Pure: bytes in, boxes out.

A box says how long it is, and what says so is hostile: no length is believed before it was compared
with what there is, no box is entered that nobody asked for, and no box holds more than so many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

# Bytes of a file: so many from a position on, fewer where the file ends.
Read = Callable[[int, int], bytes]

_HEADER_BYTES = 8
_LONG_HEADER_BYTES = 16
_MOST = 256


class BrokenBoxesError(ValueError):
    """A box that is longer than what holds it, shorter than its own header, or one of too many."""


class Place(NamedTuple):
    """A box in a file: its kind, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


class Box(NamedTuple):
    """A box with its content."""

    kind: bytes
    content: bytes


def list_places(read: Read, end: int) -> list[Place]:
    """The boxes side by side from the start of a file to its `end`; their contents stay unread."""
    places: list[Place] = []
    at = 0
    while at + _HEADER_BYTES <= end:
        if len(places) == _MOST:
            message = f"more than {_MOST} boxes"
            raise BrokenBoxesError(message)
        header = read(at, _LONG_HEADER_BYTES)
        size, own = _measure(header, end - at)
        places.append(Place(header[4:8], at + own, at + size))
        at += size
    return places


def _measure(header: bytes, room: int) -> tuple[int, int]:
    """Bytes of a box with its header, and of its header."""
    size, own = int.from_bytes(header[:4], "big"), _HEADER_BYTES
    if size == 1:
        size, own = int.from_bytes(header[8:16], "big"), _LONG_HEADER_BYTES
    elif size == 0:  # to the end of what holds it
        size = room
    if not own <= size <= room:
        message = f"a box of {size} bytes where {room} are"
        raise BrokenBoxesError(message)
    return size, own


def split(content: bytes) -> list[Box]:
    """The boxes in a box. Up to 7 bytes behind the last are no box: QuickTime ends lists so."""
    places = list_places(lambda at, length: content[at : at + length], len(content))
    return [Box(place.kind, content[place.start : place.end]) for place in places]


def find(content: bytes, *path: bytes) -> bytes | None:
    """The content of the first box along `path`, such as `mdia`, `minf`, `dinf`, or None."""
    for kind in path:
        inner = next((box.content for box in split(content) if box.kind == kind), None)
        if inner is None:
            return None
        content = inner
    return content
