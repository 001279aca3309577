"""A cluster, a city and a server of the benchmark's own, on loopback, gone afterwards."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.children import Child
from cli.cluster import LocalCluster, free_port
from cli.database import upgrade
from tests.support.city import load_test_city
from tests.support.server import UNLIMITED

START_SECONDS = 60
STOP_SECONDS = 15


@dataclass(frozen=True)
class Environment:
    """Where the benchmark's database, its log and the API are, and the settings that a worker needs
    as well.
    """

    database_url: str
    api_url: str
    settings: Mapping[str, str]
    database_log: Path


@contextmanager
def running_city(
    *,
    workers: int = 2,
    environment: dict[str, str] | None = None,
    postgres: Mapping[str, str] | None = None,
) -> Iterator[Environment]:
    """A durable cluster with a city and no reports, and the API in `workers` processes, with
    settings of its `environment`; `postgres` are settings of the server's own.

    Durable as in production: fsync and synchronous_commit are on.
    """
    with tempfile.TemporaryDirectory(prefix="hientruong-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs under another user
        cluster = LocalCluster(folder / "pg", settings=postgres)
        url = cluster.start()
        try:
            upgrade(url)
            load_test_city(url)
            settings = {
                "DATABASE_URL": url,
                "HIENTRUONG_DEMO": "1",
                "HIENTRUONG_LOG_LEVEL": "WARNING",
                "HIENTRUONG_MEDIA_ROOT": str(folder / "media"),
                **UNLIMITED,
                **(environment or {}),
            }
            with _api(settings, workers) as api_url:
                yield Environment(url, api_url, settings, cluster.log)
        finally:
            cluster.stop()
            cluster.destroy()


@contextmanager
def _api(settings: dict[str, str], workers: int) -> Iterator[str]:
    port = free_port()
    program = Path(sys.executable).with_name("hientruong")
    command = [str(program), "serve", "--port", str(port), "--workers", str(workers)]
    server = Child("api", command, os.environ | settings)
    try:
        api_url = f"http://127.0.0.1:{port}"
        _wait_for(api_url, server)
        yield api_url
    finally:
        server.ask_to_stop()
        server.stop(time.monotonic() + STOP_SECONDS)


def _wait_for(api_url: str, server: Child) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ended := server.ending():
            raise RuntimeError(ended)
        try:
            with urllib.request.urlopen(f"{api_url}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start")
