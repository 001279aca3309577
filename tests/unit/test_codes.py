"""Codes that people read out: no two alike, and no slip of the tongue goes unnoticed."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.codes import ALPHABET, BASE, LENGTH, encode, normalise

NUMBERS = st.integers(0, BASE**LENGTH - 1)
PATTERN = re.compile(rf"[{ALPHABET}]{{3}}-[{ALPHABET}]{{4}}")
# drawn once: the same in every run
SAMPLE = random.Random(29).sample(range(BASE**LENGTH), 150)


def test_the_alphabet() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 29
    assert not set("AEIOU01") & set(ALPHABET)


def test_codes_are_distinct_and_look_like_codes() -> None:
    numbers = [
        *range(100_000),
        *random.Random(7).sample(range(100_000, BASE**LENGTH - 1000), 99_000),
        *range(BASE**LENGTH - 1000, BASE**LENGTH),
    ]
    codes = {encode(number) for number in numbers}
    assert len(codes) == len(numbers) == 200_000
    assert all(PATTERN.fullmatch(code) for code in codes)


def test_codes_begin_again_after_the_range() -> None:
    """What makes it a bijection: the range is hit once round, so 594 million are distinct."""
    assert encode(BASE**LENGTH) == encode(0)
    assert encode(BASE**LENGTH - 1) != encode(0)


def test_neighbours_share_little() -> None:
    codes = [encode(number) for number in range(1000)]
    assert len({code[:3] for code in codes}) > 900


@given(number=NUMBERS)
def test_however_it_is_typed(number: int) -> None:
    code = encode(number)
    for typed in (
        code,
        code.lower(),
        code.replace("-", ""),
        code.replace("-", " "),
        f"  {code} \n",
        " ".join(code),
        code.replace("-", "–"),
        f"({code}).",
    ):
        assert normalise(typed) == code


@pytest.mark.parametrize("number", SAMPLE)
def test_every_wrong_letter_is_caught(number: int) -> None:
    letters = encode(number).replace("-", "")
    for position, right in enumerate(letters):
        for wrong in ALPHABET:
            if wrong != right:
                assert normalise(letters[:position] + wrong + letters[position + 1 :]) is None


@pytest.mark.parametrize("number", SAMPLE)
def test_every_adjacent_swap_is_caught(number: int) -> None:
    letters = encode(number).replace("-", "")
    for i in range(LENGTH):
        swapped = letters[:i] + letters[i + 1] + letters[i] + letters[i + 2 :]
        assert normalise(swapped) == (None if letters[i] != letters[i + 1] else encode(number))


@pytest.mark.parametrize(
    "typed",
    ["", "-", "H7K", "H7K-9M2", "H7K-9M2R2", "A7K-9M2R", "O7K-9M2R", "đường", "ß" * 7, "７" * 7],
)
def test_what_is_no_code(typed: str) -> None:
    assert normalise(typed) is None


@given(text=st.text(max_size=20))
def test_anything_at_all(text: str) -> None:
    code = normalise(text)
    assert code is None or normalise(code) == code
