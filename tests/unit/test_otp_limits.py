"""What a text message with a code, and a try of one, are taken from."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.errors import InvalidInput
from core.settings import OtpSettings
from identity.otp_limits import PAUSE, pause_budget, sending_budgets, trying_budgets
from identity.phones import check_reachable

NUMBER = "+84905123456"
PHONE = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11")
SETTINGS = OtpSettings(messages_per_hour=77)


def test_a_message_is_taken_from_number_block_phone_address_and_all() -> None:
    budgets = sending_budgets(NUMBER, asked_by=PHONE, address="203.0.113.9", settings=SETTINGS)
    assert {(budget.name, budget.of, budget.amount) for budget in budgets} == {
        ("otp:number", NUMBER, 5),
        ("otp:number-day", NUMBER, 10),
        ("otp:block", "+8490512", 40),
        ("otp:phone", str(PHONE), 10),
        ("otp:address", "203.0.113.9", 200),
        ("otp:all", "", 77),
    }


def test_nobody_and_nowhere_have_no_budgets_of_their_own() -> None:
    budgets = sending_budgets(NUMBER, asked_by=None, address="", settings=SETTINGS)
    assert [budget.name for budget in budgets] == [
        "otp:number", "otp:number-day", "otp:block", "otp:all",
    ]  # fmt: skip
    assert [budget.name for budget in trying_budgets(NUMBER, tried_by=None, address="")] == [
        "otp:tries"
    ]


def test_a_try_is_taken_from_number_phone_and_address() -> None:
    budgets = trying_budgets(NUMBER, tried_by=PHONE, address="203.0.113.9")
    assert {(budget.name, budget.of) for budget in budgets} == {
        ("otp:tries", NUMBER),
        ("otp:tries-phone", str(PHONE)),
        ("otp:tries-address", "203.0.113.9"),
    }


def test_the_next_code_waits_for_the_last() -> None:
    assert pause_budget(NUMBER).step == PAUSE


@pytest.mark.parametrize(
    ("phone", "countries", "fault"),
    [
        ("+84905123456", ("VN",), None),
        ("+84905123456", ("US", "VN"), None),
        ("+14155552671", ("US",), None),  # which does not tell mobiles from landlines
        ("+14155552671", ("VN",), "phone_country_not_served"),
        ("+84905123456", (), "phone_country_not_served"),
        ("+88213123456789", ("VN",), "phone_country_not_served"),  # satellites belong to no country
        ("+842343822222", ("VN",), "phone_not_mobile"),
        ("+841900123456", ("VN",), "phone_not_mobile"),  # costs its caller
        ("+849012345678", ("VN",), "phone_not_mobile"),  # too long to exist
    ],
)
def test_whom_codes_are_sent_to(phone: str, countries: tuple[str, ...], fault: str | None) -> None:
    if fault is None:
        check_reachable(phone, countries, pointer="/phone")
        return
    with pytest.raises(InvalidInput) as raised:
        check_reachable(phone, countries, pointer="/phone")
    assert [(one.pointer, one.code) for one in raised.value.fields] == [("/phone", fault)]
