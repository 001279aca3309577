"""Short codes that people can read out over the phone: `H7K-9M2R`. Pure.

Six letters and one check letter over an alphabet without vowels and look-alikes. Numbers are
spread over the whole range, so that a code does not tell how many reports there were. A code is
no secret: it opens only what anybody may see.
"""

from __future__ import annotations

ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXYZ"  # 29 letters: a prime, so that one check letter
BASE = len(ALPHABET)  # catches every wrong letter and every swapped pair
LENGTH = 6
_RANGE = BASE**LENGTH  # 594,823,321
_SPREAD = 367_620_889  # coprime to BASE: a bijection on the range
_SHIFT = 101_681_239


def encode(number: int) -> str:
    """The code of the `number`-th report; distinct for 594 million of them."""
    value = (number * _SPREAD + _SHIFT) % _RANGE
    letters = ""
    for _ in range(LENGTH):
        value, digit = divmod(value, BASE)
        letters = ALPHABET[digit] + letters
    letters += _check_letter(letters)
    return f"{letters[:3]}-{letters[3:]}"


def normalise(code: str) -> str | None:
    """`code` as it is stored, however it was typed; None if it cannot be one."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    if len(letters) != LENGTH + 1 or any(letter not in ALPHABET for letter in letters):
        return None
    if _check_letter(letters[:LENGTH]) != letters[LENGTH]:
        return None
    return f"{letters[:3]}-{letters[3:]}"


def _check_letter(letters: str) -> str:
    weighted = sum(
        weight * ALPHABET.index(letter) for weight, letter in enumerate(letters, start=1)
    )
    return ALPHABET[weighted % BASE]
