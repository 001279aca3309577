"""Links to pictures: who changes one character, or comes too late, sees nothing."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from core.errors import NotFound
from core.keys import Keyring
from media.links import check, sign

ID = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11")
OTHER = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f12")
KEYS = Keyring("a secret that is only for these tests")
NOW = datetime(2026, 11, 20, 8, 20, tzinfo=UTC)


def parts(path: str) -> tuple[int, str]:
    query = parse_qs(urlsplit(path).query)
    return int(query["expires"][0]), query["signature"][0]


def test_a_link_holds_until_its_full_hour() -> None:
    path = sign(ID, "large", keys=KEYS, expires_at=NOW + timedelta(hours=1))
    assert path.startswith(f"/media/{ID}/large?expires=")
    expires, signature = parts(path)
    assert datetime.fromtimestamp(expires, UTC) == datetime(2026, 11, 20, 10, tzinfo=UTC)
    last = datetime.fromtimestamp(expires, UTC) - timedelta(microseconds=1)
    for now in (NOW, last):
        check(ID, "large", expires=expires, signature=signature, keys=KEYS, now=now)
    with pytest.raises(NotFound, match="photo_link_invalid"):
        check(
            ID,
            "large",
            expires=expires,
            signature=signature,
            keys=KEYS,
            now=datetime.fromtimestamp(expires, UTC),
        )


def test_links_made_within_an_hour_are_the_same() -> None:
    first, second, later = (
        sign(ID, "small", keys=KEYS, expires_at=NOW + timedelta(minutes=minutes))
        for minutes in (0, 39, 41)
    )
    assert first == second != later


def test_a_full_hour_is_not_rounded() -> None:
    hour = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert parts(sign(ID, "small", keys=KEYS, expires_at=hour))[0] == hour.timestamp()


def test_every_changed_part_is_noticed() -> None:
    expires, signature = parts(sign(ID, "small", keys=KEYS, expires_at=NOW))

    def refused(
        attachment_id: UUID = ID,
        size: str = "small",
        expires: int = expires,
        signature: str = signature,
        keys: Keyring = KEYS,
    ) -> bool:
        try:
            check(attachment_id, size, expires=expires, signature=signature, keys=keys, now=NOW)
        except NotFound as error:
            return error.code == "photo_link_invalid"
        return False

    assert not refused()
    assert refused(attachment_id=OTHER)
    assert refused(size="large")
    assert refused(expires=expires + 3600)
    assert refused(keys=Keyring(KEYS.secret + "!"))
    for bad in ("", signature[:-1], signature + "A", signature + "=", "ký tên", "\ud800"):
        assert refused(signature=bad)
    for index in range(len(signature)):
        other = "A" if signature[index] != "A" else "B"
        assert refused(signature=signature[:index] + other + signature[index + 1 :])


def test_a_link_outlives_the_secret_that_made_it_until_that_is_removed() -> None:
    expires, signature = parts(sign(ID, "small", keys=KEYS, expires_at=NOW + timedelta(hours=1)))
    rotated = Keyring("the next secret", (KEYS.secret,))
    check(ID, "small", expires=expires, signature=signature, keys=rotated, now=NOW)
    assert parts(sign(ID, "small", keys=rotated, expires_at=NOW))[1] != signature
    with pytest.raises(NotFound, match="photo_link_invalid"):
        check(
            ID, "small", expires=expires, signature=signature,
            keys=Keyring("the next secret"), now=NOW,
        )  # fmt: skip


def test_a_link_of_the_first_release_still_opens() -> None:
    expires = 1796029200
    message = f"media-link\n{ID}\nlarge\n{expires}".encode()
    digest = hmac.digest(KEYS.secret.encode(), message, "sha256")
    signature = urlsafe_b64encode(digest).decode().rstrip("=")
    for keys in (KEYS, Keyring("the next secret", (KEYS.secret,))):
        check(ID, "large", expires=expires, signature=signature, keys=keys, now=NOW)
