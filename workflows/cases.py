"""Reading cases: the work list, one case with its history, and why it is where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    ColumnElement,
    Uuid,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.db import AnyRow, AnySelect
from core.errors import InvalidInput, NotFound
from core.paging import Page, decode_count_cursor, decode_instant_cursor, encode_cursor
from core.statements import compile_select, fetch_row, fetch_rows
from gis.heat_grid import FINEST, Cell
from gis.succession import AreaScope
from gis.tables import Area, HotspotCase
from identity.tables import COLLEAGUES
from media.attachments import AttachmentView, list_case_attachments
from workflows.assets import COLUMNS, AssetView, asset_of, with_asset
from workflows.case_areas import in_areas
from workflows.case_search import is_among_the_latest, looks_for_words, matches
from workflows.following import supporters
from workflows.photo_approval import PublicationView, list_publications
from workflows.policies import Right, check_right, may
from workflows.repository import children_open, report_count
from workflows.status import OPEN_STATUSES
from workflows.tables import AlertCase, Case, CaseEvent, City, Report
from workflows.visibility import VISIBLE, visibility_of, visible_to

_SQL = Path(__file__).parent / "sql"
SORTS = ("due", "-opened", "-updated", "trust")
CONTENT = (4, 5)  # ratings of somebody who is content, of 1 to 5
_OPEN = {status.value for status in OPEN_STATUSES}
EDGE = 1e-6  # degrees, about 10 cm: more than rounding of a cell's bounds
# The default process counts how often the citizen was not content with a result.
REOPENED = func.coalesce(Case.data["reopens"].as_string(), "0") != "0"
Assignee = UUID | Literal["me", "none"]  # "me" is whoever looks, "none" that nobody has it


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Filters of the work list; what is empty does not filter. `area` comes from
    `Configuration.scope_of_areas`, `bbox` is lon/lat, WGS84. The spans begin at their first
    instant and end before their second. `public` and `cell` go by what the public sees, as figures
    of the map do (`api/drilldown.py`). `review` holds reasons, or `any` for those marked at all.
    """

    status: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    area: AreaScope | None = None
    assignee: Assignee | None = None
    overdue: bool | None = None
    bbox: tuple[float, float, float, float] | None = None
    q: str = ""
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    resolved_from: datetime | None = None
    resolved_to: datetime | None = None
    public: bool | None = None
    cell: Cell | None = None
    rating: tuple[int, ...] = ()
    reopened: bool | None = None
    hotspot: int | None = None
    alert: int | None = None
    review: tuple[str, ...] = ()
    trust_below: int | None = None
    sort: str = "-opened"

    @property
    def only_open(self) -> bool:
        return bool(self.status) and set(self.status) <= _OPEN


@dataclass(frozen=True, slots=True)
class EventView:
    """One row of history as it is stored, with the name of who did it."""

    rev: int
    seq: int
    kind: Literal["step", "mark", "note"]
    at: datetime
    action: str
    actor_role: str
    actor_name: str | None
    from_state: str | None
    to_state: str | None
    department: str | None
    form: dict[str, Any]
    public: bool


@dataclass(frozen=True, slots=True)
class ReportInCase:
    """A report of a case; who filed it is asked for apart, see `workflows/reporters.py`."""

    id: UUID
    code: str
    description: str
    answers: dict[str, Any]
    source: str
    filed_at: datetime
    captured_at: datetime | None
    asset: AssetView | None


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case (a row of `case_query`, with `relatives`, `present` and `supports`) with everything
    around it.
    """

    case: AnyRow
    reports: list[ReportInCase]
    events: list[EventView]
    attachments: list[AttachmentView]
    publications: dict[UUID, PublicationView]


def case_query() -> AnySelect:
    """What lists and views show of a case, with its ward and the configuration's revision."""
    return select(
        Case.id, Case.code, Case.category, Case.summary, Case.address, Case.department,
        Case.co_departments, Case.assignee, Case.parent_id, Case.merged_into, Case.process_id, Case.state, Case.status, Case.open,
        Case.priority, Case.case_class, Case.routing, Case.data, Case.clocks, Case.due_at,
        Case.wake_at, Case.overdue, Case.rev, Case.answer, Case.rating, Case.source,
        Case.opened_at, Case.updated_at, Case.resolved_at, Case.closed_at, Case.review,
        Case.trust, Case.trust_reasons,
        func.ST_X(Case.geom).label("lon"), func.ST_Y(Case.geom).label("lat"),
        func.ST_X(Case.public_geom).label("public_lon"),
        func.ST_Y(Case.public_geom).label("public_lat"),
        Area.code.label("area_code"), Area.name.label("area_name"),
        Area.name_en.label("area_name_en"),
        select(City.revision).scalar_subquery().label("city_revision"),
    ).join(Area, Area.id == Case.area_id)  # fmt: skip


_CASE_ID = bindparam("case_id", type_=Uuid)
_PRESENT = """
    (select jsonb_agg(jsonb_build_object('id', who.id, 'name', who.name) order by who.name)
     from case_presence join colleagues as who on who.id = case_presence.person_id
     where case_presence.case_id = cases.id
       and case_presence.seen_at > now() - interval '45 seconds')
"""


def _column(sql: str) -> ColumnClause[Any]:
    return literal_column(sql)


_CASE = compile_select(
    case_query()
    .add_columns(
        children_open(),
        report_count(),
        _column((_SQL / "relatives.sql").read_text(encoding="utf-8")).label("relatives"),
        _column(_PRESENT).label("present"),
        supporters(),
    )
    .where(Case.id == _CASE_ID, VISIBLE)
)


def _events(actor_name: ColumnElement[Any]) -> AnySelect:
    return (
        select(
            CaseEvent.rev, CaseEvent.seq, CaseEvent.kind, CaseEvent.at, CaseEvent.action,
            CaseEvent.actor_role, actor_name, CaseEvent.from_state, CaseEvent.to_state,
            CaseEvent.department, CaseEvent.form, CaseEvent.public,
        )
        .where(CaseEvent.case_id == _CASE_ID)
        .order_by(CaseEvent.rev, CaseEvent.seq)
    )  # fmt: skip


_EVENTS = compile_select(_events(null()))
_NAMED_EVENTS = compile_select(
    _events(COLLEAGUES.c.name).outerjoin(COLLEAGUES, COLLEAGUES.c.id == CaseEvent.actor_id)
)
_REPORTS = compile_select(
    with_asset(
        select(
            Report.id, Report.code, Report.description, Report.answers, Report.source,
            Report.filed_at, Report.captured_at,
        ).select_from(Report)
    )
    .where(Report.case_id == _CASE_ID)
    .order_by(Report.filed_at, Report.id)
)  # fmt: skip


async def page_cases(
    session: AsyncSession, wanted: CaseFilter, *, actor: Actor, limit: int, cursor: str | None
) -> Page[AnyRow]:
    """One page of the cases that `actor` may see, as rows of `case_query`."""
    check_right(actor, Right.LIST_CASES)
    details = may(actor, Right.READ_DETAILS)
    query = case_query().where(visible_to(actor))
    rows: list[AnyRow] = []
    if looks_for_words(wanted.q) and wanted.sort == "-opened" and not wanted.only_open:
        after = decode_instant_cursor(cursor)[0] if cursor else None
        looked_through = _conditions(wanted, actor, details=details, by_index=False)
        latest = query.where(is_among_the_latest(after), *looked_through)
        rows = await _first(session, _sorted(latest, wanted.sort, cursor), limit + 1)
    if len(rows) <= limit:
        query = query.where(*_conditions(wanted, actor, details=details))
        rows = await _first(session, _sorted(query, wanted.sort, cursor), limit + 1)
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor([_sort_value(last, wanted.sort), last.id]))


async def _first(session: AsyncSession, query: AnySelect, count: int) -> list[AnyRow]:
    return list(await session.execute(query.limit(count)))


async def count_cases(session: AsyncSession, wanted: CaseFilter, *, actor: Actor) -> int:
    """How many cases all pages together have now. It reads each: not for every page."""
    check_right(actor, Right.LIST_CASES)
    conditions = _conditions(wanted, actor, details=may(actor, Right.READ_DETAILS))
    query = select(func.count()).select_from(Case).where(visible_to(actor), *conditions)
    return await session.scalar(query) or 0


async def get_case(session: AsyncSession, case_id: UUID, *, actor: Actor) -> CaseDetail:
    """The case with reports, history and photos. NotFound if it is not for this actor."""
    case = await find_case(session, case_id, actor=actor)
    if case is None:
        raise NotFound("case_not_found")
    return case


async def find_case(session: AsyncSession, case_id: UUID, *, actor: Actor) -> CaseDetail | None:
    """The same, or None."""
    check_right(actor, Right.READ_CASE)
    row = await fetch_row(session, _CASE, {"case_id": case_id, **visibility_of(actor)})
    if row is None:
        return None
    attachments = await list_case_attachments(session, case_id)
    return CaseDetail(
        case=row,
        reports=await _list_reports(session, case_id),
        events=await list_events(session, case_id, named=True),
        attachments=attachments,
        publications=await list_publications(session, case_id, actor=actor) if attachments else {},
    )


async def list_events(
    session: AsyncSession, case_id: UUID, *, named: bool = False
) -> list[EventView]:
    """The whole history of a case, oldest first; `named` tells staff which colleague did what."""
    rows = await fetch_rows(session, _NAMED_EVENTS if named else _EVENTS, {"case_id": case_id})
    return [EventView(*row) for row in rows]


async def _list_reports(session: AsyncSession, case_id: UUID) -> list[ReportInCase]:
    rows = await fetch_rows(session, _REPORTS, {"case_id": case_id})
    return [ReportInCase(*row[: -len(COLUMNS)], asset=asset_of(row)) for row in rows]


def _conditions(
    wanted: CaseFilter, actor: Actor, *, details: bool, by_index: bool = True
) -> list[ColumnElement[bool]]:
    """Without `details` nothing is searched that the reader may not see: a search would tell it.
    Words are looked up in their index unless `by_index` says no, or only open cases are asked for.
    """
    conditions: list[ColumnElement[bool]] = []
    if wanted.only_open:
        # So, and not `is true`: that the indexes of open cases do not recognise.
        conditions.append(Case.open.expression)
    if wanted.status and set(wanted.status) != _OPEN:  # said twice it would be expected of few
        conditions.append(Case.status.in_(wanted.status))
    if wanted.department:
        conditions.append(Case.department.in_(wanted.department))
    if wanted.category:
        conditions.append(Case.category.in_(wanted.category))
    if wanted.area:
        conditions.append(in_areas(wanted.area))
    if wanted.assignee is not None:
        conditions.append(_assigned_to(wanted.assignee, actor))
    if wanted.overdue is not None:
        conditions.append(Case.overdue == wanted.overdue)
    if wanted.bbox:
        place = Case.geom if details else Case.public_geom
        conditions.append(func.ST_Intersects(place, func.ST_MakeEnvelope(*wanted.bbox, 4326)))
    if wanted.q.strip():
        by_index = by_index and not wanted.only_open
        conditions.append(matches(wanted.q.strip(), details=details, by_index=by_index))
    return [*conditions, *_marked(wanted), *_behind_figures(wanted)]


def _marked(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    reasons = wanted.review
    if wanted.trust_below is not None:
        yield Case.trust < wanted.trust_below
    if wanted.sort == "trust":  # there is no order among those that have none
        yield Case.trust.is_not(None)
    if reasons:
        yield Case.review != literal_column("'{}'::text[]")  # as its index says
    if reasons and "any" not in reasons:
        yield Case.review.overlap(reasons)


def _behind_figures(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    """What figures count by, so that their cases can be listed."""
    yield from _spans(wanted)
    if wanted.public is not None:
        yield (Case.visibility != "hidden") == wanted.public
    if wanted.cell is not None:
        yield from _within(wanted.cell)
    if wanted.rating:
        yield Case.rating.in_(wanted.rating)
    if wanted.reopened is not None:
        yield REOPENED if wanted.reopened else ~REOPENED
    if wanted.hotspot is not None:
        of_hotspot = select(HotspotCase.case_id).where(HotspotCase.hotspot_id == wanted.hotspot)
        yield Case.id.in_(of_hotspot)
    if wanted.alert is not None:
        of_alert = select(AlertCase.case_id).where(AlertCase.alert_id == wanted.alert)
        yield Case.id.in_(of_alert)


def _spans(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.opened_from:
        yield Case.opened_at >= wanted.opened_from
    if wanted.opened_to:
        yield Case.opened_at < wanted.opened_to
    if wanted.resolved_from:
        yield Case.resolved_at >= wanted.resolved_from
    if wanted.resolved_to:
        yield Case.resolved_at < wanted.resolved_to


def _within(cell: Cell) -> Iterator[ColumnElement[bool]]:
    """The public place lies in this cell: found by the index, then worked out as counting does."""
    west, south, east, north = cell.bounds
    around = func.ST_MakeEnvelope(west - EDGE, south - EDGE, east + EDGE, north + EDGE, 4326)
    yield Case.public_geom.op("&&", is_comparison=True)(around)
    number = func.cell_at(func.world_x(Case.public_geom), func.world_y(Case.public_geom))
    shift = 2 * (FINEST - cell.level)
    yield number.op(">>")(literal(shift)) == literal(cell.number, BigInteger)


def _assigned_to(assignee: Assignee, actor: Actor) -> ColumnElement[bool]:
    if assignee == "none":
        return Case.assignee.is_(None)
    if assignee == "me":
        return Case.assignee == actor.person_id if actor.person_id else false()
    return Case.assignee == assignee


def _sorted(query: AnySelect, sort: str, cursor: str | None) -> AnySelect:
    if sort not in SORTS:
        raise InvalidInput.at("?sort", "not_a_choice", choices=", ".join(SORTS))
    column: ColumnElement[Any] = {
        "due": Case.due_at,
        "-opened": Case.opened_at,
        "-updated": Case.updated_at,
        "trust": Case.trust,
    }[sort].expression
    if cursor is not None:
        read = decode_count_cursor if sort == "trust" else decode_instant_cursor
        value, case_id = read(cursor)
        keys = tuple_(literal(value), literal(case_id))
        here = tuple_(column, Case.id)
        query = query.where(here < keys if sort.startswith("-") else here > keys)
    if sort.startswith("-"):
        return query.order_by(column.desc(), Case.id.desc())
    return query.order_by(column, Case.id)


def _sort_value(row: AnyRow, sort: str) -> str | int:
    if sort == "trust":
        return row.trust
    value = {"due": row.due_at, "-opened": row.opened_at, "-updated": row.updated_at}[sort]
    return value.isoformat()
