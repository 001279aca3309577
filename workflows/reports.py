"""Reading reports: as their reporter, and as anybody with the code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.db import AnyRow, AnySelect, hold
from core.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from core.paging import Page, decode_cursor, decode_instant_cursor, encode_cursor
from media.attachments import AttachmentView, list_case_attachments
from workflows.assets import AssetView, asset_of, with_asset
from workflows.cases import EventView, case_query, list_events
from workflows.codes import normalise
from workflows.following import PUBLIC_REPORTS, supporters, tied_to
from workflows.policies import Right, may
from workflows.public_photos import PublicPhoto, list_public_photos
from workflows.repository import children_open, report_count
from workflows.tables import Case, Follow, Report, Support
from workflows.visibility import filed_by, visible_to

_LONGEST_MARK = 18  # digits: fits in a bigint


@dataclass(frozen=True, slots=True)
class ReportDetail:
    """A report with its case (a row of `case_query`) and the history that its reader may see;
    `supported` and `followed` by this reader.
    """

    id: UUID
    code: str
    description: str
    address: str | None
    asset: AssetView | None
    lat: float
    lon: float
    filed_at: datetime
    case: AnyRow
    events: list[EventView]
    attachments: list[AttachmentView]
    public_photos: list[PublicPhoto]
    is_reporter: bool
    supported: bool
    followed: bool


async def is_reporter_of(session: AsyncSession, report_id: UUID, actor: Actor) -> UUID | None:
    """The case of a report that this actor filed; None if they did not (or there is none)."""
    return await session.scalar(
        select(Report.case_id).where(Report.id == report_id, filed_by(actor))
    )


async def is_filed(session: AsyncSession, report_id: UUID) -> bool:
    """Whether there is a report under this id, whoever filed it."""
    return await session.scalar(select(Report.id).where(Report.id == report_id)) is not None


async def get_report(session: AsyncSession, report_id: UUID, *, actor: Actor) -> ReportDetail:
    """A report for its reporter, or for staff who may see its case and its details.

    NotFound for everybody else, as for a report that does not exist.
    """
    row = (await session.execute(_report_query(actor).where(Report.id == report_id))).first()
    if row is None:
        raise NotFound("report_not_found")
    is_reporter = await is_reporter_of(session, report_id, actor) is not None
    as_staff = may(actor, Right.READ_DETAILS)
    query = _case_query().where(Case.id == row.case_id)
    if not is_reporter:
        query = query.where(visible_to(actor))
    case = (await session.execute(query)).first() if is_reporter or as_staff else None
    if case is None:
        raise NotFound("report_not_found")
    attachments = await list_case_attachments(session, row.case_id)
    return ReportDetail(
        id=row.id,
        code=row.code,
        description=row.description,
        address=row.address,
        asset=asset_of(tuple(row)),
        lat=row.lat,
        lon=row.lon,
        filed_at=row.filed_at,
        case=case,
        events=_shared(await list_events(session, row.case_id), case.report_count),
        attachments=[
            photo
            for photo in attachments
            if photo.report_id == report_id or photo.purpose == "after" or as_staff
        ],
        public_photos=[],
        is_reporter=is_reporter,
        supported=row.supported,
        followed=row.followed,
    )


async def get_report_by_code(session: AsyncSession, code: str, *, actor: Actor) -> ReportDetail:
    """What anybody may see who knows the code: no description, address, asset or exact place, and
    of the photos those that a person approved.

    NotFound also for cases of hidden categories.
    """
    wanted = normalise(code)
    if wanted is None:
        raise InvalidInput.at("?code", "code_malformed")
    public = select(PUBLIC_REPORTS.c.case_id).where(PUBLIC_REPORTS.c.code == wanted)
    await hold(session, await session.scalars(public))
    row = (await session.execute(_report_query(actor).where(Report.code == wanted))).first()
    case = None
    if row is not None:
        query = _case_query().where(Case.id == row.case_id, Case.visibility != "hidden")
        case = (await session.execute(query)).first()
    if row is None or case is None:
        raise NotFound("report_not_found")
    photos = await list_public_photos(session, [row.case_id])
    return ReportDetail(
        id=row.id,
        code=row.code,
        description="",
        address=None,
        asset=None,
        lat=case.public_lat,
        lon=case.public_lon,
        filed_at=row.filed_at,
        case=case,
        events=_shared(await list_events(session, row.case_id), case.report_count),
        attachments=[],
        public_photos=[photo for photo in photos[row.case_id] if photo.report_id in (row.id, None)],
        is_reporter=False,
        supported=row.supported,
        followed=row.followed,
    )


@dataclass(frozen=True, slots=True)
class MyReports:
    """A page of one's own reports, and what to ask with for what changes from here on."""

    page: Page[AnyRow]
    sync: str


async def page_my_reports(
    session: AsyncSession,
    *,
    actor: Actor,
    updated_after: datetime | None,
    sync: str | None,
    limit: int,
    cursor: str | None,
) -> MyReports:
    """The reports of the signed-in citizen, in the order in which their cases changed.

    `sync` of an answer before gives a phone all that has changed since, and whatever was being
    changed then: a transaction that was slow is not missed, however early its instants are. What
    changes while the pages are read is told again. `updated_after` goes by those instants alone.
    """
    if actor.person_id is None:
        raise NotSignedIn
    if actor.role is not Role.CITIZEN:
        raise Forbidden("role_not_allowed", role=actor.role.value)
    query = (
        case_query()
        .add_columns(Report.id.label("report_id"), Report.code.label("report_code"))
        .add_columns(Report.filed_at)
        .join(Report, Report.case_id == Case.id)
        .where(filed_by(actor))
    )
    if updated_after is not None:
        query = query.where(Case.updated_at > updated_after)
    if sync is not None:
        query = query.where(or_(*(_changed_since(row, _read_sync(sync)) for row in (Case, Report))))
    if cursor is None:
        mark = str(await session.scalar(_OLDEST_RUNNING))
    else:  # the pages after the first keep its mark
        at, report_id, mark = _read_cursor(cursor)
        keys = tuple_(literal(at), literal(report_id))
        query = query.where(tuple_(Case.updated_at, Report.id) > keys)
    rows = list(await session.execute(query.order_by(Case.updated_at, Report.id).limit(limit + 1)))
    if len(rows) <= limit:
        return MyReports(Page(rows, None), mark)
    last = rows[limit - 1]
    following = encode_cursor([last.updated_at.isoformat(), last.report_id, mark])
    return MyReports(Page(rows[:limit], following), mark)


# Every transaction before this one has ended, and what it wrote is seen.
_OLDEST_RUNNING = text("select CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text)")


def _changed_since(table: type[Case | Report], mark: int) -> ColumnElement[bool]:
    """Whether a row was written by that transaction or a later one. A row knows the lower half of
    the number: what was last written half a circle of numbers ago may be told once more.
    """
    name = table.__tablename__
    return literal_column(f"(CAST(CAST({name}.xmin AS text) AS bigint) - {mark}) & 4294967295") < (
        literal_column("2147483648")
    )


def _read_sync(sync: str) -> int:
    if not (sync.isascii() and sync.isdigit() and len(sync) <= _LONGEST_MARK):
        raise InvalidInput.at("?sync", "bad_cursor")
    return int(sync)


def _read_cursor(cursor: str) -> tuple[datetime, UUID, str]:
    at, report_id, mark = decode_cursor(cursor, 3)
    where = decode_instant_cursor(encode_cursor([at, report_id]))
    if not isinstance(mark, str):
        raise InvalidInput.at("?cursor", "bad_cursor")
    return *where, mark


def _shared(events: list[EventView], reports: int) -> list[EventView]:
    """The public part of a history. What one reporter wrote is not for the others of the case."""
    public = [event for event in events if event.public]
    if reports == 1:
        return public
    return [
        replace(event, form={}) if event.actor_role == Role.CITIZEN else event for event in public
    ]


def _report_query(actor: Actor) -> AnySelect:
    return with_asset(
        select(
            Report.id, Report.code, Report.case_id, Report.description, Report.address,
            Report.filed_at,
            func.ST_X(Report.geom).label("lon"), func.ST_Y(Report.geom).label("lat"),
            tied_to(actor, Support).label("supported"), tied_to(actor, Follow).label("followed"),
        ).select_from(Report)
    )  # fmt: skip


def _case_query() -> AnySelect:
    return case_query().add_columns(children_open(), report_count(), supporters())
