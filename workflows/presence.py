"""Who has a case open at the moment, so that two people do not work on it side by side."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import NotFound, NotSignedIn
from workflows.policies import Right, check_right
from workflows.tables import Case, CasePresence
from workflows.visibility import visible_to


async def note_presence(
    session: AsyncSession, case_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Note that the actor has the case open: `CaseOut.present` names them for 45 seconds.

    NotFound for a case that is not theirs to see.
    """
    person_id = _person(actor)
    seen = select(Case.id, literal(person_id), literal(now)).where(
        Case.id == case_id, visible_to(actor)
    )
    noted = await session.scalar(
        insert(CasePresence)
        .from_select(["case_id", "person_id", "seen_at"], seen)
        .on_conflict_do_update(
            index_elements=[CasePresence.case_id, CasePresence.person_id], set_={"seen_at": now}
        )
        .returning(CasePresence.case_id)
    )
    if noted is None:
        raise NotFound("case_not_found")


async def note_absence(session: AsyncSession, case_id: UUID, *, actor: Actor) -> None:
    """Note that the actor has left. Whether they may still see the case does not matter: a
    transfer may have just taken it away from them.
    """
    await session.execute(
        delete(CasePresence).where(
            CasePresence.case_id == case_id, CasePresence.person_id == _person(actor)
        )
    )


async def forget_absent(session: AsyncSession, *, before: datetime) -> None:
    """Remove whoever was last seen before `before`."""
    await session.execute(delete(CasePresence).where(CasePresence.seen_at < before))


def _person(actor: Actor) -> UUID:
    """Who it is. Presence is for those who work with the details of cases."""
    check_right(actor, Right.READ_DETAILS)
    if actor.person_id is None:
        raise NotSignedIn
    return actor.person_id
