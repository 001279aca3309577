"""Figures behind the operations centre's map and charts. `cases` lists what a figure counts: a path
of the work list for staff.
"""

from __future__ import annotations

from datetime import date, datetime

from api.schemas.base import Names, Output


class CellOut(Output):
    """A cell of the heat grid: its quadkey, its bounds (west, south, east, north, degrees)."""

    cell: str
    bbox: tuple[float, float, float, float]
    count: int
    cases: str


class HeatOut(Output):
    """`level` is the depth of the quadkeys; without a period the cases that are open now."""

    level: int
    items: list[CellOut]


class AreaStatsOut(Output):
    """A current ward and the cases opened there in the period, as they stand now.

    `on_time` of the `resolved` ones kept their promise; hours run from opening to resolving.
    """

    code: str
    name: Names
    population: int | None
    opened: int
    open: int
    overdue: int
    resolved: int
    on_time: int
    on_time_share: float | None
    median_hours: float | None
    opened_per_1000: float | None
    cases: str


class AreasStatsOut(Output):
    first: date
    last: date
    items: list[AreaStatsOut]


class StepOut(Output):
    """From `start` until before `end`."""

    start: datetime
    end: datetime
    opened: int
    open: int
    overdue: int
    resolved: int
    cases: str


class TimeSeriesOut(Output):
    step: str
    timezone: str
    items: list[StepOut]


class TodayOut(Output):
    """`cases` lists the open ones, `opened_cases` and `resolved_cases` those of today."""

    open: int
    overdue: int
    opened: int
    resolved: int
    cases: str
    overdue_cases: str
    opened_cases: str
    resolved_cases: str


class RootTodayOut(TodayOut):
    category: str
    name: Names


class SummaryOut(Output):
    day: date
    total: TodayOut
    categories: list[RootTodayOut]


class HotspotOut(Output):
    """A place where more is reported than usual: `count` cases where `expected` are usual."""

    id: int
    category: str
    area: str
    count: int
    expected: float
    ratio: float
    since: datetime
    until: datetime
    detected_at: datetime
    cases: str


class HotspotsOut(Output):
    items: list[HotspotOut]


class SatisfactionRowOut(Output):
    """Of the cases opened in the period: how many are resolved, how many were rated, with what.

    `rated_share` is of the resolved, `content_share` (ratings of 4 and 5) of the rated ones,
    `reopened_share` of all. Shares are null where there is nothing to share.
    """

    code: str
    name: Names
    opened: int
    resolved: int
    rated: int
    rated_share: float | None
    mean: float | None
    content: int
    content_share: float | None
    reopened: int
    reopened_share: float | None
    cases: str
    rated_cases: str
    content_cases: str
    reopened_cases: str


class SatisfactionOut(Output):
    by: str
    first: date
    last: date
    items: list[SatisfactionRowOut]
