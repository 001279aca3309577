"""`hientruong worker`: what happens without anybody asking (clocks, notifications, photos)."""

from __future__ import annotations

import uvloop


def run_worker() -> None:
    """Work until a signal stops it; a job in hand is finished or given back."""
    from workflows.worker import run

    uvloop.run(run())
