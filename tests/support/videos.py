"""Videos made for a test: real ones by ffmpeg, and headers box by box."""

from __future__ import annotations

import subprocess
from pathlib import Path

SECOND = 1000  # of the tracks here


def box(kind: bytes, *content: bytes) -> bytes:
    """A box; its content may be boxes."""
    whole = b"".join(content)
    return (8 + len(whole)).to_bytes(4, "big") + kind + whole


def number(value: int, width: int = 4) -> bytes:
    return value.to_bytes(width, "big")


def mvhd(*, created: int = 0, scale: int = 1000, duration: int = 3 * SECOND) -> bytes:
    times = number(created) + bytes(4) + number(scale) + number(duration)
    return box(b"mvhd", bytes(4), times, bytes(80))


def trak(
    *,
    handler: bytes = b"vide",
    formats: tuple[bytes, ...] = (b"avc1",),
    size: tuple[int, int] = (640, 360),
    matrix: tuple[int, int, int, int] = (0x10000, 0, 0, 0x10000),
    duration: int = 3 * SECOND,
    dref: bytes | None = None,
) -> bytes:
    """A track of pictures or sound; `matrix` is a, b, c, d of its turning."""
    a, b, c, d = (number(each) for each in matrix)
    turning = a + b + bytes(4) + c + d + bytes(16)
    sizes = bytes(24) + number(size[0], 2) + number(size[1], 2) + bytes(50)
    sources = box(b"url ", number(1)) if dref is None else dref
    return box(
        b"trak",
        box(b"tkhd", bytes(40), turning, bytes(8)),
        box(
            b"mdia",
            box(b"mdhd", bytes(12), number(1000), number(duration), bytes(4)),
            box(b"hdlr", bytes(8), handler, bytes(13)),
            box(
                b"minf",
                box(b"dinf", box(b"dref", bytes(4), number(1), sources)),
                box(
                    b"stbl",
                    box(
                        b"stsd",
                        *(bytes(4), number(len(formats))),
                        *(box(each, sizes) for each in formats),
                    ),
                ),
            ),
        ),
    )


def film(*moov: bytes, behind: bytes = b"") -> bytes:
    """A file whose header, made of `moov`, stands behind its pictures."""
    head = box(b"ftyp", b"isom", bytes(4), b"isom")
    return head + box(b"mdat", bytes(64)) + box(b"moov", *moov) + behind


def make_video(
    path: Path,
    *,
    seconds: float = 1.0,
    size: str = "320x180",
    codec: str = "libx264",
    inputs: tuple[str | Path, ...] = (),
    options: tuple[str, ...] = (),
) -> bytes:
    """A real video with sound, made by ffmpeg from that and `inputs`; `options` are its own."""
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-v", "error", "-y"),
            *("-f", "lavfi", "-i", f"testsrc=duration={seconds}:size={size}:rate=15"),
            *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
            *(part for each in inputs for part in ("-i", each)),
            *("-c:v", codec, "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-c:a", "aac"),
            *(("-x265-params", "log-level=error") if codec == "libx265" else ()),
            *options,
            str(path),
        ],
        check=True,
    )
    return path.read_bytes()
