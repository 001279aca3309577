"""Phone numbers in one spelling (E.164). Pure."""

from __future__ import annotations

import phonenumbers

from core.errors import InvalidInput

DEFAULT_REGION = "VN"


def normalise_phone(value: str, *, pointer: str) -> str:
    """`0912 345 678` → `+84912345678`. InvalidInput at `pointer` if it cannot be a number."""
    try:
        number = phonenumbers.parse(value, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise InvalidInput.at(pointer, "phone_invalid") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidInput.at(pointer, "phone_invalid")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
