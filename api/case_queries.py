"""The filters of the work list as they are asked for: of its pages, and of its export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query

from api.figures import FigureDep
from api.queries import split_codes, split_statuses, to_assignee, to_bbox
from api.schemas.base import Text
from gis.heat_grid import Cell
from workflows.cases import CaseFilter
from workflows.configuration import Configuration

Codes = Annotated[Text | None, Query(max_length=2000, description="One or more, by comma")]
AssigneeQuery = Annotated[
    Text | None, Query(max_length=50, description="A person's id, `me`, or `none`: nobody's")
]
ReviewQuery = Annotated[
    Text | None,
    Query(max_length=300, description="Marked for review: `any`, or reasons by comma"),
]


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """What was asked for, in the reader's spelling; `figure` are the filters of `api/figures.py`."""

    figure: dict[str, Any]
    asked: dict[str, Any]

    def to_filter(self, city: Configuration, sort: str = CaseFilter.sort) -> CaseFilter:
        """The same as use cases take it. InvalidInput at the parameter at fault."""
        asked = self.asked
        return CaseFilter(
            status=split_statuses(asked["status"]),
            department=split_codes(asked["department"]),
            category=city.with_descendants(split_codes(asked["category"])),
            area=city.scope_of_areas(split_codes(asked["area"])),
            assignee=to_assignee(asked["assignee"]),
            overdue=asked["overdue"],
            review=split_codes(asked["review"]),
            trust_below=asked["trust_below"],
            bbox=to_bbox(asked["bbox"]),
            q=asked["q"],
            sort=sort,
            **self.figure,
        )

    def for_the_log(self) -> dict[str, Any]:
        """What filtered, for the audit log: that words were searched for, not which they were."""
        named = self.asked | self.figure | {"q": bool(self.asked["q"].strip()) or None}
        return {name: _plain(value) for name, value in named.items() if value not in (None, ())}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Cell):
        return value.quadkey
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


async def get_case_query(
    figure: FigureDep,
    status: Codes = None,
    department: Codes = None,
    category: Codes = None,
    area: Codes = None,
    assignee: AssigneeQuery = None,
    overdue: Annotated[bool | None, Query()] = None,
    review: ReviewQuery = None,
    trust_below: Annotated[int | None, Query(ge=1, le=100)] = None,
    bbox: Annotated[Text | None, Query(max_length=100)] = None,
    q: Annotated[Text, Query(max_length=200)] = "",
) -> CaseQuery:
    """These filters, each in its own parameter."""
    asked: dict[str, Any] = {
        "status": status,
        "department": department,
        "category": category,
        "area": area,
        "assignee": assignee,
        "overdue": overdue,
        "review": review,
        "trust_below": trust_below,
        "bbox": bbox,
        "q": q,
    }
    return CaseQuery(figure, asked)


CaseQueryDep = Annotated[CaseQuery, Depends(get_case_query)]
