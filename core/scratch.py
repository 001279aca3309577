"""The folder on this machine's disk for files that this process is working on; TMPDIR says where.

They are people's photos and videos as they were sent, and a process that is killed cannot remove
its own. So each process holds a lock on its folder, which the kernel lets go of with the process,
and those that start remove the folders that nobody holds. What cleans /tmp leaves locked folders
alone, too.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

import structlog

PREFIX = "hientruong-work-"
log = structlog.get_logger(__name__)
_turn = Lock()  # files are made in threads


def scratch_folder() -> Path:
    """This process's folder, which goes with the process. OSError when the disk is full."""
    with _turn:
        folder = _hold()
        if not folder.is_dir():  # somebody has emptied TMPDIR
            _hold.cache_clear()
            folder = _hold()
        return folder


def remove_abandoned() -> None:
    """Remove the folders of processes that died. Says what it cannot remove and raises nothing."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            _remove_unless_held(folder)
        except FileNotFoundError:
            continue  # another process that starts was faster
        except OSError as error:  # of another user, or no folder at all
            log.warning("scratch_folder_left", folder=str(folder), reason=str(error))


@cache
def _hold() -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Whoever removes what is abandoned may have come before we held it.
        with suppress(FileNotFoundError):
            if _lock(folder) is not None and folder.is_dir():
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
                return folder


def _remove_unless_held(folder: Path) -> None:
    lock = _lock(folder)
    if lock is None:
        return
    try:
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """Hold a folder for as long as the descriptor is open; None if somebody else does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
