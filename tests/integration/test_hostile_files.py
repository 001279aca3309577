"""Files that somebody sends to harm: each is refused with its reason, or comes out clean."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from core.errors import InvalidInput, UnsupportedType
from core.settings import MediaSettings
from media.decoder import REFUSED, PhotoRefusedError
from media.decoding import Ended, decode_photo, run_decoder
from media.inspection import inspect_file
from tests.support.client import Api
from tests.support.exif import find_metadata
from tests.support.heic import make_heic
from tests.support.hostile import CANARY, HOSTILE, encode, png_flood, webp_flood
from tests.support.photos import assert_only_pixels, make_jpeg
from tests.support.rows import fetch_one

SETTINGS = MediaSettings()
PIXELS = SETTINGS.max_photo_pixels
MOST_KIB = 300 * 1024
# The memory that decoders are limited to; what is shown of a file is far below.
LIMIT_KIB = 1024 * 1024
TRACES = (CANARY, b"<script", b"<?php")


class Verdict(NamedTuple):
    at_upload: str | None
    by_decoder: str | None
    ended: Ended


def judge_upload(data: bytes) -> str | None:
    try:
        inspect_file(lambda at, length: data[at : at + length], len(data), limits=SETTINGS)
    except (InvalidInput, UnsupportedType) as error:
        return error.fields[0].code
    return None


async def judge(data: bytes) -> Verdict:
    """What the upload says, and the decoder, which is asked whatever the upload said."""
    ended = await run_decoder(data, max_pixels=PIXELS)
    assert ended.code in (0, REFUSED), ended
    by_decoder = ended.output.decode() if ended.code else None
    return Verdict(judge_upload(data), by_decoder, ended)


@pytest.mark.parametrize("name", HOSTILE)
async def test_each_is_refused_with_its_reason_or_cleaned(name: str, tmp_path: Path) -> None:
    make, at_upload, by_decoder = HOSTILE[name]
    data = make()
    verdict = await judge(data)
    print(  # for whoever runs this with -s
        f"{name:42} {len(data):>10,} B  {verdict.at_upload or verdict.by_decoder or 'cleaned':24}"
        f" {verdict.ended.peak_kib / 1024:6.0f} MB {verdict.ended.cpu_us / 1e6:6.2f} s CPU"
    )
    assert verdict.at_upload == at_upload
    if at_upload is not None:
        # Whoever brought it past the upload would gain nothing.
        assert verdict.by_decoder is not None
    elif by_decoder is not None:
        assert verdict.by_decoder == by_decoder
    else:
        await assert_clean(data, tmp_path)
    assert verdict.ended.peak_kib < MOST_KIB


async def assert_clean(data: bytes, folder: Path) -> None:
    large, small, _, _ = await decode_photo(data, max_pixels=PIXELS)
    for picture in (large, small):
        assert_only_pixels(picture)
        assert not [trace for trace in TRACES if trace in picture]
        file = folder / "shown.webp"
        file.write_bytes(picture)
        assert find_metadata(file) == {}
        with Image.open(io.BytesIO(picture), formats=("WEBP",)) as image:
            assert not getattr(image, "is_animated", False)


def upright(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """White, with a red corner at the upper left and a blue one at the upper right."""
    image = Image.new("RGB", size, "white")
    image.paste((250, 5, 5), (0, 0, size[0] // 4, size[1] // 4))
    image.paste((5, 5, 250), (size[0] * 3 // 4, 0, size[0], size[1] // 4))
    return image


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", range(4))
async def test_heic_comes_out_upright_however_it_lies(turns: int, mirrored: bool) -> None:  # noqa: FBT001  # of two
    """By its own properties; what its EXIF says of the same turning does not turn it again."""
    lying = upright()
    if mirrored:
        lying = lying.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for _ in range(turns):
        lying = lying.transpose(Image.Transpose.ROTATE_270)
    exif = Image.Exif()
    exif[0x0112] = 6
    for prefix in (b"", b"Exif\0\0"):  # twice, which not every reader of EXIF gets over
        data = make_heic(lying, turns=turns, mirrored=mirrored, exif=prefix + exif.tobytes())
        await assert_upright(data)


async def assert_upright(data: bytes) -> None:
    large, *_ = await decode_photo(data, max_pixels=PIXELS)
    with Image.open(io.BytesIO(large)) as shown:
        assert shown.size == (64, 48)
        for at, colour in (((4, 4), (250, 5, 5)), ((59, 4), (5, 5, 250)), ((4, 43), (255,) * 3)):
            pixel = shown.getpixel(at)
            assert isinstance(pixel, tuple)
            assert max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 40


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("PNG", png_flood(8000, 8000, bits=8)),
        ("WebP", webp_flood(8000, 8000)),
        ("JPEG", encode(Image.new("RGB", (8000, 8000)), "JPEG")),
    ],
)
async def test_the_largest_that_is_accepted_stays_within_its_limit(name: str, data: bytes) -> None:
    ended = await run_decoder(data, max_pixels=PIXELS)
    print(f"{name} of 64 MP: {ended.peak_kib / 1024:.0f} MB, {ended.cpu_us / 1e6:.2f} s CPU")
    assert ended.code in (0, REFUSED)
    assert ended.peak_kib < LIMIT_KIB


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\x.jpg",
        "/etc/cron.d/x",
        "x\0.jpg",
        "a" * 5000,
        "x.php",
        "",
        "ảnh.jpg",
    ],
)
async def test_a_name_is_nobody_s_path(api: Api, name: str) -> None:
    """Names are neither kept nor used: the bytes alone count."""
    before = kept_files(api)
    sent = await api.http.post("/v1/media", files={"file": (name, make_jpeg())})
    assert sent.status_code in (201, 400, 422), sent.text
    new = kept_files(api) - before
    if sent.status_code == 201:
        key = await fetch_one(
            api, "select store_key from uploads where id = %(id)s", id=sent.json()["upload_id"]
        )
        assert new == {key[0]}
    else:
        assert not new


def kept_files(api: Api) -> set[str]:
    root = api.settings.media.root
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


async def test_a_wrong_ending_changes_nothing(api: Api) -> None:
    png = encode(upright(), "PNG")
    sent = await api.http.post("/v1/media", files={"file": ("x.jpg", png, "image/jpeg")})
    assert sent.json()["content_type"] == "image/png"


async def test_one_hostile_photo_takes_no_other_with_it() -> None:
    good = make_jpeg()
    with pytest.raises(PhotoRefusedError):
        await decode_photo(png_flood(30_000, 30_000), max_pixels=PIXELS)
    assert (await decode_photo(good, max_pixels=PIXELS)).large
