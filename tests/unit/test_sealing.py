"""Sealing: opened by whom it is meant for, where it belongs, under whichever key is still held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.errors import ConfigurationError
from core.sealing import FROM_SECRET, SealBroken, Sealer, create_sealer, parse_keys
from core.settings import SecuritySettings
from notifications.addresses import address_name, open_address, seal_address

OLD, NEW, OTHER = ("a first secret " * 3, "a second secret " * 3, "somebody else's " * 3)
SEALER = Sealer({"1": OLD}, index_secret=OLD)
PHONE = "people.phone"


@given(value=st.text(st.characters(codec="utf-8"), max_size=200))
def test_what_was_sealed_is_opened(value: str) -> None:
    sealed = SEALER.seal(value, PHONE)
    assert SEALER.open(sealed, PHONE) == value
    assert SEALER.seal(value, PHONE) != sealed  # the same number twice looks like two


def test_nothing_of_the_value_is_seen() -> None:
    sealed = SEALER.seal("+84905123456", PHONE)
    assert b"905" not in sealed


def test_a_value_does_not_open_in_another_column() -> None:
    sealed = SEALER.seal("+84905123456", PHONE)
    with pytest.raises(SealBroken, match=r"reporters\.phone"):
        SEALER.open(sealed, "reporters.phone")


@given(data=st.data())
def test_a_changed_value_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal("+84905123456", PHONE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed), PHONE)


@given(junk=st.binary(max_size=60))
def test_junk_does_not_open(junk: bytes) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(junk, PHONE)


def test_a_cut_value_does_not_open() -> None:
    sealed = SEALER.seal("+84905123456", PHONE)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            SEALER.open(sealed[:length], PHONE)


def test_the_newest_key_seals_and_all_open() -> None:
    both = Sealer({"2": NEW, "1": OLD}, index_secret=OLD)
    sealed = both.seal("+84905123456", PHONE)
    assert sealed.startswith(both.newest_prefix)
    assert not sealed.startswith(SEALER.newest_prefix)
    assert both.open(SEALER.seal("+84905123456", PHONE), PHONE) == "+84905123456"
    with pytest.raises(SealBroken, match="not among ours"):
        SEALER.open(sealed, PHONE)


def test_the_same_id_with_another_secret_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        Sealer({"1": OTHER}, index_secret=OLD).open(SEALER.seal("x", PHONE), PHONE)


def test_the_index_finds_the_same_number_and_tells_purposes_and_keys_apart() -> None:
    index = SEALER.index("+84905123456", "phone")
    assert index == Sealer({"9": NEW}, index_secret=OLD).index("+84905123456", "phone")
    others = {
        SEALER.index("+84905123457", "phone"),
        SEALER.index("+84905123456", "budget"),
        Sealer({"1": OLD}, index_secret=OTHER).index("+84905123456", "phone"),
    }
    assert len(others | {index}) == 4
    assert len(index) == 32


def test_keys_are_named_in_order() -> None:
    assert list(parse_keys(f"2027:{NEW}, 2026:{OLD},")) == ["2027", "2026"]
    assert parse_keys("") == {}
    assert parse_keys(f"1:{OLD}:with a colon")["1"] == f"{OLD}:with a colon"


@pytest.mark.parametrize(
    "text",
    [
        OLD, f":{OLD}", "1:short", f"1:{OLD},1:{NEW}", f"A:{OLD}", f"a b:{OLD}",
        f"{FROM_SECRET}:{OLD}", f"{'a' * 17}:{OLD}",
    ],
)  # fmt: skip
def test_keys_that_are_none_are_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_keys(text)
    assert OLD not in str(caught.value)


def test_what_the_secret_key_sealed_stays_readable_beside_named_keys() -> None:
    before = create_sealer(SecuritySettings(secret_key=SecretStr(OLD)))
    after = create_sealer(
        SecuritySettings(
            secret_key=SecretStr(OLD),
            data_keys=SecretStr(f"2027:{NEW}"),
            index_key=SecretStr(OLD),
        )
    )
    assert after.open(before.seal("+84905123456", PHONE), PHONE) == "+84905123456"
    assert after.index("x", "phone") == before.index("x", "phone")
    assert after.seal("x", PHONE).startswith(b"\x01\x042027")


def test_a_short_index_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        create_sealer(SecuritySettings(index_key=SecretStr("short")))


def test_an_address_is_sealed_until_it_is_sent() -> None:
    address = seal_address("+84905123456", SEALER)
    assert "905123456" not in address
    assert open_address(address, SEALER) == "+84905123456"
    assert open_address("a device's token", SEALER) == "a device's token"


def test_the_name_of_an_address_is_its_own_and_tells_nothing() -> None:
    assert address_name("a") == address_name(b"a")
    assert address_name("a") != address_name("b")
    assert "905" not in address_name("+84905123456")


def test_a_new_secret_changes_nothing_of_what_the_first_one_sealed() -> None:
    first, second = "the first secret of an installation", "the secret that follows upon the first"
    before = create_sealer(SecuritySettings(secret_key=SecretStr(first)))
    after = create_sealer(
        SecuritySettings(secret_key=SecretStr(second), old_secret_keys=(SecretStr(first),))
    )
    assert after.open(before.seal("+84905123456", "people.phone"), "people.phone") == "+84905123456"
    assert after.index("+84905123456", "phone") == before.index("+84905123456", "phone")
