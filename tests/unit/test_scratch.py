"""Files being worked on go with their process, however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.scratch import PREFIX, remove_abandoned, scratch_folder

_WORKING = """
import sys, tempfile
from core.scratch import scratch_folder
tempfile.tempdir = sys.argv[1]
(scratch_folder() / "photo").write_bytes(b"x")
print(scratch_folder(), flush=True)
sys.stdin.read()
"""


@contextmanager
def working(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process with a file in its folder, and that folder."""
    with subprocess.Popen(
        [sys.executable, "-c", _WORKING, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        try:
            yield process, folder
        finally:
            process.kill()


def test_a_process_that_ends_takes_its_folder_along(tmp_path: Path) -> None:
    with working(tmp_path) as (process, folder):
        assert [file.name for file in folder.iterdir()] == ["photo"]
        assert folder.stat().st_mode & 0o077 == 0
        process.communicate("")
    assert list(tmp_path.iterdir()) == []


def test_what_the_killed_leave_is_removed_and_what_others_hold_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with working(tmp_path) as (killed, left), working(tmp_path) as (_, held):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert (left / "photo").exists()
        remove_abandoned()
        assert list(tmp_path.iterdir()) == [held]
        assert (held / "photo").exists()


def test_what_is_no_folder_of_ours_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    (tmp_path / f"{PREFIX}file").touch()
    remove_abandoned()
    assert (precious / "file").exists()
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_somebody_removed_is_made_anew() -> None:
    before = scratch_folder()
    before.rmdir()
    after = scratch_folder()
    assert after.is_dir()
    assert after == scratch_folder() != before
