"""Versions of process and routing on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Json, Labelled, Output, Text


class DraftIn(Input):
    """A document to keep as a draft; its JSON Schema is at `GET …/schema`."""

    document: Json
    note: Text = Field(default="", max_length=500)


class VersionOut(Output):
    """`current`: new cases run on it."""

    version: int
    state: Literal["draft", "published"]
    note: str
    created_at: datetime
    published_at: datetime | None
    current: bool


class VersionsOut(Output):
    items: list[VersionOut]


class DocumentOut(VersionOut):
    document: dict[str, Any]


class ProblemOut(Output):
    """Something that speaks against a version; an `error` keeps it from being published."""

    severity: Literal["error", "warning"]
    code: str
    pointer: str
    detail: str


class AnswerOut(Output):
    rule: str | None
    department: Labelled
    priority: int
    case_class: str = Field(serialization_alias="class")
    hours: float
    verify: bool


class DifferenceOut(Output):
    """A report that would be routed differently."""

    report_id: UUID
    code: str
    category: Labelled
    before: AnswerOut
    after: AnswerOut


class TrialOut(Output):
    """The dry run over the last reports: how many were tried, how many come out differently, and
    the newest 100 of those.
    """

    tried: int
    different: int
    differences: list[DifferenceOut]


class CheckOut(Output):
    """`trial` is null for a process, and where errors kept the rules from being tried."""

    publishable: bool
    problems: list[ProblemOut]
    trial: TrialOut | None


class StateCountOut(Output):
    from_version: int
    state: str
    state_label: str
    cases: int
    target: str | None


class MigrationPlanOut(Output):
    items: list[StateCountOut]


class MigrationIn(Input):
    """Where the states go that the new version does not have: old name to new name."""

    states: dict[Text, Text] = Field(default_factory=dict)


class MigrationOut(Output):
    id: int
    to_version: int
    total: int
    moved: int
    created_at: datetime
    finished_at: datetime | None


class MigrationsOut(Output):
    items: list[MigrationOut]


class OverruledOut(Output):
    """A routing rule that people overruled; `rule` is null for the default."""

    rule: str | None
    cases: int
    overruled: int
    usually: Labelled


class OverruledListOut(Output):
    items: list[OverruledOut]
