"""Alerts for operators and leaders, and the thresholds that raise them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import (
    ActorDep,
    CursorQuery,
    LimitQuery,
    PresenterDep,
    ServicesDep,
    SessionDep,
    presenter_for,
)
from api.figure_presenter import to_alert
from api.figures import BIGGEST_ID
from api.schemas.alerts import (
    AlertOut,
    AlertWithCasesOut,
    SurgeRuleIn,
    SurgeRuleOut,
    SurgeRulesOut,
)
from api.schemas.base import PageOut
from core.clock import utc_now
from core.paging import DEFAULT_LIMIT
from media.attachments import list_attachments
from workflows import alerts, cases, surge_rules
from workflows.cases import CaseFilter

router = APIRouter(prefix="/v1", tags=["alerts"])
RowId = Annotated[int, Path(ge=1, le=BIGGEST_ID)]


@router.get("/alerts")
async def list_alerts(
    session: SessionDep,
    actor: ActorDep,
    presenter: PresenterDep,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> PageOut[AlertOut]:
    """Alerts, the newest first."""
    page = await alerts.page_alerts(
        session, is_open=is_open, actor=actor, limit=limit, cursor=cursor
    )
    return PageOut(
        items=[to_alert(presenter, alert) for alert in page.items], next_cursor=page.next_cursor
    )


@router.get("/alerts/{alert_id}")
async def get_alert(alert_id: RowId, actor: ActorDep, services: ServicesDep) -> AlertWithCasesOut:
    """One alert with its newest cases."""
    async with services.begin_list(actor) as session:
        presenter = await presenter_for(session, actor, services)
        alert = to_alert(presenter, await alerts.get_alert(session, alert_id, actor=actor))
        wanted = CaseFilter(alert=alert_id)
        page = await cases.page_cases(
            session, wanted, actor=actor, limit=DEFAULT_LIMIT, cursor=None
        )
        photos = await list_attachments(session, [row.id for row in page.items])
    items = [presenter.case_item(row, photos[row.id]) for row in page.items]
    return AlertWithCasesOut(**alert.model_dump(), items=items)


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(
    alert_id: RowId, session: SessionDep, actor: ActorDep, presenter: PresenterDep
) -> AlertOut:
    """Say that somebody has it in hand; the first who says so stays."""
    return to_alert(
        presenter, await alerts.acknowledge_alert(session, alert_id, actor=actor, now=utc_now())
    )


@router.get("/admin/surge-rules")
async def list_surge_rules(session: SessionDep, actor: ActorDep) -> SurgeRulesOut:
    """From how many reports on it is a surge."""
    rules = await surge_rules.list_surge_rules(session, actor=actor)
    return SurgeRulesOut(items=[SurgeRuleOut.model_validate(rule) for rule in rules])


@router.post("/admin/surge-rules", status_code=201)
async def add_surge_rule(body: SurgeRuleIn, session: SessionDep, actor: ActorDep) -> SurgeRuleOut:
    """Add a threshold."""
    rule = await surge_rules.add_surge_rule(session, body.draft(), actor=actor)
    return SurgeRuleOut.model_validate(rule)


@router.put("/admin/surge-rules/{rule_id}")
async def change_surge_rule(
    rule_id: RowId, body: SurgeRuleIn, session: SessionDep, actor: ActorDep
) -> SurgeRuleOut:
    """Replace a threshold; alerts that are open stay."""
    rule = await surge_rules.change_surge_rule(session, rule_id, body.draft(), actor=actor)
    return SurgeRuleOut.model_validate(rule)


@router.delete("/admin/surge-rules/{rule_id}", status_code=204)
async def retire_surge_rule(rule_id: RowId, session: SessionDep, actor: ActorDep) -> None:
    """Switch a threshold off; it may be switched on again."""
    await surge_rules.retire_surge_rule(session, rule_id, actor=actor)
