"""The databases of one test run: a template made by the migrations, and copies of it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from cli.cluster import create_database_statement, drop_database_statement
from cli.database import upgrade
from tests.support.keeper import DSN_FILE, ERROR_FILE, publish

TEMPLATE = "template_hientruong"
TEMPLATE_FILE = "template"
KEEPER_FILE = "keeper"
# Copies files rather than pages through the log: a fifth of the time, in a run that makes thousands.
FILE_COPY, FILE_COPY_FROM = psycopg.sql.SQL(" STRATEGY FILE_COPY"), 150000
START_SECONDS = 120.0
STOP_SECONDS = 60.0


class TestDatabases:
    """Databases of the run whose files are in `folder`; made when first asked for."""

    __test__ = False  # not a test class, whatever its name says

    def __init__(self, folder: Path, run: int) -> None:
        self._folder = folder
        self._run = run

    def clone(self, name: str, *, template: str | None = None) -> str:
        """Make database `name` as the migrations leave it, or as a copy of `template`; its URL."""
        template = template or self._template()
        statement = create_database_statement(name, template)
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if connection.info.server_version >= FILE_COPY_FROM:
                statement += FILE_COPY
            connection.execute(statement)
        return self._url(name)

    def empty(self, name: str) -> str:
        """Make database `name` with nothing in it, for tests of migrations; its URL."""
        self._execute_on_server(create_database_statement(name, None))
        return self._url(name)

    def drop(self, name: str) -> None:
        """Remove database `name`, ending its connections."""
        self._execute_on_server(drop_database_statement(name))

    def _execute_on_server(self, statement: psycopg.sql.Composed) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _url(self, name: str) -> str:
        server, _, _ = self._server().rpartition("/")
        return f"{server}/{name}"

    def _template(self) -> str:
        """Name of the template, made once per run."""
        self._server()
        done = self._folder / TEMPLATE_FILE
        if not done.exists():
            with self._only_one("template.lock"):
                if not done.exists():
                    publish(done, self._make_template())
        if error := done.read_text(encoding="utf-8"):
            # The others need not try a migration that has failed already.
            raise RuntimeError(f"the migrations failed: {error}")
        return TEMPLATE

    def _make_template(self) -> str:
        try:
            upgrade(self.empty(TEMPLATE))
        except Exception as error:  # noqa: BLE001  # told to every worker of the run
            return f"{type(error).__name__}: {error}"
        return ""

    def _server(self) -> str:
        """DSN of the server's own database; starts the server if nobody has."""
        dsn = self._folder / DSN_FILE
        if not dsn.exists():
            self._folder.mkdir(mode=0o755, exist_ok=True)
            with self._only_one("server.lock"):
                if not dsn.exists():
                    self._start_keeper()
        return dsn.read_text(encoding="utf-8")

    def _start_keeper(self) -> None:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.keeper", str(self._folder), str(self._run)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        publish(self._folder / KEEPER_FILE, str(keeper.pid))
        deadline = time.monotonic() + START_SECONDS
        while not (self._folder / DSN_FILE).exists():
            error = self._folder / ERROR_FILE
            if error.exists():
                raise RuntimeError(error.read_text(encoding="utf-8"))
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the tests' database did not start")
            time.sleep(0.05)
        keeper.returncode = 0  # it outlives this process on purpose: no warning about that

    @contextmanager
    def _only_one(self, name: str) -> Iterator[None]:
        with (self._folder / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def remove(self) -> None:
        """End the server and remove all files. Called once, by the run's main process."""
        with suppress(FileNotFoundError, ProcessLookupError):
            keeper = int((self._folder / KEEPER_FILE).read_text(encoding="utf-8"))
            os.kill(keeper, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._folder.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
