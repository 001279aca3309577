"""Which kind of file some bytes are, by their first bytes, and the one decoder for each photo type.

A name or a Content-Type is what somebody says about a file; only the bytes count. Knows nothing
of Pillow until an image is opened, and then loads the one plugin that is needed: the decoder's
child process lives for one photo and pays for every import.
"""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# Each photo type and the one class that may read it. Constructing the class, rather than asking
# `Image.open`, leaves no other decoder a chance, needs no process-wide registration, and leaves
# the pixel limit to us: `Image.MAX_IMAGE_PIXELS` raises only at twice its value.
_PLUGINS = {
    "image/jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "image/png": ("PIL.PngImagePlugin", "PngImageFile"),
    "image/webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "image/heic": ("pi_heif.as_plugin", "HeifImageFile"),
    "image/heif": ("pi_heif.as_plugin", "HeifImageFile"),
    "image/avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
}
PHOTO_TYPES = frozenset(_PLUGINS)
VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime"})
# How the name of a file ends that somebody takes along.
ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic",
    "image/heif": "heif", "image/avif": "avif", "video/mp4": "mp4", "video/quicktime": "mov",
}  # fmt: skip

_OTHER_MAGIC = (
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_NEUTRAL_BRANDS = frozenset({b"mif1", b"msf1"})
_SNIFFED = 1024
# Boxes that the pictures of a HEIC or AVIF file are read from.
_NEEDED_BOXES = frozenset({b"ftyp", b"meta", b"moov", b"mdat", b"idat"})


def detect_type(data: bytes) -> str:
    """The media type of `data`; `application/octet-stream` when nothing known fits."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF":
        return "image/webp" if data[8:12] == b"WEBP" else "application/octet-stream"
    if data[4:8] == b"ftyp":
        return _detect_ftyp(data)
    for magic, media_type in _OTHER_MAGIC:
        if data.startswith(magic):
            return media_type
    return _detect_markup(data)


def _detect_ftyp(data: bytes) -> str:
    """HEIC, AVIF, MP4 and QuickTime share one container: its brands tell them apart."""
    major = data[8:12]
    if major in _AVIF_BRANDS:
        return "image/avif"
    if major in _HEIC_BRANDS:
        return "image/heic"
    if major in _NEUTRAL_BRANDS:
        end = min(int.from_bytes(data[:4], "big"), 256)
        compatible = {data[at : at + 4] for at in range(16, end, 4)}
        return "image/avif" if compatible & _AVIF_BRANDS else "image/heif"
    return "video/quicktime" if major == b"qt  " else "video/mp4"


def _detect_markup(data: bytes) -> str:
    """SVG and HTML have no magic bytes; they are named so that the refusal can say what it is."""
    start = data[:_SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith(b"<"):
        return "application/octet-stream"
    if b"<svg" in start:
        return "image/svg+xml"
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return "text/html"
    return "application/xml" if start.startswith(b"<?xml") else "application/octet-stream"


def is_cut(data: bytes) -> bool:
    """Whether a HEIC or AVIF file is shorter than its own boxes say.

    libheif fills what is missing with grey and calls it decoded, so nobody else would notice. A
    last box that claims "until the end of the file" cannot be judged and passes. What other
    programs append behind the boxes is no box of ours and ends the walk.
    """
    if data[4:8] != b"ftyp":
        return False
    at = 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if kind not in _NEEDED_BOXES and at + size > len(data):
            return False
        if size < 8:  # 0 means "to the end"; less than its own header is no box
            return False
        at += size
    return at > len(data)


def load_opener(media_type: str) -> type[ImageFile]:
    """The class that reads one of PHOTO_TYPES, imported now if it was not before."""
    module, name = _PLUGINS[media_type]
    return getattr(import_module(module), name)


def open_photo(data: bytes, media_type: str) -> ImageFile:
    """The image with its header read and not one pixel decoded.

    Whatever a broken file makes Pillow raise comes through. `media_type` is one of PHOTO_TYPES.
    """
    return load_opener(media_type)(BytesIO(data))
