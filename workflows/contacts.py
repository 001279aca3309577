"""How reporters without an account may be reached: kept sealed, opened for whom it is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import AnyRow
from core.sealing import Sealer
from identity.numbers import index_of, open_phone
from identity.tables import Person
from workflows.tables import Reporter

FIELDS = ("name", "phone", "email")


@dataclass(frozen=True, slots=True)
class Contact:
    """How the reporter may be reached, where they gave it without an account."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class SealedContact:
    """The same as its row keeps it; `plain` is what no worker has sealed yet."""

    name: bytes | None
    phone: bytes | None
    email: bytes | None
    plain: Contact

    def open(self, sealer: Sealer) -> Contact:
        """The contact itself. Raises SealBroken."""
        return Contact(
            open_contact("name", self.name, self.plain.name, sealer),
            open_contact("phone", self.phone, self.plain.phone, sealer),
            open_contact("email", self.email, self.plain.email, sealer),
        )


@dataclass(frozen=True, slots=True)
class SealedReporter:
    """Who filed a report: the contact that they gave for it, else that of their account."""

    contact: SealedContact
    account_name: str | None
    account_phone: bytes | None
    account_plain: str | None

    def open(self, sealer: Sealer) -> Contact:
        """Who it is, for somebody who may know. Raises SealBroken."""
        given = self.contact.open(sealer)
        return Contact(
            given.name or self.account_name or None,
            given.phone or open_phone(self.account_phone, self.account_plain, sealer),
            given.email,
        )


CONTACT_COLUMNS = (
    Reporter.name_sealed, Reporter.phone_sealed, Reporter.email_sealed,
    Reporter.name.label("name_plain"), Reporter.phone.label("phone_plain"),
    Reporter.email.label("email_plain"),
)  # fmt: skip
REPORTER_COLUMNS = (
    *CONTACT_COLUMNS,
    Person.name.label("account_name"),
    Person.phone_sealed.label("account_phone"),
    Person.phone.label("account_plain"),
)


def contact_of(row: AnyRow) -> SealedContact:
    """From a row with CONTACT_COLUMNS."""
    plain = Contact(row.name_plain, row.phone_plain, row.email_plain)
    return SealedContact(row.name_sealed, row.phone_sealed, row.email_sealed, plain)


def reporter_of(row: AnyRow) -> SealedReporter:
    """From a row with REPORTER_COLUMNS, of `reporters` and, outer joined, `people`."""
    return SealedReporter(contact_of(row), row.account_name, row.account_phone, row.account_plain)


def seal_contact(contact: Contact, sealer: Sealer) -> dict[str, bytes | None]:
    """The sealed columns of `reporters` for a contact."""
    sealed = {f"{name}_sealed": _seal(name, getattr(contact, name), sealer) for name in FIELDS}
    return sealed | {"phone_index": index_of(contact.phone, sealer) if contact.phone else None}


async def seal_plain_contacts(session: AsyncSession, sealer: Sealer, *, limit: int) -> int:
    """Seal what the release before wrote; answers how many rows that were."""
    rows = await session.execute(
        select(Reporter.report_id, *CONTACT_COLUMNS)
        .where(func.coalesce(Reporter.name, Reporter.phone, Reporter.email).is_not(None))
        .order_by(Reporter.report_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await _seal_rows(session, sealer, rows.all())


async def reseal_contacts(
    session: AsyncSession, sealer: Sealer, *, after: UUID | None, limit: int
) -> list[UUID]:
    """Seal contacts with the newest key, by id after `after`; the ids that were looked at."""
    sealed = func.coalesce(Reporter.name_sealed, Reporter.phone_sealed, Reporter.email_sealed)
    query = select(Reporter.report_id, *CONTACT_COLUMNS).where(sealed.is_not(None))
    if after is not None:
        query = query.where(Reporter.report_id > after)
    rows = (
        await session.execute(query.order_by(Reporter.report_id).limit(limit).with_for_update())
    ).all()
    await _seal_rows(session, sealer, rows)
    return [row.report_id for row in rows]


async def _seal_rows(session: AsyncSession, sealer: Sealer, rows: Sequence[AnyRow]) -> int:
    emptied = dict.fromkeys(FIELDS)
    for row in rows:
        contact = contact_of(row).open(sealer)
        await session.execute(
            update(Reporter)
            .where(Reporter.report_id == row.report_id)
            .values(**emptied, **seal_contact(contact, sealer))
        )
    return len(rows)


def _seal(name: str, value: str | None, sealer: Sealer) -> bytes | None:
    return None if value is None else sealer.seal(value, f"reporters.{name}")


def open_contact(name: str, sealed: bytes | None, plain: str | None, sealer: Sealer) -> str | None:
    """One of FIELDS from its two columns."""
    return plain if sealed is None else sealer.open(sealed, f"reporters.{name}")
