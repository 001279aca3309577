"""Figures behind the operations centre's map and charts."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BeforeValidator

from api.deps import ActorDep, CityDep, ServicesDep, presenter_for
from api.figure_presenter import Figures, to_hotspot, to_satisfaction, to_summary
from api.queries import split_codes, to_bbox
from api.schemas.base import Output, Text
from api.schemas.calendars import day_text
from api.schemas.stats import (
    AreasStatsOut,
    HeatOut,
    HotspotsOut,
    SatisfactionOut,
    SummaryOut,
    TimeSeriesOut,
)
from core.clock import utc_now
from core.errors import InvalidInput
from gis import statistics
from gis.heat_grid import level_for
from gis.periods import Period, Step, to_period
from gis.tile_grid import MAX_ZOOM
from workflows.configuration import Configuration
from workflows.satisfaction import Grouping, list_satisfaction

router = APIRouter(prefix="/v1/stats", tags=["stats"])
Codes = Annotated[Text | None, Query(max_length=2000, description="One or more, by comma")]
First = Annotated[
    date | None,
    BeforeValidator(day_text),
    Query(alias="from", description="First day; 30 days before `to` unless said"),
]
Last = Annotated[
    date | None,
    BeforeValidator(day_text),
    Query(alias="to", description="Last day; today unless said"),
]
IfNoneMatch = Annotated[str | None, Header()]
NOT_MODIFIED = 304


@router.get("/heat", response_model=HeatOut)
async def get_heat(
    services: ServicesDep,
    city: CityDep,
    category: Codes = None,
    first: First = None,
    last: Last = None,
    bbox: Annotated[Text | None, Query(max_length=100)] = None,
    zoom: Annotated[int, Query(ge=0, le=MAX_ZOOM)] = 10,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Cells with how many cases they hold: open now, or opened from day to day when days are given.
    Places are those that the public sees.
    """
    period = _period(city, first, last) if first or last else None
    codes = _categories(city, category)
    cells = await statistics.list_heat(
        services.read_pool,
        level := level_for(zoom),
        to_bbox(bbox),
        leaves=_leaves(city, codes),
        period=period,
    )
    figures = Figures(codes)
    items = [figures.cell(cell, count, period) for cell, count in cells]
    return _answer(HeatOut(level=level, items=items), if_none_match)


@router.get("/areas", response_model=AreasStatsOut)
async def get_areas(
    services: ServicesDep,
    city: CityDep,
    category: Codes = None,
    first: First = None,
    last: Last = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """For each of today's wards: the cases opened in the period, as they stand."""
    period, codes = _period(city, first, last), _categories(city, category)
    areas = await statistics.list_area_figures(
        services.read_pool, period, leaves=_leaves(city, codes)
    )
    figures = Figures(codes)
    items = [figures.area(area, period) for area in areas]
    body = AreasStatsOut(first=period.first, last=period.last, items=items)
    return _answer(body, if_none_match)


@router.get("/timeline", response_model=TimeSeriesOut)
async def get_timeline(
    services: ServicesDep,
    city: CityDep,
    category: Codes = None,
    area: Codes = None,
    first: First = None,
    last: Last = None,
    step: Step = "day",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """For a time slider: the cases opened in each hour, day or week of the city's time zone, as
    they stand; the empty steps too.
    """
    period, codes, areas = (
        _period(city, first, last),
        _categories(city, category),
        split_codes(area),
    )
    steps = await statistics.list_steps(
        services.read_pool, period, step, leaves=_leaves(city, codes), areas=areas
    )
    figures = Figures(codes)
    items = [figures.step(start, end, counts, areas) for start, end, counts in steps]
    body = TimeSeriesOut(step=step, timezone=city.zone.key, items=items)
    return _answer(body, if_none_match)


@router.get("/summary", response_model=SummaryOut)
async def get_summary(
    services: ServicesDep, city: CityDep, if_none_match: IfNoneMatch = None
) -> Response:
    """What is open and overdue now, and what today brought, by root category."""
    today = _today(city)
    day = Period(today, today, city.zone)
    rows = await statistics.list_today(services.read_pool, day)
    return _answer(to_summary(city, day, rows), if_none_match)


@router.get("/hotspots", response_model=HotspotsOut)
async def get_hotspots(services: ServicesDep, if_none_match: IfNoneMatch = None) -> Response:
    """Places where more is reported than usual, the most unusual first."""
    found = await statistics.list_hotspots(services.read_pool)
    return _answer(HotspotsOut(items=[to_hotspot(hotspot) for hotspot in found]), if_none_match)


@router.get("/satisfaction")
async def get_satisfaction(
    services: ServicesDep,
    actor: ActorDep,
    response: Response,
    first: First = None,
    last: Last = None,
    by: Grouping = "department",
) -> SatisfactionOut:
    """Ratings and reopenings of the cases opened in the period, by department or category."""
    async with services.begin_list(actor) as session:
        city = (await presenter_for(session, actor, services)).city
        period = _period(city, first, last)
        rows = await list_satisfaction(session, period, by=by, actor=actor)
    response.headers["Cache-Control"] = "private, no-store"
    items = [to_satisfaction(city, row, period, by) for row in rows]
    return SatisfactionOut(by=by, first=period.first, last=period.last, items=items)


def _period(city: Configuration, first: date | None, last: date | None) -> Period:
    return to_period(first, last, zone=city.zone, today=_today(city))


def _today(city: Configuration) -> date:
    return utc_now().astimezone(city.zone).date()


def _categories(city: Configuration, value: str | None) -> tuple[str, ...]:
    """The codes asked for, which must exist: a figure of nothing would look like good news."""
    codes = split_codes(value)
    if unknown := set(codes) - city.categories.keys():
        raise InvalidInput.at("?category", "category_unknown", value=min(unknown))
    return codes


def _leaves(city: Configuration, codes: tuple[str, ...]) -> tuple[str, ...] | None:
    return city.with_descendants(codes) or None


def _answer(body: Output, if_none_match: str | None) -> Response:
    """Figures with an ETag of their content; a proxy may show them for half a minute."""
    content = body.model_dump_json().encode()
    etag = f'W/"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=30"}
    if if_none_match == etag:
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
