"""Files in a folder of this machine: for one server, and for development."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from core.errors import NotFound, Unavailable
from media.stores.base import StoredFile, check_key, missing, unavailable

# Keys never begin with a dot, so half-written files cannot be taken for kept ones.
_PARTIAL = ".partial"
_FILE_MODE = 0o640
_FOLDER_MODE = 0o750


class LocalStore:
    """Keeps each file below `root`; a crash at any moment leaves the old file or the new one."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002  # a disk knows no types
        """See `Store`."""
        await asyncio.to_thread(self._put, key, data)

    async def get(self, key: str) -> bytes:
        """See `Store`."""
        return await asyncio.to_thread(self._get, key)

    async def open(self, key: str) -> StoredFile:
        """See `Store`."""
        return await asyncio.to_thread(self._open, key)

    async def delete(self, key: str) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._delete, key)

    async def exists(self, key: str) -> bool:
        """See `Store`."""
        return await asyncio.to_thread(self._exists, key)

    async def check(self) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._check)

    def _path(self, key: str) -> Path:
        """Where a key lies; a link inside the root that leads out of it is refused as well."""
        path = self._root / check_key(key)
        if not path.resolve().is_relative_to(self._root.resolve()):
            message = f"the key leads out of the store: {key!r}"
            raise ValueError(message)
        return path

    def _put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        with _failing_disk():
            _make_folder(path.parent)
            partial = self._write_partial(data)
            partial.replace(path)
            _sync_folder(path.parent)

    def _write_partial(self, data: bytes) -> Path:
        folder = self._root / _PARTIAL
        _make_folder(folder)
        partial = folder / uuid4().hex
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        return partial

    def _get(self, key: str) -> bytes:
        path = self._path(key)
        with _failing_disk():
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._absent(key, error) from error

    def _open(self, key: str) -> StoredFile:
        path = self._path(key)
        with _failing_disk():
            try:
                file = path.open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._absent(key, error) from error
            return StoredFile(os.fstat(file.fileno()).st_size, file.read, file.close)

    def _absent(self, key: str, error: OSError) -> NotFound | Unavailable:
        """A file that is not there; unless nothing is, as when a disk was not mounted."""
        return missing(key) if self._root.is_dir() else unavailable(error)

    def _delete(self, key: str) -> None:
        path = self._path(key)
        with _failing_disk():
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            _sync_folder(path.parent)

    def _exists(self, key: str) -> bool:
        path = self._path(key)
        with _failing_disk():
            return path.is_file()

    def _check(self) -> None:
        with _failing_disk():
            self._write_partial(b"check").unlink()


@contextmanager
def _failing_disk() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise unavailable(error) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and what it lies in, each entry durable: a file in a lost folder is lost."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
