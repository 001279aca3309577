"""One photo made into two pictures, in a process of its own (`media.decoder_server` forks it).

Reads the photo from a socket and writes back, each behind its length (4 bytes, big-endian): the
large WebP, the small one, 8 bytes that are alike for pictures that look alike (none if there is
nothing in it to tell it by), and the BlurHash. A photo that can never be decoded ends it with
REFUSED after its code was written; any other end says nothing about the photo.

A decoder is where hostile bytes meet C code. This process holds nothing worth taking, may use only
so much memory and time, and, before it looks into the photo, lowers its limit of open files to
zero: then it can open no file and no socket.
"""

from __future__ import annotations

import os
import resource
import struct
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import blurhash
from PIL import ExifTags, Image, ImageCms

from media.formats import PHOTO_TYPES, detect_type, is_cut, load_opener, open_photo

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

REFUSED = 3
LARGE_PX = 1600
SMALL_PX = 400

_MEMORY_BYTES = 1024**3
_CPU_S = 20
_NICENESS = 5
# Quality 80 looks as JPEG 82 did and is a third smaller. Method 4, the usual one, doubles the time
# of encoding and saves 5 % of the bytes.
_WEBP = {"quality": 80, "method": 2}
_WHITE = (255, 255, 255)
_BLUR_PX = 20  # of which 4 by 3 waves are kept
_GRID = 8
_FLAT = 8  # levels of grey, of 255
# How to turn a picture upright, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoRefusedError(Exception):
    """The photo itself is at fault, and no second try would decode it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Pictures(NamedTuple):
    """What a photo became: two WebPs, its perceptual hash (64 bits, signed) or None, its BlurHash."""

    large: bytes
    small: bytes
    phash: int | None
    blurhash: str


def import_all() -> None:
    """Import what decoding and encoding would import later, when no file can be opened."""
    for media_type in PHOTO_TYPES:
        load_opener(media_type)
    # Threads would count their stacks against the memory limit; photos run side by side.
    options: Any = import_module("pi_heif.options")
    options.DECODE_THREADS = 1
    import_module("PIL.TiffImagePlugin")  # parses EXIF
    import_module("PIL.WebPImagePlugin")  # registers its encoder
    Image.preinit()  # saving would do so


def run(channel: int, max_pixels: int) -> int:
    """Decode the photo that the socket `channel` brings, under limits; the exit code."""
    os.nice(_NICENESS)
    _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, _CPU_S)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    with open(channel, "rb", buffering=0, closefd=False) as photo:
        data = photo.read()
    with open(channel, "wb", closefd=False) as answer:
        try:
            pictures = make_pictures(data, max_pixels)
        except PhotoRefusedError as error:
            answer.write(error.code.encode())
            return REFUSED
        except BaseException as error:
            answer.write(repr(error).encode())
            raise
        phash = b"" if pictures.phash is None else struct.pack(">q", pictures.phash)
        parts = (pictures.large, pictures.small, phash, pictures.blurhash.encode())
        answer.writelines(struct.pack(">I", len(part)) + part for part in parts)
    return 0


def _limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))


def make_pictures(data: bytes, max_pixels: int) -> Pictures:
    """The large and the small picture, as WebPs of pixels and nothing else, and both hashes.

    Raises PhotoRefusedError (`photo_type_unsupported`, `photo_too_many_pixels`,
    `photo_unreadable`).
    """
    media_type = detect_type(data)
    if media_type not in PHOTO_TYPES:
        raise PhotoRefusedError("photo_type_unsupported")
    if is_cut(data):
        raise PhotoRefusedError("photo_unreadable")
    try:
        large = _make_large(_open_within(data, media_type, max_pixels))
    except PhotoRefusedError:
        raise
    except MemoryError as error:
        # The limit is the same for every try: this photo is too big for it in its format.
        raise PhotoRefusedError("photo_too_many_pixels") from error
    except Exception as error:
        raise PhotoRefusedError("photo_unreadable") from error
    small = large.copy()
    _shrink(small, SMALL_PX)
    return Pictures(_encode(large), _encode(small), perceptual_hash(small), blur_hash(small))


def perceptual_hash(upright: Image.Image) -> int | None:
    """64 bits, of which pictures that look alike share most: the difference hash (dHash).

    Row by row over a grid of 9 by 8 mean greys, a bit says whether a cell is brighter than the
    next to its right. Scaling, compression and brightness change few bits; another view, a mirrored
    or a turned picture changes about half. None for a picture that is all of one grey: its bits
    would be chance, and alike to those of every other.
    """
    greys = upright.convert("L").resize((_GRID + 1, _GRID), Image.Resampling.BOX).tobytes()
    if max(greys) - min(greys) < _FLAT:
        return None
    bits = 0
    for row in range(_GRID):
        start = row * (_GRID + 1)
        for column in range(start, start + _GRID):
            bits = bits << 1 | (greys[column] > greys[column + 1])
    return bits - (1 << 64) if bits >> 63 else bits


def blur_hash(upright: Image.Image) -> str:
    """The BlurHash (blurha.sh): 28 letters from which a page paints a blur until the picture comes.

    Four waves along the longer side and three along the other.
    """
    tiny = upright.resize(_fitting(upright, _BLUR_PX), Image.Resampling.BOX)
    row = 3 * tiny.width
    levels = tiny.tobytes()
    pixels = [
        [levels[at : at + 3] for at in range(start, start + row, 3)]
        for start in range(0, len(levels), row)
    ]
    across, down = (4, 3) if tiny.width >= tiny.height else (3, 4)
    return blurhash.encode(pixels, components_x=across, components_y=down)


def _open_within(data: bytes, media_type: str, max_pixels: int) -> ImageFile:
    image = open_photo(data, media_type)
    if image.width * image.height > max_pixels:
        raise PhotoRefusedError("photo_too_many_pixels")
    return image


def _make_large(image: ImageFile) -> Image.Image:
    """The picture at its large size: upright, opaque, in sRGB.

    A JPEG is told to decode at a fraction of its size, and turning and colours come after
    shrinking: on 12 megapixels that saves most of the work. Loading decodes the file to its end,
    which is what finds a cut one.
    """
    image.draft("RGB", _fitting(image, LARGE_PX))
    image.load()
    profile = image.info.get("icc_profile")
    turn = _TURNS.get(_orientation(image) or 1)
    # One of several pictures would be loaded anew, at its full size, by whatever is done with it.
    several = getattr(image, "is_animated", False)
    picture = _resizable(image.copy() if several else image)
    _shrink(picture, LARGE_PX)
    if turn is not None:
        picture = picture.transpose(turn)
    return _to_srgb(_opaque(picture), profile)


def _fitting(image: Image.Image, longest: int) -> tuple[int, int]:
    """The size with the image's shape whose longer side is `longest` pixels."""
    scale = longest / max(image.size)
    return max(1, int(image.width * scale)), max(1, int(image.height * scale))


def _orientation(image: ImageFile) -> int | None:
    """What EXIF says of how the picture lies; a HEIC lies as its own properties say, which its
    decoder has followed.
    """
    if image.format == "HEIF":
        return None
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001  # broken EXIF is no reason to lose a photo
        return None


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be averaged: palettes and bitmaps cannot."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if "transparency" in image.info or image.mode in ("PA", "La", "RGBa"):
        return image.convert("RGBA")
    if image.mode in ("P", "1"):
        return image.convert("RGB")
    return image


def _shrink(image: Image.Image, longest: int) -> None:
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGBA", "LA"):
        return image
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply the embedded profile before it is dropped: phones take pictures in Display P3."""
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.ImageCmsProfile(ImageCms.core.createProfile("sRGB")),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            # Broken, or made for other channels: colours slightly off are better than no photo.
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _encode(image: Image.Image) -> bytes:
    """A WebP of the pixels alone; a fresh image has no comment or profile to be carried over."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    target = BytesIO()
    bare.save(target, "WEBP", **_WEBP)
    return target.getvalue()
