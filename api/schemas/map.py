"""Wire shapes of the map: what its layers can be filtered by, and TileJSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.queries import split_codes, split_statuses, to_bbox
from api.schemas.base import Output, Text
from gis.case_filter import CaseFilter
from gis.features import Order
from workflows.configuration import Configuration
from workflows.status import OPEN_STATUSES

MAX_FIRST = 1000
YEARS_10 = 87_600  # hours
Codes = Annotated[Text | None, Field(max_length=2000, description="One or more, by comma")]
Hours = Annotated[int | None, Field(ge=0, le=YEARS_10)]


class CaseFilterQuery(BaseModel):
    """Filters of the open cases; what is not named here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Codes = None
    department: Codes = None
    status: Codes = None
    overdue: bool | None = None
    min_age_h: Annotated[Hours, Field(description="Opened at least so many hours ago")] = None
    max_age_h: Annotated[Hours, Field(description="Opened at most so many hours ago")] = None

    def to_filter(self, city: Configuration | None, bbox: str | None = None) -> CaseFilter:
        """The filter; `city` says what is below a category. InvalidInput at what is not right."""
        categories = split_codes(self.category)
        if city is not None:
            categories = city.with_descendants(categories)
        statuses = split_statuses(self.status)
        return CaseFilter(
            bbox=to_bbox(bbox),
            categories=tuple(sorted(categories)) or None,
            departments=tuple(sorted(split_codes(self.department))) or None,
            # What is not open is on no layer of open cases: naming it keeps nothing.
            statuses=tuple(s for s in OPEN_STATUSES if s in statuses) if statuses else None,
            overdue=self.overdue,
            min_age_h=self.min_age_h,
            max_age_h=self.max_age_h,
        )


class AreaFilterQuery(CaseFilterQuery):
    """The same within a box."""

    bbox: Annotated[
        Text | None, Field(max_length=100, description="west,south,east,north in degrees, WGS84")
    ] = None


class IncidentsQuery(AreaFilterQuery):
    """The same, all of them or the first few."""

    limit: Annotated[
        int | None, Field(ge=1, le=MAX_FIRST, description="Only the first so many")
    ] = None
    sort: Annotated[Order, Field(description="Of what `limit` takes the first")] = Order.DUE


class VectorLayer(Output):
    """A layer inside the tiles, with what its features carry."""

    id: str
    description: str
    minzoom: int
    maxzoom: int
    fields: dict[str, str]


class TileJson(Output):
    """TileJSON 3.0.0. `bounds` and `center` are degrees, WGS84, longitude first."""

    tilejson: str = "3.0.0"
    name: str
    description: str
    scheme: str = "xyz"
    tiles: list[str]
    minzoom: int
    maxzoom: int
    bounds: list[float]
    center: list[float]
    vector_layers: list[VectorLayer]
