"""Photos made for a test."""

from __future__ import annotations

import io
import random
import struct

from PIL import ExifTags, Image, ImageDraw, ImageFilter


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


def draw_face(size: int) -> Image.Image:
    """A schematic face, `size` pixels wide and high: nobody's, but detectors take it for one."""
    unit = size / 100
    picture = Image.new("RGB", (size, size), (150, 170, 160))
    draw = ImageDraw.Draw(picture)

    def oval(x: float, y: float, rx: float, ry: float, colour: tuple[int, int, int]) -> None:
        corners = (x - rx, y - ry, x + rx, y + ry)
        draw.ellipse([part * unit for part in corners], fill=colour)

    oval(50, 42, 36, 42, (50, 38, 30))  # hair
    oval(50, 54, 30, 38, (214, 170, 140))
    for x in (37, 63):
        brow = (x - 9, 40, x + 9, 43)
        draw.rectangle([part * unit for part in brow], fill=(60, 45, 35))
        oval(x, 49, 8, 4.5, (110, 80, 65))
        oval(x, 49, 6, 3, (235, 230, 225))
        oval(x, 49, 3, 3, (40, 30, 25))
    oval(50, 62, 4, 8, (225, 185, 155))  # nose
    for x in (46, 54):
        oval(x, 68, 2, 1.5, (120, 85, 70))
    oval(50, 77, 11, 4, (150, 70, 70))  # mouth
    return picture.filter(ImageFilter.GaussianBlur(size / 60))


def street_with_face(
    width: int = 800, height: int = 600, *, size: int = 160, left: int = 320, top: int = 208
) -> Image.Image:
    """A picture with a drawn face at a known place, the rest without anything like one."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    picture.paste(draw_face(size), (left, top))
    return picture


def as_jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def assert_only_pixels(picture: bytes) -> None:
    """One chunk of compressed pixels up to the end of a WebP file: nothing could stand beside it.

    Names as short as `Exif` or `GPS` are not looked for in it: pixels may well spell them.
    """
    assert (picture[:4], picture[8:16]) == (b"RIFF", b"WEBPVP8 ")
    whole = len(picture)
    assert struct.unpack("<I", picture[4:8]) == (whole - 8,)
    assert struct.unpack("<I", picture[16:20]) in {(whole - 20,), (whole - 21,)}
