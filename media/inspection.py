"""What a file is, judged by its header alone. Pure: bytes in, verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile

from core.errors import FieldError, InvalidInput, TooLarge, UnsupportedType
from media.claims import read_claims
from media.formats import PHOTO_TYPES, detect_type, is_cut, open_photo

POINTER = "/file"
DEFAULT_ZONE = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True, slots=True)
class Inspection:
    """A photo as its header describes it.

    `width` and `height` are pixels of the upright picture; `size` is bytes. `taken_at` (UTC),
    `taken_lat` and `taken_lon` (degrees WGS 84) repeat what the file claims in its EXIF.
    """

    content_type: str
    size: int
    width: int
    height: int
    taken_at: datetime | None
    taken_lat: float | None
    taken_lon: float | None


def inspect_photo(
    data: bytes, *, max_bytes: int, max_pixels: int, zone: str = DEFAULT_ZONE
) -> Inspection:
    """The verdict on a photo; no pixel is decoded, so a file that is cut may still pass here.

    Raises TooLarge (`photo_too_large`), UnsupportedType (`photo_type_unsupported`), or
    InvalidInput at `/file` (`photo_empty`, `photo_unreadable`, `photo_too_many_pixels`).
    """
    _check_size(len(data), max_bytes)
    content_type = _check_type(data)
    if is_cut(data):
        raise InvalidInput.at(POINTER, "photo_unreadable", found=content_type)
    image = _open_header(data, content_type, max_pixels)
    _check_pixels(image.width, image.height, max_pixels)
    # `getexif()` would decode a PNG to look behind its pixels: what the header gave is enough.
    claims = read_claims(image.info.get("exif"), zone=zone)
    width, height = (image.height, image.width) if claims.turned else image.size
    return Inspection(
        content_type=content_type,
        size=len(data),
        width=width,
        height=height,
        taken_at=claims.taken_at,
        taken_lat=claims.lat,
        taken_lon=claims.lon,
    )


def check_head(head: bytes, size: int, *, max_bytes: int) -> str:
    """The type of a file of `size` bytes that begins with `head`.

    Raises TooLarge and UnsupportedType as `inspect_photo` does, for which it needs no more than
    the first bytes: nobody should send the rest of what will be refused.
    """
    content_type = _check_type(head)
    _check_size(size, max_bytes)
    return content_type


def _check_size(size: int, max_bytes: int) -> None:
    if not size:
        raise InvalidInput.at(POINTER, "photo_empty")
    if size > max_bytes:
        facts: dict[str, object] = {"size_bytes": size, "max_bytes": max_bytes}
        raise TooLarge(
            "photo_too_large", fields=[FieldError(POINTER, "photo_too_large", facts)], **facts
        )


def _check_type(data: bytes) -> str:
    found = detect_type(data)
    if found not in PHOTO_TYPES:
        code = "photo_type_unsupported"
        facts: dict[str, object] = {"found": found, "accepted": sorted(PHOTO_TYPES)}
        raise UnsupportedType(code, fields=[FieldError(POINTER, code, facts)], **facts)
    return found


def _open_header(data: bytes, content_type: str, max_pixels: int) -> ImageFile:
    try:
        return open_photo(data, content_type)
    except DecompressionBombError as error:
        # The WebP plugin asks Pillow's own limit before it tells us the size.
        raise InvalidInput.at(POINTER, "photo_too_many_pixels", max_pixels=max_pixels) from error
    except Exception as error:
        raise InvalidInput.at(POINTER, "photo_unreadable", found=content_type) from error


def _check_pixels(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise InvalidInput.at(
            POINTER,
            "photo_too_many_pixels",
            width=width,
            height=height,
            max_pixels=max_pixels,
        )
