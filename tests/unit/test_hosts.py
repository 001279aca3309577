"""Addresses of the inside, in all their disguises, are told from those of the Internet."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from notifications.hosts import InsideError, find_address, is_outside, to_address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "2002:7f00:1::", "2002:a00:1::", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_these_are_inside(address: str) -> None:
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "113.160.0.1", "172.32.0.1", "192.169.0.1", "2405:4800::1", "2606:4700::1111",
     "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)  # fmt: skip
def test_these_are_outside(address: str) -> None:
    assert is_outside(ip_address(address))


def test_a_host_is_an_address_or_a_name() -> None:
    assert to_address("10.0.0.1") == ip_address("10.0.0.1")
    assert to_address("[::1]") == ip_address("::1")
    assert to_address("example.vn") is None
    assert to_address("0x7f.1") is None  # a name to us: what it stands for is asked


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
async def test_a_name_leads_where_all_its_addresses_are(host: str) -> None:
    with pytest.raises(InsideError):
        await find_address(host, 80, inside=False)
    assert not is_outside(ip_address(await find_address(host, 80, inside=True)))
