"""Answering a step of a case, whichever route took it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import Services, make_presenter
from core.actor import Actor
from workflows import cases

NO_CONTENT = 204


async def answer_step(
    case_id: UUID,
    actor: Actor,
    services: Services,
    take: Callable[[AsyncSession], Awaitable[int]],
    *,
    minimal: bool = False,
) -> Response:
    """Take a step in a transaction of its own and answer the case as it is then; its new version,
    which `take` returns, is the ETag. Nothing but that (204) where the step took the case out of
    the reader's sight, or where they want no more.
    """
    detail = city = None
    async with services.begin(actor) as session:
        headers = {"ETag": f'"{await take(session)}"'}
        if not minimal:
            detail = await cases.find_case(session, case_id, actor=actor)
        if detail is not None:
            city = await services.cache.at(session, detail.case.city_revision)
    if minimal:
        headers["Preference-Applied"] = "return=minimal"
    if detail is None or city is None:
        return Response(status_code=NO_CONTENT, headers=headers)
    case = make_presenter(city, actor, services).case(detail)
    # Bytes: the framework would check and copy a model that was checked when it was made.
    return Response(
        case.model_dump_json(by_alias=True), media_type="application/json", headers=headers
    )
