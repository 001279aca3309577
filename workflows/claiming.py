"""Reports that were filed without an account, and move into one by their track token."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.errors import Conflict, NotFound, NotSignedIn
from core.jobs import enqueue
from core.keys import Keyring
from workflows import repository
from workflows.policies import Right, check_right
from workflows.tables import Report, Reporter, Support
from workflows.tasks import FOLLOW_CONSENTS
from workflows.track_tokens import is_track_token


async def claim_report(
    session: AsyncSession,
    report_id: UUID,
    track_token: str,
    *,
    actor: Actor,
    keys: Keyring,
    now: datetime,
) -> None:
    """Make a report the actor's own; nothing happens if it is. The history of its case says that it
    was claimed, not by whom.

    NotFound without the right track token, Conflict `report_claimed` if it is somebody else's.
    """
    check_right(actor, Right.SUPPORT_REPORT)
    if actor.person_id is None:
        raise NotSignedIn
    if not is_track_token(report_id, track_token, keys):
        raise NotFound("report_not_found")
    case_id = await session.scalar(select(Report.case_id).where(Report.id == report_id))
    if case_id is None:
        raise NotFound("report_not_found")
    [case] = await repository.lock_cases(session, [case_id])  # one claims after the other
    owner = await session.scalar(select(Reporter.person_id).where(Reporter.report_id == report_id))
    if owner == actor.person_id:
        return
    if owner is not None:
        raise Conflict("report_claimed")
    # Who left neither account nor contact has no row.
    await session.execute(
        insert(Reporter)
        .values(report_id=report_id, person_id=actor.person_id, language=actor.language)
        .on_conflict_do_update(
            index_elements=[Reporter.report_id], set_={"person_id": actor.person_id}
        )
    )
    # Nobody says of their own report that they have the same problem.
    await session.execute(
        delete(Support).where(Support.report_id == report_id, Support.person_id == actor.person_id)
    )
    # What the account said about photos counts for this report's as well.
    await enqueue(session, FOLLOW_CONSENTS, [actor.person_id])
    await repository.add_remark(
        session, case, "claimed", {"report": str(report_id)}, actor=Actor(Role.CITIZEN), now=now
    )
