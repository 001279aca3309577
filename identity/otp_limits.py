"""How often codes are sent and tried. Pure.

A text message costs money, and there are people who earn by having thousands sent to numbers that
they own ("SMS pumping"): they change number, device and address, but hardly the country and the
block of numbers. So many budgets are taken at once, from narrow to wide; all but that of everybody
are far above what honest people need, also many of them behind one address of a mobile operator.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from core.limits import Budget
from core.settings import OtpSettings

PAUSE = timedelta(seconds=20)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BLOCK_DIGITS = 4  # numbers that differ in their last four digits are one block

SENT_TO_NUMBER, SENT_TO_NUMBER_A_DAY = 5, 10
SENT_TO_BLOCK = 40
SENT_FROM_PHONE = 10
SENT_FROM_ADDRESS = 200
TRIED_FOR_NUMBER = 20
TRIED_FROM_PHONE = 40
TRIED_FROM_ADDRESS = 600


def pause_budget(number: str) -> Budget:
    """A code that was just sent is on its way: the next one has to wait."""
    return Budget("otp:pause", number, 1, PAUSE)


def sending_budgets(
    number: str, *, asked_by: UUID | None, address: str, settings: OtpSettings
) -> list[Budget]:
    """What one message is taken from. `asked_by` is the account that asks, if any is signed in;
    without an address there is no budget for it.
    """
    budgets = [
        Budget("otp:number", number, SENT_TO_NUMBER, HOUR),
        Budget("otp:number-day", number, SENT_TO_NUMBER_A_DAY, DAY),
        Budget("otp:block", number[:-BLOCK_DIGITS], SENT_TO_BLOCK, HOUR),
        Budget("otp:all", "", settings.messages_per_hour, HOUR),
    ]
    if asked_by is not None:
        budgets.append(Budget("otp:phone", str(asked_by), SENT_FROM_PHONE, DAY))
    if address:
        budgets.append(Budget("otp:address", address, SENT_FROM_ADDRESS, HOUR))
    return budgets


def trying_budgets(number: str, *, tried_by: UUID | None, address: str) -> list[Budget]:
    """What one try of a code is taken from, beside the five tries that a code has."""
    budgets = [Budget("otp:tries", number, TRIED_FOR_NUMBER, HOUR)]
    if tried_by is not None:
        budgets.append(Budget("otp:tries-phone", str(tried_by), TRIED_FROM_PHONE, HOUR))
    if address:
        budgets.append(Budget("otp:tries-address", address, TRIED_FROM_ADDRESS, HOUR))
    return budgets
