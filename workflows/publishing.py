"""Checking and publishing a version: nothing opens to the public before it is ready.

Publishing is one transaction: the draft is checked, becomes final, and the city points at it; every
process notices by the city's revision. Running cases stay on the version that they began with
(`workflows/migrating.py` moves them).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.errors import Conflict, FieldError
from gis.tables import Area, LayerFeature
from notifications.rendering import load_templates
from notifications.tables import Webhook
from workflows.configuration import Configuration, ConfigurationCache
from workflows.dry_run import ProcessTrial, RoutingTrial, try_process, try_ruleset
from workflows.expression_trial import try_expressions
from workflows.policies import Right, check_right
from workflows.problems import Problem
from workflows.process_check import ProcessSurroundings, check_process
from workflows.process_document import Process
from workflows.process_expressions import process_trials
from workflows.rules import Ruleset
from workflows.ruleset_check import RulesetSurroundings, check_ruleset
from workflows.versions import FoundVersion, Kind, VersionView, get_version, lock_city


@dataclass(frozen=True, slots=True)
class Check:
    """What a version looks like before it is published; with any error it cannot be."""

    problems: list[Problem]
    routing: RoutingTrial | None = None
    process: ProcessTrial | None = None

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]


def has_errors(problems: list[Problem]) -> bool:
    """Whether anything of it keeps a version from being published."""
    return any(problem.severity == "error" for problem in problems)


async def check_version(
    session: AsyncSession, kind: Kind[Any], version: int, *, actor: Actor, cache: ConfigurationCache
) -> Check:
    """Everything that speaks against a version, and what it would do to the last 1,000 reports."""
    found = await get_version(session, kind, version, actor=actor)
    return await _check(session, found, await cache.newest(session))


async def publish(
    session: AsyncSession,
    kind: Kind[Any],
    version: int,
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
) -> VersionView:
    """Make a version the one that new cases run on. An older published one may come back.

    Conflict `version_has_problems` with each of them, below `/document`.
    """
    check_right(actor, Right.CONFIGURE)
    city = await lock_city(session)
    found = await get_version(session, kind, version, actor=actor)
    check = await _check(session, found, await cache.newest(session))
    if check.errors:
        raise Conflict(
            "version_has_problems",
            version=version,
            fields=[
                FieldError("/document" + problem.pointer, problem.code, problem.facts)
                for problem in check.errors
            ],
        )
    if found.view.state == "draft":
        await session.execute(
            update(kind.table)
            .where(kind.table.id == found.id)
            .values(state="published", published_at=now, published_by=actor.person_id)
        )
    setattr(city, kind.pointer, found.id)
    await note(session, actor, f"{kind.name}.publish", f"{kind.name}:{version}", {})
    city.revision += 1
    await session.flush()
    published_at = found.view.published_at or now
    return VersionView(
        version, "published", found.view.note, found.view.created_at, published_at, current=True
    )


async def _check(session: AsyncSession, found: FoundVersion[Any], city: Configuration) -> Check:
    if isinstance(found.parsed, Process):
        problems = await check_process_of(session, city, found.parsed)
        if has_errors(problems):
            return Check(problems)
        trial = await try_process(session, city, found.parsed)
        if trial.failed:
            facts: dict[str, object] = {
                "count": trial.failed,
                "code": trial.code,
                "reason": trial.reason,
            }
            problems = [*problems, Problem("cases_cannot_start", "", facts=facts)]
        return Check(problems, process=trial)
    problems = await check_ruleset_of(session, city, found.parsed)
    if has_errors(problems):
        return Check(problems)
    return Check(problems, routing=await try_ruleset(session, city, found.parsed))


async def check_process_of(
    session: AsyncSession, city: Configuration, process: Process
) -> list[Problem]:
    """Everything that speaks against this process in this city, its expressions tried."""
    around = await _process_surroundings(session, city)
    return [*check_process(process, around), *await try_expressions(process_trials(process))]


async def check_ruleset_of(
    session: AsyncSession, city: Configuration, ruleset: Ruleset
) -> list[Problem]:
    """Everything that speaks against these rules in this city."""
    around = await _ruleset_surroundings(session, city)
    return await asyncio.to_thread(check_ruleset, ruleset, around)  # half a second at 2,000 rows


async def _process_surroundings(session: AsyncSession, city: Configuration) -> ProcessSurroundings:
    webhooks = await session.scalars(select(Webhook.name).where(Webhook.active))
    return ProcessSurroundings(
        departments=frozenset(city.departments),
        templates=frozenset(load_templates("vi")),
        webhooks=frozenset(webhooks),
    )


async def _ruleset_surroundings(session: AsyncSession, city: Configuration) -> RulesetSurroundings:
    wards = await session.execute(
        select(Area.code, Area.parent_code).where(Area.kind == "ward", Area.valid_to.is_(None))
    )
    layers = await session.scalars(select(LayerFeature.layer).distinct())
    return RulesetSurroundings(
        categories=city.categories,
        below=city.below,
        departments=city.departments,
        wards={row.code: row.parent_code for row in wards},
        layers=frozenset(layers),
    )
