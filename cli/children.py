"""Child processes that end with us, however we end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

GRACE_SECONDS = 10.0


class Child:
    """One running program in a process group of its own."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        if setpriv := shutil.which("setpriv"):
            # The kernel tells the child when we die, also of SIGKILL.
            command = [setpriv, "--pdeathsig", "TERM", "--", *command]
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            # Ctrl-C at the terminal reaches us alone, and we stop the rest in order.
            process_group=0,
        )

    def ending(self) -> str | None:
        """How the program ended, in words; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        if code < 0:
            return f"{self.name} was ended by {signal.Signals(-code).name}"
        return f"{self.name} ended with exit code {code}"

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        return self._process.wait()

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the program, which stops its own children."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self, deadline: float) -> None:
        """Wait until `deadline` (of `time.monotonic`) for the end, then kill the whole group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            # Also what the program left behind when it ended by itself.
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def stop_all(children: Sequence[Child]) -> None:
    """Stop all at the same time; afterwards none of them, nor of theirs, is left."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        child.stop(deadline)
