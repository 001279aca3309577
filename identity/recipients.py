"""Who can be told something, and how: the addresses of people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity.preferences import Preferences, read_preferences
from identity.tables import Device, Person


@dataclass(frozen=True, slots=True)
class PersonAddresses:
    """An active account with its language and the tokens of its devices."""

    person_id: UUID
    language: str
    device_tokens: tuple[str, ...]
    preferences: Preferences


async def list_by_ids(session: AsyncSession, ids: list[UUID]) -> list[PersonAddresses]:
    """The accounts among `ids` that are active."""
    return await _list(session, Person.id.in_(ids))


async def list_staff(
    session: AsyncSession, roles: tuple[str, ...], *, department: str | None = None
) -> list[PersonAddresses]:
    """Active staff with one of `roles`, of one department or of all."""
    condition = Person.role.in_(roles)
    if department is not None:
        condition = condition & (Person.department == department)
    return await _list(session, condition)


async def _list(session: AsyncSession, condition: ColumnElement[bool]) -> list[PersonAddresses]:
    rows = await session.execute(
        select(Person.id, Person.language, Person.preferences, Device.token)
        .outerjoin(Device, Device.person_id == Person.id)
        .where(Person.active, condition)
        .order_by(Person.id, Device.token)
    )
    people: dict[UUID, tuple[str, Preferences]] = {}
    tokens: dict[UUID, list[str]] = defaultdict(list)
    for person_id, language, preferences, token in rows:
        people[person_id] = (language, read_preferences(preferences))
        if token:  # an outer join: a person without a device has none
            tokens[person_id].append(token)
    return [
        PersonAddresses(person_id, language, tuple(tokens[person_id]), preferences)
        for person_id, (language, preferences) in people.items()
    ]
