"""What comes out of the decoder's process: pixels upright in sRGB, and nothing else."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw

from media.decoder import PhotoRefusedError
from media.decoding import DecoderBrokenError, decode_photo
from media.formats import open_photo

PIXELS = 64_000_000
TRACES = (b"Exif", b"GPS", b"Hiensua", b"ICC_PROFILE", b"http://ns.adobe.com", b"a secret remark")
RED, GREEN, BLUE = (250, 5, 5), (5, 250, 5), (5, 5, 250)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def marked(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """White, with a red corner at the upper left and a blue one at the upper right."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    width, height = size[0] // 4, size[1] // 4
    draw.rectangle((0, 0, width, height), RED)
    draw.rectangle((size[0] - width, 0, size[0], height), BLUE)
    return image


def telling_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Hiensua"
    exif[ExifTags.Base.Orientation] = orientation
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (10.0, 46.0, 36.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (106.0, 42.0, 0.0),
        }
    )
    return exif


def opened(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture), formats=("JPEG",))
    image.load()
    return image


def near(pixel: Any, wanted: tuple[int, int, int], tolerance: int = 40) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, wanted, strict=True))


def assert_bare(picture: bytes) -> None:
    image = opened(picture)
    assert image.mode == "RGB"
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"} | {
        "progressive",
        "progression",
    }
    assert not [trace for trace in TRACES if trace in picture]
    assert picture.endswith(b"\xff\xd9")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_no_metadata_survives(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.core.createProfile("sRGB")).tobytes()
    options: dict[str, object] = {"exif": telling_exif(), "icc_profile": profile}
    if kind == "JPEG":
        options |= {"comment": b"a secret remark", "xmp": b"<x:xmpmeta>a secret remark</x:xmpmeta>"}
    photo = encode(marked((2000, 1500)), kind, **options)
    assert b"Hiensua" in photo
    large, small, _ = await decode_photo(photo + b"<html>a secret remark", max_pixels=PIXELS)
    assert_bare(large)
    assert_bare(small)
    assert opened(large).size == (1600, 1200)
    assert opened(small).size == (400, 300)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = marked()
    if orientation in undo:
        image = image.transpose(undo[orientation])
    photo = encode(image, kind, exif=telling_exif(orientation))
    for picture in (await decode_photo(photo, max_pixels=PIXELS))[:2]:
        upright = opened(picture)
        assert upright.size == (64, 48)
        assert near(upright.getpixel((4, 4)), RED)
        assert near(upright.getpixel((59, 4)), BLUE)
        assert near(upright.getpixel((4, 43)), (255, 255, 255))


async def test_small_photos_are_not_enlarged() -> None:
    large, small, _ = await decode_photo(
        encode(Image.new("RGB", (500, 50)), "PNG"), max_pixels=PIXELS
    )
    assert opened(large).size == (500, 50)
    assert opened(small).size == (400, 40)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
async def test_transparency_becomes_white(mode: str) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 19, 39), (0, 0, 0, 255))
    photo = encode(image.quantize() if mode == "P" else image.convert(mode), "PNG")
    large, *_ = await decode_photo(photo, max_pixels=PIXELS)
    assert near(opened(large).getpixel((5, 20)), (0, 0, 0))
    assert near(opened(large).getpixel((35, 20)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "CMYK"])
async def test_other_modes_keep_their_brightness(mode: str) -> None:
    if mode == "I;16":
        image = Image.new("I;16", (32, 32), 0xC000)
    else:
        image = Image.new("L", (32, 32), 255 if mode == "1" else 192).convert(mode)
    photo = encode(image, "JPEG" if mode == "CMYK" else "PNG")
    large, *_ = await decode_photo(photo, max_pixels=PIXELS)
    level = 255 if mode == "1" else 192
    assert near(opened(large).getpixel((16, 16)), (level, level, level), 6)


async def test_a_wide_gamut_is_brought_to_srgb(data_dir: Path) -> None:
    """A colour under the iPhone's Display P3 profile, against its value worked out by hand."""
    heic = open_photo((data_dir / "photos" / "heic" / "IMG_5195.HEIC").read_bytes(), "image/heic")
    p3 = heic.info["icc_profile"]
    photo = encode(Image.new("RGB", (32, 32), (200, 60, 60)), "PNG", icc_profile=p3)
    large, *_ = await decode_photo(photo, max_pixels=PIXELS)
    # From the primaries of both spaces: (200, 60, 60) in Display P3 is (217, 42, 52) in sRGB.
    assert near(opened(large).getpixel((16, 16)), (217, 42, 52), 5)


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 200])
async def test_a_broken_profile_costs_no_photo(profile: bytes) -> None:
    photo = encode(marked(), "PNG", icc_profile=profile)
    large, *_ = await decode_photo(photo, max_pixels=PIXELS)
    assert near(opened(large).getpixel((4, 4)), RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
async def test_a_cut_file_is_refused(kind: str, kept: float) -> None:
    noise = Image.merge("RGB", [Image.effect_noise((600, 400), 80)] * 3)
    photo = encode(noise, kind)
    with pytest.raises(PhotoRefusedError, match="photo_unreadable"):
        await decode_photo(photo[: int(len(photo) * kept)], max_pixels=PIXELS)


async def test_a_cut_progressive_jpeg_is_refused() -> None:
    photo = encode(Image.effect_noise((600, 400), 80), "JPEG", progressive=True)
    with pytest.raises(PhotoRefusedError, match="photo_unreadable"):
        await decode_photo(photo[: len(photo) // 2], max_pixels=PIXELS)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_type_unsupported"),
        (encode(Image.new("RGB", (4, 4)), "GIF"), "photo_type_unsupported"),
        (encode(Image.new("1", (9000, 9000)), "PNG"), "photo_too_many_pixels"),
        (b"", "photo_type_unsupported"),
    ],
)
async def test_the_decoder_trusts_nobody(data: bytes, code: str) -> None:
    with pytest.raises(PhotoRefusedError) as caught:
        await decode_photo(data, max_pixels=PIXELS)
    assert caught.value.code == code


async def test_an_overrun_is_killed() -> None:
    before = children()
    with pytest.raises(DecoderBrokenError, match="no result after"):
        await decode_photo(encode(marked(), "PNG"), max_pixels=PIXELS, wall_s=0.001)
    assert children() == before


async def test_a_cancelled_decoding_leaves_no_process() -> None:
    before = children()
    task = asyncio.create_task(decode_photo(encode(marked(), "PNG"), max_pixels=PIXELS))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == before


def children() -> set[int]:
    """The processes that this one has started and not waited for."""
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    if not found.exists():
        pytest.skip("this kernel does not list the children of a process")
    return {int(pid) for pid in found.read_text(encoding="ascii").split()}


def born_since(before: set[int]) -> int:
    """The id of the next process that this one starts."""
    for _ in range(2000):
        if born := children() - before:
            return born.pop()
        time.sleep(0.005)
    raise AssertionError("no process was started")


async def test_a_killed_decoder_says_nothing_about_the_photo() -> None:
    before = children()
    noise = encode(Image.effect_noise((4000, 3000), 80), "PNG", compress_level=1)
    task = asyncio.create_task(decode_photo(noise, max_pixels=PIXELS))
    os.kill(await asyncio.to_thread(born_since, before), signal.SIGKILL)
    with pytest.raises(DecoderBrokenError, match="exit -9"):
        await task


async def test_the_decoder_can_open_nothing() -> None:
    """The limits, proved in a child that applies them and then tries."""
    script = (
        "import io, socket, sys\n"
        "import media.decoder as decoder\n"
        "def attack(data, pixels):\n"
        "    for open_one in (socket.socket, lambda: open('/etc/passwd')):\n"
        "        try: open_one()\n"
        "        except OSError as error: print(error.errno, file=sys.stderr)\n"
        "        else: print('open', file=sys.stderr)\n"
        "    return decoder.Pictures(b'', b'', None)\n"
        "decoder.make_pictures = attack\n"
        "sys.argv = ['decoder', '1']\n"
        "sys.exit(decoder.main())\n"
    )
    root = Path(__file__).parents[2]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        input=encode(marked(), "PNG"),
        capture_output=True,
        check=True,
        cwd=root,
    )
    assert done.stderr.split() == [b"24", b"24"]  # EMFILE, twice


async def test_real_phone_photos(data_dir: Path) -> None:
    photos = data_dir / "photos"
    for file in ("heic/IMG_5195.HEIC", "jpg/hdr/iphone_hdr_YES.jpg", "jpg/gps/DSCN0010.jpg"):
        for picture in (await decode_photo((photos / file).read_bytes(), max_pixels=PIXELS))[:2]:
            image = opened(picture)
            assert not image.getexif()
            traces = (*TRACES, b"Apple", b"NIKON", b"Nikon", b"iPhone")
            assert not [trace for trace in traces if trace in picture]


async def test_real_orientations_agree(data_dir: Path) -> None:
    """The same scene stored eight ways looks the same eight times."""
    seen: list[bytes] = []
    for orientation in range(1, 9):
        file = data_dir / "photos" / "jpg" / "orientation" / f"landscape_{orientation}.jpg"
        large, *_ = await decode_photo(file.read_bytes(), max_pixels=PIXELS)
        assert opened(large).size == (600, 450)
        # Each file writes its own number into the middle, so the upper rim is compared.
        seen.append(opened(large).crop((0, 0, 600, 60)).resize((10, 2)).convert("L").tobytes())
    for other in seen[1:]:
        assert max(abs(a - b) for a, b in zip(seen[0], other, strict=True)) < 25


async def test_a_cut_heic_is_refused(data_dir: Path) -> None:
    photo = (data_dir / "photos" / "heic" / "IMG_5195.HEIC").read_bytes()
    for kept in (0.5, 0.95):
        with pytest.raises(PhotoRefusedError, match="photo_unreadable"):
            await decode_photo(photo[: int(len(photo) * kept)], max_pixels=PIXELS)
