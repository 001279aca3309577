"""The query parameters of the work list that lead from a figure to its cases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query

from api.queries import to_ratings
from api.schemas.base import Instant, Text
from gis.heat_grid import to_cell

BIGGEST_ID = 2**63 - 1
From = Annotated[Instant | None, Query(description="From this instant on")]
To = Annotated[Instant | None, Query(description="Before this instant")]
RowId = Annotated[int | None, Query(ge=1, le=BIGGEST_ID)]


async def get_figure(
    opened_from: From = None,
    opened_to: To = None,
    resolved_from: From = None,
    resolved_to: To = None,
    public: Annotated[bool | None, Query(description="Whether the public sees it")] = None,
    cell: Annotated[Text | None, Query(max_length=18, description="Quadkey of its place")] = None,
    rating: Annotated[Text | None, Query(max_length=20, description="1 to 5, by comma")] = None,
    reopened: Annotated[bool | None, Query(description="Not content with a result")] = None,
    hotspot: RowId = None,
    alert: RowId = None,
) -> dict[str, Any]:
    """These filters as `CaseFilter` takes them. InvalidInput at the parameter at fault."""
    return {
        "opened_from": opened_from,
        "opened_to": opened_to,
        "resolved_from": resolved_from,
        "resolved_to": resolved_to,
        "public": public,
        "cell": to_cell(cell) if cell is not None else None,
        "rating": to_ratings(rating),
        "reopened": reopened,
        "hotspot": hotspot,
        "alert": alert,
    }


FigureDep = Annotated[dict[str, Any], Depends(get_figure)]
