"""Faces by a neural net that the city supplies as an ONNX file, in the shape of YuNet.

YuNet (libfacedetection, OpenCV's model zoo: `face_detection_yunet_2023mar.onnx`, 230 kB, MIT) also
finds faces that are small, turned or half hidden, which the cascades miss.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from PIL import Image

from media.privacy.boxes import Box

_LEAST_SCORE = 0.5  # a box too many costs a person one click, a face too few is published
_SAME = 0.3  # share of the union from which two hits are one face
_MOST = 500


class YuNetDetector:
    """Faces by OpenCV's `FaceDetectorYN`. Raises cv2.error for a file that is no such model, here
    or, if only its outputs are others, at the first picture.
    """

    def __init__(self, model: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(str(model), "", (32, 32), _LEAST_SCORE, _SAME, _MOST)

    def find(self, picture: Image.Image) -> list[Box]:
        """See `PrivacyDetector`."""
        width, height = picture.size
        self._net.setInputSize((width, height))
        _, rows = self._net.detect(cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR))
        # None where there is no face; else rows of the box, five landmarks and the score.
        found: list[list[float]] = [] if rows is None else cast("Any", rows).tolist()  # pyright: ignore[reportUnnecessaryComparison]  # the stubs know of no None
        return [
            Box(
                "face",
                row[0] / width,
                row[1] / height,
                row[2] / width,
                row[3] / height,
                round(row[-1], 3),
            )
            for row in found
        ]
