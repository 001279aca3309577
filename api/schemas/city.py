"""The city's catalogue and areas on the wire."""

from __future__ import annotations

from typing import Any

from api.schemas.base import Names, Output


class CategoryOut(Output):
    """A category with those below it. `questions` is a JSON Schema."""

    code: str
    parent: str | None
    name: Names
    questions: dict[str, Any]
    photo_required: bool
    after_photo_required: bool
    photos_public: str
    children: list[CategoryOut]


class DepartmentOut(Output):
    code: str
    name: Names


class AreaOut(Output):
    kind: str
    code: str
    name: Names
    distance_m: float
    approximate: bool


class AreasOut(Output):
    areas: list[AreaOut]


class CategoriesOut(Output):
    items: list[CategoryOut]


class DepartmentsOut(Output):
    items: list[DepartmentOut]
