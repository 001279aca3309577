"""The mosaic: what was under it is nowhere in the public picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops

from media.privacy.boxes import Box, PixelBox, to_pixels
from media.privacy.mosaic import BLOCK_PX, CELLS, cells_of, cover
from media.privacy.redactor import make_public
from tests.support.photos import as_jpeg, draw_face, street_with_face

FACE = Box("face", 0.4, 0.35, 0.2, 0.25)
AREA = PixelBox(320, 208, 480, 368)  # FACE in a picture of 800 by 600


def inside(picture: Image.Image, area: PixelBox = AREA) -> Image.Image:
    return picture.crop((area.left, area.top, area.right, area.bottom))


def colours(picture: Image.Image) -> int:
    return len(picture.getcolors(picture.width * picture.height) or [])


def with_something_else() -> Image.Image:
    """The same street, with another picture where the face is."""
    other = street_with_face()
    other.paste(Image.effect_noise((160, 160), 90).convert("RGB"), (AREA.left, AREA.top))
    return other


def test_two_photos_that_differ_only_under_the_box_become_the_same_to_the_byte() -> None:
    face, noise = street_with_face(), with_something_else()
    assert ImageChops.difference(face, noise).getbbox() is not None
    assert cover(face, [FACE]).tobytes() == cover(noise, [FACE]).tobytes()


def test_nothing_else_is_changed() -> None:
    before, after = street_with_face(), cover(street_with_face(), [FACE])
    assert to_pixels(FACE, 800, 600, grid=BLOCK_PX) == AREA
    changed = ImageChops.difference(before, after).getbbox()
    assert changed is not None
    assert changed[0] >= AREA.left
    assert changed[1] >= AREA.top
    assert changed[2] <= AREA.right
    assert changed[3] <= AREA.bottom


def test_a_cell_has_one_colour_and_there_are_few_of_them() -> None:
    covered = cover(street_with_face(), [FACE])
    cells = cells_of(AREA)
    assert len(cells) == CELLS * CELLS
    assert all(colours(inside(covered, cell)) == 1 for cell in cells)
    # One sees that something is covered: neighbours differ.
    assert colours(inside(covered)) > CELLS


@pytest.mark.parametrize("size", [(16, 16), (160, 32), (16, 320), (3, 2), (1, 1)])
def test_cells_fill_an_area_whatever_its_shape(size: tuple[int, int]) -> None:
    cells = cells_of(PixelBox(32, 48, 32 + size[0], 48 + size[1]))
    surface = sum((cell.right - cell.left) * (cell.bottom - cell.top) for cell in cells)
    assert surface == size[0] * size[1]
    assert 1 <= len(cells) <= CELLS * CELLS
    assert all(cell.left < cell.right and cell.top < cell.bottom for cell in cells)


def test_boxes_side_by_side_tell_nothing_of_each_other() -> None:
    """Many small boxes must not add up to the ordinary mosaic."""
    strips = [Box("other", 0.4 + i * 0.02, 0.35, 0.02, 0.25) for i in range(10)]
    face, noise = street_with_face(), with_something_else()
    assert cover(face, strips).tobytes() == cover(noise, strips).tobytes()


def test_boxes_that_overlap_tell_nothing_of_each_other() -> None:
    pair = [Box("face", 0.4, 0.35, 0.2, 0.2), Box("face", 0.4, 0.4, 0.2, 0.2)]
    face, noise = street_with_face(), with_something_else()
    assert cover(face, pair).tobytes() == cover(noise, pair).tobytes()


def test_a_picture_that_is_covered_from_edge_to_edge_is_grey() -> None:
    covered = cover(draw_face(64), [Box("other", 0, 0, 1, 1)])
    assert all(abs(low - 128) <= 20 and abs(high - 128) <= 20 for low, high in covered.getextrema())


def test_a_box_at_the_edge_takes_its_colours_from_the_other_sides() -> None:
    picture = Image.new("RGB", (320, 320), "white")
    picture.paste("black", (0, 0, 160, 160))
    covered = cover(picture, [Box("other", 0, 0, 0.5, 0.5)])
    darkest = min(low for low, _ in covered.getextrema())
    assert darkest > 200


def test_without_boxes_the_pixels_stay_as_they_are_in_a_new_picture() -> None:
    picture = street_with_face()
    covered = cover(picture, [])
    assert covered is not picture
    assert covered.tobytes() == picture.tobytes()


def test_a_box_outside_of_the_picture_covers_nothing() -> None:
    picture = street_with_face()
    assert cover(picture, [Box("other", 1, 1, 0.5, 0.5)]).tobytes() == picture.tobytes()


def test_the_stored_pictures_know_nothing_of_the_face_either() -> None:
    """Large, small and BlurHash, after encoding: also no square of the codec carries it on."""
    made = [
        make_public(as_png(each), [FACE]) for each in (street_with_face(), with_something_else())
    ]
    assert made[0] == made[1]


def as_png(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "WEBP", lossless=True)
    return target.getvalue()


def test_the_stored_pictures_carry_pixels_alone() -> None:
    source = street_with_face(1600, 1200)
    exif = Image.Exif()
    exif[0x010E] = "Nguyễn Văn An, 0905 000 001"
    target = io.BytesIO()
    source.save(target, "JPEG", exif=exif, comment=b"0905000001")
    made = make_public(target.getvalue(), [FACE])
    for data, size in ((made.large, (1600, 1200)), (made.small, (400, 300))):
        picture = Image.open(io.BytesIO(data))
        assert (picture.format, picture.size) == ("WEBP", size)
        assert not picture.getexif()
        assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}
        assert b"0905" not in data
        assert b"EXIF" not in data
        assert b"XMP" not in data
    assert len(made.blurhash) == 28


def test_only_pictures_of_our_size_are_taken() -> None:
    with pytest.raises(ValueError, match="not a picture of ours"):
        make_public(as_jpeg(Image.new("RGB", (1601, 10))), [])
