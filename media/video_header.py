"""What a video is, judged by its header alone: an MP4 or QuickTime film of H.264 or HEVC. Pure.

The header (`moov`) may stand at the end of the file, so it takes a function that reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from media.boxes import BrokenBoxesError, Place, Read, find, list_places, split

# That of a minute at 240 frames a second takes 0.3 MB.
_MAX_MOOV_BYTES = 8_000_000
_MAX_TRACKS = 32
_CODECS = frozenset({b"avc1", b"avc3", b"hvc1", b"hev1"})
_AAC = b"mp4a"
_SELF_CONTAINED = 1
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_APPLE_TIME, _APPLE_PLACE = (
    b"com.apple.quicktime.creationdate",
    b"com.apple.quicktime.location.ISO6709",
)
_ISO_6709 = re.compile(r"([+-]\d{2}(?:\.\d{1,10})?)([+-]\d{3}(?:\.\d{1,10})?)[+/-]")


class VideoRefusedError(Exception):
    """The video itself is at fault: why, as a code, and what was found."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class VideoHeader:
    """A video as its header describes it.

    `width` and `height` are pixels of the upright picture; `has_sound` that its first sound track
    is AAC, which every player knows. `taken_…` is what the file claims: UTC, degrees WGS 84.
    """

    codec: str
    width: int
    height: int
    duration_ms: int
    has_sound: bool
    taken_at: datetime | None
    taken_lat: float | None
    taken_lon: float | None


@dataclass(frozen=True, slots=True)
class _Track:
    handler: bytes
    formats: list[bytes]
    size: tuple[int, int]
    turned: bool
    duration_ms: int


def read_video_header(read: Read, size: int) -> VideoHeader:
    """The header of a file of `size` bytes.

    Raises VideoRefusedError: `video_unreadable` (also when the file is cut), `video_fragmented`,
    `video_external_data` when it takes pictures from other files, `video_without_picture`,
    `video_codec_unsupported`.
    """
    try:
        return _describe(_load_moov(read, size))
    except (BrokenBoxesError, IndexError, ZeroDivisionError) as error:
        raise VideoRefusedError("video_unreadable") from error


def _load_moov(read: Read, size: int) -> bytes:
    places = list_places(read, size)
    kinds = [place.kind for place in places]
    if b"moof" in kinds:
        raise VideoRefusedError("video_fragmented")
    if kinds[0] != b"ftyp" or b"mdat" not in kinds or kinds.count(b"moov") != 1:
        raise VideoRefusedError("video_unreadable")
    moov: Place = places[kinds.index(b"moov")]
    if moov.end - moov.start > _MAX_MOOV_BYTES:
        raise VideoRefusedError("video_unreadable")
    return read(moov.start, moov.end - moov.start)


def _describe(moov: bytes) -> VideoHeader:
    boxes = split(moov)
    if any(box.kind == b"mvex" for box in boxes):
        raise VideoRefusedError("video_fragmented")
    traks = [box.content for box in boxes if box.kind == b"trak"]
    if len(traks) > _MAX_TRACKS:
        raise VideoRefusedError("video_unreadable")
    tracks = [_read_track(trak) for trak in traks]
    picture = next((track for track in tracks if track.handler == b"vide"), None)
    sound = next((track for track in tracks if track.handler == b"soun"), None)
    if picture is None:
        raise VideoRefusedError("video_without_picture")
    _check_codec(picture)
    created, duration_ms = _read_times(_need(moov, b"mvhd"))
    lat, lon = _claimed_place(moov)
    width, height = picture.size
    return VideoHeader(
        codec="h264" if picture.formats[0].startswith(b"avc") else "hevc",
        width=height if picture.turned else width,
        height=width if picture.turned else height,
        duration_ms=max(duration_ms, picture.duration_ms),
        has_sound=sound is not None and sound.formats[:1] == [_AAC],
        taken_at=_claimed_time(moov) or created,
        taken_lat=lat,
        taken_lon=lon,
    )


def _check_codec(picture: _Track) -> None:
    """All descriptions of the pictures count: a track may change its format on the way."""
    strange = [each for each in picture.formats if each not in _CODECS]
    if strange or not picture.formats:
        found = strange[0].decode("ascii", "replace") if strange else "none"
        raise VideoRefusedError("video_codec_unsupported", found=found)


def _read_track(trak: bytes) -> _Track:
    _check_references(find(trak, b"mdia", b"minf", b"dinf", b"dref"))
    handler = _need(trak, b"mdia", b"hdlr")[8:12]
    stsd = find(trak, b"mdia", b"minf", b"stbl", b"stsd") or b""
    entries = split(stsd[8:])
    size = (0, 0)
    if handler == b"vide" and entries:
        size = (_number(entries[0].content, 24, 2), _number(entries[0].content, 26, 2))
    return _Track(
        handler=handler,
        formats=[entry.kind for entry in entries],
        size=size,
        turned=_is_turned(_need(trak, b"tkhd")),
        duration_ms=_read_times(_need(trak, b"mdia", b"mdhd"))[1],
    )


def _check_references(dref: bytes | None) -> None:
    """Raise unless every source of a track is the file itself: others may be files of ours."""
    for entry in split((dref or b"")[8:]):
        if not _number(entry.content, 0, 4) & _SELF_CONTAINED:
            raise VideoRefusedError("video_external_data")


def _read_times(header: bytes) -> tuple[datetime | None, int]:
    """When it was made, if that can be, and milliseconds: `mvhd` and `mdhd` begin alike."""
    width = 8 if header[0] == 1 else 4
    created = _number(header, 4, width)
    scale = _number(header, 4 + 2 * width, 4)
    duration = _number(header, 8 + 2 * width, width)
    at = _EPOCH + timedelta(seconds=min(created, 2**33))
    return (at if _EARLIEST <= at < _LATEST else None), -(-duration * 1000 // scale)


def _is_turned(tkhd: bytes) -> bool:
    """Whether the track's matrix turns it by a quarter, either way."""
    matrix = 52 if tkhd[0] == 1 else 40
    return _number(tkhd, matrix, 4) == 0 and _number(tkhd, matrix + 16, 4) == 0


def _claimed_time(moov: bytes) -> datetime | None:
    try:
        text = _apple_value(moov, _APPLE_TIME).decode()
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if _EARLIEST <= at < _LATEST else None


def _claimed_place(moov: bytes) -> tuple[float, float] | tuple[None, None]:
    """Apple's, else Android's (behind two bytes of length and two of language), else 3GPP's."""
    try:
        android = find(moov, b"udta", b"\xa9xyz") or b""
        text = (_apple_value(moov, _APPLE_PLACE) or android[4:]).decode()
        match = _ISO_6709.match(text)
        lat, lon = (float(match[1]), float(match[2])) if match else _read_loci(moov)
    except ValueError:
        return None, None
    possible = abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0, 0)
    return (lat, lon) if possible else (None, None)


def _read_loci(moov: bytes) -> tuple[float, float]:
    """Behind a name and a role: degrees east and north, in 65,536ths (3GPP TS 26.244)."""
    loci = _need(moov, b"udta", b"loci")
    at = loci.index(b"\0", 6) + 2
    lon, lat = (int.from_bytes(loci[n : n + 4], "big", signed=True) for n in (at, at + 4))
    return lat / 65536, lon / 65536


def _apple_value(moov: bytes, name: bytes) -> bytes:
    """What QuickTime's list of keys and values says of `name`; empty if nothing."""
    meta = find(moov, b"meta") or find(moov, b"udta", b"meta") or b""
    if meta[4:8] != b"hdlr":  # MP4 puts a version before the boxes, QuickTime does not
        meta = meta[4:]
    keys, values = find(meta, b"keys") or b"", find(meta, b"ilst") or b""
    names = [key.content for key in split(keys[8:])]
    if name not in names:
        return b""
    index = (names.index(name) + 1).to_bytes(4, "big")
    return (find(values, index, b"data") or b"")[8:]


def _need(content: bytes, *path: bytes) -> bytes:
    inner = find(content, *path)
    if inner is None:
        message = f"no {path[-1]!r}"
        raise BrokenBoxesError(message)
    return inner


def _number(content: bytes, at: int, width: int) -> int:
    digits = content[at : at + width]
    if len(digits) < width:
        message = f"a box of {len(content)} bytes"
        raise BrokenBoxesError(message)
    return int.from_bytes(digits, "big")
