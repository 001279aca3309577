"""Files in a folder of this machine: for one server, and for development."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.errors import NotFound, Unavailable
from media.stores.base import FileInfo, StoredFile, check_key, in_batches, missing, unavailable

# Keys never begin with a dot, so half-written files cannot be taken for kept ones.
_PARTIAL = ".partial"
_FILE_MODE = 0o640
_FOLDER_MODE = 0o750
_TRIES = 100
_COPIED_AT_ONCE = 1024 * 1024


class LocalStore:
    """Keeps each file below `root`; a crash at any moment leaves the old file or the new one."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002  # a disk knows no types
        """See `Store`."""
        await asyncio.to_thread(self._put, key, BytesIO(data))

    async def put_file(self, key: str, path: Path, content_type: str) -> None:  # noqa: ARG002  # as above
        """See `Store`."""
        await asyncio.to_thread(self._put_file, key, path)

    async def get(self, key: str) -> bytes:
        """See `Store`."""
        return await asyncio.to_thread(self._get, key)

    async def open(self, key: str, start: int = 0, size: int | None = None) -> StoredFile:
        """See `Store`."""
        return await asyncio.to_thread(self._open, key, start, size)

    async def stat(self, key: str) -> FileInfo:
        """See `Store`."""
        return await asyncio.to_thread(self._stat, key)

    def list(self, prefix: str = "") -> AsyncGenerator[FileInfo]:
        """See `Store`."""
        return in_batches(self._list(prefix))

    async def delete(self, key: str) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._delete, key)

    async def exists(self, key: str) -> bool:
        """See `Store`."""
        return await asyncio.to_thread(self._exists, key)

    async def presign(
        self,
        key: str,  # noqa: ARG002  # nobody else reaches this disk
        *,
        content_type: str,  # noqa: ARG002
        size: int,  # noqa: ARG002
        until: datetime,  # noqa: ARG002
    ) -> None:
        """See `Store`."""
        return

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

    def _put(self, key: str, source: BinaryIO) -> None:
        path = self._path(key)
        with _failing_disk():
            partial = self._write_partial(source)
            for _ in range(_TRIES):
                _make_folder(path.parent)
                with suppress(FileNotFoundError):  # emptied just now, and removed
                    partial.replace(path)
                    break
            else:
                raise FileNotFoundError(path)
            with suppress(FileNotFoundError):  # deleted already, with its folder
                _sync_folder(path.parent)

    def _put_file(self, key: str, path: Path) -> None:
        with path.open("rb") as source:
            self._put(key, source)

    def _write_partial(self, source: BinaryIO) -> Path:
        folder = self._root / _PARTIAL
        _make_folder(folder)
        partial = folder / uuid4().hex
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(source, file, _COPIED_AT_ONCE)
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

    def _open(self, key: str, start: int, size: int | None) -> StoredFile:
        path = self._path(key)
        with _failing_disk():
            try:
                file = path.open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._absent(key, error) from error
            stat = os.fstat(file.fileno())
            if size is None:
                size = stat.st_size - start
            file.seek(start)
            return StoredFile(size, _tag(stat), _reader(file, size), file.close)

    def _stat(self, key: str) -> FileInfo:
        path = self._path(key)
        with _failing_disk():
            if not path.is_file():
                raise self._absent(key, FileNotFoundError(key))
            return _info(key, path.stat())

    def _list(self, prefix: str) -> Iterator[FileInfo]:
        """Looks at nothing beside what `prefix` leads to: there may be a folder for each upload."""
        within, slash, _ = prefix.rpartition("/")
        with _failing_disk():
            yield from self._walk(
                self._path(within) if within else self._root, within + slash, prefix
            )

    def _walk(self, folder: Path, at: str, prefix: str) -> Iterator[FileInfo]:
        """The files below `folder`, whose key is `at`, in the order of keys: `a.b` before `a/b`."""
        found: dict[str, os.DirEntry[str]] = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        inner = entry.is_dir(follow_symlinks=False)
                        found[f"{at}{entry.name}/" if inner else f"{at}{entry.name}"] = entry
        except (FileNotFoundError, NotADirectoryError):
            return  # removed meanwhile, or a store that nothing was ever put into
        for key in sorted(found):
            if key.endswith("/") and (key.startswith(prefix) or prefix.startswith(key)):
                yield from self._walk(Path(found[key].path), key, prefix)
            elif not key.endswith("/") and key.startswith(prefix):
                try:
                    yield _info(key, found[key].stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue

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
            with suppress(FileNotFoundError):  # removed by who deleted the last of it
                _sync_folder(path.parent)
            self._remove_emptied(path.parent)

    def _remove_emptied(self, folder: Path) -> None:
        """Remove a folder in which nothing is left, and those that it was the last of."""
        with suppress(OSError):  # there is something in it
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent

    def _exists(self, key: str) -> bool:
        path = self._path(key)
        with _failing_disk():
            return path.is_file()

    def _check(self) -> None:
        with _failing_disk():
            self._write_partial(BytesIO(b"check")).unlink()


def _reader(file: BinaryIO, size: int) -> Callable[[int], bytes]:
    """Reads from where `file` stands, and no more than `size` bytes in all."""
    left = size

    def read(wanted: int) -> bytes:
        nonlocal left
        data = file.read(min(wanted, left))
        left -= len(data)
        return data

    return read


def _info(key: str, stat: os.stat_result) -> FileInfo:
    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
    return FileInfo(key, stat.st_size, modified_at, _tag(stat))


def _tag(stat: os.stat_result) -> str:
    return f"{stat.st_mtime_ns:x}-{stat.st_size:x}"


@contextmanager
def _failing_disk() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise unavailable(error) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and what it lies in, each entry durable: a file in a lost folder is lost."""
    while not folder.is_dir():
        _make_folder(folder.parent)
        with suppress(FileNotFoundError):  # what it lies in was emptied just now, and removed
            folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
