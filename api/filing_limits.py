"""How often somebody may file: budgets by account, by number, by address and of the whole city.

An address alone stops nobody early: a mobile operator puts a district behind one, so its budget is
that of a district. A retry of a report that is there is never refused: the phone only wants to hear
that it arrived. Calls for help have a lane of their own, which ordinary reports cannot fill.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from api.deps import Services
from core.actor import Actor
from core.errors import TooManyRequests
from core.limits import Budget
from core.settings import FilingLimits
from workflows.reports import is_filed

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def check_filing(
    services: Services,
    report_id: UUID,
    *,
    actor: Actor,
    phone: str | None,
    address: str,
    now: datetime,
    lane: str = "filing",
) -> list[Budget]:
    """Take what filing costs: TooManyRequests (`too_many_reports`) once a budget is used up, unless
    there is a report under this id already. What was taken is given back (`pay_back`) when it
    turns out to have been a retry.
    """
    if actor.is_staff:
        return []
    limits = services.sos_limits if lane == "sos" else services.filing_limits
    budgets = list(_budgets(limits, lane, actor, phone, address))
    if not budgets:
        return []
    try:
        await services.limits.take(*budgets, now=now, code="too_many_reports")
    except TooManyRequests:
        async with services.begin(actor, reports=[report_id]) as session:
            if not await is_filed(session, report_id):
                raise
        return []
    return budgets


async def pay_back(services: Services, taken: list[Budget], *, created: bool) -> None:
    """A retry costs nothing: a phone on a bad network must not use up its own budget."""
    if taken and not created:
        await services.limits.give_back(*taken)


def _budgets(
    limits: FilingLimits, lane: str, actor: Actor, phone: str | None, address: str
) -> Iterator[Budget]:
    """Those that are set, of what is known of the sender."""
    account = str(actor.person_id) if actor.person_id else ""
    for name, of, amount, per in (
        ("account", account, limits.per_account_hour, HOUR),
        ("number", phone or "", limits.per_number_hour, HOUR),
        ("address", address, limits.per_address_hour, HOUR),
    ):
        if of and amount:
            yield Budget(f"{lane}.{name}", of, amount, per)
    if limits.city_minute:
        yield Budget(f"{lane}.city", "", limits.city_minute, MINUTE)
