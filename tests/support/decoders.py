"""The decoders of photos as processes: children of the server that this process has started."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest


def running_decoders() -> set[int]:
    """Process ids of decoders that run, or have ended and wait to be noticed."""
    return {child for server in decoders_servers() for child in _children(server)}


def decoders_servers() -> list[int]:
    """Process ids of what decoders are forked from: one, or none before the first photo."""
    return [child for child in _children(os.getpid()) if b"decoder_server" in _command(child)]


def has_ended(process: int) -> bool:
    """Whether nothing of it is left but its exit code: one that is killed loses its command line
    before its sockets.
    """
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def next_decoder(before: set[int]) -> int:
    """The id of the next one that is started."""
    for _ in range(2000):
        if born := running_decoders() - before:
            return born.pop()
        time.sleep(0.005)
    raise AssertionError("no decoder was started")


def _children(process: int) -> set[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    try:
        return {int(child) for child in found.read_text(encoding="ascii").split()}
    except (FileNotFoundError, ProcessLookupError):
        if process != os.getpid():  # it has just ended
            return set()
        pytest.skip("this kernel does not list the children of a process")
