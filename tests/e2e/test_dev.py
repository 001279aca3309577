"""`hientruong dev` as a person meets it: it starts, says where, and leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.cluster import LocalCluster, free_port
from cli.postmaster import processes_of

pytestmark = [
    pytest.mark.slow,
    # They share one place, so that the demo is loaded once.
    pytest.mark.xdist_group("dev"),
]

MARK = "HIENTRUONG_TEST_TREE"
START_SECONDS = 180.0
STOP_SECONDS = 30.0


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    # Not tmp_path: its folders are closed to the user that runs PostgreSQL.
    with tempfile.TemporaryDirectory(prefix="hientruong-dev-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        LocalCluster(folder / "pg").destroy()


class Run:
    """One `hientruong dev` with its output in a file."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.port = free_port()
        self.mark = secrets.token_hex(8)
        self.output = place / f"{self.mark}.log"
        unwanted = ("DATABASE_URL", "HIENTRUONG_", "PYTEST_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        program = Path(sys.executable).with_name("hientruong")
        # A suite that runs under nohup ignores hangups, and what it starts would as well.
        kept = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [program, "dev", "--port", str(self.port), "--local", str(place)],
                env={**environment, MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        signal.signal(signal.SIGHUP, kept)

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "is ready" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def children(self) -> dict[int, str]:
        """Processes of this run, by the mark that they inherit: id and command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(entry.name)] = command
            except OSError:
                continue
        found.pop(self.process.pid, None)
        return found

    def child(self, word: str) -> int:
        return min(pid for pid, command in self.children().items() if f" {word}" in command)

    def assert_nothing_left(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self.children() or processes_of(self.place / "pg" / "data"):
            assert time.monotonic() < deadline, self.children()
            time.sleep(0.1)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def run(place: Path) -> Iterator[Run]:
    made = Run(place)
    yield made
    made.close()


def test_says_where_and_who_and_answers(run: Run) -> None:
    run.wait_until_ready()

    assert run.get("/readyz") == 200
    assert f"http://127.0.0.1:{run.port}/desk" in run.said()
    assert "supervisor." in run.said()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_it(run: Run, number: signal.Signals) -> None:
    run.wait_until_ready()

    run.process.send_signal(number)

    assert run.process.wait(STOP_SECONDS) == 0
    assert "Traceback" not in run.said()
    run.assert_nothing_left()


@pytest.mark.parametrize("word", ["serve", "worker"])
def test_a_part_that_dies_is_named_and_stops_the_rest(run: Run, word: str) -> None:
    run.wait_until_ready()

    os.kill(run.child(word), signal.SIGKILL)

    assert run.process.wait(STOP_SECONDS) == 1
    assert "was ended by SIGKILL" in run.said()
    run.assert_nothing_left()


def test_nothing_outlives_a_kill(run: Run) -> None:
    run.wait_until_ready()

    run.process.kill()
    run.process.wait()

    run.assert_nothing_left()


def test_a_stop_while_it_starts_leaves_nothing(run: Run) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "starting the database" not in run.said():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    run.process.send_signal(signal.SIGINT)

    assert run.process.wait(STOP_SECONDS) == 0
    run.assert_nothing_left()


def test_a_port_in_use_is_said_before_anything_starts(place: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [
                Path(sys.executable).with_name("hientruong"),
                *("dev", "--local", str(place), "--port", str(taken.getsockname()[1])),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "is in use" in done.stderr
    assert "starting" not in done.stdout
