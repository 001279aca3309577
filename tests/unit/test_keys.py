"""Keys by purpose."""

from __future__ import annotations

from core.keys import derive_key


def test_a_key_is_the_same_for_the_same_secret_and_purpose_only() -> None:
    key = derive_key("a secret of these tests", "tracks")
    assert len(key) == 32
    assert key == derive_key("a secret of these tests", "tracks")
    assert key != derive_key("a secret of these tests", "limits")
    assert key != derive_key("another secret", "tracks")


def test_it_is_hkdf_as_others_compute_it() -> None:
    """As `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:secret -kdfopt info:… HKDF` does."""
    expected = "b61820253923c67daec60acbd94890b3692710e20b2f0069f1918ebdd4c0fb12"
    assert derive_key("secret", "tracks").hex() == expected
