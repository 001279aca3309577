"""Staff: who has an account, and what becomes of somebody's cases when they go."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM, Actor, Role
from core.audit import note
from core.errors import FieldError, InvalidInput
from core.paging import Page
from core.settings import StaffSettings
from identity import accounts
from identity.accounts import AccountDraft, AccountFilter
from identity.passkeys import remove_all as remove_all_passkeys
from identity.passwords import make_hash
from identity.staff_sessions import end_all, list_sessions
from identity.staff_tables import StaffSession
from identity.tables import Person
from identity.totp import remove_totp
from workflows import repository
from workflows.administration import begin_change, put_values
from workflows.assignment import MAY_HAVE_CASES
from workflows.policies import Right, check_proof, check_right
from workflows.tables import Case, City, Department
from workflows.versions import lock_city


async def page_accounts(
    session: AsyncSession, wanted: AccountFilter, *, actor: Actor, limit: int, cursor: str | None
) -> Page[Person]:
    """Accounts of staff by username; those of citizens are not shown to anybody."""
    check_right(actor, Right.CONFIGURE)
    return await accounts.page_accounts(session, wanted, limit=limit, cursor=cursor)


async def add_account(
    session: AsyncSession,
    username: str,
    draft: AccountDraft,
    password: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Person:
    """A new account. Conflict `username_taken`; InvalidInput naming what cannot be."""
    check_right(actor, Right.CONFIGURE)
    check_proof(actor, now=now)
    password_hash = await make_hash(password) if password else None  # before anything is locked
    city = await begin_change(session, actor)
    await check_draft(session, draft)
    person = await accounts.add_account(session, username, draft, password_hash=password_hash)
    await note(session, actor, "account.add", f"person:{person.id}", _rights(person))
    await _count(session, city)
    return person


async def change_account(
    session: AsyncSession,
    person_id: UUID,
    draft: AccountDraft,
    password: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Person:
    """Change an account; a `password` replaces the one it has. Cases that its owner can no longer
    work on are nobody's again. InvalidInput for administrators who would lock themselves out.
    """
    check_right(actor, Right.CONFIGURE)
    check_proof(actor, now=now)
    password_hash = await make_hash(password) if password else None
    city = await begin_change(session, actor)
    person = await accounts.lock_account(session, person_id)
    if person.id == actor.person_id:
        _check_own(draft)
    await check_draft(session, draft)
    before = _rights(person)
    values = asdict(draft) | ({"password_hash": password_hash} if password_hash else {})
    if password_hash:
        # Whoever had the old one is out, but for the administrator who is changing their own.
        own = actor.proof.session_id if actor.proof and actor.person_id == person.id else None
        await end_all(session, person.id, but=own, now=now)
    if await put_values(session, person, values):
        facts = {"before": before, "after": _rights(person), "password": bool(password_hash)}
        await note(session, actor, "account.change", f"person:{person.id}", facts)
        await _release_cases(session, person, actor=actor, now=now)
        await _count(session, city)
    return person


async def list_account_sessions(
    session: AsyncSession, person_id: UUID, *, actor: Actor, settings: StaffSettings, now: datetime
) -> list[StaffSession]:
    """Where somebody of staff is signed in."""
    check_right(actor, Right.CONFIGURE)
    await accounts.lock_account(session, person_id)
    return await list_sessions(session, person_id, settings=settings, now=now)


async def end_account_sessions(
    session: AsyncSession, person_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Sign somebody of staff out everywhere. No proof is asked for: it takes, and gives nothing."""
    check_right(actor, Right.CONFIGURE)
    await accounts.lock_account(session, person_id)
    await note(session, actor, "sessions.end", f"person:{person_id}", {})
    await end_all(session, person_id, now=now)


async def reset_factors(
    session: AsyncSession, person_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """For somebody whose phone is gone: forget their second factors, and sign them out. Who needs
    one sets it up at the next sign-in.
    """
    check_right(actor, Right.CONFIGURE)
    check_proof(actor, now=now)
    await accounts.lock_account(session, person_id)
    await note(session, actor, "factors.reset", f"person:{person_id}", {})
    await remove_totp(session, person_id)
    await remove_all_passkeys(session, person_id)
    await end_all(session, person_id, now=now)


async def put_claimed_account(
    session: AsyncSession, person: Person, draft: AccountDraft, *, now: datetime
) -> Person:
    """The same because an identity provider says so, whose word the settings take for it."""
    if all(getattr(person, name) == value for name, value in asdict(draft).items()):
        return person  # as at nearly every sign-in: nothing to lock anybody for
    city = await lock_city(session)
    person = await accounts.lock_account(session, person.id)
    await check_draft(session, draft)
    before = _rights(person)
    if await put_values(session, person, asdict(draft)) and _rights(person) != before:
        facts = {"before": before, "after": _rights(person)}
        await note(session, SYSTEM, "account.claim", f"person:{person.id}", facts)
    await _release_cases(session, person, actor=SYSTEM, now=now)
    await _count(session, city)
    return person


async def add_claimed_account(session: AsyncSession, username: str, draft: AccountDraft) -> Person:
    """A new account because an identity provider says so. Conflict `username_taken`."""
    city = await lock_city(session)
    await check_draft(session, draft)
    person = await accounts.add_account(session, username, draft, password_hash=None)
    await note(session, SYSTEM, "account.claim", f"person:{person.id}", {"after": _rights(person)})
    await _count(session, city)
    return person


def _rights(person: Person) -> dict[str, Any]:
    """What an account may, for the audit log; nothing of who it is."""
    return {"role": person.role, "department": person.department, "active": person.active}


def _check_own(draft: AccountDraft) -> None:
    """Somebody is always left who can administrate: nobody does this to themselves."""
    errors: list[FieldError] = []
    if draft.role != Role.ADMIN:
        errors.append(FieldError("/role", "own_role_is_fixed"))
    if not draft.active:
        errors.append(FieldError("/active", "own_account_stays_open"))
    if errors:
        raise InvalidInput(fields=errors)


async def check_draft(session: AsyncSession, draft: AccountDraft) -> None:
    """Staff and supervisors belong to a department; whoever belongs to one, to one that works."""
    if draft.department is None:
        if draft.role in MAY_HAVE_CASES:
            raise InvalidInput.at("/department", "field_required")
        return
    active = await session.scalar(
        select(Department.active).where(Department.code == draft.department)
    )
    if active is None:
        raise InvalidInput.at("/department", "department_unknown")
    if draft.active and not active:
        raise InvalidInput.at("/department", "department_retired", department=draft.department)


async def _release_cases(
    session: AsyncSession, person: Person, *, actor: Actor, now: datetime
) -> None:
    """Take open cases from somebody who does not work in their department any more."""
    query = select(Case.id).where(Case.assignee == person.id, Case.open)
    if person.active and person.role in MAY_HAVE_CASES:
        query = query.where(Case.department != person.department)
    query = query.order_by(Case.id).with_for_update(key_share=True)
    cases = list(await session.scalars(query))
    for case_id in cases:
        case = await repository.lock_case(session, case_id, SYSTEM)
        form = {"person": str(person.id)}
        await repository.add_remark(session, case, "released", form, actor=actor, now=now)
    await session.execute(update(Case).where(Case.id.in_(cases)).values(assignee=None))


async def _count(session: AsyncSession, city: City) -> None:
    city.revision += 1
    await session.flush()
