"""What a photo's EXIF says about when and where it was taken: a claim, never a fact. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image

_DEGREES_PER_PART = (1.0, 1 / 60, 1 / 3600)
_NO_TURN = 1


@dataclass(frozen=True, slots=True)
class Claims:
    """`taken_at` in UTC; `lat` and `lon` in degrees WGS 84, both or neither.

    `turned` says that the EXIF orientation swaps width and height.
    """

    taken_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    turned: bool = False


def read_claims(exif: bytes | None, *, zone: str) -> Claims:
    """The claims in an EXIF block; a time without an offset is local time of `zone`.

    Each claim that is missing, broken or impossible is None; nothing is ever raised, for no
    citizen should lose a good photo to a bad tag.
    """
    if not exif:
        return Claims()
    try:
        parsed = Image.Exif()
        parsed.load(exif)
        turned = parsed.get(ExifTags.Base.Orientation, _NO_TURN) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001  # Pillow raises a dozen types over hostile EXIF
        return Claims()
    lat, lon = _read_place(parsed)
    return Claims(taken_at=_read_time(parsed, zone), lat=lat, lon=lon, turned=turned)


def _read_time(exif: Image.Exif, zone: str) -> datetime | None:
    try:
        tags = exif.get_ifd(ExifTags.IFD.Exif)
        local = _text(tags.get(ExifTags.Base.DateTimeOriginal))
        taken = datetime.strptime(local, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  # zoned below
        offset = _text(tags.get(ExifTags.Base.OffsetTimeOriginal))
        return _with_zone(taken, offset, zone).astimezone(UTC)
    except Exception:  # noqa: BLE001  # as above
        return None


def _with_zone(taken: datetime, offset: str, zone: str) -> datetime:
    try:
        return datetime.strptime(f"{taken:%Y-%m-%d %H:%M:%S} {offset}", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        # Cameras fill an unknown offset with blanks; then it is the camera's local time.
        return taken.replace(tzinfo=ZoneInfo(zone))


def _text(value: Any) -> str:  # EXIF tags hold anything
    if isinstance(value, bytes):
        value = value.decode("ascii")
    return str(value or "").strip("\0 ")


def _read_place(exif: Image.Exif) -> tuple[float, float] | tuple[None, None]:
    try:
        tags = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(tags[ExifTags.GPS.GPSLatitude])
        lon = _degrees(tags[ExifTags.GPS.GPSLongitude])
        lat *= {"N": 1, "S": -1}[_text(tags[ExifTags.GPS.GPSLatitudeRef])]
        lon *= {"E": 1, "W": -1}[_text(tags[ExifTags.GPS.GPSLongitudeRef])]
    except Exception:  # noqa: BLE001  # as above
        return None, None
    # A receiver without a fix writes zeros, or 0/0, which reads as NaN.
    possible = math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180
    return (lat, lon) if possible and (lat, lon) != (0, 0) else (None, None)


def _degrees(parts: Any) -> float:  # as above
    return math.fsum(
        float(part) * unit for part, unit in zip(parts, _DEGREES_PER_PART, strict=True)
    )
