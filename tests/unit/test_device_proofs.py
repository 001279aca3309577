"""Proofs of phones: only this key, this challenge, this text, in time."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.errors import InvalidInput, NotSignedIn
from core.keys import Keyring
from identity.device_proofs import (
    CHALLENGE_LIFE,
    SIGNED_TEXT,
    check_proof,
    from_base64url,
    make_challenge,
    read_public_key,
    to_base64url,
)
from tests.support.phones import new_key, sign, spki_of

KEYS = Keyring("a secret that is only for these tests")
NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
KEY, OTHER = new_key(), new_key()
PHONE = read_public_key(spki_of(KEY))
LAST = timedelta(seconds=1)


def spki(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> str:
    return to_base64url(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize("raw", [False, True])
def test_whoever_holds_the_key_is_believed(*, raw: bool) -> None:
    challenge = make_challenge(PHONE, keys=KEYS, now=NOW)
    signature = sign(KEY, SIGNED_TEXT + challenge, raw=raw)
    late = NOW + CHALLENGE_LIFE - LAST
    checked = check_proof(PHONE, challenge, signature, keys=KEYS, now=late)
    assert checked.expires_at == NOW + CHALLENGE_LIFE
    assert len(checked.nonce) == 16


def test_a_challenge_outlives_the_secret_that_made_it() -> None:
    challenge = make_challenge(PHONE, keys=KEYS, now=NOW)
    signature = sign(KEY, SIGNED_TEXT + challenge)
    rotated = Keyring("the next secret", (KEYS.secret,))
    assert check_proof(PHONE, challenge, signature, keys=rotated, now=NOW)
    with pytest.raises(InvalidInput):
        check_proof(PHONE, challenge, signature, keys=Keyring("the next secret"), now=NOW)


def test_no_two_challenges_are_the_same() -> None:
    assert make_challenge(PHONE, keys=KEYS, now=NOW) != make_challenge(PHONE, keys=KEYS, now=NOW)


def is_challenge(
    challenge: str, now: datetime = NOW, key: ec.EllipticCurvePrivateKey = KEY
) -> bool:
    """Whether a properly signed challenge is taken for one of ours."""
    signature = sign(key, SIGNED_TEXT + challenge)
    try:
        check_proof(read_public_key(spki_of(key)), challenge, signature, keys=KEYS, now=now)
    except InvalidInput as error:
        return [(fault.pointer, fault.code) for fault in error.fields] != [
            ("/challenge", "challenge_invalid")
        ]
    return True


def test_a_challenge_expires() -> None:
    challenge = make_challenge(PHONE, keys=KEYS, now=NOW)
    assert is_challenge(challenge, NOW + CHALLENGE_LIFE - LAST)
    assert not is_challenge(challenge, NOW + CHALLENGE_LIFE)


def test_a_challenge_belongs_to_one_key() -> None:
    assert not is_challenge(make_challenge(PHONE, keys=KEYS, now=NOW), key=OTHER)


def test_every_changed_byte_of_a_challenge_is_noticed() -> None:
    raw = from_base64url(make_challenge(PHONE, keys=KEYS, now=NOW))
    for index in range(len(raw)):
        changed = bytearray(raw)
        changed[index] ^= 1
        assert not is_challenge(to_base64url(bytes(changed)))
    for bad in ("", "x", "đường", to_base64url(raw[:-1]), to_base64url(raw + b"\0")):
        assert not is_challenge(bad)


@pytest.mark.parametrize(
    "text",
    ["{challenge}", "hientruong device sign-in v2\n{challenge}", SIGNED_TEXT + "{challenge}\n",
     SIGNED_TEXT],
)  # fmt: skip
def test_a_signature_under_another_text_opens_nothing(text: str) -> None:
    challenge = make_challenge(PHONE, keys=KEYS, now=NOW)
    signature = sign(KEY, text.format(challenge=challenge))
    with pytest.raises(NotSignedIn, match="signature_invalid"):
        check_proof(PHONE, challenge, signature, keys=KEYS, now=NOW)


def test_a_signature_of_another_key_or_kind_opens_nothing() -> None:
    challenge = make_challenge(PHONE, keys=KEYS, now=NOW)
    message = (SIGNED_TEXT + challenge).encode()
    wrong = [
        sign(OTHER, SIGNED_TEXT + challenge),
        sign(OTHER, SIGNED_TEXT + challenge, raw=True),
        to_base64url(KEY.sign(message, ec.ECDSA(SHA384()))),
        to_base64url(b"\0" * 64),
        to_base64url(b"0"),
        "",
        "?",
    ]
    for signature in wrong:
        with pytest.raises(NotSignedIn, match="signature_invalid"):
            check_proof(PHONE, challenge, signature, keys=KEYS, now=NOW)


def test_a_key_is_the_same_however_it_is_written() -> None:
    text = spki_of(KEY)
    padded = urlsafe_b64encode(from_base64url(text)).decode()
    assert read_public_key(padded).thumbprint == PHONE.thumbprint
    assert read_public_key(spki_of(OTHER)).thumbprint != PHONE.thumbprint


NO_KEYS = {
    "P-384": spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
    "secp256k1": spki(ec.generate_private_key(ec.SECP256K1()).public_key()),
    "RSA": spki(rsa.generate_private_key(65537, 2048).public_key()),
    "Ed25519": spki(ed25519.Ed25519PrivateKey.generate().public_key()),
    "cut": to_base64url(from_base64url(spki_of(KEY))[:-1]),
    "on no curve": to_base64url(from_base64url(spki_of(KEY))[:-32] + b"\1" * 32),
    "a bare point": to_base64url(b"\x04" + b"\1" * 64),
    "nothing": "",
    "one letter": "A",
    "Vietnamese": "đ" * 100,
    "base64, not base64url": "+" + spki_of(KEY)[1:],
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_what_is_no_key_of_p256(name: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_public_key(NO_KEYS[name])
    assert [(fault.pointer, fault.code) for fault in raised.value.fields] == [
        ("/public_key", "public_key_invalid")
    ]


def test_the_text_that_is_signed_is_promised_to_apps() -> None:
    assert SIGNED_TEXT == "hientruong device sign-in v1\n"
    message = (SIGNED_TEXT + "x").encode()
    KEY.public_key().verify(KEY.sign(message, ec.ECDSA(SHA256())), message, ec.ECDSA(SHA256()))
