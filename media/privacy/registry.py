"""Which detectors there are. A new one is a file beside this one and a line in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from media.privacy.base import PrivacyDetector
from media.privacy.cascades import FACES, PLATES, CascadeDetector
from media.privacy.yunet import YuNetDetector

# What makes each, given the file of `HIENTRUONG_PRIVACY_FACE_MODEL`, or "" if there is none.
DETECTORS: dict[str, Callable[[str], PrivacyDetector]] = {
    "cascade_faces": lambda _: CascadeDetector("face", FACES),
    "cascade_plates": lambda _: CascadeDetector("plate", PLATES),
    "yunet_faces": lambda model: YuNetDetector(Path(model)),
}
