"""Keeps the test run's database: starts it, and removes it when the run is over.

    python keeper.py FOLDER RUN_PID

A process of its own, as the pytest-xdist worker that first needs the database need not be the
last that does. It ends when the run does, even if that was killed, or at SIGTERM.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from cli.cluster import LocalCluster

DSN_FILE = "dsn"
ERROR_FILE = "error"


def keep(folder: Path, run: int) -> None:
    """Serve until process `run` is gone, then leave nothing behind."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which then ends
    cluster = LocalCluster(folder / "pg", durable=False)
    try:
        watch = os.pidfd_open(run)
        dsn = cluster.start()
        publish(folder / DSN_FILE, dsn)
        select.select([watch], [], [])
    except Exception as error:  # noqa: BLE001  # whoever waits shall hear of it, whatever it is
        publish(folder / ERROR_FILE, str(error))
        select.select([watch], [], [], 30.0)
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def publish(path: Path, text: str) -> None:
    """Write a file that readers see whole or not at all."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.rename(path)


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
