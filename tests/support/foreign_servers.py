"""Other people's servers that the tests sign in at, each on a free port of loopback.

Their packages are those of tests/servers, which `make dev` begins to install.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from cli.cluster import free_port
from tests.support.programs import find_program, without_proxies

ROOT = Path(__file__).parents[2]
SERVERS = ROOT / "tests" / "servers"
WAIT_SECONDS = 960  # a little longer than the script itself waits
START_SECONDS = 120.0
STOP_SECONDS = 15.0
CLIENT_ID, CLIENT_SECRET = "hientruong", "bi-mat-cua-bo-kiem-thu"
OTHER_CLIENT_ID = "ung-dung-khac"
# Where it may send people back to: providers of the settings by the names that tests give them.
PUBLIC_URL = "https://phananh.example.vn"
PROVIDER_NAMES = ("tinh", "can-bo")
PROJECT = "demo-test"  # the emulator takes names that begin with "demo-" for its own


@dataclass(frozen=True)
class OidcServer:
    """panva's oidc-provider. Its accounts stand in tests/servers/oidc-provider.mjs."""

    issuer: str


@dataclass(frozen=True)
class FirebaseServer:
    """Firebase's Auth emulator; `host` is what FIREBASE_AUTH_EMULATOR_HOST wants."""

    host: str
    project: str = PROJECT


@contextmanager
def open_oidc_provider(folder: Path, public_url: str = PUBLIC_URL) -> Iterator[OidcServer]:
    """A provider that knows us at `public_url`, under CLIENT_ID with CLIENT_SECRET, and one other
    client.
    """
    port = free_port()
    client = {
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [f"{public_url}/v1/auth/oidc/{name}/callback" for name in PROVIDER_NAMES],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
    }
    clients = [client | {"client_id": name} for name in (CLIENT_ID, OTHER_CLIENT_ID)]
    command = [SERVERS / "oidc-provider.mjs", str(port), json.dumps(clients)]
    issuer = f"http://127.0.0.1:{port}"
    with _running(command, folder, f"{issuer}/.well-known/openid-configuration"):
        yield OidcServer(issuer)


@contextmanager
def open_firebase_emulator(folder: Path) -> Iterator[FirebaseServer]:
    """The emulator of Firebase Auth for PROJECT, empty."""
    port, hub, logging = free_port(), free_port(), free_port()
    emulators = {
        "auth": {"host": "127.0.0.1", "port": port},
        "hub": {"host": "127.0.0.1", "port": hub},
        "logging": {"host": "127.0.0.1", "port": logging},
        "ui": {"enabled": False},
    }
    settings = folder / "firebase.json"
    settings.write_text(json.dumps({"emulators": emulators}), encoding="utf-8")
    program = SERVERS / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
    command = [program, "emulators:start", "--only", "auth", "--project", PROJECT,
               "--config", settings]  # fmt: skip
    with _running(command, folder, f"http://127.0.0.1:{port}/"):
        yield FirebaseServer(f"127.0.0.1:{port}")


@contextmanager
def _running(command: list[str | Path], folder: Path, url: str) -> Iterator[None]:
    """A Node program until the block ends; begins when `url` answers."""
    _wait_for_packages()
    node = find_program("node", hint="scripts/build_web.sh installs it")
    # What they keep beside their data (logs, files that say where they run) goes to the test's folder.
    environment = without_proxies() | {"HOME": str(folder), "TMPDIR": str(folder), "CI": "1"}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [node, *command], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        _wait_for_answer(process, url, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@cache
def _wait_for_packages() -> None:
    """The test fails, with the reason, when the packages could not be installed."""
    done = subprocess.run(
        [ROOT / "scripts" / "test_servers.sh", "--wait"],
        env=os.environ, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.fail(done.stderr)


def _wait_for_answer(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        said = log.read_text(encoding="utf-8", errors="replace")
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        try:
            with direct.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
