"""Real photos of phones and cameras: upright, clean, in true colours; the table is for `-s`."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from core.settings import MediaSettings
from media.decoder import Pictures
from media.decoding import decode_photo
from media.formats import open_photo
from media.inspection import Inspection, inspect_file
from tests.support.exif import find_metadata
from tests.support.hostile import encode
from tests.support.photos import assert_only_pixels

SETTINGS = MediaSettings()
TRACES = (b"Apple", b"iPhone", b"NIKON", b"Nikon")
PHOTOS = 36
# Mean difference of a colour's level, of 255. Each file writes its own number into the middle,
# and was compressed by itself; the wrong way round they differ by 60 and more.
MOST_APART = 12.0


def inspected(data: bytes) -> Inspection:
    return inspect_file(lambda at, length: data[at : at + length], len(data), limits=SETTINGS)


async def decoded(data: bytes) -> Pictures:
    return await decode_photo(data, max_pixels=SETTINGS.max_photo_pixels)


def picture(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
        return image.convert("RGB")


async def test_every_photo_comes_out_clean_and_as_large_as_it_was_said(
    data_dir: Path, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()
    for file in sorted(each for each in (data_dir / "photos").rglob("*.*") if each.is_file()):
        data = file.read_bytes()
        said = inspected(data)
        made = await decoded(data)
        large = picture(made.large)
        # In proportion, and not turned against what the upload was told.
        assert large.width * said.height == pytest.approx(large.height * said.width, rel=0.01)
        assert max(large.size) == min(1600, max(said.width, said.height))
        assert max(picture(made.small).size) == min(400, max(large.size))
        for each in (made.large, made.small):
            (tmp_path / "shown.webp").write_bytes(each)
            assert find_metadata(tmp_path / "shown.webp") == {}, file.name
            assert_only_pixels(each)
            assert not [trace for trace in TRACES if trace in each], file.name
        seen[f"{said.content_type} of {file.parent.name}"] += 1
        seen["with a place"] += said.taken_lat is not None
        seen["with a time"] += said.taken_at is not None
    print({**seen, "refused": 0})
    assert sum(seen[each] for each in seen if each.startswith("image/")) == PHOTOS
    # The iPhone's, and a camera' with GPS: claims are read from whatever carries them.
    assert seen["with a place"] >= 10


@pytest.mark.parametrize("scene", ["landscape", "portrait"])
async def test_eight_ways_to_lie_are_one_way_to_stand(data_dir: Path, scene: str) -> None:
    folder = data_dir / "photos" / "jpg" / "orientation"
    first, *rest = [
        picture((await decoded((folder / f"{scene}_{n}.jpg").read_bytes())).large)
        for n in range(1, 9)
    ]
    for n, other in enumerate(rest, 2):
        assert other.size == first.size
        apart = difference(first, other)
        print(f"{scene}_{n}: {apart:.1f} of 255 from {scene}_1")
        assert apart < MOST_APART
    assert difference(first, first.transpose(Image.Transpose.ROTATE_180)) > 3 * MOST_APART


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean over the upper third, where no file writes its number."""
    upper = (0, 0, one.width, one.height // 3)
    apart = ImageChops.difference(one.crop(upper), other.crop(upper))
    return sum(ImageStat.Stat(apart).mean) / 3


# Colours that sRGB can show: of one beyond it, the nearest would come out.
PATCHES = [(200, 60, 60), (110, 170, 110), (90, 100, 190), (210, 190, 110), (128, 128, 128)]


async def test_colours_of_a_wide_gamut_stay_what_they_were(data_dir: Path) -> None:
    """Patches under the iPhone's Display P3 profile look the same in sRGB: a ΔE below 3.

    Both are brought to CIE Lab, each by the profile that its numbers are meant in.
    """
    heic = open_photo((data_dir / "photos" / "heic" / "IMG_5195.HEIC").read_bytes(), "image/heic")
    profile: bytes = heic.info["icc_profile"]
    for colour in PATCHES:
        patch = Image.new("RGB", (64, 64), colour)
        made = await decoded(encode(patch, "PNG", icc_profile=profile))
        shown = picture(made.large)
        apart = delta_e(lab(patch, profile), lab(shown, None))
        ignored = delta_e(lab(patch, profile), lab(patch, None))
        print(f"{colour}: ΔE {apart:.1f}; with the profile ignored {ignored:.1f}")
        assert apart < 3


def lab(image: Image.Image, profile: bytes | None) -> tuple[float, float, float]:
    """L*, a*, b* of the middle of a picture."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.core.createProfile("sRGB"))
    whole = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else srgb,
        ImageCms.ImageCmsProfile(ImageCms.core.createProfile("LAB")),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="LAB",
    )
    assert whole is not None
    pixel = whole.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    lightness, a, b = pixel
    return lightness * 100 / 255, _signed(a), _signed(b)


def _signed(level: float) -> float:
    """Pillow keeps a* and b* as signed bytes in unsigned ones."""
    return level - 256 if level > 127 else level


def delta_e(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The distance in CIE Lab (CIE 1976)."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
