"""Finds and stops the PostgreSQL server of one data folder, and never any other.

Linux only: a server is known by its working directory, which PostgreSQL sets to its data folder,
so neither a recycled process id nor a stale `postmaster.pid` can point at somebody else's.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import ConfigurationError

PID_FILE = "postmaster.pid"
STATUS_LINE = 7
"""`postmaster.pid` holds the server's status in its eighth line, the pid in its first."""


def processes_of(data: Path) -> list[int]:
    """Ids of the PostgreSQL processes that work in `data`, the server and its children."""
    wanted = os.path.realpath(data)
    return sorted(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _is_postgres_in(entry, wanted)
    )


def _is_postgres_in(process: Path, folder: str) -> bool:
    try:
        return (process / "cwd").readlink() == Path(folder) and (
            process / "exe"
        ).readlink().name.startswith("postgres")
    except OSError:  # ended meanwhile, or another user's: not ours
        return False


def status_of(data: Path) -> tuple[int, str] | None:
    """The server's process id and status (`starting`, `ready`, …), None if none is noted."""
    try:
        lines = (data / PID_FILE).read_text(encoding="utf-8").splitlines()
        return int(lines[0]), lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else ""
    except (OSError, ValueError, IndexError):
        return None


def clear_leftovers(data: Path) -> None:
    """Stop whatever an earlier run left behind in `data`; afterwards a server can start there.

    The caller holds the folder's lock, so a server found here belongs to a run that was killed.
    Raises ConfigurationError if it cannot be stopped.
    """
    noted = status_of(data)
    running = processes_of(data)
    if noted and noted[0] in running:
        # SIGINT is the server's fast shutdown, SIGQUIT the immediate one, which recovers later.
        _stop(data, noted[0], (signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))
    # Children of a server that was killed end by themselves when they notice; a busy one may not.
    if not _wait(lambda: not processes_of(data), 3.0):
        for pid in processes_of(data):
            _send(pid, signal.SIGQUIT)
        if not _wait(lambda: not processes_of(data), 10.0):
            raise ConfigurationError(f"processes of an earlier run still use {data}: stop them")
    # PostgreSQL would take the file for a running server if the id in it was used again.
    (data / PID_FILE).unlink(missing_ok=True)


def _stop(data: Path, pid: int, *steps: tuple[signal.Signals, float]) -> None:
    for number, seconds in steps:
        _send(pid, number)
        if _wait(lambda: pid not in processes_of(data), seconds):
            return


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    """Whether `done` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
