"""Photos made for a test."""

from __future__ import annotations

import io
import random

from PIL import ExifTags, Image


def make_jpeg(
    width: int = 640,
    height: int = 480,
    colour: str = "teal",
    *,
    exif_time: str | None = None,
    exif_place: tuple[float, float] | None = None,
) -> bytes:
    """A photo of one colour; `exif_place` is latitude and longitude, both positive."""
    exif = Image.Exif()
    if exif_time:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = exif_time
    if exif_place:
        lat, lon = exif_place
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (lat, 0.0, 0.0),
                ExifTags.GPS.GPSLongitudeRef: "E",
                ExifTags.GPS.GPSLongitude: (lon, 0.0, 0.0),
            }
        )
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "JPEG", quality=80, exif=exif)
    return buffer.getvalue()


def make_noise(width: int, height: int, *, seed: int = 1) -> bytes:
    """A photo that does not compress: about half a byte per pixel."""
    pixels = random.Random(seed).randbytes(width * height * 3)
    buffer = io.BytesIO()
    Image.frombytes("RGB", (width, height), pixels).save(buffer, "JPEG", quality=60)
    return buffer.getvalue()
