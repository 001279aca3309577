"""What a detector promises, whichever it is."""

from __future__ import annotations

from typing import Protocol

from PIL import Image

from media.privacy.boxes import Box


class PrivacyDetector(Protocol):
    """Finds people, or what leads to them, in one picture.

    It is made and asked in a process of its own that holds nothing worth taking
    (`media/privacy/examiner.py`), so it may block, and may fail: then a person looks without its
    help. What it needs of files it opens when it is made: afterwards the process can open none.
    """

    def find(self, picture: Image.Image) -> list[Box]:
        """Boxes around what was found in an upright RGB picture: tight, unmerged, any order."""
        ...
