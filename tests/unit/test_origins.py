"""Which origins are our own, and what passkeys are bound to."""

from __future__ import annotations

import pytest

from core.origins import is_loopback, own_origins, passkey_domain


@pytest.mark.parametrize(
    ("url", "origins", "domain"),
    [
        ("https://phananh.hue.gov.vn/", ("https://phananh.hue.gov.vn",), "phananh.hue.gov.vn"),
        ("https://a.vn:8443/x", ("https://a.vn:8443",), "a.vn"),
        (
            "http://127.0.0.1:8000",
            ("http://127.0.0.1:8000", "http://localhost:8000"),
            "localhost",
        ),
        ("http://localhost", ("http://localhost", "http://127.0.0.1"), "localhost"),
    ],
)
def test_origins(url: str, origins: tuple[str, ...], domain: str) -> None:
    assert own_origins(url) == origins
    assert passkey_domain(url) == domain


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("10.0.0.1", False),
     ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, *, expected: bool) -> None:
    assert is_loopback(host) is expected
