"""Answering a step of a case, whichever route took it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Services
from api.presenter import Presenter
from api.schemas.cases import CaseOut
from core.actor import Actor
from core.clock import utc_now
from workflows import cases

NO_CONTENT = 204


async def answer_step(
    case_id: UUID,
    actor: Actor,
    services: Services,
    response: Response,
    take: Callable[[AsyncSession], Awaitable[int]],
    *,
    minimal: bool = False,
) -> CaseOut | None:
    """Take a step in a transaction of its own and answer the case as it is then; its new version,
    which `take` returns, is the ETag. Nothing but that (204) where the step took the case out of
    the reader's sight, or where they want no more.
    """
    detail = city = None
    async with services.begin() as session:
        rev = await take(session)
        if not minimal:
            detail = await cases.find_case(session, case_id, actor=actor)
        if detail is not None:
            city = await services.cache.at(session, detail.case.city_revision)
    response.headers["ETag"] = f'"{rev}"'
    if minimal:
        response.headers["Preference-Applied"] = "return=minimal"
    if detail is None or city is None:
        response.status_code = NO_CONTENT
        return None
    return Presenter(city, actor, services.secret, utc_now()).case(detail)
