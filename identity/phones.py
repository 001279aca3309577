"""Phone numbers in one spelling (E.164). Pure."""

from __future__ import annotations

import phonenumbers

from core.errors import InvalidInput

DEFAULT_REGION = "VN"
_MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,  # some countries do not tell them apart
)


def normalise_phone(value: str, *, pointer: str) -> str:
    """`0912 345 678` → `+84912345678`. InvalidInput at `pointer` if it cannot be a number."""
    try:
        number = phonenumbers.parse(value, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise InvalidInput.at(pointer, "phone_invalid") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidInput.at(pointer, "phone_invalid")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_reachable(phone: str, countries: tuple[str, ...], *, pointer: str) -> None:
    """Raise InvalidInput unless a text message to this number (E.164) reaches a mobile phone of one
    of these countries: `phone_country_not_served`, or `phone_not_mobile` for landlines, numbers
    that cost their caller, and such that nobody can have.
    """
    number = phonenumbers.parse(phone)
    if phonenumbers.region_code_for_country_code(number.country_code or 0) not in countries:
        raise InvalidInput.at(pointer, "phone_country_not_served")
    if phonenumbers.number_type(number) not in _MOBILE:
        raise InvalidInput.at(pointer, "phone_not_mobile")
