"""What a child process gives up before it looks at a picture."""

from __future__ import annotations

import os
import resource


def confine(*, memory_bytes: int, cpu_s: int, niceness: int) -> None:
    """Take no more than this, from the start; a core dump would hold the picture."""
    os.nice(niceness)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_s)
    _limit(resource.RLIMIT_CORE, 0)


def close_the_door() -> None:
    """Open no file and no socket any more: whatever is needed of them must be there by now."""
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)


def _limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))
