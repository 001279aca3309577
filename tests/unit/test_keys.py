"""Keys by purpose."""

from __future__ import annotations

import hmac

from core.keys import Keyring, derive_key


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


RING = Keyring("new", ("old", "older"))


def test_the_newest_secret_signs_and_all_verify() -> None:
    for secret in ("new", "old", "older"):
        signature = hmac.digest(derive_key(secret, "tracks"), b"message", "sha256")
        assert RING.is_signed("tracks", b"message", signature)
        assert (RING.sign("tracks", b"message") == signature) is (secret == "new")
        assert not RING.is_signed("links", b"message", signature)
        assert not RING.is_signed("tracks", b"another", signature)
    foreign = hmac.digest(derive_key("oldest", "tracks"), b"message", "sha256")
    assert not RING.is_signed("tracks", b"message", foreign)


def test_a_key_is_found_by_its_name() -> None:
    assert RING.find_key("tokens", RING.key_id("tokens")) == derive_key("new", "tokens")
    assert RING.find_key("tokens", Keyring("older").key_id("tokens")) == derive_key(
        "older", "tokens"
    )
    for unknown in (Keyring("oldest").key_id("tokens"), RING.key_id("links"), "", "None"):
        assert RING.find_key("tokens", unknown) is None
    names = {Keyring(secret).key_id("tokens") for secret in ("new", "old", "older")}
    assert len(names) == 3


def test_what_signed_plainly_is_recognised_under_every_secret() -> None:
    expected = [hmac.digest(secret.encode(), b"m", "sha256") for secret in ("new", "old", "older")]
    assert RING.plain_signatures(b"m") == expected


def test_what_is_kept_for_ever_is_kept_under_the_first_secret() -> None:
    assert (RING.oldest, Keyring("only").oldest) == ("older", "only")
