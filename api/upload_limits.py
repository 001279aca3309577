"""How much somebody may upload: budgets of files and bytes by account and by address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from api.deps import Services
from core.actor import Actor
from core.limits import Budget
from core.settings import MediaSettings

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def check_uploading(
    services: Services, *, size: int, actor: Actor, address: str, now: datetime
) -> None:
    """Take what a file of `size` bytes costs: TooManyRequests (`too_many_uploads`) once a budget is
    used up. A file larger than a budget costs all of it.
    """
    if budgets := list(_budgets(services.media, size, actor, address)):
        await services.limits.take(*budgets, now=now, code="too_many_uploads")


def _budgets(limits: MediaSettings, size: int, actor: Actor, address: str) -> Iterator[Budget]:
    account = str(actor.person_id or "")
    for whose, of, files, size_limit in (
        ("account", account, limits.account_files_hour, limits.account_bytes_day),
        ("address", address, limits.address_files_hour, limits.address_bytes_day),
    ):
        if of:
            yield Budget(f"uploads:{whose}", of, files, HOUR)
            cost = min(max(size, 1), size_limit)
            yield Budget(f"upload_bytes:{whose}", of, size_limit, DAY, cost=cost)
