"""Departments and categories as administrators see and change them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BeforeValidator, Field

from api.schemas.base import Email, Flag, Input, Json, Output, Text
from workflows.categories import CategoryDraft
from workflows.departments import DepartmentDraft

MAX_POSITION = 1_000_000


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


Name = Annotated[Text, BeforeValidator(_stripped), Field(min_length=1, max_length=200)]
# A rule's name for it, and part of usernames and addresses: it never changes.
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
CategoryCode = Annotated[
    str, Path(max_length=80, pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})*$")
]


class DepartmentIn(Input):
    """The whole department: what is empty is null."""

    name: Name
    name_en: Name
    phone: Annotated[Text, Field(max_length=30)] | None
    email: Email | None
    deputy: Annotated[Text, Field(max_length=40)] | None
    calendar: Annotated[Text, Field(max_length=40)] | None
    active: Flag

    def draft(self) -> DepartmentDraft:
        return DepartmentDraft(**self.model_dump())


class DepartmentRowOut(Output):
    code: str
    name: str
    name_en: str
    phone: str | None
    email: str | None
    deputy: str | None
    calendar: str | None
    active: bool


class DepartmentRowsOut(Output):
    items: list[DepartmentRowOut]


class CategoryIn(Input):
    """The whole category; `questions` is a JSON Schema (draft 2020-12) of an object, or `{}`."""

    parent: Annotated[Text, Field(max_length=80)] | None
    name: Name
    name_en: Name
    questions: Json
    photo_required: Flag
    after_photo_required: Flag
    visibility: Literal["exact", "rounded", "hidden"]
    target_on_time: Annotated[int, Field(strict=True, ge=1, le=100)] | None
    publish_check: Flag
    photos_public: Literal["never", "after_approval"] | None = None
    position: Annotated[int, Field(strict=True, ge=0, le=MAX_POSITION)]
    active: Flag

    def draft(self) -> CategoryDraft:
        return CategoryDraft(**self.model_dump())


class CategoryRowOut(Output):
    code: str
    parent: str | None
    name: str
    name_en: str
    questions: dict[str, Any]
    photo_required: bool
    after_photo_required: bool
    visibility: str
    target_on_time: int | None
    publish_check: bool
    photos_public: str
    position: int
    active: bool


class CategoryRowsOut(Output):
    items: list[CategoryRowOut]
