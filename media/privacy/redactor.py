"""The public pictures of one photo, in a process of its own: `python -m media.privacy.redactor`.

Reads, each behind its length (4 bytes, big-endian), the boxes (a JSON list) and our own large
picture from standard input; writes the covered picture as a large and a small WebP and its
BlurHash to standard output in the same way. The small one is made of the covered large one, and
both from bare pixels: nothing of what was covered, and no metadata, can be in them.
"""

from __future__ import annotations

import json
import struct
import sys
from importlib import import_module
from io import BytesIO
from typing import NamedTuple

import blurhash
from PIL import Image

from media.privacy.boxes import Box
from media.privacy.confined import close_the_door, confine
from media.privacy.mosaic import cover

LARGE_PX, SMALL_PX = 1600, 400

_MEMORY_BYTES = 768 * 1024**2
_CPU_S = 20
_NICENESS = 5
_QUALITY = 80
_HASH_PX = 32
_HASH_CELLS = (4, 3)


class PublicPictures(NamedTuple):
    """What everybody may see of a photo: two WebPs and the BlurHash of them."""

    large: bytes
    small: bytes
    blurhash: str


def main() -> int:
    """Cover standard input under limits; the exit code."""
    confine(memory_bytes=_MEMORY_BYTES, cpu_s=_CPU_S, niceness=_NICENESS)
    Image.preinit()  # imports what reading would import later, while files can still be opened
    import_module("PIL.WebPImagePlugin")
    boxes, picture = split(sys.stdin.buffer.read())
    close_the_door()
    made = make_public(picture, [Box(**box) for box in json.loads(boxes)])
    sys.stdout.buffer.write(join(made.large, made.small, made.blurhash.encode()))
    sys.stdout.buffer.flush()
    return 0


def join(*parts: bytes) -> bytes:
    """Parts that `split` takes apart again."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def split(joined: bytes) -> list[bytes]:
    """The parts that `join` put together."""
    parts: list[bytes] = []
    at = 0
    while at < len(joined):
        (length,) = struct.unpack_from(">I", joined, at)
        parts.append(joined[at + 4 : at + 4 + length])
        at += 4 + length
    return parts


def make_public(picture: bytes, boxes: list[Box]) -> PublicPictures:
    """The covered pictures of one of our own large pictures."""
    opened = Image.open(BytesIO(picture), formats=("WEBP", "JPEG"))
    if max(opened.size) > LARGE_PX:
        message = f"not a picture of ours: {opened.size}"
        raise ValueError(message)
    large = cover(opened, boxes)
    small = large.copy()
    small.thumbnail((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS)
    return PublicPictures(_encode(large), _encode(small), _hash(small))


def _encode(image: Image.Image) -> bytes:
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    target = BytesIO()
    bare.save(target, "WEBP", quality=_QUALITY, method=4)
    return target.getvalue()


def _hash(small: Image.Image) -> str:
    tiny = small.copy()
    tiny.thumbnail((_HASH_PX, _HASH_PX))
    rows = [[tiny.getpixel((x, y)) for x in range(tiny.width)] for y in range(tiny.height)]
    return blurhash.encode(rows, *_HASH_CELLS)


if __name__ == "__main__":
    sys.exit(main())
