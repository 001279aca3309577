"""What a file is, judged by its header alone. Pure: bytes in, verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile

from core.errors import FieldError, InvalidInput, TooLarge, UnsupportedType
from media.boxes import Read
from media.claims import read_claims
from media.formats import PHOTO_TYPES, VIDEO_TYPES, detect_type, is_cut, open_photo
from media.video_header import VideoHeader, VideoRefusedError, read_video_header

POINTER = "/file"
DEFAULT_ZONE = "Asia/Ho_Chi_Minh"
HEAD_BYTES = 4096
# Refusals with a reason of their own; of everything else the sentence lists what is accepted.
_REFUSED = {
    "image/gif": "gif_not_accepted",
    "image/svg+xml": "svg_not_accepted",
    "image/tiff": "tiff_not_accepted",
    "application/pdf": "pdf_not_accepted",
    "video/webm": "webm_not_accepted",
}


class Limits(Protocol):
    """What a file may be at most; the settings of media say it."""

    @property
    def max_photo_bytes(self) -> int: ...
    @property
    def max_photo_pixels(self) -> int: ...
    @property
    def max_file_bytes(self) -> int: ...
    @property
    def max_video_pixels(self) -> int: ...
    @property
    def max_video_seconds(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Inspection:
    """A photo or a video as its header describes it.

    `width` and `height` are pixels of the upright picture; `size` is bytes; only a video has a
    `duration_ms`. `taken_at` (UTC), `taken_lat` and `taken_lon` (degrees WGS 84) repeat what the
    file claims of itself.
    """

    content_type: str
    size: int
    width: int
    height: int
    taken_at: datetime | None
    taken_lat: float | None
    taken_lon: float | None
    duration_ms: int | None = None


def inspect_file(read: Read, size: int, *, limits: Limits, zone: str = DEFAULT_ZONE) -> Inspection:
    """The verdict on a file of `size` bytes: of a video, no more than its header is read.

    Raises what `check_head`, `inspect_photo` and `inspect_video` raise.
    """
    content_type = check_head(read(0, HEAD_BYTES), size, limits=limits)
    if content_type in VIDEO_TYPES:
        return inspect_video(read, size, content_type, limits=limits)
    return inspect_photo(
        read(0, size),
        max_bytes=limits.max_photo_bytes,
        max_pixels=limits.max_photo_pixels,
        zone=zone,
    )


def inspect_video(read: Read, size: int, content_type: str, *, limits: Limits) -> Inspection:
    """The verdict on a video by its header; its pictures are decoded later, by the worker.

    Raises InvalidInput at `/file`: what `check_video` and `read_video_header` refuse it with.
    """
    try:
        header = read_video_header(read, size)
        check_video(header, limits=limits)
    except VideoRefusedError as error:
        raise InvalidInput.at(POINTER, error.code, **error.facts) from error
    return Inspection(
        content_type=content_type,
        size=size,
        width=header.width,
        height=header.height,
        taken_at=header.taken_at,
        taken_lat=header.taken_lat,
        taken_lon=header.taken_lon,
        duration_ms=header.duration_ms,
    )


def check_video(header: VideoHeader, *, limits: Limits) -> None:
    """Raise VideoRefusedError (`video_too_long`, `video_too_many_pixels`) if it is too much.

    Phones stop a little after the minute: what is left of its last second is given to them.
    """
    if header.duration_ms >= (limits.max_video_seconds + 1) * 1000:
        seconds = header.duration_ms // 1000
        raise VideoRefusedError(
            "video_too_long", seconds=seconds, max_seconds=limits.max_video_seconds
        )
    if not 0 < header.width * header.height <= limits.max_video_pixels:
        raise VideoRefusedError(
            "video_too_many_pixels",
            width=header.width,
            height=header.height,
            max_pixels=limits.max_video_pixels,
        )


def inspect_photo(
    data: bytes, *, max_bytes: int, max_pixels: int, zone: str = DEFAULT_ZONE
) -> Inspection:
    """The verdict on a photo; no pixel is decoded, so a file that is cut may still pass here.

    Raises TooLarge (`photo_too_large`), UnsupportedType (`photo_type_unsupported`, or the code of
    a type that has its own, such as `gif_not_accepted`), or InvalidInput at `/file` (`photo_empty`, `photo_unreadable`, `photo_too_many_pixels`).
    """
    _check_size(len(data), "photo_too_large", max_bytes)
    content_type = _check_type(data, PHOTO_TYPES)
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


def check_head(head: bytes, size: int, *, limits: Limits) -> str:
    """The type of a file of `size` bytes that begins with `head`.

    Raises TooLarge and UnsupportedType as `inspect_photo` does, for which it needs no more than
    the first bytes: nobody should send the rest of what will be refused.
    """
    content_type = _check_type(head, PHOTO_TYPES | VIDEO_TYPES)
    if content_type in VIDEO_TYPES:
        _check_size(size, "video_too_large", limits.max_file_bytes)
    else:
        _check_size(size, "photo_too_large", limits.max_photo_bytes)
    return content_type


def _check_size(size: int, code: str, max_bytes: int) -> None:
    if not size:
        raise InvalidInput.at(POINTER, "photo_empty")
    if size > max_bytes:
        facts: dict[str, object] = {"size_bytes": size, "max_bytes": max_bytes}
        raise TooLarge(code, fields=[FieldError(POINTER, code, facts)], **facts)


def _check_type(data: bytes, accepted: frozenset[str]) -> str:
    if not data:
        raise InvalidInput.at(POINTER, "photo_empty")
    found = detect_type(data)
    if found not in accepted:
        code = _REFUSED.get(found, "photo_type_unsupported")
        facts: dict[str, object] = {"found": found, "accepted": sorted(accepted)}
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
