"""Faces and plates by the Haar cascades that come with OpenCV: nothing to fetch, nothing to set.

Faces are found upright: from the front with heads from about 60 pixels of a large picture on, from
the side (on the picture at half its size, for that cascade takes twice as long) from about 80.
The plates are Russian ones: how many Vietnamese plates they find, with two rows of signs on
motorbikes, is unknown, as there is no labelled set to count them on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from media.privacy.boxes import Box, Kind

_FOLDER = Path(cv2.__file__).parent / "data"
# How much the search window grows from pass to pass: 1.1 finds hardly more and takes twice as long.
_STEP = 1.2
_HALF_SURE = 8  # overlapping hits at which the score is a half


class _Cascade(NamedTuple):
    """`hits`: overlapping ones that make a find. `mirrored`: also asked about the mirror image,
    for a cascade that knows one side only. `halved`: on the picture at half its size.
    """

    file: str
    smallest_px: tuple[int, int]
    hits: int = 3
    mirrored: bool = False
    halved: bool = False


FACES = (
    _Cascade("haarcascade_frontalface_alt2.xml", (36, 36)),
    _Cascade("haarcascade_profileface.xml", (32, 32), hits=4, mirrored=True, halved=True),
)
PLATES = (_Cascade("haarcascade_russian_plate_number.xml", (30, 10), halved=True),)


class CascadeDetector:
    """What the cascades of one kind find."""

    def __init__(self, kind: Kind, cascades: Sequence[_Cascade]) -> None:
        self._kind: Kind = kind
        self._loaded = [(_load(cascade.file), cascade) for cascade in cascades]

    def find(self, picture: Image.Image) -> list[Box]:
        """See `PrivacyDetector`."""
        grey = cv2.equalizeHist(np.asarray(picture.convert("L")))
        boxes: list[Box] = []
        for classifier, cascade in self._loaded:
            seen = cv2.resize(grey, None, fx=0.5, fy=0.5) if cascade.halved else grey
            boxes += self._boxes(classifier, cascade, seen)
            if cascade.mirrored:
                found = self._boxes(classifier, cascade, cv2.flip(seen, 1))
                boxes += [_mirror(box) for box in found]
        return boxes

    def _boxes(
        self, classifier: cv2.CascadeClassifier, cascade: _Cascade, grey: cv2.typing.MatLike
    ) -> Iterable[Box]:
        height, width = grey.shape[:2]
        found, hits = classifier.detectMultiScale2(
            grey, scaleFactor=_STEP, minNeighbors=cascade.hits, minSize=cascade.smallest_px
        )
        return [
            Box(
                self._kind,
                float(x) / width,
                float(y) / height,
                float(w) / width,
                float(h) / height,
                round(int(count) / (int(count) + _HALF_SURE), 3),
            )
            for (x, y, w, h), count in zip(found, hits, strict=True)
        ]


def _load(file: str) -> cv2.CascadeClassifier:
    path = _FOLDER / file
    classifier = cv2.CascadeClassifier(str(path))
    if classifier.empty():
        message = f"no cascade in {path}"
        raise ValueError(message)
    return classifier


def _mirror(box: Box) -> Box:
    return Box(box.kind, 1 - box.x - box.w, box.y, box.w, box.h, box.score)
