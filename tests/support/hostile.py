"""Files that somebody sends to harm: floods, cut files, disguises, polyglots. Made here, never kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from tests.support.heic import make_heic
from tests.support.videos import box, film, mvhd, number, trak

CANARY = b"kanarienvogel"
SCRIPT = b"<script>" + CANARY + b"</script>"


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def noise(size: tuple[int, int] = (600, 400)) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise(size, 80)] * 3)


def _chunk(name: bytes, data: bytes) -> bytes:
    return number(len(data)) + name + data + number(zlib.crc32(name + data))


def png_flood(width: int, height: int, *, bits: int = 1) -> bytes:
    """A real PNG of that size, one colour all over: a thousandth of its pixels in bytes."""
    head = number(width) + number(height) + bytes([bits, 0, 0, 0, 0])
    pixels = zlib.compress(bytes((1 + (width * bits + 7) // 8) * height), 9)
    whole = _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def webp_flood(width: int, height: int) -> bytes:
    """34 bytes that promise a picture."""
    data = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9)
    return b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8L" + struct.pack("<I", len(data)) + data


def png_with(name: bytes, data: bytes) -> bytes:
    """A good PNG with a chunk before its pixels."""
    whole = encode(noise((60, 40)), "PNG")
    at = whole.index(b"IDAT") - 4
    return whole[:at] + _chunk(name, data) + whole[at:]


def jpeg_with_comment(comment: bytes) -> bytes:
    return encode(noise(), "JPEG", comment=comment)


def zip_of(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, CANARY)
    return target.getvalue()


def frames(kind: str, count: int) -> bytes:
    first, *rest = (Image.new("RGB", (320, 240), (n % 256, 90, 90)) for n in range(count))
    return encode(first, kind, save_all=True, append_images=rest, duration=20)


def telling_exif(extra: bytes = b"") -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CANARY.decode()
    exif[ExifTags.Base.ImageDescription] = (SCRIPT + extra).decode("latin-1")
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (10.0, 46.0, 36.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (106.0, 42.0, 0.0),
        }
    )
    return exif.tobytes()


def _text(data: bytes) -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", data.decode("latin-1"))
    return info


def _cut(data: bytes, kept: float = 0.6) -> bytes:
    return data[: int(len(data) * kept)]


def _bomb() -> bytes:
    """200 kB that unpack to 200 MB."""
    return zlib.compress(bytes(200_000_000), 9)


# What each is, how it is made, and why it is refused; without a reason it is accepted, and what
# is shown of it is clean. The second reason is the decoder's, for what a header cannot tell.
HOSTILE: dict[str, tuple[Callable[[], bytes], str | None, str | None]] = {
    "PNG of 900 MP": (lambda: png_flood(30_000, 30_000), "photo_too_many_pixels", None),
    "PNG of 160 MP": (lambda: png_flood(16_000, 10_000, bits=8), "photo_too_many_pixels", None),
    "WebP of 197 MP in 34 bytes": (lambda: webp_flood(14_043, 14_043), "photo_too_many_pixels", None),
    "HEIC of 266 MP in tiles": (
        lambda: make_heic(Image.new("RGB", (64, 64)), grid=(255, 255)), "photo_unreadable", None,
    ),
    "HEIC that is larger than it says": (
        lambda: make_heic(Image.new("RGB", (640, 480)), claimed=(100, 100)), None, "photo_unreadable",
    ),
    "JPEG, cut": (lambda: _cut(encode(noise(), "JPEG")), None, "photo_unreadable"),
    "JPEG, progressive, cut": (
        lambda: _cut(encode(noise(), "JPEG", progressive=True)), None, "photo_unreadable",
    ),
    "PNG, cut": (lambda: _cut(encode(noise(), "PNG")), None, "photo_unreadable"),
    "WebP, cut": (lambda: _cut(encode(noise(), "WEBP")), "photo_unreadable", None),
    "HEIC, cut": (lambda: _cut(make_heic(noise())), "photo_unreadable", None),
    "AVIF, cut": (lambda: _cut(encode(noise(), "AVIF")), "photo_unreadable", None),
    "nothing": (lambda: b"", "photo_empty", None),
    "one byte": (lambda: b"\xff", "photo_type_unsupported", None),
    "SVG named .jpg": (
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "svg_not_accepted", None,
    ),
    "HTML named .jpg": (lambda: b"<!doctype html>" + SCRIPT, "photo_type_unsupported", None),
    "PHP named .jpg": (lambda: b"<?php system($_GET[0]);", "photo_type_unsupported", None),
    "PDF": (lambda: b"%PDF-1.7 " + CANARY, "pdf_not_accepted", None),
    "TIFF": (lambda: encode(noise(), "TIFF"), "tiff_not_accepted", None),
    "GIF of 300 pictures": (lambda: frames("GIF", 300), "gif_not_accepted", None),
    "GIF that is a JAR": (lambda: frames("GIF", 2) + zip_of("A.class"), "gif_not_accepted", None),
    "JPEG that is a JAR": (lambda: encode(noise(), "JPEG") + zip_of("A.class"), None, None),
    "JPEG with HTML behind it": (lambda: encode(noise(), "JPEG") + SCRIPT, None, None),
    "JPEG with a ZIP behind it": (lambda: encode(noise(), "JPEG") + zip_of("x"), None, None),
    "JPEG with a script in its comment": (lambda: jpeg_with_comment(SCRIPT), None, None),
    "JPEG with PHP in its EXIF": (
        lambda: encode(noise(), "JPEG", exif=telling_exif(b"<?php system($_GET[0]);")), None, None,
    ),
    "JPEG with 60 kB of EXIF": (
        lambda: encode(noise(), "JPEG", exif=telling_exif(CANARY * 4600)), None, None,
    ),
    "PNG with a bomb in its profile": (
        lambda: png_with(b"iCCP", b"x\0\0" + _bomb()), "photo_unreadable", None,
    ),
    "PNG with a bomb in its text": (
        lambda: png_with(b"zTXt", b"Comment\0\0" + _bomb()), "photo_unreadable", None,
    ),
    "PNG with 10 MB of text": (
        lambda: encode(noise((60, 40)), "PNG", pnginfo=_text(CANARY * 800_000)), None, None,
    ),
    "PNG with EXIF": (lambda: encode(noise(), "PNG", exif=telling_exif()), None, None),
    "WebP with 14 MB of EXIF": (
        lambda: encode(noise(), "WEBP", exif=telling_exif(CANARY * 1_050_000)), None, None,
    ),
    "AVIF with EXIF": (lambda: encode(noise(), "AVIF", exif=telling_exif()), None, None),
    "HEIC with EXIF": (lambda: make_heic(noise(), exif=telling_exif()), None, None),
    "HEIC of 1,600 tiles": (
        lambda: make_heic(Image.new("RGB", (64, 64), "teal"), grid=(40, 40)), "photo_unreadable", None,
    ),
    "HEIC of four pictures and their mosaic": (
        lambda: make_heic(Image.new("RGB", (64, 64), "teal"), grid=(2, 2), hidden=False), None, None,
    ),
    "WebP of 60 pictures": (lambda: frames("WEBP", 60), None, None),
    "PNG of 60 pictures": (lambda: frames("PNG", 60), None, None),
    "AVIF of 20 pictures": (lambda: frames("AVIF", 20), None, None),
    "playlist named .mp4": (
        lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "photo_type_unsupported", None,
    ),
    "list of files named .mp4": (
        lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n", "photo_type_unsupported", None,
    ),
    "MP4 whose pictures are at a URL": (
        lambda: film(mvhd(), trak(dref=box(b"url ", bytes(4), b"http://169.254.169.254/"))),
        "video_external_data", None,
    ),
    "MP4 whose pictures are in another file": (
        lambda: film(mvhd(), trak(dref=box(b"alis", bytes(4), b"/etc/passwd"))),
        "video_external_data", None,
    ),
    "MP4 with a box of 16 EB": (
        lambda: box(b"ftyp", b"isom", bytes(4)) + number(1) + b"moov" + number(2**64 - 1, 8),
        "video_unreadable", None,
    ),
    "MP4 of 49 days": (lambda: film(mvhd(duration=2**32 - 1), trak()), "video_too_long", None),
}  # fmt: skip
