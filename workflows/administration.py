"""Changing the city's configuration: one administrator after the other, and every process notices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.audit import note
from core.db import Base
from core.errors import Forbidden, NotSignedIn
from core.jobs import enqueue
from identity.sign_in import get_person
from workflows.configuration import load_configuration
from workflows.policies import Right, check_right
from workflows.tables import City
from workflows.tasks import RECOUNT
from workflows.versions import lock_city


async def begin_change(session: AsyncSession, actor: Actor) -> City:
    """The city's row, locked until the transaction ends, for an administrator's change.

    A token outlives the role that it names by hours, so here the account itself is asked:
    NotSignedIn `account_closed` or Forbidden if it is no administrator's any more.
    """
    check_right(actor, Right.CONFIGURE)
    city = await lock_city(session)
    if actor.person_id is None:
        raise NotSignedIn
    person = await get_person(session, actor.person_id)
    if person.role != Role.ADMIN:
        raise Forbidden("role_not_allowed", role=person.role)
    return city


async def put_values(session: AsyncSession, row: Base, values: dict[str, Any]) -> bool:
    """Give `row`, a new one or one that was read, these values; whether that changes anything."""
    for name, value in values.items():
        setattr(row, name, value)
    if not inspect(row).persistent:
        session.add(row)
    changed = row in session.new or session.is_modified(row)
    await session.flush()
    return changed


async def finish_change(session: AsyncSession, city: City) -> None:
    """Count the city's revision. A configuration that cannot be loaded is not committed either:
    that raises what loading it raises.
    """
    city.revision += 1
    await session.flush()
    await load_configuration(session)


async def note_change(
    session: AsyncSession, actor: Actor, kind: str, code: object, *, created: bool = False
) -> None:
    """Note in the audit log that `actor` added or changed this piece of the configuration."""
    action = "add" if created else "change"
    await note(session, actor, f"{kind}.{action}", f"{kind}:{code}", {})


async def ask_for_recount(session: AsyncSession, version: int) -> None:
    """Have the dates of running cases worked out anew, once this transaction has committed."""
    await enqueue(session, RECOUNT, [version])
