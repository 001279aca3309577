"""A Ceph cluster of our own, as small as one can be, whose gateway speaks S3 in full.

One monitor, one storage daemon on a file, one gateway, in a private folder and on free ports of
loopback; Debian's packages, nothing of the system's. Authentication is on: without it the gateway
never comes up. There is no manager, which only gathers figures.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from cli.cluster import free_port
from core.settings import MediaSettings
from media.stores.registry import open_store
from tests.support.s3 import own_bucket

PROGRAMS = (
    "ceph",
    "ceph-authtool",
    "ceph-mon",
    "ceph-osd",
    "monmaptool",
    "radosgw",
    "radosgw-admin",
)
START_SECONDS = 180.0
_DISK_BYTES = 20 * 1024**3  # a sparse file: it takes what is written
_CONFIGURATION = """
[global]
fsid = {fsid}
mon_initial_members = a
mon_host = v2:127.0.0.1:{mon_port}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = {folder}/$name.keyring
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
log_file = {folder}/$name.log
mon_cluster_log_file = {folder}/cluster.log
mon_data = {folder}/mon
osd_data = {folder}/osd
rgw_data = {folder}/rgw
osd_objectstore = bluestore
bluestore_block_size = {disk_bytes}
osd_memory_target = 1073741824
osd_client_watch_timeout = 5
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
rgw_rados_pool_pg_num_min = 1
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
mon_osd_full_ratio = 0.99
ms_bind_ipv6 = false
ms_bind_port_min = {port_min}
ms_bind_port_max = {port_max}

[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{rgw_port}
rgw_thread_pool_size = 32
rgw_enable_usage_log = false
"""


def missing_programs() -> list[str]:
    """What is not installed of what this needs."""
    return [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


@dataclass
class Ceph:
    """A running cluster. `kill` and `start` make all of it go and come back."""

    folder: Path
    access_key: str = field(default_factory=lambda: f"K{secrets.token_hex(8)}")
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20))
    rgw_port: int = field(default_factory=free_port)
    _daemons: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def settings(self) -> MediaSettings:
        return MediaSettings(
            store="s3",
            s3_endpoint=f"127.0.0.1:{self.rgw_port}",
            s3_access_key=SecretStr(self.access_key),
            s3_secret_key=SecretStr(self.secret_key),
            s3_secure=False,
            s3_region="us-east-1",
        )

    def create(self) -> None:
        """Make the cluster's files and start it."""
        fsid, osd, mon_port = str(uuid.uuid4()), str(uuid.uuid4()), free_port()
        (self.folder / "run").mkdir()
        for name in ("osd", "rgw"):
            (self.folder / name).mkdir()
        (self.folder / "ceph.conf").write_text(
            _CONFIGURATION.format(
                fsid=fsid,
                folder=self.folder,
                mon_port=mon_port,
                rgw_port=self.rgw_port,
                disk_bytes=_DISK_BYTES,
                port_min=20_000,
                port_max=29_000,
            ),
            encoding="utf-8",
        )
        self._make_monitor(fsid, mon_port)
        self._daemon("ceph-mon", "-i", "a")
        self._make_disk(osd)
        self._daemon("ceph-osd", "-i", "0")
        self._run(
            "ceph", "auth", "get-or-create", "client.rgw",
            "mon", "allow rw", "osd", "allow rwx", "-o", str(self.folder / "client.rgw.keyring"),
        )  # fmt: skip
        self._run(
            "radosgw-admin", "user", "create", "--uid", "tester", "--display-name", "tester",
            "--access-key", self.access_key, "--secret", self.secret_key,
        )  # fmt: skip
        self._start_gateway()

    def start(self) -> None:
        """Come back after `kill`."""
        self._daemon("ceph-mon", "-i", "a")
        self._daemon("ceph-osd", "-i", "0")
        self._start_gateway()

    def kill(self) -> None:
        """End all of it at once, as a crash of the machine's does."""
        for daemon in self._daemons:
            daemon.kill()
        for daemon in self._daemons:
            daemon.wait()
        self._daemons.clear()

    def _make_monitor(self, fsid: str, port: int) -> None:
        keyring, admin = self.folder / "mon.keyring", self.folder / "client.admin.keyring"
        monitor_map = str(self.folder / "monmap")
        everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *")
        make = ("ceph-authtool", "--create-keyring", "--gen-key")
        self._run(*make, str(keyring), "-n", "mon.", "--cap", "mon", "allow *")
        self._run(*make, str(admin), "-n", "client.admin", *everything)
        self._run("ceph-authtool", str(keyring), "--import-keyring", str(admin))
        address = f"[v2:127.0.0.1:{port}]"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monitor_map)
        self._run(
            "ceph-mon", "--mkfs", "-i", "a", "--monmap", monitor_map, "--keyring", str(keyring)
        )

    def _make_disk(self, osd: str) -> None:
        self._run("ceph", "osd", "new", osd)
        self._run(
            "ceph", "auth", "get-or-create", "osd.0",
            "mon", "allow profile osd", "osd", "allow *",
            "-o", str(self.folder / "osd.0.keyring"),
        )  # fmt: skip
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)

    def _start_gateway(self) -> None:
        self._daemon("radosgw", "-n", "client.rgw")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, self.said()
            assert all(daemon.poll() is None for daemon in self._daemons), self.said()
            time.sleep(0.1)
        self._warm_up()

    def _warm_up(self) -> None:
        """Put a file into a new bucket: pools are made for the first, and a gateway that was killed
        is waited for; both take longer than a store may say nothing.
        """
        patient = own_bucket(self.settings).model_copy(update={"s3_timeout_s": START_SECONDS})
        first = open_store(patient).put("first", b"", "text/plain")
        with ThreadPoolExecutor(1) as thread:  # the tests' own event loop is none of its business
            thread.submit(asyncio.run, first).result()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.rgw_port}/", timeout=2).close()  # ours
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    def said(self) -> str:
        """The ends of the logs."""
        logs = sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out"))
        return "\n".join(f"{log.name}: {log.read_text('utf-8', 'replace')[-1500:]}" for log in logs)

    def _daemon(self, program: str, *arguments: str) -> None:
        with (self.folder / f"{program}.out").open("ab") as out:
            command = self._command(program, *arguments, "-f")
            self._daemons.append(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=_environment()
                )
            )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            self._command(program, *arguments),
            stdin=subprocess.DEVNULL, capture_output=True, timeout=START_SECONDS, check=False,
            env=_environment(),
        )  # fmt: skip
        assert done.returncode == 0, f"{program} {arguments}: {done.stderr.decode()}"

    def _command(self, program: str, *arguments: str) -> list[str]:
        found = shutil.which(program, path=_path())
        assert found is not None
        configuration = ["-c", str(self.folder / "ceph.conf")]
        if program in ("ceph-authtool", "monmaptool"):
            configuration = []
        return [found, *configuration, *arguments]


def _environment() -> dict[str, str]:
    return {"PATH": _path(), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


@contextmanager
def running_ceph() -> Iterator[Ceph]:
    """A cluster that is there for the block, and nothing of it afterwards."""
    # Not in pytest's folders: paths of Unix sockets have room for about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="hientruong-ceph-", ignore_cleanup_errors=True) as name:
        ceph = Ceph(Path(name))
        try:
            ceph.create()
            yield ceph
        finally:
            ceph.kill()
