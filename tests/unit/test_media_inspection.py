"""What is judged by a photo's header: type, size, and what its EXIF claims."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from core.errors import Error, InvalidInput, TooLarge, UnsupportedType
from media.claims import Claims, read_claims
from media.formats import detect_type
from media.inspection import Inspection, inspect_photo

ZONE = "Asia/Ho_Chi_Minh"


def inspect(data: bytes, *, max_bytes: int = 15_000_000) -> Inspection:
    return inspect_photo(data, max_bytes=max_bytes, max_pixels=64_000_000, zone=ZONE)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    """34 bytes that promise a picture of width times height pixels."""
    data = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9)
    return b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8L" + struct.pack("<I", len(data)) + data


def code_of(error: Error) -> tuple[str, str]:
    return error.fields[0].pointer, error.fields[0].code


def exif_block(
    *, taken: str | None = None, offset: str | None = None, gps: dict[int, object] | None = None
) -> bytes:
    exif = Image.Exif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if taken is not None:
        details[ExifTags.Base.DateTimeOriginal] = taken
    if offset is not None:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if gps is not None:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return exif.tobytes()


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/avif"),
    ],
)
def test_photo_types_are_accepted(kind: str, content_type: str) -> None:
    found = inspect(encode(Image.new("RGB", (60, 40)), kind))
    assert (found.content_type, found.width, found.height) == (content_type, 60, 40)
    assert (found.taken_at, found.taken_lat, found.taken_lon) == (None, None, None)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x1a\x45\xdf\xa3webm", "video/webm"),
        (encode(Image.new("RGB", (4, 4)), "GIF"), "image/gif"),
        (encode(Image.new("RGB", (4, 4)), "TIFF"), "image/tiff"),
        (encode(Image.new("RGB", (4, 4)), "BMP"), "image/bmp"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><SVG/>', "image/svg+xml"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
        (b" \n<html>", "text/html"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"<b>", "application/octet-stream"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04rest", "application/zip"),
        (b"RIFF\0\0\0\0WAVE", "application/octet-stream"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isom", "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        (b"just words", "application/octet-stream"),
    ],
)
def test_anything_else_is_refused_by_what_it_is(data: bytes, found: str) -> None:
    with pytest.raises(UnsupportedType) as caught:
        inspect(data)
    own = {
        "image/gif": "gif_not_accepted",
        "image/svg+xml": "svg_not_accepted",
        "image/tiff": "tiff_not_accepted",
        "application/pdf": "pdf_not_accepted",
        "video/webm": "webm_not_accepted",
    }
    assert caught.value.code == own.get(found, "photo_type_unsupported")
    assert caught.value.facts["found"] == found


def test_container_brands_tell_heif_from_avif() -> None:
    assert detect_type(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif") == "image/avif"
    assert detect_type(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic") == "image/heif"
    assert detect_type(b"\0\0\0\x18ftypheix\0\0\0\0mif1") == "image/heic"


def test_empty_and_unreadable_files_are_named() -> None:
    for data, code in [
        (b"", "photo_empty"),
        (b"\xff\xd8\xff", "photo_unreadable"),
        (b"\x89PNG\r\n\x1a\nnonsense", "photo_unreadable"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "photo_unreadable"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "photo_unreadable"),
    ]:
        with pytest.raises(InvalidInput) as caught:
            inspect(data)
        assert code_of(caught.value) == ("/file", code)


def test_a_file_over_the_byte_limit_is_too_large() -> None:
    data = encode(Image.new("RGB", (60, 40)), "PNG")
    assert inspect(data, max_bytes=len(data)).size == len(data)
    with pytest.raises(TooLarge) as caught:
        inspect(data, max_bytes=len(data) - 1)
    assert code_of(caught.value) == ("/file", "photo_too_large")


@pytest.mark.parametrize(
    "bomb",
    [png_header(30_000, 30_000), webp_header(14_043, 14_043), png_header(8_001, 8_000)],
    ids=["png 900 MP", "webp 34 bytes", "just over"],
)
def test_bombs_are_refused_by_their_header(bomb: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        inspect(bomb)
    assert code_of(caught.value) == ("/file", "photo_too_many_pixels")


def test_size_is_that_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    found = inspect(encode(Image.new("RGB", (60, 40)), "JPEG", exif=exif))
    assert (found.width, found.height) == (40, 60)


def test_a_time_with_an_offset_is_that_instant() -> None:
    claims = read_claims(exif_block(taken="2026:11:20 08:30:00", offset="+09:00"), zone=ZONE)
    assert claims.taken_at == datetime(2026, 11, 19, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("offset", [None, "", "   :  ", "late"])
def test_a_time_without_an_offset_is_local_time(offset: str | None) -> None:
    block = exif_block(taken="2026:11:20 08:30:00", offset=offset)
    assert read_claims(block, zone=ZONE).taken_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert read_claims(block, zone="UTC").taken_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "soon", "0001:01:01 00:00:00"]
)
def test_an_impossible_time_is_no_claim(taken: str) -> None:
    assert read_claims(exif_block(taken=taken), zone=ZONE).taken_at is None


def gps(lat: tuple[float, ...], south: str, lon: tuple[float, ...], west: str) -> bytes:
    tags = (ExifTags.GPS.GPSLatitudeRef, ExifTags.GPS.GPSLatitude)
    more = (ExifTags.GPS.GPSLongitudeRef, ExifTags.GPS.GPSLongitude)
    return exif_block(gps=dict(zip(tags + more, (south, lat, west, lon), strict=True)))


def test_a_place_is_read_in_degrees() -> None:
    claims = read_claims(gps((10.0, 46.0, 36.0), "N", (106.0, 42.0, 0.0), "E"), zone=ZONE)
    assert claims.lat == pytest.approx(10.776667, abs=1e-6)
    assert claims.lon == pytest.approx(106.7)
    claims = read_claims(gps((10.0, 30.0, 0.0), "S", (6.0, 30.0, 0.0), "W"), zone=ZONE)
    assert (claims.lat, claims.lon) == (-10.5, -6.5)


@pytest.mark.parametrize(
    "block",
    [
        gps((0.0, 0.0, 0.0), "N", (0.0, 0.0, 0.0), "E"),
        gps((95.0, 0.0, 0.0), "N", (6.0, 0.0, 0.0), "E"),
        gps((10.0, 0.0), "N", (6.0, 0.0), "E"),
        gps((10.0, 0.0, 0.0), "?", (6.0, 0.0, 0.0), "E"),
        exif_block(gps={ExifTags.GPS.GPSLatitude: (1.0, 2.0, 3.0)}),
    ],
    ids=["no fix", "beyond the pole", "too short", "no hemisphere", "half"],
)
def test_an_impossible_place_is_no_claim(block: bytes) -> None:
    claims = read_claims(block, zone=ZONE)
    assert (claims.lat, claims.lon) == (None, None)


@given(st.binary(max_size=200))
def test_noise_for_exif_never_raises(noise: bytes) -> None:
    assert isinstance(read_claims(noise, zone=ZONE), Claims)


@given(st.data())
def test_damaged_exif_never_raises(data: st.DataObject) -> None:
    block = bytearray(gps((10.0, 46.0, 36.0), "N", (106.0, 42.0, 0.0), "E"))
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    claims = read_claims(bytes(block), zone=ZONE)
    assert (claims.lat is None) == (claims.lon is None)


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF"]), st.data())
def test_damaged_files_raise_only_our_errors(kind: str, data: st.DataObject) -> None:
    photo = bytearray(encode(Image.new("RGB", (20, 10)), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        photo[data.draw(st.integers(0, len(photo) - 1))] = data.draw(st.integers(0, 255))
    try:
        inspect(bytes(photo))
    except Error:
        pass


def test_real_phone_photos(data_dir: Path) -> None:
    photos = data_dir / "photos"
    iphone = inspect((photos / "heic" / "IMG_5195.HEIC").read_bytes())
    assert (iphone.content_type, iphone.width, iphone.height) == ("image/heic", 2566, 3313)
    assert iphone.taken_at == datetime(2021, 4, 11, 20, 47, 53, tzinfo=UTC)
    assert (iphone.taken_lat, iphone.taken_lon) == pytest.approx((39.051344, -94.288773), abs=1e-6)
    nikon = inspect((photos / "jpg" / "gps" / "DSCN0010.jpg").read_bytes())
    assert (nikon.taken_lat, nikon.taken_lon) == pytest.approx((43.467448, 11.885127), abs=1e-6)
    for file in photos.rglob("*.*"):
        if file.is_file():
            assert inspect(file.read_bytes()).width > 0


@pytest.mark.parametrize("name", ["IMG_5195.HEIC", "mobile/HMD_Nokia_8.3_5G.heif"])
def test_a_cut_heic_is_unreadable(data_dir: Path, name: str) -> None:
    """Nobody else would notice: libheif fills the rest with grey."""
    photo = (data_dir / "photos" / "heic" / name).read_bytes()
    assert inspect(photo + b"<html>appended</html>").content_type == "image/heic"
    for kept in (len(photo) // 2, len(photo) - 1):
        with pytest.raises(InvalidInput) as caught:
            inspect(photo[:kept])
        assert code_of(caught.value) == ("/file", "photo_unreadable")
