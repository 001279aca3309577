"""Saved views of the work list: a filter under a name, for oneself or shared with one's team.

The team of staff and supervisors is their department; all who work for the whole city are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.db import AnyRow, AnySelect
from core.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from core.paging import Page, decode_name_cursor, encode_cursor
from identity.tables import Person
from workflows.policies import Right, check_right
from workflows.tables import SavedView

_DEPARTMENTAL = (Role.STAFF, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class ViewDraft:
    """What somebody saves. `filter` names what the query of the work list names, as checked by
    `api/schemas/views.py`; "me" in it is whoever looks.
    """

    name: str
    filter: dict[str, Any]
    shared: bool


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as one of its readers sees it; only the owner (`mine`) may change it."""

    id: UUID
    name: str
    filter: dict[str, Any]
    shared: bool
    owner: str
    mine: bool
    updated_at: datetime


async def page_views(
    session: AsyncSession, *, actor: Actor, limit: int, cursor: str | None
) -> Page[View]:
    """The actor's own views and those that their team shares, by name."""
    query = _visible_views(actor)
    if cursor is not None:
        name, view_id = decode_name_cursor(cursor)
        last = tuple_(literal(name), literal(view_id))
        query = query.where(tuple_(SavedView.name, SavedView.id) > last)
    query = query.order_by(SavedView.name, SavedView.id).limit(limit + 1)
    views = [_view(row, actor) for row in await session.execute(query)]
    if len(views) <= limit:
        return Page(views, None)
    return Page(views[:limit], encode_cursor([views[limit - 1].name, views[limit - 1].id]))


async def add_view(session: AsyncSession, draft: ViewDraft, *, actor: Actor, now: datetime) -> View:
    """Save a view. The caller commits."""
    owner = _person(actor)
    values = _columns(draft, actor, now) | {"owner_id": owner}
    statement = insert(SavedView).values(values).returning(SavedView.id)
    view_id = (await session.execute(statement)).scalar_one()
    return await _get_view(session, view_id, actor)


async def change_view(
    session: AsyncSession, view_id: UUID, draft: ViewDraft, *, actor: Actor, now: datetime
) -> View:
    """Replace a view of the actor's own. NotFound for one that is not for them, Forbidden
    `view_not_yours` for somebody else's.
    """
    await _check_own(session, view_id, actor)
    values = _columns(draft, actor, now)
    await session.execute(update(SavedView).where(SavedView.id == view_id).values(values))
    return await _get_view(session, view_id, actor)


async def remove_view(session: AsyncSession, view_id: UUID, *, actor: Actor) -> None:
    """Delete a view of the actor's own; raises what `change_view` does."""
    await _check_own(session, view_id, actor)
    await session.execute(delete(SavedView).where(SavedView.id == view_id))


async def _check_own(session: AsyncSession, view_id: UUID, actor: Actor) -> None:
    if not (await _get_view(session, view_id, actor)).mine:
        raise Forbidden("view_not_yours")


async def _get_view(session: AsyncSession, view_id: UUID, actor: Actor) -> View:
    query = _visible_views(actor).where(SavedView.id == view_id)
    row = (await session.execute(query)).first()
    if row is None:
        raise NotFound("view_not_found")
    return _view(row, actor)


def _visible_views(actor: Actor) -> AnySelect:
    person_id = _person(actor)
    return (
        select(
            SavedView.id, SavedView.name, SavedView.filter, SavedView.shared, SavedView.owner_id,
            SavedView.updated_at, Person.name.label("owner"),
        )
        .join(Person, Person.id == SavedView.owner_id)
        .where(or_(SavedView.owner_id == person_id, SavedView.shared & _of_team(actor)))
    )  # fmt: skip


def _of_team(actor: Actor) -> ColumnElement[bool]:
    if actor.role in _DEPARTMENTAL:
        return SavedView.department == actor.department
    return SavedView.department.is_(None)


def _columns(draft: ViewDraft, actor: Actor, now: datetime) -> dict[str, Any]:
    if not draft.name.strip():
        raise InvalidInput.at("/name", "field_required")
    return {
        "name": draft.name.strip(),
        "filter": draft.filter,
        "shared": draft.shared,
        "department": actor.department if actor.role in _DEPARTMENTAL else None,
        "updated_at": now,
    }


def _view(row: AnyRow, actor: Actor) -> View:
    return View(
        id=row.id,
        name=row.name,
        filter=row.filter,
        shared=row.shared,
        owner=row.owner,
        mine=row.owner_id == actor.person_id,
        updated_at=row.updated_at,
    )


def _person(actor: Actor) -> UUID:
    check_right(actor, Right.LIST_CASES)
    if actor.person_id is None:
        raise NotSignedIn
    return actor.person_id
