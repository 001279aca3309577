"""Sealing of what is in the database already: numbers of the release before, and keys anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.sealing import Sealer
from identity import numbers
from identity.tables import Person
from notifications.addresses import address_name, open_address, seal_address
from notifications.tables import Notification
from workflows.contacts import reseal_contacts, seal_plain_contacts
from workflows.tables import Follow, Reporter, Support

log = structlog.get_logger()
BATCH = 500
Sessions = async_sessionmaker[AsyncSession]


class ResealSome(Protocol):
    """Seals a batch anew, by id after `after`; the ids that it looked at."""

    async def __call__(
        self, session: AsyncSession, sealer: Sealer, *, after: Any
    ) -> Sequence[Any]: ...


@dataclass(slots=True)
class Sealed:
    """How many rows were sealed."""

    accounts: int = 0
    contacts: int = 0
    messages: int = 0


async def seal_plain(sessions: Sessions, sealer: Sealer) -> Sealed:
    """Seal all that is still plain, batch by batch. Any number may run side by side."""
    done = Sealed()
    while count := await _in_one(sessions, sealer, _seal_accounts):
        done.accounts += count
    while count := await _in_one(sessions, sealer, _seal_contacts):
        done.contacts += count
    while count := await _in_one(sessions, sealer, _seal_messages):
        done.messages += count
    if done != Sealed():
        log.info("sealed", accounts=done.accounts, contacts=done.contacts, messages=done.messages)
    return done


async def reseal(sessions: Sessions, sealer: Sealer) -> Sealed:
    """Seal everything with the newest key, and make its indexes anew; after it the older keys can
    go. May be repeated, also after it was interrupted.
    """
    await seal_plain(sessions, sealer)
    return Sealed(
        accounts=await _in_batches(sessions, sealer, _reseal_accounts),
        contacts=await _in_batches(sessions, sealer, _reseal_contacts),
        messages=await _in_batches(sessions, sealer, _reseal_messages),
    )


async def _in_batches(sessions: Sessions, sealer: Sealer, reseal_some: ResealSome) -> int:
    """Go through a table by id; each batch commits for itself."""
    count, after = 0, None
    while True:
        async with transaction(sessions) as session:
            ids = await reseal_some(session, sealer, after=after)
        if not ids:
            return count
        count += len(ids)
        after = ids[-1]


async def _in_one(
    sessions: Sessions,
    sealer: Sealer,
    seal_some: Callable[[AsyncSession, Sealer], Awaitable[int]],
) -> int:
    async with transaction(sessions) as session:
        return await seal_some(session, sealer)


async def _seal_accounts(session: AsyncSession, sealer: Sealer) -> int:
    rows = await numbers.lock_plain_accounts(session, BATCH)
    for person_id, phone in rows:
        known = await numbers.find_account(session, numbers.index_of(phone, sealer))
        if known is None:
            await numbers.set_phone(session, person_id, numbers.sealed_phone(phone, sealer))
        else:
            await _join_accounts(session, person_id, known)
    return len(rows)


async def _join_accounts(session: AsyncSession, second: UUID, first: UUID) -> None:
    """While two releases run side by side, one number can sign in to two accounts: what the
    second one filed and follows goes to the first, and the second is closed.
    """
    await session.execute(
        update(Reporter).where(Reporter.person_id == second).values(person_id=first)
    )
    for table in (Follow, Support):
        known = select(table.report_id).where(table.person_id == first)
        await session.execute(
            update(table)
            .where(table.person_id == second, table.report_id.not_in(known))
            .values(person_id=first)
        )
    await session.execute(update(Person).where(Person.id == second).values(active=False))
    await numbers.set_phone(session, second, {})


async def _seal_contacts(session: AsyncSession, sealer: Sealer) -> int:
    return await seal_plain_contacts(session, sealer, limit=BATCH)


async def _seal_messages(session: AsyncSession, sealer: Sealer) -> int:
    """Text messages of the release before, whose keys named the number as well."""
    rows = await session.execute(
        select(Notification.id, Notification.address, Notification.key)
        .where(Notification.channel == "sms", Notification.address.startswith("+"))
        .order_by(Notification.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = rows.all()
    for message_id, phone, key in found:
        await session.execute(
            update(Notification)
            .where(Notification.id == message_id)
            .values(
                address=seal_address(phone, sealer),
                key=key.replace(phone, address_name(numbers.index_of(phone, sealer))),
            )
        )
    return len(found)


async def _reseal_accounts(
    session: AsyncSession, sealer: Sealer, *, after: UUID | None
) -> list[UUID]:
    rows = await numbers.lock_sealed_accounts(session, after=after, limit=BATCH)
    for person_id, sealed in rows:
        phone = sealer.open(sealed, numbers.PHONE)
        await numbers.set_phone(session, person_id, numbers.sealed_phone(phone, sealer))
    return [person_id for person_id, _ in rows]


async def _reseal_contacts(
    session: AsyncSession, sealer: Sealer, *, after: UUID | None
) -> list[UUID]:
    return await reseal_contacts(session, sealer, after=after, limit=BATCH)


async def _reseal_messages(
    session: AsyncSession, sealer: Sealer, *, after: int | None
) -> list[int]:
    query = select(Notification.id, Notification.address).where(
        Notification.channel == "sms", Notification.id > (after or 0)
    )
    rows = (await session.execute(query.order_by(Notification.id).limit(BATCH))).all()
    for message_id, address in rows:
        await session.execute(
            update(Notification)
            .where(Notification.id == message_id)
            .values(address=seal_address(open_address(address, sealer), sealer))
        )
    return [message_id for message_id, _ in rows]
