"""Phone numbers as accounts keep them: sealed, and found by their blind index."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.sealing import Sealer
from identity.tables import Person

PHONE = "people.phone"


def index_of(phone: str, sealer: Sealer) -> bytes:
    """The blind index of a number (E.164): the same wherever a number is kept."""
    return sealer.index(phone, "phone")


def sealed_phone(phone: str, sealer: Sealer) -> dict[str, bytes]:
    """The columns of `people` that keep a number."""
    return {"phone_sealed": sealer.seal(phone, PHONE), "phone_index": index_of(phone, sealer)}


def phone_of(person: Person, sealer: Sealer) -> str | None:
    """The number of an account."""
    return open_phone(person.phone_sealed, person.phone, sealer)


def open_phone(sealed: bytes | None, plain: str | None, sealer: Sealer) -> str | None:
    """The same from its columns; `plain` is what no worker has sealed yet."""
    return sealer.open(sealed, PHONE) if sealed is not None else plain


async def seal_account_of(session: AsyncSession, phone: str, sealer: Sealer) -> None:
    """Seal the number of the account that the release before wrote for `phone`, if there is one:
    who signs in finds it by the index from now on.
    """
    await session.execute(
        update(Person)
        .where(Person.phone == phone, Person.phone_index.is_(None))
        .values(phone=None, **sealed_phone(phone, sealer))
    )


async def lock_plain_accounts(session: AsyncSession, limit: int) -> list[tuple[UUID, str]]:
    """Accounts whose number is not sealed yet, locked, past those that somebody else holds."""
    rows = await session.execute(
        select(Person.id, Person.phone)
        .where(Person.phone.is_not(None))
        .order_by(Person.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(person_id, cast("str", phone)) for person_id, phone in rows]


async def find_account(session: AsyncSession, index: bytes) -> UUID | None:
    """The account with the number of this blind index."""
    return await session.scalar(select(Person.id).where(Person.phone_index == index))


async def set_phone(
    session: AsyncSession, person_id: UUID, columns: dict[str, Any], *, plain: str | None = None
) -> None:
    """Write the columns of `sealed_phone`, or none of them, in place of what was there."""
    emptied = {"phone_sealed": None, "phone_index": None}
    await session.execute(
        update(Person).where(Person.id == person_id).values(**emptied | columns, phone=plain)
    )


async def lock_sealed_accounts(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> list[tuple[UUID, bytes]]:
    """Accounts with a sealed number by id, locked, for sealing anew."""
    query = select(Person.id, Person.phone_sealed).where(Person.phone_sealed.is_not(None))
    if after is not None:
        query = query.where(Person.id > after)
    rows = await session.execute(query.order_by(Person.id).limit(limit).with_for_update())
    return [(person_id, cast("bytes", sealed)) for person_id, sealed in rows]
