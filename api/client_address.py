"""Where a request comes from, as far as limits are concerned.

A mobile operator puts thousands of phones behind one address (carrier NAT), so an address alone
must never stop anybody whom a number, a device or an account tells apart: give it a budget that a
whole district would not use up, beside narrower ones.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request

INNER = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
IPV6_SITE = 64  # what one subscriber has to choose addresses from


def address_range(host: str) -> str:
    """The address, or the /64 of an IPv6 one. "" for what tells nobody from anybody: a Unix socket,
    and addresses of inner networks, which are mostly those of a proxy that FORWARDED_ALLOW_IPS does
    not name. To limit by them would be to limit everybody together.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in INNER if network.version == address.version):
        return ""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), IPV6_SITE), strict=False))
    return str(address)


async def get_client_address(request: Request) -> str:
    """The range of the client's address; "" if there is none.

    Behind a proxy that FORWARDED_ALLOW_IPS names, the server has put the address of
    `X-Forwarded-For` here (`cli/serve.py`); from anybody else that header means nothing.
    """
    return address_range(request.client.host) if request.client else ""


ClientAddressDep = Annotated[str, Depends(get_client_address)]
