"""Telling pictures of a screen from photos, by what a file's header says. Pure.

No camera writes PNG, and phones save screenshots in the size of their screen, which no camera has.
A picture that says when it was taken is a photo, whatever its size.
"""

from __future__ import annotations

from datetime import datetime

# Width by height, upright, of the phones sold in the last ten years, and of common monitors.
SIZES = frozenset(
    {
        (640, 1136), (750, 1334), (828, 1792), (1080, 1920), (1080, 2220), (1080, 2280),
        (1080, 2310), (1080, 2340), (1080, 2376), (1080, 2388), (1080, 2400), (1080, 2404),
        (1080, 2408), (1080, 2412), (1080, 2460), (1125, 2436), (1170, 2532), (1179, 2556),
        (1206, 2622), (1220, 2712), (1240, 2772), (1242, 2208), (1242, 2688), (1260, 2800),
        (1284, 2778), (1290, 2796), (1320, 2868), (1440, 2560), (1440, 2960), (1440, 3040),
        (1440, 3088), (1440, 3120), (1440, 3200), (720, 1280), (720, 1520), (720, 1560),
        (720, 1600), (720, 1612), (720, 1650), (768, 1366), (900, 1440), (1050, 1680),
        (1600, 2560), (2160, 3840),
    }
)  # fmt: skip


def looks_like_screen(
    content_type: str, width: int, height: int, taken_at: datetime | None
) -> bool:
    """Whether a picture, whose upright size is given in pixels, is rather one of a screen."""
    if taken_at is not None:
        return False
    return content_type == "image/png" or (min(width, height), max(width, height)) in SIZES
