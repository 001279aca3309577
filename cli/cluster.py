"""A private PostgreSQL cluster: made, started and stopped by us, for us alone.

`make run` keeps one in `.local/pg`, a test run throws one away. Whatever else of PostgreSQL is on
the machine is never touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from cli.postmaster import clear_leftovers, status_of
from cli.server_binaries import Account, account_for, find_programs, major_version
from cli.server_settings import server_settings
from core.errors import ConfigurationError

OWNER = "hientruong"
MOVED_DATA = Path("/var/lib/postgresql")
START_SECONDS = 120.0
"""Long, as the server may first recover from a crash."""
STOP_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
"""Fast shutdown; immediate shutdown, which recovers at the next start; the end."""
LOG_LIMIT = 10_000_000


class LocalCluster:
    """A PostgreSQL cluster in `directory`, made at its first start.

    Only one process at a time can hold a started cluster. The server dies with that process,
    also when it is killed. `durable=False` is for data that may be lost: it trades the safety
    of a power cut for speed. `port` is kept at every start where one is given; `settings` stand
    above those of `cli/server_settings.py`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        durable: bool = True,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self._kept_port = port
        self._settings = dict(settings or {})
        self._home = self.directory
        self._server: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self._home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._home / "postgres.log"

    @property
    def _password(self) -> Path:
        return self._home / "password"

    @property
    def _sockets(self) -> Path:
        """Folder of the server's own, beside its data."""
        return self._home / "run"

    def start(self) -> str:
        """Start the server, making the cluster if it is new; the DSN of its database.

        A server that a killed run left behind is stopped first. Raises ConfigurationError if
        another process holds this cluster, or if the server cannot serve its data.
        """
        if self._server is not None:
            return self.dsn()
        try:
            programs = find_programs()
            account = self._settle()
            self._take_lock()
            self._check(programs)
            clear_leftovers(self.data)
            if not self.data.exists():
                self._make(programs, account)
            self._run(programs, account)
            self._ensure_database()
        except BaseException:
            self.stop()
            raise
        return self.dsn()

    def stop(self) -> None:
        """Stop the server and wait until it is gone. Does nothing if it is not running."""
        server, self._server = self._server, None
        if server is not None:
            for number, seconds in STOP_STEPS:
                if server.poll() is None:
                    server.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    server.wait(seconds)
                    break
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def destroy(self) -> None:
        """Stop the server and remove the cluster with all its data."""
        self.stop()
        home = self.directory.resolve()
        shutil.rmtree(home, ignore_errors=True)
        if self.directory.is_symlink():
            self.directory.unlink()

    def is_running(self) -> bool:
        """Whether the server that we started still runs."""
        return self._server is not None and self._server.poll() is None

    def dsn(self, database: str = OWNER) -> str:
        """Address of `database`; unless one was given, its port changes with each start."""
        password = self._password.read_text(encoding="ascii").strip()
        return f"postgresql://{OWNER}:{password}@127.0.0.1:{self._port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make database `name`, a copy of `template` if one is given; its DSN.

        Nobody may be connected to the template meanwhile.
        """
        self._execute(create_database_statement(name, template))
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Remove database `name`, ending its connections."""
        self._execute(drop_database_statement(name))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _settle(self) -> Account:
        """Choose where the files are, so that the server's account can reach them."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        if self.directory.is_symlink():
            self._home = self.directory.readlink()
        self._home.mkdir(mode=0o755, exist_ok=True)
        account = account_for(self._sockets)
        _give_folder(self._sockets, account)
        if not account.switch or _can_write(self._sockets, account):
            return account
        # The checkout is in a folder that is closed to others, such as root's home.
        if self.data.exists():
            raise ConfigurationError(
                f"{self.data} is closed to its owner: open the folders above it"
            )
        shutil.rmtree(self._home)
        name = hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        self._home = MOVED_DATA / f"{OWNER}-{name}"
        self._home.mkdir(mode=0o755, exist_ok=True)
        _give_folder(self._sockets, account)
        self.directory.symlink_to(self._home)
        return account

    def _take_lock(self) -> None:
        # Held by the open file, so it ends with us however we end.
        self._lock = os.open(self._home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"the database in {self.directory} is in use by another run of this checkout: "
                "stop that one first"
            ) from None

    def _check(self, programs: Path) -> None:
        """Refuse, in plain words, data that this start could not serve."""
        if not self.data.exists():
            return
        if not self._password.exists():
            raise ConfigurationError(
                f"{self._password} is lost: move {self._home} away to start anew"
            )
        made = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = major_version(programs)
        if made != ours:
            raise ConfigurationError(
                f"{self.data} was made by PostgreSQL {made}, and {programs} is PostgreSQL {ours}: "
                f"install postgresql-{made}-postgis-3, or move the folder away to start anew"
            )

    def _make(self, programs: Path, account: Account) -> None:
        # Under another name until it is whole: an initdb may be cut off.
        draft = self._home / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        _give_folder(draft, account)
        password = secrets.token_hex(24)
        secret = self._sockets / "password"
        for path in (self._password, secret):
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(password)
        if account.switch:
            os.chown(secret, account.uid, account.gid)
        command = [str(programs / "initdb"), "--pgdata", str(draft), "--username", OWNER]
        command += ["--pwfile", str(secret), "--auth", "scram-sha-256"]
        command += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
        command += [] if self.durable else ["--no-sync"]
        try:
            _run_as(account, command, cwd=self._home)
        finally:
            secret.unlink()
        draft.rename(self.data)

    def _run(self, programs: Path, account: Account) -> None:
        for attempt in range(5):
            self._port = self._kept_port or free_port()
            self._spawn(programs, account)
            if self._wait_until_ready():
                return
            # The port may have been taken since we looked.
            if attempt == 4 or "Address already in use" not in self._log_tail():
                break
        raise ConfigurationError(f"PostgreSQL does not start:\n{self._log_tail()}")

    def _spawn(self, programs: Path, account: Account) -> None:
        command = [str(programs / "postgres"), "-D", str(self.data)]
        settings = server_settings(self._sockets, self._port, durable=self.durable)
        for name, value in (settings | self._settings).items():
            command += ["-c", f"{name}={value}"]
        if setpriv := shutil.which("setpriv"):
            # A killed run must not leave its server behind. (From within, as Python's preexec_fn
            # is not safe beside threads.)
            command = [setpriv, "--pdeathsig", "INT", "--", *command]
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=self._home,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal is for us: the server goes last.
                start_new_session=True,
                user=account.user,
                group=account.group,
                extra_groups=account.extra_groups,
            )

    def _wait_until_ready(self) -> bool:
        server = self._server
        assert server is not None
        deadline = time.monotonic() + START_SECONDS
        while server.poll() is None:
            if status_of(self.data) == (server.pid, "ready"):
                return True
            if time.monotonic() > deadline:
                self.stop()
                break
            time.sleep(0.02)
        self._server = None
        return False

    def _ensure_database(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [OWNER])
            if found.fetchone() is None:
                connection.execute(create_database_statement(OWNER, None))

    def _log_tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-10:])


def create_database_statement(name: str, template: str | None) -> sql.Composed:
    """`CREATE DATABASE`, to be run outside a transaction."""
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is None:
        return statement
    return statement + sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))


def drop_database_statement(name: str) -> sql.Composed:
    """`DROP DATABASE` that ends the connections to it, to be run outside a transaction."""
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    # Nothing of ours: a PGPORT or a foreign locale in the environment would reach the server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _give_folder(folder: Path, account: Account) -> None:
    if folder.exists():
        return
    folder.mkdir(mode=0o700)
    if account.switch:
        os.chown(folder, account.uid, account.gid)


def _can_write(folder: Path, account: Account) -> bool:
    command = ["test", "-w", str(folder)]
    done = subprocess.run(
        command,
        cwd="/",
        check=False,
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
    )
    return done.returncode == 0


def _run_as(account: Account, command: list[str], *, cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
    )
    if done.returncode != 0:
        raise ConfigurationError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
