"""Where PostgreSQL's programs are on this machine, and as whom they may run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError

DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
DEBIAN_SHARE = Path("/usr/share/postgresql")


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that the server runs as."""

    uid: int
    gid: int
    switch: bool
    """Whether that is another user than the one that we are."""

    @property
    def user(self) -> int | None:
        """For `subprocess`: the user to become, None to stay."""
        return self.uid if self.switch else None

    @property
    def group(self) -> int | None:
        """For `subprocess`: the group to become, None to stay."""
        return self.gid if self.switch else None

    @property
    def extra_groups(self) -> list[str | int] | None:
        """For `subprocess`: none of root's other groups."""
        return [] if self.switch else None


def find_programs() -> Path:
    """Folder of `initdb` and `postgres`: the newest server that has PostGIS.

    Raises ConfigurationError if there is none.
    """
    for folder in sorted(DEBIAN_PROGRAMS.glob("*/bin"), key=_version_of, reverse=True):
        control = DEBIAN_SHARE / folder.parent.name / "extension" / "postgis.control"
        if control.exists() and (folder / "postgres").exists():
            return folder
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run(
            [pg_config, "--bindir", "--sharedir"], capture_output=True, text=True, check=True
        )
        programs, share = map(Path, answer.stdout.splitlines())
        if (programs / "postgres").exists() and (share / "extension/postgis.control").exists():
            return programs
    raise ConfigurationError(
        "no PostgreSQL server with PostGIS found: run scripts/bootstrap.sh or set DATABASE_URL"
    )


def _version_of(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def major_version(programs: Path) -> str:
    """The server's major version as its data folders name it, e.g. `15`."""
    answer = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return answer.stdout.split()[2].split(".")[0]


def account_for(folder: Path) -> Account:
    """Who runs the server whose files are in `folder`: we ourselves, but PostgreSQL refuses root.

    As root it is the owner of the folder if it is there already, else the user `postgres`.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if folder.exists() and folder.stat().st_uid != 0:
        status = folder.stat()
        return Account(status.st_uid, status.st_gid, switch=True)
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise ConfigurationError(
            "PostgreSQL refuses to run as root and there is no user `postgres`: "
            "make one, or run as another user"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, switch=True)
