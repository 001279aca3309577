"""Calls for help in floods and storms: reports like any other, in a lane of their own.

A call is a report of SOS_CATEGORY from the source `sos`, which the cities' rules send to the rescue
forces at the highest priority; what rescuers count stands beside it in `sos_calls`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM, Actor, Role
from core.audit import Readings, note
from core.errors import InvalidInput, NotFound, Unavailable
from core.i18n import translate
from core.jobs import enqueue
from core.sealing import Sealer
from gis.locate import Place, find_ward
from gis.tables import Area
from notifications.tables import Announcement
from workflows import repository
from workflows.configuration import ConfigurationCache
from workflows.contacts import CONTACT_COLUMNS, Contact, contact_of
from workflows.intake import FiledReport, IntakeRules, ReportDraft, file_report
from workflows.policies import Right, check_right
from workflows.reports import is_reporter_of
from workflows.sos_lines import Call, Line, Order, merge_calls
from workflows.sos_text import Kind
from workflows.tables import Case, Report, Reporter, SosArea, SosCall
from workflows.tasks import FAN_OUT
from workflows.visibility import visible_to

SOS_CATEGORY = "security.rescue"
SOURCE = "sos"
LIST = "sos:list"  # of the audit log
SHOWN_AFTER_END = timedelta(hours=12)  # rescued ones stay on the list for a while
MOST_CALLS = 5000
GROUPS = ("children", "elderly", "pregnant", "injured")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people, and how many of them need more care."""

    people: int
    children: int = 0
    elderly: int = 0
    pregnant: int = 0
    injured: int = 0

    def check(self) -> None:
        """Raise InvalidInput where a part is more than the whole."""
        for name in GROUPS:
            if getattr(self, name) > self.people:
                raise InvalidInput.at(f"/{name}", "more_than_people", max=self.people)


@dataclass(frozen=True, slots=True)
class SosDraft:
    """A call for help. Without a `place` it stands in the middle of the city until one is known."""

    kind: Kind
    counts: Counts
    place: Place | None
    accuracy_m: float | None = None
    phone: str | None = None
    note: str = ""
    captured_at: datetime | None = None
    channel: str = "app"


@dataclass(frozen=True, slots=True)
class SosChange:
    """What is new about a call; what is None stays."""

    counts: Counts | None = None
    note: str | None = None
    place: Place | None = None
    accuracy_m: float | None = None


async def file_call(
    session: AsyncSession,
    draft: SosDraft,
    *,
    report_id: UUID,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
    rules: IntakeRules,
    sealer: Sealer,
) -> FiledReport:
    """File a call under the id that its sender made, and have the operators told at once.

    A retry answers the first result, as for any report (`intake.file_report`).
    """
    draft.counts.check()
    place = draft.place or await _middle_of_city(session)
    filed = await file_report(
        session,
        ReportDraft(
            category=SOS_CATEGORY,
            place=place,
            accuracy_m=draft.accuracy_m,
            description=_words(draft),
            answers={"people": draft.counts.people}
            | {name: n for name in GROUPS if (n := getattr(draft.counts, name))},
            contact=Contact(phone=draft.phone) if draft.phone else None,
            captured_at=draft.captured_at,
        ),
        report_id=report_id,
        actor=actor,
        now=now,
        cache=cache,
        rules=rules,
        sealer=sealer,
        source=SOURCE,
    )
    if filed.created:
        await _add_call(session, draft, filed, now)
    return filed


async def update_call(
    session: AsyncSession, report_id: UUID, change: SosChange, *, actor: Actor, now: datetime
) -> None:
    """Note what is new about a call: its reporter (account or track token) says so, or an operator.

    NotFound for anybody else, and for a report that is no call. It counts no step of the process.
    """
    operator = actor.role in (Role.OPERATOR, Role.SYSTEM)
    case_id = (
        await session.scalar(select(Report.case_id).where(Report.id == report_id))
        if operator
        else await is_reporter_of(session, report_id, actor)
    )
    if case_id is None:
        raise NotFound("report_not_found")
    case = await repository.lock_case(session, case_id, SYSTEM)
    if await session.get(SosCall, report_id) is None:
        raise NotFound("report_not_found")
    values: dict[str, Any] = {}
    if change.counts is not None:
        change.counts.check()
        values |= {name: getattr(change.counts, name) for name in ("people", *GROUPS)}
    if change.note is not None:
        values["note"] = change.note
    if change.place is not None:
        values["place_known"] = True
        await _move(session, case_id, report_id, change.place, change.accuracy_m)
    await session.execute(
        update(SosCall).where(SosCall.report_id == report_id).values(updated_at=now, **values)
    )
    told = {name: value for name, value in values.items() if name != "place_known"}
    await repository.add_remark(session, case, "sos_updated", told, actor=actor, now=now)


async def list_lines(
    session: AsyncSession,
    *,
    actor: Actor,
    sealer: Sealer,
    now: datetime,
    readings: Readings,
    order: Order = "urgent",
    open_only: bool = False,
) -> list[Line]:
    """The calls that `actor` may see, merged into lines: open ones, and those that ended lately.

    Whoever sees a call may call back: rescuers need the number. That they read the list is noted,
    for a page that asks every few seconds as `readings` does; an empty list shows nobody.
    """
    lines = await _find_lines(session, actor, sealer, now, order, open_only=open_only)
    if lines:
        await readings.note(session, actor, "sos.read", LIST, _extent(lines), now=now)
    return lines


async def take_lines(
    session: AsyncSession,
    *,
    actor: Actor,
    sealer: Sealer,
    now: datetime,
    format_name: str,
    order: Order = "urgent",
) -> list[Line]:
    """The open lines for a file to be taken along: each taking is noted."""
    lines = await _find_lines(session, actor, sealer, now, order, open_only=True)
    facts = {"format": format_name} | _extent(lines)
    await note(session, actor, "sos.export", LIST, facts)
    return lines


async def _find_lines(
    session: AsyncSession,
    actor: Actor,
    sealer: Sealer,
    now: datetime,
    order: Order,
    *,
    open_only: bool,
) -> list[Line]:
    check_right(actor, Right.READ_SOS)
    lately = Case.updated_at > now - SHOWN_AFTER_END
    query = (
        select(
            SosCall, *CONTACT_COLUMNS, Reporter.phone_index, Report.code, Report.accuracy_m,
            Case.id.label("case_id"), Case.process_id, Case.state, Case.status, Case.rev,
            func.ST_Y(Case.geom).label("lat"), func.ST_X(Case.geom).label("lon"),
            Area.code.label("area_code"), Area.name.label("area_name"),
            Area.name_en.label("area_name_en"),
        )
        .join(Report, Report.id == SosCall.report_id)
        .join(Case, Case.id == Report.case_id)
        .join(Area, Area.id == Case.area_id)
        .outerjoin(Reporter, Reporter.report_id == SosCall.report_id)
        .where(visible_to(actor), Case.open if open_only else or_(Case.open, lately))
        .order_by(SosCall.called_at.desc())
        .limit(MOST_CALLS)
    )  # fmt: skip
    rows = await session.execute(query)
    return merge_calls([_call(row, sealer) for row in rows], order)


async def list_areas(session: AsyncSession) -> list[Any]:
    """Where the emergency mode is on, with what people are told, the latest first."""
    query = (
        select(SosArea.code, SosArea.message, SosArea.message_en, SosArea.since,
               Area.name, Area.name_en)
        .join(Area, (Area.code == SosArea.code) & Area.valid_to.is_(None))
        .order_by(SosArea.since.desc(), SosArea.code)
    )  # fmt: skip
    return list(await session.execute(query))


async def put_area(
    session: AsyncSession,
    code: str,
    *,
    message: str,
    message_en: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Turn the emergency mode on in an area of today (a ward, or the whole city), or change what
    people are told. NotFound for an area that there is not.
    """
    check_right(actor, Right.HANDLE_SOS)
    area = await session.scalar(select(Area.id).where(Area.code == code, Area.valid_to.is_(None)))
    if area is None:
        raise NotFound("area_not_found", value=code)
    words = {"message": message, "message_en": message_en}
    statement = insert(SosArea).values(code=code, since=now, by=actor.person_id, **words)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[SosArea.code], set_=words)
    )
    await note(session, actor, "emergency.put", f"area:{code}", {})


async def delete_area(session: AsyncSession, code: str, *, actor: Actor) -> None:
    """Turn it off again; nothing happens where it is off."""
    check_right(actor, Right.HANDLE_SOS)
    row = await session.get(SosArea, code)
    if row is not None:
        await session.delete(row)
        await note(session, actor, "emergency.end", f"area:{code}", {})


async def _add_call(
    session: AsyncSession, draft: SosDraft, filed: FiledReport, now: datetime
) -> None:
    session.add(
        SosCall(
            report_id=filed.id,
            kind=draft.kind,
            people=draft.counts.people,
            **{name: getattr(draft.counts, name) for name in GROUPS},
            note=draft.note,
            channel=draft.channel,
            place_known=draft.place is not None,
            called_at=now,
            updated_at=now,
        )
    )
    await session.flush()
    facts = {
        "people": str(draft.counts.people),
        "kind": {lang: translate(f"sos_{draft.kind}", lang) for lang in ("vi", "en")},
    }
    announced = await session.scalars(
        insert(Announcement)
        .values(
            key=f"sos:{filed.id}",
            case_id=filed.id,
            audience="operators",
            template="sos_call",
            data={"form": facts},
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Announcement.key])
        .returning(Announcement.id)
    )
    await enqueue(session, FAN_OUT, list(announced))


async def _middle_of_city(session: AsyncSession) -> Place:
    """A point within the wards, for a call that does not say where it comes from."""
    row = (
        await session.execute(
            select(
                func.ST_Y(func.ST_PointOnSurface(Area.geom)).label("lat"),
                func.ST_X(func.ST_PointOnSurface(Area.geom)).label("lon"),
            )
            .where(Area.kind == "ward", Area.valid_to.is_(None))
            .order_by(Area.population.desc().nulls_last(), Area.code)
            .limit(1)
        )
    ).first()
    if row is None:
        raise Unavailable("areas_not_loaded")
    return Place(row.lat, row.lon)


async def _move(
    session: AsyncSession, case_id: UUID, report_id: UUID, place: Place, accuracy_m: float | None
) -> None:
    """The case stands where the people are now; what was filed stays in the report."""
    ward = await find_ward(session, place)
    if ward is None:
        raise Unavailable("areas_not_loaded")
    geom = func.ST_SetSRID(func.ST_MakePoint(place.lon, place.lat), 4326)
    await session.execute(update(Case).where(Case.id == case_id).values(geom=geom, area_id=ward.id))
    if accuracy_m is not None:
        await session.execute(
            update(Report).where(Report.id == report_id).values(accuracy_m=accuracy_m)
        )


def _extent(lines: Iterable[Line]) -> dict[str, Any]:
    """How many calls a list had, and from which wards; nothing of who called."""
    areas = Counter(call.area_code for line in lines for call in line.calls)
    return {"calls": areas.total(), "areas": dict(sorted(areas.items()))}


def _words(draft: SosDraft) -> str:
    """The call as a sentence, for lists and searches."""
    counts = draft.counts
    parts = [
        f"{getattr(counts, name)} {translate(f'sos_{name}', 'vi')}"
        for name in GROUPS
        if getattr(counts, name)
    ]
    inside = f" ({', '.join(parts)})" if parts else ""
    people = f"{counts.people} {translate('sos_people', 'vi')}"
    note = f". {draft.note}" if draft.note else ""
    return f"SOS – {translate(f'sos_{draft.kind}', 'vi')}: {people}{inside}{note}"


def _call(row: Any, sealer: Sealer) -> Call:
    call: SosCall = row.SosCall
    phone = contact_of(row).open(sealer).phone
    return Call(
        report_id=call.report_id,
        case_id=row.case_id,
        code=row.code,
        kind=call.kind,  # pyright: ignore[reportArgumentType]  # the table checks it
        people=call.people,
        children=call.children,
        elderly=call.elderly,
        pregnant=call.pregnant,
        injured=call.injured,
        note=call.note,
        channel=call.channel,
        lat=row.lat,
        lon=row.lon,
        accuracy_m=row.accuracy_m,
        place_known=call.place_known,
        called_at=call.called_at,
        updated_at=call.updated_at,
        caller=row.phone_index,
        phone=phone,
        area_code=row.area_code,
        area_name=row.area_name,
        area_name_en=row.area_name_en,
        process_id=row.process_id,
        state=row.state,
        status=row.status,
        rev=row.rev,
    )
