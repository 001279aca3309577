"""Photos of reports follow what their reporters agreed to: shown only if they said yes.

Staff may not read consents, and whoever looks at a public page even less. So the publication's row
tells what follows from a consent, written by those who see both: the reporter in the transaction
that decides, and the worker before it shows anything (`photo_rules.follow_consent`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import SYSTEM, Actor
from core.db import AnyRow, AnySelect, transaction
from core.jobs import enqueue
from media.publications import lock_publications
from media.tables import Attachment, Publication
from workflows.consent_texts import PUBLISH_PHOTO
from workflows.photo_approval import withdraw_publications
from workflows.photo_rules import Consent, PhotoFacts, Standing, follow_consent, reasons_against
from workflows.restriction import is_restricted
from workflows.rights_tables import Consent as ConsentRow
from workflows.rights_tables import ErasedReport, Erasure
from workflows.tables import Case, Category, Report, Reporter
from workflows.tasks import MAKE_PUBLIC

Sessions = async_sessionmaker[AsyncSession]
BATCH = 500


async def follow_person(
    session: AsyncSession, person_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """Have the photos of everything that an account filed follow what it said last."""
    filed = select(Reporter.report_id).where(Reporter.person_id == person_id)
    await _follow(session, Attachment.report_id.in_(filed), actor=actor, now=now)


async def follow_report(
    session: AsyncSession, report_id: UUID, *, actor: Actor, now: datetime
) -> None:
    """The same for the photos of one report."""
    await _follow(session, Attachment.report_id == report_id, actor=actor, now=now)


async def follow_photos(sessions: Sessions, photos: Sequence[UUID], *, now: datetime) -> None:
    """The same for these photos, by the worker: once they are ready, and before they are shown."""
    async with transaction(sessions) as session:
        await _follow(session, Attachment.id.in_(photos), actor=SYSTEM, now=now)


async def follow_people(sessions: Sessions, people: Sequence[UUID], *, now: datetime) -> None:
    """The same for accounts that got reports or consents of before, by the worker."""
    for person_id in people:
        async with transaction(sessions) as session:
            await follow_person(session, person_id, actor=SYSTEM, now=now)


async def sweep(sessions: Sessions, *, now: datetime) -> None:
    """Take back whatever waits or is shown without its reporter's consent: what the release before
    had approved, and what a worker that was killed did not come to. Looks once at each photo: 16 µs.
    """
    after: UUID | None = None
    while True:
        query = _without_consent().order_by(Publication.attachment_id).limit(BATCH)
        if after is not None:
            query = query.where(Publication.attachment_id > after)
        async with transaction(sessions) as session:
            left = list(await session.scalars(query))
        await follow_photos(sessions, left, now=now)
        if len(left) < BATCH:
            return
        after = left[-1]


async def _follow(
    session: AsyncSession, which: ColumnElement[bool], *, actor: Actor, now: datetime
) -> None:
    """Three statements, however many photos, and those of whatever changes. Locked first and looked
    at afterwards: whoever decides meanwhile is then seen. What was approved is taken back as by a
    decision, and noted as one; what nobody has decided on is only marked.
    """
    rows = await lock_publications(
        session,
        Publication.attachment_id.in_(
            select(Attachment.id).where(Attachment.purpose == "report", which)
        ),
    )
    if not rows:
        return
    known = await session.execute(
        _facts().where(Attachment.id.in_([r.attachment_id for r in rows]))
    )
    facts = {row.id: row for row in known}
    withheld: dict[str, list[UUID]] = {}
    again: list[UUID] = []
    for row in rows:
        standing = Standing(row.state, row.overruled, row.reason)
        photo = facts[row.attachment_id]
        against = bool(reasons_against(_photo(photo, children=row.shows_children)))
        after = follow_consent(standing, consent_of(photo), otherwise_against=against)
        if after == standing:
            continue
        if standing.state == "approved" and after.mark is not None:
            withheld.setdefault(after.mark.value, []).append(row.attachment_id)
            continue
        row.rev += after.state != row.state  # whoever has it on their screen looks again
        if after.mark is None:
            again.append(row.attachment_id)
        row.state, row.overruled, row.reason = after.state, after.overruled, after.reason
        row.changed_at = now
    await session.flush()
    for reason, photos in withheld.items():
        await withdraw_publications(session, photos, reason=reason, actor=actor, now=now)
    # Who shows a track token sees the report's consents and not its account's: the worker sees all.
    await enqueue(session, MAKE_PUBLIC, again)


def consent_of(row: AnyRow) -> Consent:
    """What the row of `_facts` says. Who asked to be forgotten has agreed to nothing."""
    if row.restricted:
        return Consent.RESTRICTED
    if row.forgotten or row.given is False:
        return Consent.REFUSED
    return Consent.GIVEN if row.given else Consent.UNASKED


def _photo(row: AnyRow, *, children: bool) -> PhotoFacts:
    shows_children = children or row.filed_with_children
    return PhotoFacts("report", row.visibility, row.photos_public, shows_children)


def _last_said() -> ColumnElement[int]:
    """The id of the last answer: of the account, or of the report while it had none."""
    of_account = (
        select(func.max(ConsentRow.id))
        .where(ConsentRow.person_id == Reporter.person_id, ConsentRow.purpose == PUBLISH_PHOTO)
        .correlate(Reporter)
        .scalar_subquery()
    )
    of_report = (
        select(func.max(ConsentRow.id))
        .where(
            ConsentRow.report_id == Attachment.report_id,
            ConsentRow.person_id.is_(None),
            ConsentRow.purpose == PUBLISH_PHOTO,
        )
        .correlate(Attachment)
        .scalar_subquery()
    )
    return func.greatest(of_account, of_report)


def _forgotten() -> ColumnElement[bool]:
    return or_(
        exists().where(ErasedReport.report_id == Attachment.report_id),
        exists().where(Erasure.person_id == Reporter.person_id),
    )


def _facts() -> AnySelect:
    """What was said about the photos of reports, and what else is against them."""
    return (
        select(
            Attachment.id, Case.visibility, Category.photos_public,
            func.coalesce(Report.shows_children, False).label("filed_with_children"),
            ConsentRow.given, _forgotten().label("forgotten"),
            is_restricted().label("restricted"),
        )
        .select_from(Attachment)
        .join(Case, Case.id == Attachment.case_id)
        .join(Category, Category.code == Case.category)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .outerjoin(Reporter, Reporter.report_id == Attachment.report_id)
        .outerjoin(ConsentRow, ConsentRow.id == _last_said())
    )  # fmt: skip


def _without_consent() -> AnySelect:
    return (
        select(Publication.attachment_id)
        .join(Attachment, Attachment.id == Publication.attachment_id)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .outerjoin(Reporter, Reporter.report_id == Attachment.report_id)
        .outerjoin(ConsentRow, ConsentRow.id == _last_said())
        .where(
            Attachment.purpose == "report",
            Publication.state != "withheld",
            or_(
                ConsentRow.given.is_(False),
                ConsentRow.given.is_(None) & ~Publication.overruled,
                _forgotten(),
                is_restricted(),
            ),
        )
    )
