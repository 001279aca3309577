"""Shaping the city: its departments and its categories."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import ActorDep, SessionDep
from api.openapi import made
from api.schemas.catalogue import (
    CategoryCode,
    CategoryIn,
    CategoryRowOut,
    CategoryRowsOut,
    Code,
    DepartmentIn,
    DepartmentRowOut,
    DepartmentRowsOut,
)
from workflows import categories, departments

router = APIRouter(prefix="/v1/admin", tags=["admin"])
CREATED, OK = 201, 200


@router.get("/departments")
async def list_departments(session: SessionDep, actor: ActorDep) -> DepartmentRowsOut:
    """All departments with all that is known of them, the retired ones too."""
    rows = await departments.list_departments(session, actor=actor)
    return DepartmentRowsOut(items=[DepartmentRowOut.model_validate(row) for row in rows])


@router.put("/departments/{code}", responses=made(DepartmentRowOut))
async def put_department(
    code: Code, body: DepartmentIn, session: SessionDep, actor: ActorDep, response: Response
) -> DepartmentRowOut:
    """Add a department (201) or change it; `active: false` retires it."""
    row, created = await departments.put_department(session, code, body.draft(), actor=actor)
    response.status_code = CREATED if created else OK
    return DepartmentRowOut.model_validate(row)


@router.get("/categories")
async def list_categories(session: SessionDep, actor: ActorDep) -> CategoryRowsOut:
    """All categories, one after the other, with all that is known of them."""
    rows = await categories.list_categories(session, actor=actor)
    return CategoryRowsOut(items=[CategoryRowOut.model_validate(row) for row in rows])


@router.put("/categories/{code}", responses=made(CategoryRowOut))
async def put_category(
    code: CategoryCode, body: CategoryIn, session: SessionDep, actor: ActorDep, response: Response
) -> CategoryRowOut:
    """Add a category (201) or change it; `active: false` retires it. The six roots are fixed."""
    row, created = await categories.put_category(session, code, body.draft(), actor=actor)
    response.status_code = CREATED if created else OK
    return CategoryRowOut.model_validate(row)
