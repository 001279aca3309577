"""What is judged by a video's header: how long, how large, of what, and what it claims."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, TooLarge
from core.settings import MediaSettings
from media.boxes import BrokenBoxesError, Place, find, list_places, split
from media.hevc import drop_messages
from media.inspection import Inspection, inspect_file
from media.video_header import VideoHeader, VideoRefusedError, read_video_header
from tests.support.videos import box, film, mvhd, number, trak

SETTINGS = MediaSettings()


def header(data: bytes) -> VideoHeader:
    return read_video_header(lambda at, length: data[at : at + length], len(data))


def refusal(data: bytes) -> str:
    with pytest.raises(VideoRefusedError) as caught:
        header(data)
    return caught.value.code


def inspect(data: bytes, **limits: Any) -> Inspection:
    settings = SETTINGS.model_copy(update=limits)
    return inspect_file(
        lambda at, length: data[at : at + length], len(data), limits=settings, zone="UTC"
    )


def test_a_video_is_read_from_a_header_at_its_end() -> None:
    found = header(film(mvhd(), trak(), trak(handler=b"soun", formats=(b"mp4a",))))
    assert (found.codec, found.width, found.height) == ("h264", 640, 360)
    assert (found.duration_ms, found.has_sound) == (3000, True)
    assert (found.taken_at, found.taken_lat, found.taken_lon) == (None, None, None)


def test_the_upright_size_follows_the_matrix() -> None:
    turned = header(film(mvhd(), trak(matrix=(0, 0x10000, 0xFFFF0000, 0), formats=(b"hvc1",))))
    assert (turned.codec, turned.width, turned.height) == ("hevc", 360, 640)


@pytest.mark.parametrize("sound", [(b"samr",), ()])
def test_sound_that_few_players_know_is_none(sound: tuple[bytes, ...]) -> None:
    assert not header(film(mvhd(), trak(), trak(handler=b"soun", formats=sound))).has_sound
    assert not header(film(mvhd(), trak())).has_sound


def test_wide_numbers_are_read() -> None:
    """Version 1 of the headers, and a box that needs 64 bits for its length."""
    times = number(3_800_000_000, 8) + bytes(8) + number(600) + number(1201, 8)
    wide = box(b"mvhd", b"\1\0\0\0", times, bytes(80))
    moov = wide + trak(duration=0)
    long = number(1) + b"moov" + number(16 + len(moov), 8) + moov
    data = box(b"ftyp", b"qt  ", bytes(4)) + box(b"mdat") + long
    found = header(data)
    assert found.duration_ms == 2002  # of 1201 six hundredths, rounded up
    assert found.taken_at == datetime(2024, 5, 31, 11, 33, 20, tzinfo=UTC)


def test_a_wide_track_header_is_read() -> None:
    tkhd = box(b"tkhd", b"\1\0\0\0", bytes(100))
    body = trak()[8:]
    _, *rest = split(body)
    turned = box(b"trak", tkhd, *(box(each.kind, each.content) for each in rest))
    assert header(film(mvhd(), turned)).width == 360


def test_the_longest_of_what_it_says_counts() -> None:
    assert header(film(mvhd(duration=1), trak(duration=90_000))).duration_ms == 90_000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (film(mvhd(), trak()) + box(b"moof"), "video_fragmented"),
        (film(mvhd(), trak(), box(b"mvex")), "video_fragmented"),
        (film(mvhd(), trak(handler=b"soun")), "video_without_picture"),
        (film(mvhd(), trak(formats=(b"mp4v",))), "video_codec_unsupported"),
        (film(mvhd(), trak(formats=(b"avc1", b"encv"))), "video_codec_unsupported"),
        (film(mvhd(), trak(formats=())), "video_codec_unsupported"),
        (film(mvhd(), trak(dref=box(b"url ", bytes(4), b"http://10.0.0.1/"))), "video_external_data"),
        (film(mvhd(), trak(dref=box(b"alis", bytes(4), b"/etc/passwd"))), "video_external_data"),
        (
            film(mvhd(), trak(), trak(handler=b"soun", dref=box(b"url ", bytes(4)))),
            "video_external_data",
        ),
        (film(mvhd(), trak()) + box(b"moov"), "video_unreadable"),
        (film(mvhd(), trak())[:-1], "video_unreadable"),
        (film(mvhd(), *[trak(handler=b"meta")] * 33), "video_unreadable"),
        (film(mvhd(), bytes(8_000_001)), "video_unreadable"),
        (film(trak()), "video_unreadable"),
        (film(mvhd(scale=0), trak()), "video_unreadable"),
        (film(box(b"mvhd"), trak()), "video_unreadable"),
        (film(mvhd(), box(b"trak")), "video_unreadable"),
        (film(mvhd(), trak(dref=box(b"url "))), "video_unreadable"),
        (box(b"ftyp", b"isom") + box(b"moov", mvhd(), trak()), "video_unreadable"),
        (box(b"mdat") + film(mvhd(), trak()), "video_unreadable"),
        (box(b"ftyp", b"isom"), "video_unreadable"),
        (b"", "video_unreadable"),
        (film(mvhd(), trak()) + box(b"free") * 256, "video_unreadable"),
        # Lengths that say what cannot be: none, less than a header, more than the file.
        (box(b"ftyp", b"isom") + number(7) + b"mdat" + bytes(8), "video_unreadable"),
        (box(b"ftyp", b"isom") + number(2**32 - 1) + b"mdat" + bytes(8), "video_unreadable"),
        (box(b"ftyp", b"isom") + number(1) + b"mdat" + number(2**64 - 1, 8), "video_unreadable"),
        (box(b"ftyp", b"isom") + number(1) + b"mdat" + number(8, 8), "video_unreadable"),
        (box(b"ftyp", b"isom") + number(1) + b"mdat", "video_unreadable"),
        (film(mvhd(), number(64) + b"trak" + bytes(8)), "video_unreadable"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_a_last_box_may_reach_to_the_end() -> None:
    data = film(mvhd(), trak())
    moov = data.index(b"moov") - 4
    assert header(data[:moov] + bytes(4) + data[moov + 4 :]).width == 640


def test_few_bytes_behind_the_last_box_are_no_box() -> None:
    assert [each.kind for each in split(box(b"free") + bytes(7))] == [b"free"]
    assert find(box(b"free"), b"free", b"none") is None


@pytest.mark.parametrize(
    ("created", "taken"),
    [
        (0, None),
        (2_082_844_800, None),  # 1970: a clock that was never set
        (2**32 - 1, datetime(2040, 2, 6, 6, 28, 15, tzinfo=UTC)),
        (3_878_000_000, datetime(2026, 11, 20, 6, 13, 20, tzinfo=UTC)),
    ],
)
def test_the_time_it_was_made_is_a_claim(created: int, taken: datetime | None) -> None:
    assert header(film(mvhd(created=created), trak())).taken_at == taken


def test_an_impossible_time_is_no_claim() -> None:
    times = number(2**64 - 1, 8) + bytes(8) + number(600) + number(600, 8)
    moov = box(b"mvhd", b"\1\0\0\0", times, bytes(80))
    assert header(film(moov, trak())).taken_at is None


def apple(*, versioned: bool = False, **values: str) -> bytes:
    """QuickTime's keys and values; the names are spelt with `_` for a dot."""
    names = [f"com.apple.quicktime.{name.replace('_', '.')}".encode() for name in values]
    keys = box(b"keys", bytes(4), number(len(names)), *(box(b"mdta", name) for name in names))
    items = [
        box(number(n + 1), box(b"data", number(1), bytes(4), value.encode()))
        for n, value in enumerate(values.values())
    ]
    hdlr = box(b"hdlr", bytes(8), b"mdta", bytes(13))
    return box(b"meta", bytes(4) if versioned else b"", hdlr, keys, box(b"ilst", *items))


@pytest.mark.parametrize("versioned", [True, False])
def test_what_apple_s_phones_claim(versioned: bool) -> None:  # noqa: FBT001  # one of two shapes
    meta = apple(
        versioned=versioned,
        location_ISO6709="+10.7757+106.7004+012.300/",
        creationdate="2026-11-20T14:30:00+0700",
    )
    for moov in (meta, box(b"udta", meta)):
        found = header(film(mvhd(created=3_800_000_000), trak(), moov))
        assert found.taken_at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
        assert (found.taken_lat, found.taken_lon) == (10.7757, 106.7004)


def android(text: str) -> bytes:
    return box(b"udta", box(b"\xa9xyz", number(len(text), 2), b"\x15\xc7", text.encode("latin-1")))


def loci(lat: float, lon: float) -> bytes:
    degrees = [round(each * 65536).to_bytes(4, "big", signed=True) for each in (lon, lat)]
    return box(b"udta", box(b"loci", bytes(6), b"name\0", b"\0", *degrees, bytes(4)))


@pytest.mark.parametrize(
    ("moov", "place"),
    [
        (android("+10.7757+106.7004/"), (10.7757, 106.7004)),
        (android("-33.8600+151.2100/"), (-33.86, 151.21)),
        (loci(10.5, 106.25), (10.5, 106.25)),
        (loci(-10.5, -106.25), (-10.5, -106.25)),
        (loci(0, 0), (None, None)),
        (loci(91, 0), (None, None)),
        (android("+00.0000+000.0000/"), (None, None)),
        (android("+95.0000+106.7004/"), (None, None)),
        (android("somewhere"), (None, None)),
        (android("\xff\xff"), (None, None)),
        (box(b"udta", box(b"loci", bytes(6), b"a name without an end")), (None, None)),
        (apple(creationdate="yesterday"), (None, None)),
        (apple(creationdate="0001-01-01T00:00:00+1400"), (None, None)),
        (apple(creationdate="1970-01-01T00:00:00+0000"), (None, None)),
        (box(b"meta", box(b"hdlr"), number(99) + b"keys"), (None, None)),
    ],
)  # fmt: skip
def test_a_place_is_a_claim_and_never_costs_a_video(
    moov: bytes, place: tuple[float | None, float | None]
) -> None:
    found = header(film(mvhd(), trak(), moov))
    assert (found.taken_lat, found.taken_lon) == pytest.approx(place)
    assert found.taken_at is None


def test_the_limits_are_those_of_the_settings() -> None:
    data = film(mvhd(duration=60_900), trak(size=(3840, 2160)))
    found = inspect(data)
    assert (found.content_type, found.size, found.duration_ms) == ("video/mp4", len(data), 60_900)
    for limits, data, code in (
        ({}, film(mvhd(duration=61_000), trak()), "video_too_long"),
        ({}, film(mvhd(duration=2**32 - 1), trak()), "video_too_long"),
        ({"max_video_seconds": 2}, film(mvhd(), trak()), "video_too_long"),
        ({}, film(mvhd(), trak(size=(7680, 4320))), "video_too_many_pixels"),
        ({}, film(mvhd(), trak(size=(0, 360))), "video_too_many_pixels"),
        ({}, film(mvhd(), trak(formats=(b"av01",))), "video_codec_unsupported"),
    ):
        with pytest.raises(InvalidInput) as caught:
            inspect(data, **limits)
        assert [(field.pointer, field.code) for field in caught.value.fields] == [("/file", code)]


def test_a_video_may_be_larger_than_a_photo() -> None:
    data = film(mvhd(), trak())
    assert inspect(data, max_photo_bytes=10).size == len(data)
    with pytest.raises(TooLarge) as caught:
        inspect(data, max_file_bytes=len(data) - 1)
    assert caught.value.code == "video_too_large"


def test_no_more_than_the_header_is_read() -> None:
    read: list[int] = []
    data = film(mvhd(), trak())
    data = data[:20] + box(b"mdat", bytes(50_000_000)) + data[20 + 72 :]

    def reader(at: int, length: int) -> bytes:
        read.append(length)
        return data[at : at + length]

    assert inspect_file(reader, len(data), limits=SETTINGS).duration_ms == 3000
    assert sum(read) < 10_000


@given(st.data())
def test_damaged_headers_raise_only_our_errors(data: st.DataObject) -> None:
    sound = trak(handler=b"soun", formats=(b"mp4a",))
    whole = bytearray(film(mvhd(), trak(), sound, apple(creationdate="x"), android("+1+1/")))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = header(bytes(whole))
    except VideoRefusedError:
        return
    assert (found.taken_lat is None) == (found.taken_lon is None)


@given(st.binary(max_size=400))
def test_noise_has_places_within_itself(noise: bytes) -> None:
    try:
        places = list_places(lambda at, length: noise[at : at + length], len(noise))
    except BrokenBoxesError:
        return
    assert all(0 < place.start <= place.end <= len(noise) for place in places)
    assert places == sorted(places, key=lambda place: place.start)
    assert all(isinstance(place, Place) for place in places)


def hvcc(*arrays: tuple[int, list[bytes]]) -> bytes:
    parts = [
        bytes([0x80 | kind]) + number(len(units), 2)
        + b"".join(number(len(unit), 2) + unit for unit in units)
        for kind, units in arrays
    ]  # fmt: skip
    return bytes(22) + bytes([len(arrays)]) + b"".join(parts)


def hevc_moov(configuration: bytes) -> bytes:
    entry = box(b"hvc1", bytes(78), configuration)
    stsd = box(b"stsd", bytes(4), number(1), entry)
    inner = box(b"mdia", box(b"minf", box(b"stbl", stsd)))
    return mvhd() + box(b"trak", inner)


def test_messages_before_the_first_picture_are_dropped_in_place() -> None:
    sets = [(32, [b"vps"]), (33, [b"sps", b"again"]), (34, [b"pps"])]
    told = hvcc(*sets[:2], (39, [b"x265 was here", b"and here"]), sets[2])
    clean = drop_messages(hevc_moov(box(b"hvcC", told)))
    wanted = hvcc(*sets).ljust(len(told), b"\0")
    assert clean == hevc_moov(box(b"hvcC", wanted))


def test_nothing_else_of_a_header_changes() -> None:
    quiet = hevc_moov(box(b"hvcC", hvcc((33, [b"sps"]))))
    assert drop_messages(quiet) == quiet
    assert drop_messages(mvhd()) == mvhd()
    without = hevc_moov(b"")
    assert drop_messages(without) == without


def test_an_array_beyond_its_box_is_broken() -> None:
    with pytest.raises(BrokenBoxesError):
        drop_messages(hevc_moov(box(b"hvcC", hvcc((33, [b"sps"]))[:-2])))
