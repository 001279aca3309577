"""Which hosts an address that somebody typed in may lead to: none on the inside of our network."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address
_NAT64 = b"\x00\x64\xff\x9b" + bytes(8)  # 64:ff9b::/96: the last four bytes are an IPv4 address


class InsideError(Exception):
    """The host is one of this network, or of this machine."""


def is_outside(address: Address) -> bool:
    """Whether this is an address of the public Internet, also where it hides an IPv4 one."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.packed.startswith(_NAT64):
            inner = IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_outside(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def to_address(host: str) -> Address | None:
    """The address that `host` is, None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


async def find_address(host: str, port: int, *, inside: bool) -> str:
    """The address to connect to for `host`. All that its name stands for must be outside, unless
    `inside` is allowed too; connecting to the answer, not to the name, keeps it so.

    Raises InsideError, and OSError for a name that is not known (now).
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not inside and not all(is_outside(address) for address in addresses):
        raise InsideError(host)
    return str(addresses[0])
