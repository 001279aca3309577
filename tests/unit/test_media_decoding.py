"""What comes out of the decoder's process: pixels upright in sRGB, and nothing else."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import blurhash
import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw

from media.decoder import PhotoRefusedError
from media.decoding import DecoderBrokenError, decode_photo, run_decoder
from media.formats import open_photo
from tests.support.decoders import decoders_servers, has_ended, next_decoder, running_decoders
from tests.support.photos import assert_only_pixels

PIXELS = 64_000_000
TRACES = (
    b"Hiensua",
    b"ICC_PROFILE",
    b"http://ns.adobe.com",
    b"a secret remark",
)
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
    image = Image.open(io.BytesIO(picture), formats=("WEBP",))
    image.load()
    return image


def near(pixel: Any, wanted: tuple[int, int, int], tolerance: int = 40) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, wanted, strict=True))


def assert_bare(picture: bytes) -> None:
    image = opened(picture)
    assert image.mode == "RGB"
    assert not image.getexif()
    assert not [trace for trace in TRACES if trace in picture]
    assert_only_pixels(picture)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_no_metadata_survives(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.core.createProfile("sRGB")).tobytes()
    options: dict[str, object] = {"exif": telling_exif(), "icc_profile": profile}
    if kind == "JPEG":
        options |= {"comment": b"a secret remark", "xmp": b"<x:xmpmeta>a secret remark</x:xmpmeta>"}
    photo = encode(marked((2000, 1500)), kind, **options)
    assert b"Hiensua" in photo
    large, small, *_ = await decode_photo(photo + b"<html>a secret remark", max_pixels=PIXELS)
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


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (1600, 3), (3, 1600), (1, 1)])
async def test_the_blur_has_the_colours_of_the_picture(size: tuple[int, int]) -> None:
    photo = Image.new("RGB", size, RED)
    photo.paste(BLUE, (0, size[1] // 2, *size))
    *_, blur = await decode_photo(encode(photo, "PNG"), max_pixels=PIXELS)
    assert blurhash.components(blur) == ((4, 3) if size[0] >= size[1] else (3, 4))
    rows = cast("list[list[list[int]]]", blurhash.decode(blur, 1, 8))
    assert len(rows) == 8
    if size[1] > 3:
        (top_red, _, top_blue), (red, _, blue) = rows[0][0], rows[-1][0]
        assert top_red - top_blue > 50
        assert blue - red > 50


async def test_small_photos_are_not_enlarged() -> None:
    large, small, *_ = await decode_photo(
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
    before = running_decoders()
    with pytest.raises(DecoderBrokenError, match="no result after"):
        await decode_photo(encode(marked(), "PNG"), max_pixels=PIXELS, wall_s=0.001)
    assert running_decoders() == before


async def test_a_cancelled_decoding_leaves_no_process() -> None:
    before = running_decoders()
    noise = encode(Image.effect_noise((4000, 3000), 80), "PNG", compress_level=1)
    task = asyncio.create_task(decode_photo(noise, max_pixels=PIXELS))
    await asyncio.to_thread(next_decoder, before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running_decoders() == before


async def test_a_killed_decoder_says_nothing_about_the_photo() -> None:
    before = running_decoders()
    noise = encode(Image.effect_noise((4000, 3000), 80), "PNG", compress_level=1)
    task = asyncio.create_task(decode_photo(noise, max_pixels=PIXELS))
    os.kill(await asyncio.to_thread(next_decoder, before), signal.SIGKILL)
    with pytest.raises(DecoderBrokenError, match="exit -9"):
        await task


async def test_the_decoder_can_open_nothing() -> None:
    """The limits, proved in a process that applies them and then tries."""
    script = (
        "import os, socket\n"
        "import media.decoder as decoder\n"
        "def attack(data, pixels):\n"
        "    found = []\n"
        "    for open_one in (socket.socket, lambda: open('/etc/passwd')):\n"
        "        try: open_one()\n"
        "        except OSError as error: found.append(error.errno)\n"
        "        else: found.append('open')\n"
        "    return decoder.Pictures(data, repr(found).encode(), None, '')\n"
        "decoder.make_pictures = attack\n"
        "ours, theirs = socket.socketpair()\n"
        "ours.sendall(b'a photo')\n"
        "ours.shutdown(socket.SHUT_WR)\n"
        "assert decoder.run(theirs.fileno(), 1) == 0\n"
        "os.write(1, ours.recv(1000))\n"
    )
    root = Path(__file__).parents[2]
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], capture_output=True, check=True, cwd=root
    )
    assert b"a photo" in done.stdout
    assert b"[24, 24]" in done.stdout  # EMFILE, twice


def held_by(decoder: Path) -> dict[str, str]:
    """The files that a process has open, by number."""
    held: dict[str, str] = {}
    for each in (decoder / "fd").iterdir():
        with suppress(FileNotFoundError):  # just closed
            held[each.name] = str(each.readlink())
    return held


async def test_the_decoder_has_none_of_our_files_and_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HIENTRUONG_SECRET_KEY", "not for decoders")
    before = running_decoders()
    noise = encode(Image.effect_noise((4000, 3000), 80), "PNG", compress_level=1)
    task = asyncio.create_task(decode_photo(noise, max_pixels=PIXELS))
    decoder = Path(f"/proc/{await asyncio.to_thread(next_decoder, before)}")
    environment = (decoder / "environ").read_bytes()
    while len(held := held_by(decoder)) > 4 and not task.done():
        await asyncio.sleep(0.01)  # until it has let go of what its server holds
    await task
    assert b"PYTHONPATH" in environment
    assert b"HIENTRUONG" not in environment
    assert {held.pop(each) for each in ("0", "1", "2")} == {"/dev/null"}
    assert list(held) == ["3"]
    assert held["3"].startswith("socket:")


async def test_a_server_that_died_is_started_again() -> None:
    photo = encode(marked(), "PNG")
    await decode_photo(photo, max_pixels=PIXELS)
    [server] = decoders_servers()
    os.kill(server, signal.SIGKILL)
    while not has_ended(server):
        await asyncio.sleep(0.01)
    assert len((await decode_photo(photo, max_pixels=PIXELS)).blurhash) == 28
    assert decoders_servers() != [server]


async def test_what_a_decoder_used_is_told() -> None:
    small = await run_decoder(encode(marked(), "PNG"), max_pixels=PIXELS)
    big = await run_decoder(encode(Image.new("RGB", (4000, 3000)), "PNG"), max_pixels=PIXELS)
    assert (small.code, big.code) == (0, 0)
    assert big.peak_kib - small.peak_kib > 30_000  # 12 megapixels
    assert big.cpu_us > small.cpu_us > 0


async def test_memory_and_time_are_limited(tmp_path: Path) -> None:
    """Limits that no photo of ours reaches, reached by code that stands in for a broken decoder."""
    script = tmp_path / "attack.py"
    script.write_text(
        "import os, socket, sys\n"
        "import media.decoder as decoder\n"
        "decoder._CPU_S = 1\n"
        "def attack(data, pixels):\n"
        "    if data == b'memory': return bytearray(2_000_000_000)\n"
        "    while True: pass\n"
        "decoder.make_pictures = attack\n"
        "ours, theirs = socket.socketpair()\n"
        "ours.sendall(sys.argv[1].encode())\n"
        "ours.shutdown(socket.SHUT_WR)\n"
        "decoder.run(theirs.fileno(), 1)\n",
        encoding="utf-8",
    )
    ends: dict[str, int] = {}
    for kind in ("memory", "time"):
        child = await asyncio.create_subprocess_exec(
            sys.executable, str(script), kind,
            stderr=asyncio.subprocess.DEVNULL, env={"PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        ends[kind] = await child.wait()
    assert ends == {"memory": 1, "time": -signal.SIGKILL}


async def test_real_phone_photos(data_dir: Path) -> None:
    photos = data_dir / "photos"
    for file in ("heic/IMG_5195.HEIC", "jpg/hdr/iphone_hdr_YES.jpg", "jpg/gps/DSCN0010.jpg"):
        for picture in (await decode_photo((photos / file).read_bytes(), max_pixels=PIXELS))[:2]:
            assert_only_pixels(picture)
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
