"""Reading calls for help from text messages as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.locate import Place
from workflows.rules import plain
from workflows.sos_text import KINDS, MOST, NOTE_LENGTH, SosText, read_sos

HERE = Place(16.4637, 107.5909)


def read(message: str) -> SosText:
    call = read_sos(message)
    assert call is not None
    return call


@pytest.mark.parametrize(
    "message",
    [
        "SOS 16.4637 107.5909 5 nguoi 2 tre em nuoc len mai",
        "sos 16.4637, 107.5909. 5 người, 2 trẻ em, nước lên mái",
        "SOS 16,4637 107,5909 5 nguoi 2 tre em nuoc len mai",  # as phones set to Vietnamese write
        "Cứu với! 5 người 2 trẻ em nước lên mái https://maps.google.com/?q=16.4637,107.5909",
        "107.5909 16.4637 5 NGUOI 2 TRE EM NUOC LEN MAI",
        "SOS 5 nguoi hai tre em nuoc len mai 16.4637/107.5909",
    ],
)
def test_a_call_is_the_same_however_it_is_spelt(message: str) -> None:
    call = read(message)
    assert (call.place, call.people, call.children, call.kind) == (HERE, 5, 2, "trapped")
    assert (call.elderly, call.pregnant, call.injured) == (0, 0, 0)
    assert call.note == message


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("SOS", (1, 0, 0, 0, 0)),
        ("SOS nam nguoi", (5, 0, 0, 0, 0)),
        ("SOS nha co ba nguoi, 1 ba bau", (3, 0, 0, 1, 0)),
        ("SOS co ba bau", (1, 0, 0, 1, 0)),
        ("SOS 2 bà bầu", (2, 0, 0, 2, 0)),
        ("SOS 5 nguoi gia", (5, 0, 5, 0, 0)),
        ("SOS 3 trẻ em và 2 cụ già", (5, 3, 2, 0, 0)),
        ("SOS 4 nguoi, 1 nguoi bi thuong", (4, 0, 0, 0, 1)),
        ("SOS 4 nguoi, nguoi benh", (4, 0, 0, 0, 1)),
        ("SOS 1 nguoi 3 tre em", (3, 3, 0, 0, 0)),  # never more children than people
        ("SOS 2 ba bau bi thuong", (2, 0, 0, 2, 1)),  # who may be the same
        ("SOS 7 nguoi tang 1, 9 nguoi tang 2", (9, 0, 0, 0, 0)),
        ("SOS 99999 nguoi", (MOST, 0, 0, 0, 0)),
        ("SOS 99999 tre em 99999 em be", (MOST, MOST, 0, 0, 0)),
    ],
)
def test_people_are_counted_apart_and_together(message: str, expected: tuple[int, ...]) -> None:
    call = read(message)
    counted = (call.people, call.children, call.elderly, call.pregnant, call.injured)
    assert counted == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("SOS", "other"),
        ("SOS nước ngập tới cổ", "trapped"),
        ("SOS cấp cứu, kẹt trên mái", "medical"),
        ("SOS cần ca nô", "boat"),
        ("SOS hết lương thực", "food"),
        ("SOS trapped on the roof", "trapped"),
    ],
)
def test_what_is_needed(message: str, expected: str) -> None:
    assert read(message).kind == expected


@pytest.mark.parametrize(
    "message", ["", "Chuc mung nam moi", "So du TK 19.0000 120000.00 VND", "5 nguoi 2 tre em"]
)
def test_what_calls_for_nothing_is_no_call(message: str) -> None:
    assert read_sos(message) is None


@pytest.mark.parametrize("message", ["SOS 48.8566 2.3522", "SOS 90.50 95.20", "SOS 0905.123 456"])
def test_numbers_outside_of_vietnam_are_no_position(message: str) -> None:
    assert read(message).place is None


def test_a_position_alone_is_a_call() -> None:
    assert read("16.4637 107.5909").place == HERE


def test_the_second_pair_counts_where_the_first_is_none() -> None:
    assert read("sos 48.85 2.35 roi 16.4637 107.5909").place == HERE


def test_a_long_message_is_cut() -> None:
    assert len(read("SOS " + "a " * 1000).note) <= NOTE_LENGTH


@given(st.text(max_size=400))
def test_no_message_breaks_it_and_parts_are_never_more_than_the_whole(message: str) -> None:
    call = read_sos(f"SOS {message}")
    assert call is not None
    assert call.kind in KINDS
    assert 1 <= call.people <= MOST
    for part in (call.children, call.elderly, call.pregnant, call.injured):
        assert 0 <= part <= call.people


@given(
    lat=st.floats(8.1, 23.3).map(lambda x: round(x, 5)),
    lon=st.floats(102.2, 117.9).map(lambda x: round(x, 5)),
    people=st.integers(1, 200),
    children=st.integers(0, 50),
)
def test_diacritics_make_no_difference(lat: float, lon: float, people: int, children: int) -> None:
    message = f"Cứu với {lat:.5f} {lon:.5f} có {people} người, {children} trẻ em, đang mắc kẹt"
    call, bare = read(message), read(plain(message))
    assert call.place == bare.place == Place(lat, lon)
    assert (call.people, call.children) == (max(people, children), children)
    assert (bare.people, bare.children, bare.kind) == (call.people, call.children, "trapped")
