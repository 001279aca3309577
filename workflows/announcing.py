"""Fanning announcements out: who the audience is, and what they may be told of the case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import AnyRow, transaction
from core.jobs import enqueue
from core.keys import Keyring
from core.sealing import Sealer
from gis.tables import Area
from identity import recipients as people
from identity.numbers import index_of, open_phone
from identity.recipients import PersonAddresses
from identity.tables import Person
from media.attachments import list_case_attachments
from media.links import Size, sign, sign_public
from media.tables import Attachment
from notifications.addresses import address_name, seal_address
from notifications.audience import Recipient
from notifications.fanout import Pending, add_notifications, lock_pending
from notifications.tables import Announcement
from workflows.calling import call_webhook
from workflows.consent_texts import CHANNEL_PURPOSES
from workflows.consents import list_refused
from workflows.contacts import open_contact
from workflows.public_photos import list_public_photos
from workflows.tables import (
    Case,
    CaseMerge,
    Category,
    Department,
    Follow,
    Report,
    Reporter,
    Support,
)
from workflows.tasks import DELIVER, FAN_OUT

STAFF_AUDIENCES: dict[str, tuple[tuple[str, ...], bool]] = {
    # audience -> roles, and whether only those of the responsible department
    "department": (("staff", "supervisor"), True),
    "supervisors": (("supervisor",), True),
    "operators": (("operator",), False),
    "leaders": (("leader",), False),
}
TIMEZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PHOTO_SIZE: Size = "large"


@dataclass(frozen=True, slots=True)
class PhotoLinks:
    """How to make links that open a photo without signing in: where we are, and for how long.

    `media_url` says so if photos have a host of their own.
    """

    public_url: str
    keys: Keyring
    media_url: str = ""
    life: timedelta = timedelta(days=30)

    @property
    def base(self) -> str:
        """What stands before the path of a photo."""
        return self.media_url or self.public_url.rstrip("/")


async def fan_out(
    sessions: async_sessionmaker[AsyncSession],
    ids: list[int],
    *,
    links: PhotoLinks,
    sealer: Sealer,
    now: datetime,
) -> None:
    """Turn announcements into notifications and have them delivered. Safe to run twice.

    Each in a transaction of its own: one that cannot be told (a template that is gone) holds up
    no other. Raises an ExceptionGroup of what failed, once the rest is done.
    """
    failures: list[Exception] = []
    for announcement_id in ids:
        try:
            async with transaction(sessions) as session:
                await _fan_out_one(session, announcement_id, links=links, sealer=sealer, now=now)
        except Exception as error:  # noqa: BLE001  # collected, and raised below
            failures.append(error)
    if failures:
        raise ExceptionGroup("announcements not fanned out", failures)


async def _fan_out_one(
    session: AsyncSession,
    announcement_id: int,
    *,
    links: PhotoLinks,
    sealer: Sealer,
    now: datetime,
) -> None:
    for announcement in await lock_pending(session, [announcement_id]):
        if announcement.audience == "webhook":
            call = await call_webhook(session, announcement, source=links.public_url, now=now)
            await enqueue(session, DELIVER, call)
            continue
        case = await _get_case(session, announcement.case_id)
        to_send = await add_notifications(
            session,
            announcement,
            await _list_recipients(session, announcement, case, sealer, now),
            {language: _facts(case, announcement, language) for language in ("vi", "en")},
            await _extra(session, announcement, links, now),
            now=now,
        )
        await enqueue(session, DELIVER, to_send)


async def announce_failed_photos(
    sessions: async_sessionmaker[AsyncSession], attachment_ids: list[UUID], *, now: datetime
) -> None:
    """Tell reporters that a photo of theirs could not be read. Safe to run twice."""
    async with transaction(sessions) as session:
        photos = await session.execute(
            select(Attachment.id, Attachment.case_id).where(
                Attachment.id.in_(attachment_ids), Attachment.report_id.is_not(None)
            )
        )
        rows: list[dict[str, Any]] = [
            {
                "key": f"photo:{photo.id}",
                "case_id": photo.case_id,
                "audience": "reporter",
                "template": "photo_failed",
                "data": {},
                "created_at": now,
            }
            for photo in photos
        ]
        if rows:
            added = await session.scalars(
                insert(Announcement)
                .values(rows)
                .on_conflict_do_nothing(index_elements=[Announcement.key])
                .returning(Announcement.id)
            )
            await enqueue(session, FAN_OUT, list(added))


async def _get_case(session: AsyncSession, case_id: UUID) -> AnyRow:
    query = (
        select(
            Case.id, Case.code, Case.department, Case.assignee, Case.due_at, Case.answer,
            Category.name.label("category_vi"), Category.name_en.label("category_en"),
            Area.name.label("area_vi"), Area.name_en.label("area_en"),
            Department.name.label("department_vi"), Department.name_en.label("department_en"),
        )
        .join(Category, Category.code == Case.category)
        .join(Area, Area.id == Case.area_id)
        .join(Department, Department.code == Case.department)
        .where(Case.id == case_id)
    )  # fmt: skip
    return (await session.execute(query)).one()


async def _list_recipients(
    session: AsyncSession, announcement: Pending, case: AnyRow, sealer: Sealer, now: datetime
) -> list[Recipient]:
    match announcement.audience:
        case "reporter":
            return await _list_reporters(session, case.id, sealer, now)
        case "followers":
            return await _list_followers(session, case.id, now)
        case "assignee":
            return _recipients(await people.list_by_ids(session, _only(case.assignee)), now)
        case _:
            pass
    roles, departmental = STAFF_AUDIENCES[announcement.audience]
    department = case.department if departmental else None
    staff = await people.list_staff(session, roles, department=department)
    return _recipients(staff, now)


async def _list_reporters(
    session: AsyncSession, case_id: UUID, sealer: Sealer, now: datetime
) -> list[Recipient]:
    """Everybody who filed a report of this case, each through their own report; of a duplicate,
    those whose reports another case has now.
    """
    given = select(func.unnest(CaseMerge.reports)).where(
        CaseMerge.source_id == case_id, CaseMerge.undone_at.is_(None)
    )
    rows = (
        await session.execute(
            select(
                Reporter.person_id, Reporter.report_id, Reporter.language,
                Reporter.phone_sealed, Reporter.phone.label("phone_plain"),
                Person.phone_sealed.label("own_sealed"), Person.phone.label("own_plain"),
            )
            .join(Report, Report.id == Reporter.report_id)
            .outerjoin(Person, Person.id == Reporter.person_id)
            .where(or_(Report.case_id == case_id, Report.id.in_(given)))
            .order_by(Report.filed_at, Report.id)
        )
    ).all()  # fmt: skip
    accounts = await people.list_by_ids(session, [r.person_id for r in rows if r.person_id])
    known = {recipient.person_id: recipient for recipient in _recipients(accounts, now)}
    refused = await list_refused(
        session, [who.person_id for who in accounts], [row.report_id for row in rows]
    )
    told: list[Recipient] = []
    for row in rows:
        account = known.get(row.person_id) or Recipient(None, row.language)
        phone, phone_name = _address(row, sealer)
        told.append(
            replace(
                account,
                language=row.language,
                phone=phone,
                phone_name=phone_name,
                muted=account.muted | _refused_channels(row, refused),
                report_id=row.report_id,
            )
        )
    return told


def _refused_channels(reporter: AnyRow, refused: set[tuple[UUID, str]]) -> set[str]:
    """The channels that an account, or who filed without one, does not want to hear by."""
    return {
        channel
        for channel, purpose in CHANNEL_PURPOSES.items()
        if refused & {(reporter.person_id, purpose), (reporter.report_id, purpose)}
    }


def _address(reporter: AnyRow, sealer: Sealer) -> tuple[str | None, str]:
    """The number of a reporter as the address of a message, with its name; the number that they
    gave for this report comes before that of their account.
    """
    phone = open_contact(
        "phone", reporter.phone_sealed, reporter.phone_plain, sealer
    ) or open_phone(reporter.own_sealed, reporter.own_plain, sealer)
    if phone is None:
        return None, ""
    return seal_address(phone, sealer), address_name(index_of(phone, sealer))


async def _list_followers(session: AsyncSession, case_id: UUID, now: datetime) -> list[Recipient]:
    """Everybody who follows a report of this case, or supports it: not those who filed one, who
    are told as reporters, and nobody where the public does not see the case (any more).
    """
    of_case = select(Report.id).where(Report.case_id == case_id)
    shown = select(Case.id).where(Case.id == case_id, Case.visibility != "hidden").exists()
    reporters = select(Reporter.person_id).where(
        Reporter.report_id.in_(of_case), Reporter.person_id.is_not(None)
    )
    rows = await session.scalars(
        union(
            *(
                select(table.person_id).where(
                    table.report_id.in_(of_case), table.person_id.not_in(reporters), shown
                )
                for table in (Follow, Support)
            )
        )
    )
    return _recipients(await people.list_by_ids(session, list(rows)), now)


def _recipients(accounts: list[PersonAddresses], now: datetime) -> list[Recipient]:
    return [
        Recipient(
            who.person_id,
            who.language,
            who.device_tokens,
            muted=who.preferences.muted,
            quiet_until=who.preferences.quiet_until(now, TIMEZONE),
        )
        for who in accounts
    ]


def _only(person_id: UUID | None) -> list[UUID]:
    return [person_id] if person_id else []


def _facts(case: AnyRow, announcement: Pending, language: str) -> dict[str, str]:
    """What a template may name, in one language; the form's fields under their own names, those
    with a text for each language in this one.
    """
    english = language == "en"
    form = {
        name: _words(value, language) for name, value in announcement.data.get("form", {}).items()
    }
    return form | {
        "code": case.code,
        "category": case.category_en if english else case.category_vi,
        "area": case.area_en if english else case.area_vi,
        "department": case.department_en if english else case.department_vi,
        "due": case.due_at.astimezone(TIMEZONE).strftime("%H:%M %d/%m/%Y"),
        "answer": case.answer or "",
    }


def _words(value: Any, language: str) -> str:
    return str(cast("dict[str, str]", value)[language] if isinstance(value, dict) else value)


async def _extra(
    session: AsyncSession, announcement: Pending, links: PhotoLinks, now: datetime
) -> dict[str, Any]:
    """Data beside the text: of an alert its id; for the result, a link to the (last) photo taken after the work."""
    if (alert_id := announcement.data.get("alert_id")) is not None:
        return {"alert_id": alert_id}
    if announcement.template != "resolved":
        return {}
    if announcement.audience == "followers":
        return await _public_extra(session, announcement.case_id, links, now)
    photos = await list_case_attachments(session, announcement.case_id)
    after = [photo for photo in photos if photo.purpose == "after" and photo.state != "failed"]
    if not after:
        return {}
    path = sign(after[-1].id, PHOTO_SIZE, keys=links.keys, expires_at=now + links.life)
    return {"photo_url": links.base + path}


async def _public_extra(
    session: AsyncSession, case_id: UUID, links: PhotoLinks, now: datetime
) -> dict[str, Any]:
    """The same for those who only follow: they see what everybody may, once it is approved."""
    photos = (await list_public_photos(session, [case_id]))[case_id]
    after = [photo for photo in photos if photo.purpose == "after"]
    if not after:
        return {}
    last, expires_at = after[-1], now + links.life
    path = sign_public(last.id, last.rev, PHOTO_SIZE, keys=links.keys, expires_at=expires_at)
    return {"photo_url": links.base + path}
