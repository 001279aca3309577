"""A GIS file that an administrator uploads, on disk for as long as it is read.

Only what the importers know reaches GDAL, and by what it holds, not by what it is called: among
GDAL's formats are some that name other files, or addresses, to read from.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from fastapi import UploadFile
from starlette.concurrency import run_in_threadpool

from core.errors import InvalidInput, TooLarge
from core.scratch import scratch_folder

MAX_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 500_000_000
_SHAPEFILE = {".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qmd", ".xml"}
_HEAD = 4096


@asynccontextmanager
async def received_file(upload: UploadFile) -> AsyncGenerator[Path]:
    """The upload as a file, under a suffix that fits what it holds, removed afterwards.

    Raises InvalidInput `gis_file_unknown` unless it is GeoJSON, GeoPackage, KML or a Shapefile in
    a zip, TooLarge for one that is or would become too large.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise TooLarge(max_bytes=MAX_BYTES)
    with tempfile.TemporaryDirectory(prefix="import-", dir=scratch_folder()) as folder:
        yield await run_in_threadpool(_save, upload.file, Path(folder))


def _save(file: BinaryIO, folder: Path) -> Path:
    head = file.read(_HEAD)
    file.seek(0)
    path = folder / f"upload{_suffix(file, head)}"
    file.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target)
    return path


def _suffix(file: BinaryIO, head: bytes) -> str:
    if head.startswith(b"SQLite format 3\x00"):
        return ".gpkg"
    if head.startswith(b"PK\x03\x04") and _is_shapefile(file):
        return ".zip"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return ".geojson"
    if text.startswith(b"<") and b"<kml" in text and b"<OGR" not in text:
        return ".kml"
    raise InvalidInput.at("/file", "gis_file_unknown")


def _is_shapefile(file: BinaryIO) -> bool:
    """Whether a zip holds the parts of Shapefiles and nothing else."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except zipfile.BadZipFile:
        return False
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise TooLarge(max_bytes=MAX_UNPACKED_BYTES)
    suffixes = {Path(member.filename).suffix.lower() for member in members}
    return ".shp" in suffixes and suffixes <= _SHAPEFILE
