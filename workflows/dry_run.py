"""What a draft would do differently: the last reports go through it, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.clock import utc_now
from core.db import AnyRow
from core.errors import ConfigurationError
from gis.layers import list_nearby_features
from gis.locate import Place
from gis.tables import Area
from workflows import process
from workflows.configuration import Configuration
from workflows.intake import surroundings
from workflows.process import CaseState
from workflows.process_document import Process
from workflows.rules import Facts, Router, Routing, Ruleset
from workflows.tables import Case, Report

LAST_REPORTS = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What routing answers for a report, as far as it matters to somebody."""

    rule: str | None
    department: str
    priority: int
    case_class: str
    hours: float
    verify: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A report that would go another way."""

    report_id: UUID
    code: str
    category: str
    before: Answer
    after: Answer


@dataclass(frozen=True, slots=True)
class RoutingTrial:
    """How many reports were tried, and those that would be routed differently, newest first."""

    tried: int
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class ProcessTrial:
    """How many cases could start on a draft, and the first that could not, with the reason."""

    tried: int
    failed: int
    code: str | None = None
    reason: str | None = None


async def try_ruleset(session: AsyncSession, city: Configuration, ruleset: Ruleset) -> RoutingTrial:
    """Route the last reports by the present rules and by `ruleset`, both with the same facts."""
    draft = Router(ruleset, city.below)
    layers = {
        layer: max(metres, city.router.layers.get(layer, 0))
        for layer, metres in {**city.router.layers, **draft.layers}.items()
    }
    rows = await _last_reports(session)
    differences: list[Difference] = []
    for row in rows:
        facts = await _facts(session, row, city, layers)
        before, after = _answer(city.router.route(facts)), _answer(draft.route(facts))
        if before != after:
            differences.append(Difference(row.id, row.code, row.category, before, after))
    return RoutingTrial(len(rows), differences)


async def try_process(
    session: AsyncSession, city: Configuration, document: Process
) -> ProcessTrial:
    """Start the last cases on `document`, as if they were filed now."""
    rows = (
        await session.execute(
            select(Case.code, Case.category, Case.routing, Case.source)
            .order_by(Case.opened_at.desc(), Case.id.desc())
            .limit(LAST_REPORTS)
        )
    ).all()
    failures = [(row.code, reason) for row in rows if (reason := _start(city, document, row))]
    code, reason = failures[0] if failures else (None, None)
    return ProcessTrial(len(rows), len(failures), code, reason)


def _start(city: Configuration, document: Process, row: AnyRow) -> str | None:
    """Why a case cannot start on `document`; None if it can."""
    routing = row.routing
    case = CaseState("", 0, routing["department"], routing["priority"], routing["class"])
    around = surroundings(city, row.category, routing, row.source)
    try:
        process.start(document, case, around, form={}, now=utc_now())
    except ConfigurationError as error:
        return str(error)
    return None


async def _last_reports(session: AsyncSession) -> Sequence[AnyRow]:
    area = aliased(Area)
    query = (
        select(
            Report.id, Report.code, Report.category, Report.description, Report.address,
            Report.source, Report.filed_at, Report.answers,
            func.ST_X(Report.geom).label("lon"), func.ST_Y(Report.geom).label("lat"),
            area.code.label("area"), area.parent_code.label("above"),
        )
        .join(area, area.id == Report.area_id)
        .order_by(Report.filed_at.desc(), Report.id.desc())
        .limit(LAST_REPORTS)
    )  # fmt: skip
    return (await session.execute(query)).all()


async def _facts(
    session: AsyncSession, row: AnyRow, city: Configuration, layers: dict[str, float]
) -> Facts:
    return Facts(
        category=row.category,
        areas=(row.area, *([row.above] if row.above else [])),
        text=f"{row.description} {row.address or ''}",
        source=row.source,
        at=row.filed_at.astimezone(city.zone),
        answers=row.answers,
        nearby=tuple(await list_nearby_features(session, Place(row.lat, row.lon), layers)),
    )


def _answer(routing: Routing) -> Answer:
    outcome = routing.outcome
    return Answer(
        routing.row,
        outcome.department,
        outcome.priority,
        outcome.case_class,
        outcome.hours,
        outcome.verify or routing.row is None,
    )
