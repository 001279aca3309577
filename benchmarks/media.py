"""Photos per CPU-second: our whole pipeline, its processes included, beside Pillow alone.

    python -m benchmarks.media [--photos ../shared/data/photos] [--seconds 4]

Pillow alone does the least that would give the same two pictures: draft, shrink, encode, in one
process without limits. What is between them is bought by the rest: a process of its own for each
photo with limits, upright, in sRGB, both hashes; the last columns say what each part costs.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

from media.decoder import LARGE_PX, SMALL_PX, blur_hash, import_all, make_pictures, perceptual_hash
from media.decoding import run_decoder
from media.formats import detect_type, open_photo

PIXELS = 64_000_000
_TWELVE_MP = (4000, 3000)


@dataclass(frozen=True)
class Costs:
    """Seconds of CPU for one photo."""

    pipeline: float
    decoder: float
    in_process: float
    hashes: float
    pillow: float


def main() -> None:
    """Measure each kind of photo and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=Path("../shared/data/photos"))
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    import_all()
    table = Table(
        "photo", "size", "photos/CPU-s", "Pillow alone", "ratio", "fork and pipes", "hashes"
    )
    for name, data in _photos(options.photos).items():
        costs = asyncio.run(_measure(data, options.seconds))
        table.add_row(
            name,
            f"{len(data) / 1e6:.1f} MB",
            f"{1 / costs.pipeline:.1f}",
            f"{1 / costs.pillow:.1f}",
            f"{costs.pillow / costs.pipeline:.2f}",
            f"{(costs.pipeline - costs.in_process) * 1000:.0f} ms",
            f"{costs.hashes * 1000:.0f} ms",
        )
    Console().print(table)


def _photos(folder: Path) -> dict[str, bytes]:
    """As phones send them; a scene of 12 MP in each format, from the largest real photo there is."""
    scene = Image.open(folder / "jpg" / "hdr" / "iphone_hdr_YES.jpg").convert("RGB")
    scene = scene.resize(_TWELVE_MP, Image.Resampling.LANCZOS)
    return {
        "phone, shrunk, 200 kB": _encoded(scene.resize((1600, 1200)), "JPEG", quality=70),
        "JPEG, 12 MP": _encoded(scene, "JPEG", quality=90),
        "HEIC of an iPhone, 8.5 MP": (folder / "heic" / "IMG_5195.HEIC").read_bytes(),
        "PNG, 12 MP": _encoded(scene, "PNG", compress_level=1),
        "WebP, 12 MP": _encoded(scene, "WEBP", quality=85, method=2),
        "AVIF, 12 MP": _encoded(scene, "AVIF", quality=75, speed=9),
    }


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


async def _measure(data: bytes, seconds: float) -> Costs:
    await run_decoder(data, max_pixels=PIXELS)  # which starts what decoders are forked from
    decoder, runs, before, end = 0.0, 0, _own_cpu(), time.monotonic() + seconds
    while runs < 2 or time.monotonic() < end:
        ended = await run_decoder(data, max_pixels=PIXELS)
        decoder += ended.cpu_us / 1e6
        runs += 1
    small = Image.open(io.BytesIO(make_pictures(data, PIXELS).small)).convert("RGB")
    return Costs(
        pipeline=(decoder + _own_cpu() - before) / runs,
        decoder=decoder / runs,
        in_process=_cpu_of(lambda: make_pictures(data, PIXELS), seconds),
        hashes=_cpu_of(lambda: (blur_hash(small), perceptual_hash(small)), 0.5),
        pillow=_cpu_of(lambda: _pillow_alone(data), seconds),
    )


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of(work: Callable[[], object], seconds: float) -> float:
    runs, before, end = 0, _own_cpu(), time.monotonic() + seconds
    while runs < 2 or time.monotonic() < end:
        work()
        runs += 1
    return (_own_cpu() - before) / runs


def _pillow_alone(data: bytes) -> None:
    image: Image.Image = open_photo(data, detect_type(data))
    image.draft("RGB", (LARGE_PX, LARGE_PX))
    for longest in (LARGE_PX, SMALL_PX):
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
        image.convert("RGB").save(io.BytesIO(), "WEBP", quality=80, method=2)


if __name__ == "__main__":
    main()
