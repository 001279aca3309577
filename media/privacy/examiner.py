"""One picture examined, in a process of its own: `python -m media.privacy.examiner NAMES MODEL`.

Reads a picture that we made ourselves from standard input and writes what the detectors NAMES (by
comma) found to standard output, as a JSON list. OpenCV is handed bare pixels, so none of its own
decoders ever meets a byte of somebody else's; yet it is a large piece of C++, and gets the limits
of the decoder (`media/decoder.py`) and the lowest priority there is. Without a picture it only
makes the detectors and asks them about an empty one: so a worker learns at its start whether they
work.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from io import BytesIO

import cv2
from PIL import Image

from media.privacy.boxes import Box, settle
from media.privacy.confined import close_the_door, confine
from media.privacy.registry import DETECTORS

_MEMORY_BYTES = 1024**3
_CPU_S = 15
_NICENESS = 19
_MAX_PX = 4096  # of a side: no picture of ours is larger
_BLANK = (320, 240)


def main() -> int:
    """Examine standard input under limits; the exit code."""
    confine(memory_bytes=_MEMORY_BYTES, cpu_s=_CPU_S, niceness=_NICENESS)
    cv2.setNumThreads(1)  # their stacks count as memory, and pictures wait for cores
    names, model = sys.argv[1:3]
    detectors = [DETECTORS[name](model) for name in names.split(",") if name]
    data = sys.stdin.buffer.read()
    Image.preinit()  # imports what reading would import later, while files can still be opened
    import_module("PIL.WebPImagePlugin")
    close_the_door()
    picture = _open(data) if data else Image.new("RGB", _BLANK)
    found: list[Box] = []
    for detector in detectors:
        found += detector.find(picture)
    sys.stdout.write(json.dumps([asdict(box) for box in settle(found)]))
    sys.stdout.flush()
    return 0


def _open(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data), formats=("WEBP", "JPEG"))
    if max(picture.size) > _MAX_PX:
        message = f"not a picture of ours: {picture.size}"
        raise ValueError(message)
    return picture.convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
