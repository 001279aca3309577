"""Asking the detectors about a picture, each time in a limited child process."""

from __future__ import annotations

import json

from core.errors import ConfigurationError
from core.settings import PrivacySettings
from media.privacy.boxes import Box
from media.privacy.child import ChildBrokenError, run_child

_EXAMINER = "media.privacy.examiner"
_LIBRARIES = ("PIL", "cv2", "numpy")


async def examine(picture: bytes, *, settings: PrivacySettings) -> list[Box]:
    """What the detectors of the settings find in one of our own large pictures (WebP or JPEG).

    Raises ChildBrokenError when there is no answer: the picture is then as good as unexamined.
    """
    arguments = (",".join(settings.chosen), str(settings.face_model or ""))
    output = await run_child(
        _EXAMINER, arguments, picture, libraries=_LIBRARIES, wall_s=settings.wall_s
    )
    return [Box(**box) for box in json.loads(output)]


async def check_detectors(settings: PrivacySettings) -> None:
    """Raise ConfigurationError, saying what is wrong, unless the detectors can be made and answer.

    So a worker that was given a missing or broken model does not start.
    """
    model = settings.face_model
    if model is not None and not model.is_file():
        raise ConfigurationError(f"HIENTRUONG_PRIVACY_FACE_MODEL: there is no file {model}")
    try:
        await examine(b"", settings=settings)
    except ChildBrokenError as error:
        asked = f"HIENTRUONG_PRIVACY_DETECTORS={','.join(settings.chosen)}"
        with_model = f" with HIENTRUONG_PRIVACY_FACE_MODEL={model}" if model else ""
        raise ConfigurationError(f"{asked}{with_model} does not work: {error}") from error
