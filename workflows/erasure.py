"""Forgetting somebody: nobody is left in the history, and the history still counts the same.

An account is closed at once; a worker then goes through what it left, in batches that may be
interrupted and repeated, and deletes files after the rows that named them. Of a report stay its
place, category, dates, states and score: what is counted. Its words and photos go when its case is
closed, for until then somebody is on the way to mend what they describe; who filed it goes at once.
A case under a legal hold keeps everything until it is released.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import InstrumentedAttribute

from core.actor import SYSTEM, Actor
from core.audit import note
from core.db import transaction
from core.errors import NotFound
from core.jobs import enqueue
from identity.numbers import set_phone
from identity.tables import Device, OneTimeCode, Person, RefreshToken
from media.removal import expire_uploads_of, remove_photos_of
from notifications.tables import Announcement, Notification
from workflows.photo_consents import follow_person, follow_report
from workflows.reports import is_reporter_of
from workflows.rights_tables import (
    Consent,
    ErasedReport,
    Erasure,
    LegalHold,
    PersonRequest,
    PersonRequestEvent,
)
from workflows.tables import Case, Category, Report, Reporter
from workflows.tasks import ERASE

log = structlog.get_logger()
BATCH = 100
Sessions = async_sessionmaker[AsyncSession]
_FORGET_WORDS = text("select forget_words(:report_ids)")
_FORGET_STEPS = text("select forget_steps(:person, :case_ids)")


@dataclass(frozen=True, slots=True)
class Ordered:
    """An erasure as it was ordered; it may be ordered again, and stays the same one."""

    id: UUID
    asked_at: datetime


async def order_erasure(
    session: AsyncSession,
    person_id: UUID,
    *,
    actor: Actor,
    now: datetime,
    request_id: UUID | None = None,
) -> Ordered:
    """Close the account for good and have everything of its owner forgotten; nobody sees their
    photos from this commit on.
    """
    await session.execute(
        insert(Erasure)
        .values(id=uuid4(), person_id=person_id, request_id=request_id, asked_at=now)
        .on_conflict_do_nothing()
    )
    ordered = await find_erasure(session, person_id)
    assert ordered is not None
    await follow_person(session, person_id, actor=actor, now=now)
    index = await session.scalar(select(Person.phone_index).where(Person.id == person_id))
    if index is not None:
        await session.execute(delete(OneTimeCode).where(OneTimeCode.phone_index == index))
    # The number is free at once: whoever signs in with it is somebody new.
    await set_phone(session, person_id, {})
    await session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(active=False, name="", email=None, preferences={})
    )
    await session.execute(delete(RefreshToken).where(RefreshToken.person_id == person_id))
    await session.execute(delete(Device).where(Device.person_id == person_id))
    await enqueue(session, ERASE, [ordered.id])
    facts = {"erasure": str(ordered.id)}
    await note(session, actor, "erasure.order", f"person:{person_id}", facts)
    return ordered


async def find_erasure(session: AsyncSession, person_id: UUID) -> Ordered | None:
    """The erasure that was ordered for an account, if one was."""
    row = (
        await session.execute(
            select(Erasure.id, Erasure.asked_at).where(Erasure.person_id == person_id)
        )
    ).first()
    return Ordered(row.id, row.asked_at) if row else None


async def withdraw_reporter(
    session: AsyncSession, report_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Nobody filed this report any more: its owner (account or track token) asks for it. Messages
    to them end; who holds the track token sees the report until its words go, when its case closes.

    NotFound for a report that is not the actor's.
    """
    if await is_reporter_of(session, report_id, actor) is None:
        raise NotFound("report_not_found")
    erasure_id = uuid4()
    await session.execute(insert(Erasure).values(id=erasure_id, asked_at=now))
    await session.execute(
        insert(ErasedReport)
        .values(report_id=report_id, erasure_id=erasure_id)
        .on_conflict_do_nothing()
    )
    await follow_report(session, report_id, actor=actor, now=now)
    await enqueue(session, ERASE, [erasure_id])
    facts = {"erasure": str(erasure_id)}
    await note(session, actor, "erasure.order", f"report:{report_id}", facts)


async def erase(sessions: Sessions, erasure_id: UUID, *, now: datetime) -> bool:
    """Go as far as can be gone; whether nothing is left to do. Safe to run again and again."""
    while await _release_batch(sessions, erasure_id):
        pass
    while await _empty_batch(sessions, erasure_id, now):
        pass
    async with transaction(sessions) as session:
        return await _finish(session, erasure_id, now)


async def list_unfinished(session: AsyncSession) -> list[UUID]:
    """Erasures that are still to be gone on with, the oldest first."""
    rows = await session.scalars(
        select(Erasure.id).where(Erasure.finished_at.is_(None)).order_by(Erasure.asked_at)
    )
    return list(rows)


async def _release_batch(sessions: Sessions, erasure_id: UUID) -> bool:
    """Take somebody out of some of their reports; whether there may be more."""
    async with transaction(sessions) as session:
        erasure = await session.scalar(
            select(Erasure).where(Erasure.id == erasure_id).with_for_update()
        )
        if erasure is None or erasure.finished_at is not None:
            return False
        mine = (
            Reporter.person_id == erasure.person_id
            if erasure.person_id is not None
            else exists().where(
                ErasedReport.report_id == Reporter.report_id, ErasedReport.erasure_id == erasure_id
            )
        )
        rows = (
            await session.execute(
                select(Report.id, Report.case_id, Reporter.person_id)
                .join(Reporter, Reporter.report_id == Report.id)
                .where(mine, ~_held(Report.case_id))
                .order_by(Report.id)
                .limit(BATCH)
            )
        ).all()
        if not rows:
            return False
        report_ids = [row.id for row in rows]
        await session.execute(
            insert(ErasedReport)
            .values([{"report_id": each, "erasure_id": erasure_id} for each in report_ids])
            .on_conflict_do_nothing()
        )
        for person_id in {row.person_id for row in rows}:
            cases = [row.case_id for row in rows if row.person_id == person_id]
            await session.execute(_FORGET_STEPS, {"person": person_id, "case_ids": cases})
        await _forget_messages(session, report_ids)
        await session.execute(delete(Consent).where(Consent.report_id.in_(report_ids)))
        await session.execute(delete(Reporter).where(Reporter.report_id.in_(report_ids)))
        erasure.reports += len(rows)
        return True


async def _forget_messages(session: AsyncSession, report_ids: list[UUID]) -> None:
    """What was sent to a reporter through one of these reports."""
    await session.execute(
        delete(Notification).where(
            Notification.case_id.in_(select(Report.case_id).where(Report.id.in_(report_ids))),
            Notification.data["report_id"].astext.in_([str(each) for each in report_ids]),
        )
    )


async def _empty_batch(sessions: Sessions, erasure_id: UUID, now: datetime) -> bool:
    """Empty some of the reports whose cases are closed; whether there may be more."""
    async with transaction(sessions) as session:
        rows = (
            await session.execute(
                select(Report.id, Report.case_id)
                .join(ErasedReport, ErasedReport.report_id == Report.id)
                .join(Case, Case.id == Report.case_id)
                .where(
                    ErasedReport.erasure_id == erasure_id,
                    Case.closed_at.is_not(None),
                    ~_held(Case.id),
                )
                .order_by(Report.id)
                .limit(BATCH)
                .with_for_update(of=ErasedReport, skip_locked=True)
            )
        ).all()
        if not rows:
            return False
        report_ids, case_ids = [row.id for row in rows], [row.case_id for row in rows]
        await session.execute(_FORGET_WORDS, {"report_ids": report_ids})
        await _empty_cases(session, report_ids, case_ids)
        await remove_photos_of(session, report_ids, now=now)
        await session.execute(delete(ErasedReport).where(ErasedReport.report_id.in_(report_ids)))
        return True


async def _empty_cases(session: AsyncSession, report_ids: list[UUID], case_ids: list[UUID]) -> None:
    """What cases repeat of their first report, and what colleagues were told in its words."""
    category = select(Category.name).where(Category.code == Case.category).scalar_subquery()
    await session.execute(
        update(Case)
        .where(Case.id.in_(report_ids))
        .values(summary=category, search=func.lower(Case.code), address=None)
    )
    touched = [*report_ids, *case_ids]
    await session.execute(delete(Notification).where(Notification.case_id.in_(touched)))
    await session.execute(
        update(Announcement)
        .where(Announcement.case_id.in_(touched), Announcement.fanned_out_at.is_not(None))
        .values(data=Announcement.data.op("-")("form"))
    )


async def _finish(session: AsyncSession, erasure_id: UUID, now: datetime) -> bool:
    erasure = await session.scalar(
        select(Erasure).where(Erasure.id == erasure_id).with_for_update()
    )
    if erasure is None or erasure.finished_at is not None:
        return True
    if erasure.person_id is not None and not await _finish_person(session, erasure, now):
        return False
    left = await session.scalar(select(func.count()).where(ErasedReport.erasure_id == erasure_id))
    if left:
        return False
    erasure.finished_at = now
    facts = {"reports": erasure.reports}
    await note(session, SYSTEM, "erasure.finish", f"erasure:{erasure.id}", facts)
    log.info("erased", erasure=str(erasure_id), reports=erasure.reports)
    return True


async def _finish_person(session: AsyncSession, erasure: Erasure, now: datetime) -> bool:
    """The account itself, once no report is held back. All that points at it and has no use
    without it goes along: the database's own rules do that.
    """
    assert erasure.person_id is not None
    held = await session.scalar(select(func.count()).where(Reporter.person_id == erasure.person_id))
    if held:
        return False
    await _forget_supports(session, erasure.person_id)
    await _forget_requests(session, erasure.person_id)
    await expire_uploads_of(session, erasure.person_id, now=now)
    await session.execute(delete(Person).where(Person.id == erasure.person_id))
    erasure.person_id = None
    return True


async def _forget_supports(session: AsyncSession, person_id: UUID) -> None:
    """They go on to count, of nobody: under an id that is made up for each case."""
    await session.execute(
        text(
            """
            update supports set person_id = md5(reports.case_id::text || :salt)::uuid
            from reports where reports.id = supports.report_id and supports.person_id = :person_id
            """
        ),
        {"person_id": person_id, "salt": secrets.token_hex(16)},
    )


async def _forget_requests(session: AsyncSession, person_id: UUID) -> None:
    """That something was asked for, and how it went, stays as proof; what was said goes."""
    mine = select(PersonRequest.id).where(PersonRequest.person_id == person_id)
    await session.execute(
        update(PersonRequestEvent).where(PersonRequestEvent.request_id.in_(mine)).values(form={})
    )
    await session.execute(
        update(PersonRequest)
        .where(PersonRequest.person_id == person_id)
        .values(text="", requester=None, answer=None)
    )


def _held(case_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether a court, the police or an inspection needs the case as it is."""
    return exists().where(LegalHold.case_id == case_id)
