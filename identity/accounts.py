"""Accounts of staff: found, added and changed. What that means for their cases stands in
`workflows/staff.py`; accounts of citizens are their own business.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import STAFF_ROLES
from core.errors import Conflict, FieldError, NotFound
from core.paging import Page, decode_name_cursor, encode_cursor
from identity.tables import Person

ROLES = tuple(sorted(role.value for role in STAFF_ROLES))


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts of staff are wanted."""

    department: str | None = None
    role: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account as administrators want it; its role is one of ROLES."""

    name: str
    role: str
    department: str | None
    email: str | None
    language: str
    active: bool


async def page_accounts(
    session: AsyncSession, wanted: AccountFilter, *, limit: int, cursor: str | None
) -> Page[Person]:
    """Accounts of staff by username."""
    query = select(Person).where(Person.role.in_(ROLES)).order_by(Person.username)
    if wanted.department is not None:
        query = query.where(Person.department == wanted.department)
    if wanted.role is not None:
        query = query.where(Person.role == wanted.role)
    if wanted.active is not None:
        query = query.where(Person.active.is_(wanted.active))
    if cursor is not None:
        username, _ = decode_name_cursor(cursor)
        query = query.where(Person.username > username)
    rows = list(await session.scalars(query.limit(limit + 1)))
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(rows[:limit], encode_cursor([last.username, last.id]) if last else None)


async def add_account(
    session: AsyncSession, username: str, draft: AccountDraft, *, password_hash: str | None
) -> Person:
    """A new account; without a password it opens by other ways only. Conflict `username_taken`."""
    person = await session.scalar(
        insert(Person)
        .values(
            username=username,
            name=draft.name,
            role=draft.role,
            department=draft.department,
            email=draft.email,
            language=draft.language,
            active=draft.active,
            password_hash=password_hash,
        )
        .on_conflict_do_nothing(index_elements=[Person.username])
        .returning(Person)
    )
    if person is None:
        raise Conflict("username_taken", fields=[FieldError("/username", "username_taken")])
    return person


async def lock_account(session: AsyncSession, person_id: UUID) -> Person:
    """An account of staff, locked until the transaction ends. NotFound for anybody else's."""
    person = await session.scalar(
        select(Person)
        .where(Person.id == person_id, Person.role.in_(ROLES))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if person is None:
        raise NotFound("account_not_found")
    return person
