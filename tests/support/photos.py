"""Photos made for a test."""

from __future__ import annotations

import io

from PIL import Image


def make_jpeg(width: int = 640, height: int = 480, colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
