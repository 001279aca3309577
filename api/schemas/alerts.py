"""Alerts and surge rules on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Flag, Input, Labelled, Output
from api.schemas.cases import CaseItem
from api.schemas.catalogue import Code
from workflows.surge_rules import SurgeRuleDraft


class AlertOut(Output):
    """A surge: `count` reports of a kind (null: of any) since `since`, the last one at `until`.

    Open until `closed_at`; `cases` lists its cases.
    """

    id: int
    kind: Literal["surge"]
    category: Labelled | None
    area: Labelled
    count: int
    minutes: int
    since: datetime
    until: datetime
    raised_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    cases: str


class AlertWithCasesOut(AlertOut):
    """The newest of its cases; `cases` pages through all of them."""

    items: list[CaseItem]


class SurgeRuleIn(Input):
    """`count` reports of `category` or below (null: of any) in one area within `minutes`; over
    after `quiet_minutes` without another.
    """

    category: Code | None
    area_kind: Literal["province", "ward"]
    count: Annotated[int, Field(strict=True, ge=2, le=10_000)]
    minutes: Annotated[int, Field(strict=True, ge=1, le=1440)]
    quiet_minutes: Annotated[int, Field(strict=True, ge=1, le=10_080)]
    active: Flag = True

    def draft(self) -> SurgeRuleDraft:
        return SurgeRuleDraft(**self.model_dump())


class SurgeRuleOut(Output):
    id: int
    category: str | None
    area_kind: str
    count: int
    minutes: int
    quiet_minutes: int
    active: bool


class SurgeRulesOut(Output):
    items: list[SurgeRuleOut]
