"""Accounts that turn out to be one person's: a phone's own account, and that of a number or of a
name elsewhere.

What is new is linked to the account that asks. What belongs to another account already draws this
one in: its reports, follows and all else that is its owner's move there, and it closes. Both happen
in one transaction, once, whoever asks how often.

An access token of the account that closed lives for some minutes yet, and a report may be on its way
under it: the worker moves late arrivals after it (`move_late_arrivals`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.errors import Conflict, NotSignedIn
from core.jobs import enqueue
from core.sealing import Sealer
from identity.firebase import PROVIDER as FIREBASE
from identity.firebase import FirebaseUser
from identity.identities import Identity, find_person, link_identity
from identity.locks import lock_name
from identity.numbers import find_account, index_of, seal_account_of, sealed_phone, set_phone
from identity.tables import CitizenSession, Device, DeviceKey, Person, RefreshToken
from media.tables import Transfer, Upload
from notifications.tables import Notification
from workflows.rights_tables import Consent, PersonRequest
from workflows.tables import Follow, Reporter, Support
from workflows.tasks import FOLLOW_CONSENTS

# What has one owner and moves as it is.
MOVED = (
    Reporter, Device, DeviceKey, Identity, Notification, RefreshToken, CitizenSession, Upload, Transfer,
    Consent, PersonRequest,
)  # fmt: skip
# What somebody has with a report at most once.
TIES = (Support, Follow)
# Longer than any access token lives, and than a request takes.
LATE = timedelta(hours=1)


async def link_phone(
    session: AsyncSession, mine: UUID, phone: str, *, sealer: Sealer, now: datetime
) -> Person:
    """Link a proven number (E.164) to account `mine`; the account that goes on.

    Conflict `account_has_phone` where both accounts have a number of their own; NotSignedIn
    `account_closed` where one was closed for another reason.
    """
    index = index_of(phone, sealer)
    await lock_name(session, "phone", index.hex())
    await seal_account_of(session, phone, sealer)
    owner = await find_account(session, index)
    if owner is not None and owner != mine:
        return await _merge(session, mine, owner, now)
    [account] = await _lock_open(session, mine)
    if owner is None:
        await set_phone(session, mine, sealed_phone(phone, sealer))
    return account


async def link_firebase(
    session: AsyncSession, mine: UUID, user: FirebaseUser, *, now: datetime
) -> Person:
    """The same for a user of Firebase."""
    return await link_name(session, mine, FIREBASE, user.uid, now=now)


async def link_name(
    session: AsyncSession, mine: UUID, provider: str, subject: str, *, now: datetime
) -> Person:
    """The same for the name by which a provider knows somebody."""
    await lock_name(session, provider, subject)
    owner = await find_person(session, provider, subject)
    if owner is not None and owner.id != mine:
        return await _merge(session, mine, owner.id, now)
    [account] = await _lock_open(session, mine)
    await link_identity(session, mine, provider, subject, now=now)
    return account


async def move_late_arrivals(session: AsyncSession, *, now: datetime) -> None:
    """Move what has come in under accounts that were merged a little while ago."""
    merged = await session.execute(
        select(Person.id, Person.merged_into).where(Person.merged_at > now - LATE)
    )
    for source, target in merged:
        if target is not None:
            await _move(session, source, target)


async def _merge(session: AsyncSession, source: UUID, target: UUID, now: datetime) -> Person:
    """Move what belongs to `source` and close it."""
    mine, other = await _lock(session, source, target)
    if mine.merged_into == target:  # asked again: it is done
        return other
    if other.merged_into == source:  # done the other way round while this one waited
        return mine
    if not mine.active or not other.active:
        raise NotSignedIn("account_closed")
    if mine.role != Role.CITIZEN:
        raise Conflict("account_of_staff")
    if _has_phone(mine) and _has_phone(other):
        raise Conflict("account_has_phone")
    if _has_phone(mine):
        number = {"phone_sealed": mine.phone_sealed, "phone_index": mine.phone_index}
        plain = mine.phone
        await set_phone(session, source, {})
        await set_phone(session, target, number, plain=plain)
    await _move(session, source, target)
    await enqueue(session, FOLLOW_CONSENTS, [target])
    await session.execute(
        update(Person)
        .where(Person.id == source)
        .values(active=False, merged_into=target, merged_at=now)
    )
    return other


async def _move(session: AsyncSession, source: UUID, target: UUID) -> None:
    for owned in MOVED:
        await session.execute(
            update(owned).where(owned.person_id == source).values(person_id=target)
        )
    for tie in TIES:
        rows = select(tie.report_id, tie.at).where(tie.person_id == source)
        for report_id, at in (await session.execute(rows)).all():
            await session.execute(
                insert(tie)
                .values(report_id=report_id, person_id=target, at=at)
                .on_conflict_do_nothing()
            )
        await session.execute(delete(tie).where(tie.person_id == source))
    # Nobody says of their own report that they have the same problem.
    await session.execute(
        delete(Support).where(
            Support.person_id == target,
            exists().where(Reporter.report_id == Support.report_id, Reporter.person_id == target),
        )
    )


async def _lock_open(session: AsyncSession, person_id: UUID) -> list[Person]:
    people = await _lock(session, person_id)
    if not people[0].active:
        raise NotSignedIn("account_closed")
    return people


async def _lock(session: AsyncSession, *ids: UUID) -> list[Person]:
    """The accounts as they are now, locked in the order of their ids, which everybody keeps to."""
    rows = await session.scalars(
        select(Person)
        .where(Person.id.in_(ids))
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {person.id: person for person in rows}
    if len(found) != len(ids):
        raise NotSignedIn("account_closed")
    return [found[person_id] for person_id in ids]


def _has_phone(person: Person) -> bool:
    """Whether the account has a number, sealed or as the release before wrote it."""
    return person.phone_index is not None or person.phone is not None
