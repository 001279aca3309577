"""The hash that photos are compared by: near for the same picture, far for another one."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from media.decoder import make_pictures, perceptual_hash
from media.decoding import decode_photo
from workflows.duplicate_score import MAX_PHOTO_BITS

PIXELS = 64_000_000


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def street(size: tuple[int, int] = (1600, 1200)) -> Image.Image:
    """Sky, houses, a road and a sign: something with shapes in it."""
    image = Image.new("RGB", size, (190, 215, 240))
    draw = ImageDraw.Draw(image)
    width, height = size
    for n, grey in enumerate((90, 140, 70, 160, 110)):
        left, top = width * n // 5, height * (2 + n % 3) // 9
        draw.rectangle((left, top, left + width // 6, height * 2 // 3), (grey, grey - 20, 60))
    draw.rectangle((0, height * 2 // 3, width, height), (60, 60, 65))
    draw.ellipse((width // 2, height // 3, width * 5 // 8, height // 2), (220, 30, 30))
    return image


def bits_apart(one: int | None, other: int | None) -> int:
    assert one is not None
    assert other is not None
    return ((one ^ other) & (2**64 - 1)).bit_count()


async def hash_of(photo: bytes) -> int | None:
    return (await decode_photo(photo, max_pixels=PIXELS)).phash


@pytest.mark.parametrize(
    "again",
    [
        encode(street(), quality=25),
        encode(street().resize((500, 375))),
        encode(street().resize((300, 225)), "PNG"),
        encode(street(), "WEBP"),
        encode(ImageEnhance.Brightness(street()).enhance(1.15)),
        encode(street().convert("L")),
        encode(street().crop((24, 18, 1576, 1182))),
    ],
    ids=["pressed hard", "smaller", "small", "another format", "brighter", "grey", "trimmed"],
)
async def test_the_same_picture_is_near(again: bytes) -> None:
    assert bits_apart(await hash_of(encode(street())), await hash_of(again)) <= MAX_PHOTO_BITS


async def test_a_picture_stored_on_its_side_is_near() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encode(street().transpose(Image.Transpose.ROTATE_90), exif=exif)
    assert bits_apart(await hash_of(encode(street())), await hash_of(turned)) <= MAX_PHOTO_BITS


@pytest.mark.parametrize(
    "other",
    [
        street().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        street().transpose(Image.Transpose.ROTATE_180),
        street().crop((800, 300, 1600, 900)),
        Image.effect_mandelbrot((800, 600), (-2, -1.5, 1, 1.5), 60).convert("RGB"),
    ],
    ids=["mirrored", "upside down", "a part of it", "something else"],
)
async def test_another_picture_is_far(other: Image.Image) -> None:
    assert bits_apart(await hash_of(encode(street())), await hash_of(encode(other))) > 15


@pytest.mark.parametrize("colour", ["black", "white", "teal"])
async def test_a_picture_of_nothing_has_no_hash(colour: str) -> None:
    """Its bits would be chance, and alike to those of every other such picture."""
    assert await hash_of(encode(Image.new("RGB", (640, 480), colour))) is None


def test_the_hash_fits_into_a_signed_number_of_the_database() -> None:
    falling = Image.linear_gradient("L").rotate(90)
    assert perceptual_hash(falling) in {-1, 0}
    assert perceptual_hash(falling.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) in {-1, 0}
    stripes = Image.new("L", (90, 80))
    ImageDraw.Draw(stripes).rectangle((0, 0, 9, 9), 255)
    assert perceptual_hash(stripes) == -(2**63)


def test_real_photos_are_told_apart(data_dir: Path) -> None:
    scenes = {
        file: make_pictures((data_dir / "photos" / "jpg" / file).read_bytes(), PIXELS).phash
        for file in (
            "gps/DSCN0010.jpg", "gps/DSCN0025.jpg", "gps/DSCN0042.jpg", "hdr/iphone_hdr_YES.jpg",
            "orientation/landscape_1.jpg", "orientation/portrait_1.jpg",
        )
    }  # fmt: skip
    for one, other in itertools.combinations(scenes.values(), 2):
        assert bits_apart(one, other) > MAX_PHOTO_BITS


@pytest.mark.parametrize("scene", ["landscape", "portrait"])
def test_real_photos_are_recognised_however_they_are_stored(data_dir: Path, scene: str) -> None:
    folder = data_dir / "photos" / "jpg" / "orientation"
    first, *rest = (
        make_pictures((folder / f"{scene}_{n}.jpg").read_bytes(), PIXELS).phash for n in range(1, 9)
    )
    assert max(bits_apart(first, other) for other in rest) <= MAX_PHOTO_BITS
