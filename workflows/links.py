"""Cases with the same cause: linked to each other, each with its own department and process."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import InvalidInput, NotFound
from workflows import merging, repository
from workflows.policies import Right, check_right
from workflows.repository import LockedCase
from workflows.tables import Case, CaseLink
from workflows.visibility import visible_to


async def add_link(
    session: AsyncSession, case_id: UUID, other: str, *, note: str, actor: Actor, now: datetime
) -> bool:
    """Say that two cases have the same cause; `other` is a code or an id. False if they are
    linked already: nothing is written then.

    Raises NotFound for a case that is not the actor's to see, InvalidInput at `/other` for another
    case that cannot be meant. The caller commits.
    """
    check_right(actor, Right.LINK_CASES)
    await _check_visible(session, case_id, actor)
    target = await merging.find_target(session, other, actor=actor, pointer="/other")
    if target.id == case_id:
        raise InvalidInput.at("/other", "link_to_itself")
    one, two = await _lock_both(session, case_id, target.id, actor)
    added = await session.scalar(
        insert(CaseLink)
        .values(case_id=one.id, other_id=two.id, note=note, at=now, actor_id=actor.person_id)
        .on_conflict_do_nothing()
        .returning(CaseLink.case_id)
    )
    if added is None:
        return False
    await _remark_both(session, "linked", one, two, note=note, actor=actor, now=now)
    return True


async def remove_link(
    session: AsyncSession, case_id: UUID, other_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Take the link between two cases away, if there is one.

    NotFound if either case is not the actor's to see. The caller commits.
    """
    check_right(actor, Right.LINK_CASES)
    one, two = await _lock_both(session, case_id, other_id, actor)
    removed = await session.scalar(
        delete(CaseLink)
        .where(CaseLink.case_id == one.id, CaseLink.other_id == two.id)
        .returning(CaseLink.case_id)
    )
    if removed is not None:
        await _remark_both(session, "unlinked", one, two, note="", actor=actor, now=now)


async def _lock_both(
    session: AsyncSession, case_id: UUID, other_id: UUID, actor: Actor
) -> tuple[LockedCase, LockedCase]:
    """Both cases in the order of their ids, in which everybody locks two cases."""
    first, second = sorted((case_id, other_id))
    return (
        await repository.lock_case(session, first, actor),
        await repository.lock_case(session, second, actor),
    )


async def _remark_both(
    session: AsyncSession,
    action: str,
    one: LockedCase,
    two: LockedCase,
    *,
    note: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Each history names the other case."""
    rows = await session.execute(select(Case.id, Case.code).where(Case.id.in_([one.id, two.id])))
    codes = {row.id: row.code for row in rows}
    for case, other in ((one, two), (two, one)):
        form = {"case": str(other.id), "code": codes[other.id]} | ({"note": note} if note else {})
        await repository.add_remark(session, case, action, form, actor=actor, now=now)


async def _check_visible(session: AsyncSession, case_id: UUID, actor: Actor) -> None:
    if await session.scalar(select(Case.id).where(Case.id == case_id, visible_to(actor))) is None:
        raise NotFound("case_not_found")
