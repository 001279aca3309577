"""What exiftool finds in a file, told apart: what every file has, and what says more than that."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

# Of the file system and of exiftool itself, and what exiftool works out from other tags.
_OUTSIDE = {"SourceFile", "ExifTool", "System", "Composite"}
# What a player or browser must know to show the file: sizes, clocks, how it is compressed.
_STRUCTURE = {
    "File": {"FileType", "FileTypeExtension", "MIMEType"},
    "RIFF": {"ImageWidth", "ImageHeight", "VP8Version", "HorizontalScale", "VerticalScale"},
    "QuickTime": {
        "MajorBrand", "MinorVersion", "CompatibleBrands", "MovieHeaderVersion", "TimeScale",
        "Duration", "PreferredRate", "PreferredVolume", "MatrixStructure", "PreviewTime",
        "PreviewDuration", "PosterTime", "SelectionTime", "SelectionDuration", "CurrentTime",
        "NextTrackID", "HandlerType", "HandlerVendorID", "MediaDataSize", "MediaDataOffset",
    },
    "Track": {
        "TrackHeaderVersion", "TrackID", "TrackDuration", "TrackLayer", "TrackVolume",
        "MatrixStructure", "ImageWidth", "ImageHeight", "MediaHeaderVersion", "MediaTimeScale",
        "MediaDuration", "MediaLanguageCode", "HandlerType", "HandlerDescription", "GraphicsMode",
        "OpColor", "CompressorID", "SourceImageWidth", "SourceImageHeight", "XResolution",
        "YResolution", "BitDepth", "PixelAspectRatio", "BufferSize", "MaxBitrate",
        "AverageBitrate", "VideoFrameRate", "VideoFieldOrder", "ColorProfiles", "ColorPrimaries",
        "TransferCharacteristics", "MatrixCoefficients", "VideoFullRangeFlag", "Balance",
        "AudioFormat", "AudioChannels", "AudioBitsPerSample", "AudioSampleRate",
    },
}  # fmt: skip
# The names that ffmpeg gives to the two tracks and to the list that it leaves empty.
_NAMES = {"VideoHandler", "SoundHandler"}
_NEVER = "0000:00:00 00:00:00"


def find_metadata(file: Path) -> dict[str, Any]:
    """The tags of a file that are not of its structure, such as a place, a time or a camera."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed: apt-get install libimage-exiftool-perl")
    done = subprocess.run(
        ["exiftool", "-json", "-a", "-G1", "-ee", str(file)],
        capture_output=True, check=False,
    )  # fmt: skip
    [tags] = json.loads(done.stdout)
    return {name: value for name, value in tags.items() if not _is_structure(name, value)}


def _is_structure(tag: str, value: Any) -> bool:
    group, _, name = tag.rpartition(":")
    group = group.rstrip("0123456789")
    if (group or name) in _OUTSIDE:
        return True
    if name == "HandlerDescription":
        return value in _NAMES
    if name.endswith(("CreateDate", "ModifyDate")):
        return value == _NEVER
    return name in _STRUCTURE.get(group, set())
