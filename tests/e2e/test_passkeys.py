"""Passkeys in headless Chromium, with its virtual device: set up, used, and refused."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.cluster import free_port
from tests.support.programs import BROWSERS, find_program, without_proxies
from tests.support.server import ServerProcess

pytestmark = pytest.mark.slow

WEB = Path(__file__).parents[2] / "web"
SECONDS = 120


@pytest.fixture
def seen(city_database: str, tmp_path: Path) -> dict[str, Any]:
    """What the script saw."""
    assert (WEB / "dist" / "desk.html").is_file(), "run: make web"
    node = find_program("node", hint="scripts/build_web.sh installs it")
    browser = os.environ.get("CHROMIUM") or find_program(*BROWSERS)
    port = free_port()
    url = f"http://localhost:{port}"  # of an address no passkey is made
    server = ServerProcess(city_database, tmp_path, port, {"HIENTRUONG_PUBLIC_URL": url})
    server.start()
    try:
        done = subprocess.run(
            [node, WEB / "e2e" / "passkey.mjs"],
            env=without_proxies() | {"BASE_URL": url, "CHROMIUM": browser},
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    finally:
        server.stop()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_staff_set_up_a_passkey_and_sign_in_with_it(seen: dict[str, Any]) -> None:
    assert seen["problems"] == []
    assert (seen["credentials"], seen["domain"]) == (1, "localhost")
    assert (seen["role"], seen["ways"]) == ("admin", ["passkey"])
    assert seen["refused"] == 401
    # No script of a page can read what signs staff in.
    assert seen["scripts"]["cookie"] == ""
    assert "token" not in seen["scripts"]["stored"]
