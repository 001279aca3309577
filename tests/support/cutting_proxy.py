"""A TCP proxy that cuts connections after so many bytes, as a phone on the move has it."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_READ = 16 * 1024
_PAUSE_S = 0.002  # after each: no phone fills a buffer of megabytes, to be lost with the connection
_SILENCE_S = 0.25  # a signal is lost first; what was on its way arrives meanwhile
_RESET_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass
class CuttingProxy:
    """`sent` counts the bytes that came from clients, `cuts` the connections that were cut: each
    with `probability`, after up to `within` bytes, gently or by a reset.
    """

    target: int
    chance: random.Random
    probability: float = 0.7
    within: int = 500_000
    sent: int = 0
    cuts: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # it is down: so is the way to it
                return
            with server:
                threading.Thread(target=_copy, args=[server, client], daemon=True).start()
                with suppress(OSError):  # one of both is gone, which is what this proxy is for
                    self._forward(client, server)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        cut = self.chance.random() < self.probability
        left = self.chance.randrange(self.within) if cut else None
        while data := client.recv(_READ):
            time.sleep(_PAUSE_S)
            self.sent += len(data)
            if left is not None and len(data) > left:
                server.sendall(data[:left])
                self.cuts += 1
                time.sleep(_SILENCE_S)
                if self.chance.random() < 0.5:
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
                _hang_up(client)
                return
            server.sendall(data)
            left = None if left is None else left - len(data)


def _copy(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := server.recv(_READ):
            client.sendall(data)
    _hang_up(client)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(
    target: int, *, seed: int, probability: float = 0.7, within: int = 500_000
) -> Iterator[CuttingProxy]:
    """A proxy in front of port `target` of this machine."""
    proxy = CuttingProxy(target, random.Random(seed), probability, within)
    thread = threading.Thread(target=proxy.accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        _hang_up(proxy.listener)
        proxy.listener.close()
        thread.join()
