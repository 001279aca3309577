"""Whose address counts: that of the connection, or of a trusted proxy's client."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.client_address import ClientAddressDep, address_range


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("10.1.2.3", ""),
        ("::ffff:172.16.9.9", ""),
        ("192.168.1.1", ""),
        ("100.64.1.1", ""),
        ("fd00::1", ""),
        ("fe80::1%eth0", ""),
        ("", ""),
        ("a.socket", ""),
    ],
)
def test_the_range_of_an_address(host: str, expected: str) -> None:
    assert address_range(host) == expected


async def address_seen(connection: str | None, forwarded: str) -> str:
    app = FastAPI()

    @app.get("/")
    async def tell(address: ClientAddressDep) -> str:
        return address

    proxied = ProxyHeadersMiddleware(app, trusted_hosts="10.0.0.0/8")
    transport = httpx.ASGITransport(proxied, client=(connection, 4711) if connection else None)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return (await http.get("/", headers={"X-Forwarded-For": forwarded})).json()


async def test_a_trusted_proxy_says_whom_it_forwards_for() -> None:
    assert await address_seen("10.1.2.3", "203.0.113.9") == "203.0.113.9"
    assert await address_seen("10.1.2.3", "2001:db8::1, 10.9.9.9") == "2001:db8::/64"


async def test_what_a_client_claims_before_its_proxy_is_not_believed() -> None:
    assert await address_seen("10.1.2.3", "198.51.100.1, 203.0.113.9") == "203.0.113.9"


async def test_nobody_else_is_believed() -> None:
    assert await address_seen("203.0.113.9", "198.51.100.1") == "203.0.113.9"


async def test_a_connection_without_an_address() -> None:
    assert await address_seen(None, "198.51.100.1") == ""
