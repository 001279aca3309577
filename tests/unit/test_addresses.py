"""Addresses as people type them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.addresses import Address, parse_address


@pytest.mark.parametrize(
    ("text", "street", "house", "ward"),
    [
        ("Lê Lợi", "Lê Lợi", "", ""),
        ("  le   loi ", "le loi", "", ""),
        ("12 Lê Lợi", "Lê Lợi", "12", ""),
        ("12B Lê Lợi", "Lê Lợi", "12B", ""),
        ("số 12 đường Lê Lợi, phường Thuận Hóa", "đường Lê Lợi", "12", "phường Thuận Hóa"),
        ("so 12 duong Le Loi phuong Thuan Hoa", "duong Le Loi", "12", "phuong Thuan Hoa"),
        ("12 Lê Lợi, Thuận Hóa, thành phố Huế", "Lê Lợi", "12", "Thuận Hóa"),
        ("12 Lê Lợi, Huế, P. Thuận Hóa, Việt Nam", "Lê Lợi", "12", "P. Thuận Hóa"),
        ("12 Lê Lợi, TP Huế", "Lê Lợi", "12", ""),
        ("12 Le Loi, Thuan Hoa Ward, Hue City", "Le Loi", "12", "Thuan Hoa"),
        ("45/3 Nguyễn Huệ", "Nguyễn Huệ", "45/3", ""),
        ("12-14 Nguyễn Huệ", "Nguyễn Huệ", "12-14", ""),
        ("kiệt 45/3 Nguyễn Huệ", "Nguyễn Huệ", "kiệt 45/3", ""),
        ("K45/3 Nguyễn Huệ", "Nguyễn Huệ", "K45/3", ""),
        ("ngõ 5 phố Huế", "phố Huế", "ngõ 5", ""),
        ("phường Thuận Hóa", "phường Thuận Hóa", "", ""),
        ("xã Phú Mậu, huyện Phú Vang", "xã Phú Mậu", "", ""),
        ("Thuan Hoa Ward", "Thuan Hoa", "", ""),
        # Streets that are called after days, and roads after numbers.
        ("30 Tháng 4", "30 Tháng 4", "", ""),
        ("30/4", "30/4", "", ""),
        ("đường 2/9", "đường 2/9", "", ""),
        ("12 đường 30/4", "đường 30/4", "12", ""),
        ("12 30/4", "30/4", "12", ""),
        ("7 26 tháng 3", "26 tháng 3", "7", ""),
        ("3/2, phường Vỹ Dạ", "3/2", "", "phường Vỹ Dạ"),
        ("Quốc lộ 1A", "Quốc lộ 1A", "", ""),
        ("Trường Tiểu học số 2", "Trường Tiểu học số 2", "", ""),
        ("12", "12", "", ""),
        ("", "", "", ""),
        (" , ,", "", "", ""),
    ],
)
def test_the_parts_of_an_address(text: str, street: str, house: str, ward: str) -> None:
    assert parse_address(text) == Address(street, house, ward)


def test_letters_in_two_pieces_are_read_as_one() -> None:
    assert parse_address(unicodedata.normalize("NFD", "12 Lê Lợi, phường Vỹ Dạ")) == Address(
        "Lê Lợi", "12", "phường Vỹ Dạ"
    )


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_the_name_of_something(text: str) -> None:
    address = parse_address(text)
    assert address.street == " ".join(address.street.split())
    if any(part.strip() for part in text[:200].split(",")):
        assert address.street
