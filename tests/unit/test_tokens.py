"""Track tokens: the same for the same report, and for no other."""

from __future__ import annotations

import base64
import hmac
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.keys import Keyring
from workflows.track_tokens import is_track_token, track_token

ID = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11")
KEYS = Keyring("a secret that is only for these tests")


def test_a_retry_gets_the_same_token() -> None:
    assert track_token(ID, KEYS) == track_token(UUID(str(ID)), KEYS)


@given(report_id=st.uuids(), secret=st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_token_fits_into_an_address_and_is_right(report_id: UUID, secret: str) -> None:
    token = track_token(report_id, Keyring(secret))
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    assert is_track_token(report_id, token, Keyring(secret))


@given(one=st.uuids(), other=st.uuids())
def test_it_opens_no_other_report(one: UUID, other: UUID) -> None:
    assert is_track_token(other, track_token(one, KEYS), KEYS) is (one == other)


def test_another_secret_makes_it_worthless() -> None:
    assert not is_track_token(ID, track_token(ID, KEYS), Keyring(KEYS.secret + "!"))


@pytest.mark.parametrize("token", ["", "x", "đường", "=" * 32, track_token(ID, KEYS) + "="])
def test_what_is_no_token(token: str) -> None:
    assert not is_track_token(ID, token, KEYS)


def test_every_changed_letter_is_noticed() -> None:
    token = track_token(ID, KEYS)
    for i, letter in enumerate(token):
        changed = token[:i] + ("A" if letter != "A" else "B") + token[i + 1 :]
        assert not is_track_token(ID, changed, KEYS)


def test_a_token_outlives_the_secret_that_made_it_until_that_is_removed() -> None:
    token = track_token(ID, KEYS)
    rotated = Keyring("the next secret", ("one between", KEYS.secret))
    assert is_track_token(ID, token, rotated)
    assert track_token(ID, rotated) != token
    assert not is_track_token(ID, token, Keyring("the next secret", ("one between",)))


def test_a_token_of_the_first_release_still_opens() -> None:
    digest = hmac.digest(KEYS.secret.encode(), b"track:" + ID.bytes, "sha256")
    token = base64.urlsafe_b64encode(digest[:24]).decode()
    assert is_track_token(ID, token, KEYS)
    assert is_track_token(ID, token, Keyring("the next secret", (KEYS.secret,)))
    assert not is_track_token(ID, token, Keyring("the next secret"))
