"""Figures as the wire shows them, each with the way to its cases. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.drilldown import cases_url
from api.presenter import Presenter
from api.schemas.alerts import AlertOut
from api.schemas.base import Labelled, Names
from api.schemas.stats import (
    AreaStatsOut,
    CellOut,
    HotspotOut,
    RootTodayOut,
    SatisfactionRowOut,
    StepOut,
    SummaryOut,
    TodayOut,
)
from gis.heat_grid import Cell
from gis.periods import Period
from gis.statistics import AreaFigures, Counts, HotspotView, Today
from workflows.alerts import AlertView
from workflows.cases import CONTENT
from workflows.configuration import Configuration
from workflows.satisfaction import Grouping, Satisfaction

RATINGS = ("1", "2", "3", "4", "5")
_PER = 1000  # residents


@dataclass(frozen=True, slots=True)
class Figures:
    """Presents figures of the categories that were asked for (none means all)."""

    category: tuple[str, ...] = ()

    def cell(self, cell: Cell, count: int, period: Period | None) -> CellOut:
        status = "open" if period is None else None
        return CellOut(
            cell=cell.quadkey,
            bbox=cell.bounds,
            count=count,
            cases=cases_url(
                period, status=status, category=self.category, cell=cell.quadkey, public=True
            ),
        )

    def area(self, area: AreaFigures, period: Period) -> AreaStatsOut:
        minutes, residents = area.median_minutes, area.population
        return AreaStatsOut(
            code=area.code,
            name=Names(vi=area.name, en=area.name_en),
            population=residents,
            opened=area.opened,
            open=area.open,
            overdue=area.overdue,
            resolved=area.resolved,
            on_time=area.on_time,
            on_time_share=share(area.on_time, area.resolved),
            median_hours=None if minutes is None else round(minutes / 60, 1),
            opened_per_1000=round(area.opened * _PER / residents, 2) if residents else None,
            cases=cases_url(period, category=self.category, area=area.code, public=True),
        )

    def step(
        self, start: datetime, end: datetime, counts: Counts, areas: tuple[str, ...]
    ) -> StepOut:
        return StepOut(
            start=start,
            end=end,
            opened=counts.opened,
            open=counts.open,
            overdue=counts.overdue,
            resolved=counts.resolved,
            cases=cases_url(
                opened_from=start,
                opened_to=end,
                category=self.category,
                area=areas,
                public=True,
            ),
        )


def to_summary(city: Configuration, day: Period, rows: list[Today]) -> SummaryOut:
    """The whole city and each root category, also those where there is nothing."""
    roots = [view for view in city.categories.values() if view.parent is None]
    by_root = {
        root.code: [row for row in rows if city.root_of(row.category) == root.code]
        for root in roots
    }
    return SummaryOut(
        day=day.first,
        total=TodayOut.model_validate(_today(rows, day, ())),
        categories=[
            RootTodayOut.model_validate(
                _today(by_root[root.code], day, (root.code,))
                | {"category": root.code, "name": Names(vi=root.name, en=root.name_en)}
            )
            for root in roots
        ],
    )


def to_hotspot(hotspot: HotspotView) -> HotspotOut:
    """A hotspot with the way to its cases."""
    return HotspotOut(
        id=hotspot.id,
        category=hotspot.category,
        area=hotspot.area,
        count=hotspot.cases,
        expected=round(hotspot.expected, 2),
        ratio=round(hotspot.ratio, 2),
        since=hotspot.since,
        until=hotspot.until,
        detected_at=hotspot.detected_at,
        cases=cases_url(hotspot=hotspot.id, public=True),
    )


def to_alert(presenter: Presenter, alert: AlertView) -> AlertOut:
    """An alert in the reader's language."""
    english = presenter.language == "en"
    return AlertOut(
        id=alert.id,
        kind="surge",
        category=presenter.category(alert.category) if alert.category else None,
        area=Labelled(
            code=alert.area_code, name=alert.area_name_en if english else alert.area_name
        ),
        count=alert.count,
        minutes=alert.minutes,
        since=alert.since,
        until=alert.until,
        raised_at=alert.raised_at,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_at=alert.acknowledged_at,
        closed_at=alert.closed_at,
        cases=cases_url(alert=alert.id),
    )


def to_satisfaction(
    city: Configuration, row: Satisfaction, period: Period, by: Grouping
) -> SatisfactionRowOut:
    """Shares and means of a department or category."""
    view = (city.departments if by == "department" else city.categories)[row.code]
    of: dict[str, str] = {by: row.code}
    return SatisfactionRowOut(
        code=row.code,
        name=Names(vi=view.name, en=view.name_en),
        opened=row.opened,
        resolved=row.resolved,
        rated=row.rated,
        rated_share=share(row.rated, row.resolved),
        mean=round(row.total / row.rated, 2) if row.rated else None,
        content=row.content,
        content_share=share(row.content, row.rated),
        reopened=row.reopened,
        reopened_share=share(row.reopened, row.opened),
        cases=cases_url(period, **of),
        rated_cases=cases_url(period, **of, rating=RATINGS),
        content_cases=cases_url(period, **of, rating=tuple(str(score) for score in CONTENT)),
        reopened_cases=cases_url(period, **of, reopened=True),
    )


def share(part: int, whole: int) -> float | None:
    """`part` of `whole` from 0 to 1; None of nothing."""
    return round(part / whole, 4) if whole else None


def _today(rows: list[Today], day: Period, category: tuple[str, ...]) -> dict[str, object]:
    return {
        "open": sum(row.open for row in rows),
        "overdue": sum(row.overdue for row in rows),
        "opened": sum(row.opened for row in rows),
        "resolved": sum(row.resolved for row in rows),
        "cases": cases_url(status="open", category=category, public=True),
        "overdue_cases": cases_url(status="open", overdue=True, category=category, public=True),
        "opened_cases": cases_url(day, category=category, public=True),
        "resolved_cases": cases_url(
            resolved_from=day.starts, resolved_to=day.ends, category=category, public=True
        ),
    }
