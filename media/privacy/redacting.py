"""Making the public pictures of a photo, each time in a limited child process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from media.privacy.boxes import Box
from media.privacy.child import run_child
from media.privacy.redactor import PublicPictures, join, split

_WALL_S = 30.0


async def redact(picture: bytes, boxes: Sequence[Box]) -> PublicPictures:
    """The public pictures of one of our own large pictures, with a mosaic over each box.

    Raises ChildBrokenError when they could not be made.
    """
    given = json.dumps([asdict(box) for box in boxes]).encode()
    made = await run_child(
        "media.privacy.redactor",
        (),
        join(given, picture),
        libraries=("PIL", "blurhash"),
        wall_s=_WALL_S,
    )
    large, small, blurhash = split(made)
    return PublicPictures(large, small, blurhash.decode("ascii"))
