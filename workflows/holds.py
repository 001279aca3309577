"""Legal holds: nothing of a case is erased or ended while a court or the police needs it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.errors import NotFound
from workflows.policies import Right, check_right
from workflows.rights_tables import LegalHold
from workflows.tables import Case
from workflows.visibility import visible_to


async def hold(
    session: AsyncSession, case_id: UUID, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Keep everything of the case from now on. NotFound for a case that is not the actor's."""
    await _check(session, case_id, actor)
    values = {"reason": reason, "by": actor.person_id, "at": now}
    await session.execute(
        insert(LegalHold)
        .values(case_id=case_id, **values)
        .on_conflict_do_update(index_elements=[LegalHold.case_id], set_=values)
    )
    await note(session, actor, "hold.put", f"case:{case_id}", {})


async def release(session: AsyncSession, case_id: UUID, *, actor: Actor) -> None:
    """What waited for it goes on with the workers' next round. Releasing twice is no error."""
    await _check(session, case_id, actor)
    released = await session.scalar(
        delete(LegalHold).where(LegalHold.case_id == case_id).returning(LegalHold.case_id)
    )
    if released is not None:
        await note(session, actor, "hold.release", f"case:{case_id}", {})


async def _check(session: AsyncSession, case_id: UUID, actor: Actor) -> None:
    check_right(actor, Right.HOLD_CASE)
    found = await session.scalar(select(Case.id).where(Case.id == case_id, visible_to(actor)))
    if found is None:
        raise NotFound("case_not_found")
