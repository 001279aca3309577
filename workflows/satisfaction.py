"""How content citizens are with results: what the ministry asks cities for. For staff only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from gis.periods import Period
from workflows.cases import CONTENT, REOPENED
from workflows.policies import Right, check_right
from workflows.tables import Case

Grouping = Literal["department", "category"]


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Of a department or category (leaf), and the cases opened in a period: how many are resolved,
    how many of those were rated, with which sum, how many with CONTENT or better; and how many
    of all were reopened.
    """

    code: str
    opened: int = 0
    resolved: int = 0
    rated: int = 0
    total: int = 0
    content: int = 0
    reopened: int = 0


async def list_satisfaction(
    session: AsyncSession, period: Period, *, by: Grouping, actor: Actor
) -> list[Satisfaction]:
    """The ratings of cases opened in `period` by code, those of hidden cases too."""
    check_right(actor, Right.READ_STATS)
    code = Case.department if by == "department" else Case.category
    query = (
        select(
            code,
            func.count(),
            func.count(Case.resolved_at),
            func.count(Case.rating),
            func.coalesce(func.sum(Case.rating), 0),
            func.count().filter(Case.rating.in_(CONTENT)),
            func.count().filter(REOPENED),
        )
        .where(Case.opened_at >= period.starts, Case.opened_at < period.ends)
        .group_by(code)
        .order_by(code)
    )
    return [Satisfaction(*row) for row in await session.execute(query)]
