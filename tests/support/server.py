"""The API as a process of its own, on a free port of loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cli.cluster import free_port
from tests.support.client import SECRET

START_SECONDS = 60.0
STOP_SECONDS = 15.0
# One client that files as fast as it can is what budgets are there to stop.
UNLIMITED = {
    f"HIENTRUONG_FILING_{name}": "0"
    for name in ("PER_ACCOUNT_HOUR", "PER_NUMBER_HOUR", "PER_ADDRESS_HOUR", "CITY_MINUTE")
}


@dataclass
class ServerProcess:
    """A running API. `kill` and `start` make it go and come back on the same port."""

    database_url: str
    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict[str, str])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        unwanted = ("DATABASE_URL", "HIENTRUONG_", "PYTEST_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        environment |= {
            "DATABASE_URL": self.database_url,
            "HIENTRUONG_DEMO": "1",
            "HIENTRUONG_SECRET_KEY": SECRET,
            "HIENTRUONG_MEDIA_ROOT": str(self.folder / "media"),
            "HIENTRUONG_PUBLIC_URL": self.url,
            "HIENTRUONG_LOG_LEVEL": "WARNING",
            **self.settings,
        }
        program = Path(sys.executable).with_name("hientruong")
        with (self.folder / f"api-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "serve", "--port", str(self.port)],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait()

    def kill(self) -> None:
        """End it at once, as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def said(self) -> str:
        """What it has logged."""
        return (self.folder / f"api-{self.port}.log").read_text(encoding="utf-8")

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):  # noqa: S310  # ours
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)


@contextmanager
def serving(database_url: str, folder: Path, **settings: str) -> Iterator[ServerProcess]:
    """The API on a database, with settings of its environment, gone afterwards."""
    server = ServerProcess(database_url, folder, free_port(), settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
