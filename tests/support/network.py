"""No test reaches beyond this machine."""

from __future__ import annotations

import ipaddress
import sys

NAMES = ("localhost", "")


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another machine."""


def block_network() -> None:
    """From now on, connecting or looking up a name anywhere but on loopback raises.

    An audit hook rather than a patch: it also sees what imported `socket` earlier. It cannot be
    taken back in this process.
    """
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple):  # a Unix socket's address is text
            _check_host(address[0])  # pyright: ignore[reportUnknownArgumentType]
    elif event == "socket.getaddrinfo":
        _check_host(arguments[0])


def _check_host(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in NAMES:
        return
    try:
        allowed = ipaddress.ip_address(str(name)).is_loopback or str(name) in ("0.0.0.0", "::")  # noqa: S104  # compared, not bound
    except ValueError:
        allowed = str(name).endswith(".localhost")
    if not allowed:
        raise NetworkBlockedError(f"tests reach nothing but this machine, not {name}")
