"""The private cluster: made, kept, recovered; and nobody else's is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.cluster import LocalCluster
from cli.postmaster import clear_leftovers, processes_of, status_of
from core.errors import ConfigurationError


@pytest.fixture
def place() -> Iterator[Path]:
    # Not tmp_path: its folders are closed to the user that runs PostgreSQL.
    with tempfile.TemporaryDirectory(prefix="hientruong-cluster-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder / "pg"
        LocalCluster(folder / "pg").destroy()


@pytest.fixture
def cluster(place: Path) -> Iterator[LocalCluster]:
    made = LocalCluster(place, durable=False)
    yield made
    made.stop()


def execute(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def server_pid(cluster: LocalCluster) -> int:
    status = status_of(cluster.data)
    assert status is not None
    return status[0]


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while processes_of(folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_keeps_its_data_over_stop_and_start(cluster: LocalCluster) -> None:
    first = cluster.start()
    execute(first, "create table kept as select 'phường'::text as word")
    cluster.stop()
    assert processes_of(cluster.data) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first)

    assert execute(cluster.start(), "select word from kept") == [("phường",)]


def test_serves_utf8_and_postgis_on_loopback_with_a_password(cluster: LocalCluster) -> None:
    dsn = cluster.start()
    execute(dsn, "create extension postgis")

    assert execute(dsn, "show server_encoding") == [("UTF8",)]
    assert execute(dsn, "show listen_addresses") == [("127.0.0.1",)]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(dsn.replace("hientruong:", "hientruong:x", 1))
    assert (cluster.directory / "password").stat().st_mode & 0o077 == 0


def test_loses_nothing_when_its_server_is_killed(place: Path) -> None:
    cluster = LocalCluster(place)
    execute(cluster.start(), "create table kept as select 1 as one")
    os.kill(server_pid(cluster), signal.SIGKILL)
    cluster.stop()

    assert execute(cluster.start(), "select one from kept") == [(1,)]
    cluster.stop()


def test_an_id_used_again_by_another_process_does_not_hinder(cluster: LocalCluster) -> None:
    cluster.start()
    os.kill(server_pid(cluster), signal.SIGKILL)
    cluster.stop()
    pid_file = cluster.data / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lines = pid_file.read_text(encoding="utf-8").splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]), encoding="utf-8")

        cluster.start()

        assert stranger.poll() is None
        stranger.kill()


def test_a_server_left_by_a_killed_run_ends_or_is_stopped(place: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from cli.cluster import LocalCluster
LocalCluster(Path({str(place)!r}), durable=False).start()
os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", script], check=False)
    assert run.returncode == -signal.SIGKILL

    with LocalCluster(place, durable=False) as cluster:
        assert cluster.is_running()
    wait_until_gone(place / "data")


def test_one_process_at_a_time(cluster: LocalCluster) -> None:
    dsn = cluster.start()

    with pytest.raises(ConfigurationError, match="in use"):
        LocalCluster(cluster.directory, durable=False).start()

    assert execute(dsn, "select 1") == [(1,)]


def test_leaves_the_servers_of_others_alone(cluster: LocalCluster, place: Path) -> None:
    dsn = cluster.start()
    other = place.parent / "other"
    other.mkdir()
    # As if its own server had been killed and the id were now that of another cluster.
    (other / "postmaster.pid").write_text(f"{server_pid(cluster)}\n", encoding="utf-8")

    clear_leftovers(other)

    assert execute(dsn, "select 1") == [(1,)]
    assert not (other / "postmaster.pid").exists()


def test_copies_and_drops_databases(cluster: LocalCluster) -> None:
    execute(cluster.start(), "create table one as select 1 as one")

    copy = cluster.create_database("copy", template="hientruong")
    assert execute(copy, "select one from one") == [(1,)]

    with psycopg.connect(copy):  # a connection that somebody forgot
        cluster.drop_database("copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copy)


def test_refuses_the_data_of_another_major_version(cluster: LocalCluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("12\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="made by PostgreSQL 12"):
        cluster.start()


def test_a_making_that_was_cut_off_is_begun_again(cluster: LocalCluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "base").rename(cluster.data / "lost")
    cluster.data.rename(cluster.directory / "data.new")

    assert execute(cluster.start(), "select 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_moves_the_data_when_the_checkout_is_closed_to_the_server(place: Path) -> None:
    place.parent.chmod(0o700)
    cluster = LocalCluster(place, durable=False)
    try:
        dsn = cluster.start()
        assert execute(dsn, "select 1") == [(1,)]
        assert place.is_symlink()
        moved = place.resolve()
        cluster.stop()
        # The folder of the checkout may go; the data is found again.
        place.unlink()
        with LocalCluster(place, durable=False) as again:
            execute(again.dsn(), "select 1")
    finally:
        cluster.destroy()
    assert not moved.exists()
