"""A second PostgreSQL server that follows the first, and must confirm each of its commits."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cli.cluster import LocalCluster
from cli.server_binaries import Account

NAME = "standby"


class Standby(LocalCluster):
    """A cluster made as a copy of `primary`, which it follows once it is started."""

    def __init__(self, directory: Path, primary: LocalCluster) -> None:
        super().__init__(directory)
        self._primary = primary

    def _make(self, programs: Path, account: Account) -> None:
        follow = f"{self._primary.dsn('postgres')}?application_name={NAME}"
        subprocess.run(
            [
                str(programs / "pg_basebackup"), "--pgdata", str(self.data), "--dbname", follow,
                "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
            ],
            cwd=self._home, check=True, capture_output=True,
            user=account.user, group=account.group, extra_groups=account.extra_groups,
        )  # fmt: skip
        self._password.write_text(self._primary._password.read_text(encoding="ascii"))

    def _settle(self) -> Account:
        account = super()._settle()
        # The server's folder is made by its own account.
        self._home.chmod(0o777)
        return account

    def _ensure_database(self) -> None:
        """It comes with the copy."""


@contextmanager
def synchronous_pair(folder: Path) -> Generator[tuple[LocalCluster, Standby]]:
    """A primary whose commits wait for its standby; both run."""
    with LocalCluster(folder / "primary") as primary:
        standby = Standby(folder / "standby", primary)
        with standby:
            with psycopg.connect(primary.dsn("postgres"), autocommit=True) as connection:
                connection.execute(f"alter system set synchronous_standby_names = '{NAME}'")
                connection.execute("select pg_reload_conf()")
            yield primary, standby
