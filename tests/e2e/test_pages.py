"""Pages in headless Chromium at a running server: without a network, and at an identity provider."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import psycopg
import pytest

from cli.cluster import free_port
from core.db import driver_url
from tests.support.foreign_servers import open_oidc_provider
from tests.support.oidc import provider, staff_provider
from tests.support.programs import BROWSERS, find_program, without_proxies
from tests.support.server import UNLIMITED, ServerProcess

pytestmark = pytest.mark.slow

WEB = Path(__file__).parents[2] / "web"
SECONDS = 240
GROW_OLD = "UPDATE staff_sessions SET strong_at = strong_at - interval '1 day'"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def start_script(name: str, url: str, pictures: Path) -> subprocess.Popen[str]:
    """A script of web/e2e as a process whose lines can be read and answered."""
    assert (WEB / "dist" / "app.html").is_file(), "run: make web"
    node = find_program("node", hint="scripts/build_web.sh installs it")
    browser = os.environ.get("CHROMIUM") or find_program(*BROWSERS)
    return subprocess.Popen(
        [node, WEB / "e2e" / name, pictures],
        env=without_proxies() | {"BASE_URL": url, "CHROMIUM": browser},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_what_is_filed_without_a_network_arrives_with_its_photos_or_is_told(
    city_database: str, tmp_path: Path, pictures: Path
) -> None:
    server = ServerProcess(city_database, tmp_path, free_port(), UNLIMITED)
    server.start()
    try:
        script = start_script("offline.mjs", server.url, pictures)
        said, _ = script.communicate(timeout=SECONDS)
    finally:
        server.stop()
    assert script.returncode == 0, said
    assert "byte for byte" in said
    assert "corrected and sent with its photo" in said


@pytest.fixture
def site(city_database: str, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with the real provider, for citizens and for staff."""
    server = ServerProcess(city_database, tmp_path, free_port())
    claims = {"role": "groups", "department": "unit"}
    with ExitStack() as stack:
        issuer = stack.enter_context(open_oidc_provider(tmp_path, server.url)).issuer
        providers = [
            provider(issuer, trust_phone=True),
            staff_provider(
                issuer, match_username=False, claims=claims, roles={"tong-dai": "operator"}
            ),
        ]
        server.settings["HIENTRUONG_OIDC_PROVIDERS"] = json.dumps(providers)
        server.start()
        stack.callback(server.stop)
        yield server


def test_people_sign_in_at_a_provider_and_are_back_where_they_were(
    site: ServerProcess, pictures: Path
) -> None:
    said: list[str] = []
    with start_script("provider.mjs", site.url, pictures) as script:
        assert script.stdout is not None
        assert script.stdin is not None
        for line in script.stdout:
            said.append(line)
            if line.strip() == "wait":
                with psycopg.connect(
                    driver_url(site.database_url, ""), autocommit=True
                ) as connection:
                    connection.execute(GROW_OLD)
                script.stdin.write("\n")
                script.stdin.flush()
    assert script.returncode == 0, "".join(said)
    [enrolment] = [line.removeprefix("totp ").strip() for line in said if line.startswith("totp ")]
    picture = cv2.imread(str(pictures / "provider-qr.png"))
    assert picture is not None
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert read == enrolment
    assert read.startswith("otpauth://totp/")
