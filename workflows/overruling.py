"""Which routing rules people overrule most often: where the rules should be mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import InvalidInput
from workflows.policies import Right, check_right

MAX_DAYS = 366
_OVERRULED = text(
    """
    select
        routing ->> 'row' as rule,
        count(*)::int as cases,
        (count(*) filter (where moved))::int as overruled,
        mode() within group (order by department) filter (where moved) as usually
    from (
        select routing, department, department <> routing ->> 'department' as moved
        from cases
        where opened_at >= :since and parent_id is null
    ) as routed
    group by rule
    having count(*) filter (where moved) > 0
    order by overruled desc, rule
    limit 100
    """
)


@dataclass(frozen=True, slots=True)
class OverruledRule:
    """A rule (None: the default) with its cases, how many people sent elsewhere, and where to."""

    rule: str | None
    cases: int
    overruled: int
    usually: str


async def list_overruled(
    session: AsyncSession, *, actor: Actor, days: int, now: datetime
) -> list[OverruledRule]:
    """The rules of the cases opened in the last `days`, those overruled most often first."""
    check_right(actor, Right.REVIEW_ROUTING)
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput.at("?days", "number_out_of_range", min=1, max=MAX_DAYS)
    rows = await session.execute(_OVERRULED, {"since": now - timedelta(days=days)})
    return [OverruledRule(*row) for row in rows]
