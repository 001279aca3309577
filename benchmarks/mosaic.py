"""Can a number plate be told from its mosaic? By whoever has a list of plates to try.

    python -m benchmarks.mosaic

10,000 made-up plates of the Vietnamese form (two digits, a letter, five digits), 160 by 32 pixels;
200 of them as on a photo: up to a pixel beside, up to a tenth lighter or darker, once through JPEG.
Each is covered by an ordinary mosaic, whose cells have the mean grey of what they cover, and held
against the mosaics of all plates on the list: the nearest is the guess. No training, no knowledge
of the camera; better attacks find more. Takes about ten seconds.

The mosaic of `media/privacy/mosaic.py` reads no pixel under a box, so all plates look the same
under it; the last line shows that, and that the guess is then one of 10,000.
"""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from media.privacy.boxes import Box
from media.privacy.mosaic import cover

SIZE = (160, 32)
PLATES, TRIED, BEST = 10_000, 200, 10
LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
STREET = (320, 160)


def main() -> None:
    """Print how many plates were told."""
    chance = random.Random(7)
    plates = sorted({_plate(chance) for _ in range(PLATES)})
    tried = chance.sample(plates, TRIED)
    photos = [_photo(plate, chance) for plate in tried]
    print(f"{len(plates)} plates on the list, {TRIED} photos")
    for cells in (16, 12, 8, 6, 4):
        known = np.stack([_mosaic(_draw(plate), cells) for plate in plates])
        ranks = [
            _rank(known, _mosaic(photo, cells), plates.index(plate))
            for plate, photo in zip(tried, photos, strict=True)
        ]
        first, ten = (sum(rank < n for rank in ranks) / TRIED for n in (1, BEST))
        print(f"{cells:3} cells across: {first:6.1%} told, {ten:6.1%} among the first {BEST}")
    looks = {_covered(photo) for photo in photos}
    print(f"ours: the {TRIED} photos have {len(looks)} look under the cover")


def _plate(chance: random.Random) -> str:
    return f"{chance.randint(11, 99)}{chance.choice(LETTERS)}-{chance.randint(0, 99_999):05d}"


def _draw(plate: str, dx: float = 0, dy: float = 0) -> Image.Image:
    picture = Image.new("L", SIZE, 235)
    font = ImageFont.load_default(24)
    middle = (SIZE[0] / 2 + dx, SIZE[1] / 2 + dy)
    ImageDraw.Draw(picture).text(middle, plate, font=font, fill=25, anchor="mm")
    return picture


def _photo(plate: str, chance: random.Random) -> Image.Image:
    drawn = _draw(plate, chance.uniform(-1, 1), chance.uniform(-1, 1))
    lit = ImageEnhance.Brightness(drawn).enhance(chance.uniform(0.9, 1.1))
    target = io.BytesIO()
    lit.save(target, "JPEG", quality=80)
    return Image.open(target)


def _mosaic(picture: Image.Image, cells: int) -> np.ndarray:
    size = (cells, max(1, round(cells * SIZE[1] / SIZE[0])))
    greys = np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=float).ravel()
    return greys - greys.mean()


def _rank(known: np.ndarray, seen: np.ndarray, right: int) -> int:
    distances = ((known - seen) ** 2).sum(axis=1)
    return int((distances < distances[right]).sum())


def _covered(photo: Image.Image) -> bytes:
    street = Image.linear_gradient("L").resize(STREET).convert("RGB")
    street.paste(photo, (80, 64))
    box = Box("plate", 80 / 320, 64 / 160, 160 / 320, 32 / 160)
    return cover(street, [box]).tobytes()


if __name__ == "__main__":
    main()
