"""`hientruong dev`, which `make run` calls: the whole system in one tree of processes."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import psycopg

from cli.banner import banner
from cli.children import Child, stop_all
from cli.cluster import LocalCluster
from cli.database import ROOT, RUNNING_DATABASE, plain_dsn, upgrade
from core.errors import ConfigurationError

OFF = ("0", "false", "no", "off", "")
READY_SECONDS = 180.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stopped(BaseException):
    """A signal asked us to stop. Not an Exception, so that nothing on its way swallows it."""


def run_dev(*, port: int, host: str, local: Path | None = None) -> int:
    """Start everything and wait until it is stopped; the exit code.

    `local` is where its database, photos and secret are kept, by default the checkout's `.local`.
    0 after Ctrl-C, SIGTERM or a closed terminal, 1 if a part ended by itself. In any case all
    that was started is gone on return.
    """
    try:
        with _stop_on_signals(), ExitStack() as stack:
            try:
                return _run(stack, host, port, (local or ROOT / ".local").absolute())
            finally:
                _ignore_signals()  # nothing may interrupt the clean-up
    except _Stopped:
        _say("stopped")
        return 0


def _run(stack: ExitStack, host: str, port: int, local: Path) -> int:
    _check_port(host, port)
    environment = _environment(local)
    if not environment.get("DATABASE_URL"):
        _say(f"starting the database in {local / 'pg'}")
        cluster = LocalCluster(local / "pg")
        stack.callback(cluster.stop)
        environment["DATABASE_URL"] = cluster.start()
        _tell_commands(stack, local / RUNNING_DATABASE, environment["DATABASE_URL"])
    environment.setdefault("HIENTRUONG_PUBLIC_URL", f"http://{_reachable(host)}:{port}")
    if upgrade(environment["DATABASE_URL"]):
        _say("the database is at the newest revision")

    children: list[Child] = []
    stack.callback(stop_all, children)  # before the database, as the stack unwinds
    demo = environment["HIENTRUONG_DEMO"].lower() not in OFF
    if demo and not _has_cases(environment["DATABASE_URL"]):
        loader = _child("the demo", environment, "demo", "load")
        children.append(loader)
        if loader.wait() != 0:
            _say(f"{loader.ending()}: see the message above")
            return 1
        children.clear()
    children.append(_child("worker", environment, "worker"))
    children.append(_child("server", environment, "serve", "--host", host, "--port", str(port)))
    return _watch(children, _reachable(host), port, environment["DATABASE_URL"], demo=demo)


def _tell_commands(stack: ExitStack, path: Path, dsn: str) -> None:
    """Leave word where the database is, for commands that are given beside a running demo."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(dsn)
    stack.callback(path.unlink, missing_ok=True)


def _watch(children: list[Child], host: str, port: int, dsn: str, *, demo: bool) -> int:
    """Show the banner when ready, then wait for a child to end, which none should.

    Only a signal or a closed terminal ends it otherwise, by raising `_Stopped`.
    """
    ready, answer = False, ""
    give_up = time.monotonic() + READY_SECONDS
    terminal = os.isatty(0)
    while True:
        if terminal and not os.isatty(0):
            raise _Stopped  # closed; its SIGHUP may have gone to `make` alone
        for child in children:
            if ending := child.ending():
                _say(f"{ending}: stopping the rest")
                return 1
        if not ready:
            ready, answer = _is_ready(host, port)
            if ready:
                _say(banner(f"http://{host}:{port}", dsn, demo=demo))
            elif time.monotonic() > give_up:
                _say(f"not ready after {READY_SECONDS:.0f} s: {answer}")
                return 1
        time.sleep(0.5 if ready else 0.1)


def _has_cases(dsn: str) -> bool:
    """Whether `demo load` would do nothing: asked here, as it takes seconds to start and say so."""
    with psycopg.connect(plain_dsn(dsn)) as connection:
        row = connection.execute("select exists (select from cases)").fetchone()
    return bool(row and row[0])


def _is_ready(host: str, port: int) -> tuple[bool, str]:
    """Whether `/readyz` says yes, and what it said."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status == http.client.OK, response.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return False, str(error)
    finally:
        connection.close()


def _child(name: str, environment: dict[str, str], *arguments: str) -> Child:
    program = Path(sys.executable).with_name("hientruong")
    return Child(name, [str(program), *arguments], environment)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigurationError(f"cannot listen on {host}:{port}: {error}") from None
            raise ConfigurationError(
                f"port {port} is in use: stop what runs there, or choose another: PORT=8001 make run"
            ) from None


def _reachable(host: str) -> str:
    """An address at which a server listening on `host` answers from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  # compared, not bound


def _environment(local: Path) -> dict[str, str]:
    """Settings of the children: what is in our environment, and what a demo needs."""
    local.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    environment.setdefault("HIENTRUONG_DEMO", "1")
    environment.setdefault("HIENTRUONG_MEDIA_ROOT", str(local / "media"))
    environment.setdefault("PYTHONUNBUFFERED", "1")
    if not environment.get("HIENTRUONG_SECRET_KEY"):
        environment["HIENTRUONG_SECRET_KEY"] = _secret(local / "secret")
    return environment


def _secret(path: Path) -> str:
    """The secret kept in `path`, made once: tokens stay valid over a restart."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


@contextlib.contextmanager
def _stop_on_signals() -> Generator[None]:
    """Raise `_Stopped` where we are when a signal asks us to stop."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise _Stopped

    # Under nohup SIGHUP is ignored, and is to stay so.
    wanted = [n for n in SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _say(text: str) -> None:
    # The terminal may be gone, and that must not keep us from cleaning up.
    with contextlib.suppress(OSError):
        print(f"==> {text}" if "\n" not in text else text, flush=True)  # noqa: T201
