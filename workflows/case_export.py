"""Cases as a file to be taken along: those of the work list, without anything of who reported them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.db import AnyRow
from workflows.cases import CaseFilter, count_cases, page_cases
from workflows.policies import Right, check_proof, check_right

BATCH = 200
ORDER = "-opened"  # when a case was opened never changes: none is missed or comes twice
LIST = "cases:list"  # of the audit log
OpenSession = Callable[[], AbstractAsyncContextManager[AsyncSession]]


async def begin_export(
    session: AsyncSession,
    wanted: CaseFilter,
    *,
    format_name: str,
    asked: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    """Note who takes which cases along and how many those are, to be committed before the first of
    them is sent: somebody who goes away in the middle has had some. `asked` are the filters in
    the reader's spelling, without words that were searched for.

    Forbidden without the right, StepUpRequired without a fresh proof.
    """
    check_right(actor, Right.EXPORT_CASES)
    check_proof(actor, now=now)
    count = await count_cases(session, wanted, actor=actor)
    facts = {"format": format_name, "filters": asked, "rows": count}
    await note(session, actor, "cases.export", LIST, facts)


async def list_batches(
    open_session: OpenSession, wanted: CaseFilter, *, actor: Actor
) -> AsyncGenerator[list[AnyRow]]:
    """The cases as rows of `cases.case_query`, the latest first, batch after batch; the last may be
    empty. Each batch has a transaction of its own: a slow reader holds no connection.
    """
    ordered, cursor = replace(wanted, sort=ORDER), None
    while True:
        async with open_session() as session:
            page = await page_cases(session, ordered, actor=actor, limit=BATCH, cursor=cursor)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return
