"""From how many reports on it is a surge: rows that administrators change."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import InvalidInput, NotFound
from workflows.administration import begin_change, note_change, put_values
from workflows.policies import Right, check_right
from workflows.tables import Category, SurgeRule


@dataclass(frozen=True, slots=True)
class SurgeRuleDraft:
    """A rule as somebody writes it; see `tables.SurgeRule`."""

    category: str | None
    area_kind: str
    count: int
    minutes: int
    quiet_minutes: int
    active: bool


async def list_surge_rules(session: AsyncSession, *, actor: Actor) -> list[SurgeRule]:
    """All of them, oldest first, those that are switched off too."""
    check_right(actor, Right.CONFIGURE)
    return list(await session.scalars(select(SurgeRule).order_by(SurgeRule.id)))


async def add_surge_rule(
    session: AsyncSession, draft: SurgeRuleDraft, *, actor: Actor
) -> SurgeRule:
    """Add a rule. InvalidInput for an unknown category."""
    await begin_change(session, actor)
    return await _put(session, SurgeRule(), draft, actor, created=True)


async def change_surge_rule(
    session: AsyncSession, rule_id: int, draft: SurgeRuleDraft, *, actor: Actor
) -> SurgeRule:
    """Replace a rule; alerts that are open stay. NotFound; InvalidInput for an unknown category."""
    await begin_change(session, actor)
    return await _put(session, await _get(session, rule_id), draft, actor)


async def retire_surge_rule(session: AsyncSession, rule_id: int, *, actor: Actor) -> None:
    """Switch a rule off; its row stays for the alerts that it raised. NotFound if there is none."""
    await begin_change(session, actor)
    if await put_values(session, await _get(session, rule_id), {"active": False}):
        await note_change(session, actor, "surge_rule", rule_id)


async def _get(session: AsyncSession, rule_id: int) -> SurgeRule:
    rule = await session.get(SurgeRule, rule_id)
    if rule is None:
        raise NotFound("surge_rule_not_found")
    return rule


async def _put(
    session: AsyncSession,
    rule: SurgeRule,
    draft: SurgeRuleDraft,
    actor: Actor,
    *,
    created: bool = False,
) -> SurgeRule:
    if draft.category is not None and await session.get(Category, draft.category) is None:
        raise InvalidInput.at("/category", "category_unknown", value=draft.category)
    if await put_values(session, rule, asdict(draft)):
        await note_change(session, actor, "surge_rule", rule.id, created=created)
    return rule
