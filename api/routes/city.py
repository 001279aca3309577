"""What anybody may know of the city: categories, departments, areas."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Response

from api.conditional import has_etag
from api.deps import CityDep, LatQuery, LonQuery, ServicesDep
from api.schemas.base import Names
from api.schemas.city import (
    AreaOut,
    AreasOut,
    CategoriesOut,
    CategoryOut,
    DepartmentOut,
    DepartmentsOut,
)
from core.fence import Errand
from gis import features
from gis.locate import Place, list_areas_at
from workflows.configuration import Configuration

router = APIRouter(prefix="/v1", tags=["city"])
IfNoneMatch = Annotated[str | None, Header()]
NOT_MODIFIED = 304


@router.get("/categories")
async def list_categories(
    city: CityDep, response: Response, if_none_match: IfNoneMatch = None
) -> CategoriesOut | None:
    """The tree of categories with their questions. Changes only with the city's configuration."""
    etag = f'"{city.revision}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, max-age=60"
    if has_etag(if_none_match, etag):
        response.status_code = NOT_MODIFIED
        return None
    return CategoriesOut(items=_branch(city, None))


@router.get("/departments")
async def list_departments(city: CityDep) -> DepartmentsOut:
    """The departments that work on reports."""
    return DepartmentsOut(
        items=[
            DepartmentOut(code=view.code, name=Names(vi=view.name, en=view.name_en))
            for view in city.departments.values()
            if view.active
        ]
    )


@router.get("/areas/locate")
async def locate(lat: LatQuery, lon: LonQuery, services: ServicesDep) -> AreasOut:
    """The province and ward of a place, or the nearest ward with its distance."""
    async with services.begin(Errand.UPKEEP) as session:
        areas = await list_areas_at(session, Place(lat, lon))
    return AreasOut(
        areas=[
            AreaOut(
                kind=area.kind,
                code=area.code,
                name=Names(vi=area.name, en=area.name_en),
                distance_m=round(area.distance_m, 1),
                approximate=area.approximate,
            )
            for area in areas
        ]
    )


@router.get("/areas.geojson", response_class=Response)
async def get_areas(
    services: ServicesDep,
    kind: Literal["province", "ward"] = "ward",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The areas as a FeatureCollection, simplified to about 10 m for drawing."""
    body = await features.areas_geojson(services.read_pool, kind)
    return geojson(body, if_none_match, "public, max-age=300")


def geojson(body: bytes, if_none_match: str | None, cache_control: str) -> Response:
    """GeoJSON with an ETag of its content; 304 without a body when the reader has it."""
    etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": cache_control}
    if has_etag(if_none_match, etag):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/geo+json", headers=headers)


def _branch(city: Configuration, parent: str | None) -> list[CategoryOut]:
    return [
        CategoryOut(
            code=view.code,
            parent=view.parent,
            name=Names(vi=view.name, en=view.name_en),
            questions=view.questions,
            photo_required=view.photo_required,
            after_photo_required=view.after_photo_required,
            photos_public=view.photos_public,
            children=_branch(city, view.code),
        )
        for view in city.categories.values()
        if view.parent == parent and view.active
    ]
